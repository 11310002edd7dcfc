"""Inputs: opened once for each FFmpeg, alone or as one picture of several."""

from typing import override

import pytest

from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.input import (
    FIRST_PICTURE,
    Input,
    OpenInput,
    ReadOptions,
    open_together,
)
from custom_components.hls_camera.streaming.sources.local_endpoint import (
    LocalEndpoint,
    Trouble,
)
from tests.specs import read_options


class Endpoint(LocalEndpoint):
    def __init__(self, name: str) -> None:
        self.url = f"http://127.0.0.1:4711/{name}"
        self.shown_url = f"http://{name}/"
        self.is_open = True

    @override
    async def close(self) -> None:
        self.is_open = False


class Stuck(Endpoint):
    @override
    async def close(self) -> None:
        await super().close()
        raise OSError("it does not close")


class Camera(Input):
    """An input with one endpoint and one secret."""

    def __init__(self, name: str, endpoint: type[Endpoint] = Endpoint) -> None:
        self.endpoint = endpoint(name)
        self.secret = f"secret-of-{name}"

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        arguments = ["-i", self.endpoint.url]
        return OpenInput(arguments, [self.endpoint], secrets=[self.secret])


class Broken(Input):
    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        raise OSError("no port is left")


async def both(one: Input, two: Input) -> OpenInput:
    graph = "[0:v:0][1:v:0]hstack[both]"
    return await open_together(
        [one, two], read_options(), filter_graph=graph, picture="[both]"
    )


async def test_alone_it_has_the_first_picture() -> None:
    opened = await Camera("door").open(read_options())
    assert (opened.picture, opened.filter_graph) == (FIRST_PICTURE, "")
    assert opened.trouble is None
    assert not opened.needs_gateway
    assert opened.redact("of secret-of-door") == "of **REDACTED**"


async def test_a_log_shows_no_local_endpoint() -> None:
    camera = Camera("door")
    opened = await camera.open(read_options())
    assert opened.redact(f"{camera.endpoint.url}: gone") == "http://door/: gone"


async def test_several_are_read_in_their_order() -> None:
    opened = await both(Camera("door"), Camera("yard"))
    assert opened.arguments == (
        *("-i", "http://127.0.0.1:4711/door"),
        *("-i", "http://127.0.0.1:4711/yard"),
    )
    assert opened.picture == "[both]"
    assert opened.redact("secret-of-door secret-of-yard").count("REDACTED") == 2


async def test_the_trouble_of_any_is_known() -> None:
    one, two = Camera("door"), Camera("yard")
    opened = await both(one, two)
    assert not opened.needs_gateway
    two.endpoint.trouble = Trouble(EndReason.REDIRECTED, "elsewhere:80")
    two.endpoint.is_needed = True
    assert opened.trouble == two.endpoint.trouble
    assert opened.needs_gateway


async def test_all_are_closed_together() -> None:
    one, two = Camera("door"), Camera("yard", Stuck)
    opened = await both(one, two)
    with pytest.raises(OSError, match="does not close"):
        await opened.close()
    assert not one.endpoint.is_open
    assert not two.endpoint.is_open


async def test_none_stays_open_where_one_cannot_be_opened() -> None:
    one = Camera("door")
    with pytest.raises(OSError, match="no port"):
        await both(one, Broken())
    assert not one.endpoint.is_open


async def test_a_composition_is_not_composed_again() -> None:
    """Its graph counts its own inputs."""

    class Both(Input):
        @override
        async def open(self, options: ReadOptions) -> OpenInput:
            return await both(Camera("door"), Camera("yard"))

    third = Camera("attic")
    with pytest.raises(ValueError, match="composition"):
        await both(third, Both())
    assert not third.endpoint.is_open


def test_an_input_has_no_port_to_watch_unless_it_says_so() -> None:
    camera = Camera("door")
    assert camera.tcp_address is None
    assert not camera.is_rtsp
