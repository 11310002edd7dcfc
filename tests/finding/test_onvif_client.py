"""Devices that answer otherwise than ONVIF prescribes: a plain error, nothing else."""

import asyncio
import gzip
import tracemalloc
from contextlib import nullcontext

import pytest

from custom_components.hls_camera.finding import onvif, onvif_client
from custom_components.hls_camera.finding.credentials import Credentials
from custom_components.hls_camera.finding.errors import FindingError, FindingProblem
from custom_components.hls_camera.finding.onvif import find_by_onvif
from custom_components.hls_camera.finding.xml import MAX_BYTES
from tests.onvif import PASSWORD, OnvifCamera, Quality, messages, one_channel

from . import hostile
from .bomb import BOMB
from .hostile import Behavior, http

pytestmark = pytest.mark.usefixtures("socket_enabled")

LOGIN = Credentials("admin", PASSWORD)
TIME = messages.envelope("<tds:GetSystemDateAndTimeResponse/>")
OTHER_NAMESPACE = TIME.replace("2003/05/soap-envelope", "other")


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif_client, "CALL_TIMEOUT_S", 0.5)


async def problem(port: int) -> FindingProblem:
    with pytest.raises(FindingError) as raised:
        await find_by_onvif("127.0.0.1", [port], LOGIN)
    return raised.value.problem


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        (http(b"<html><br></html>"), FindingProblem.ONVIF_OFF),
        (http(b"", "404 Not Found"), FindingProblem.ONVIF_OFF),
        (http(b"<a/>"), FindingProblem.ONVIF_OFF),
        (http(OTHER_NAMESPACE.encode()), FindingProblem.ONVIF_OFF),
        (http(gzip.compress(b" " * 10**8), "200 OK", "Content-Encoding: gzip"), FindingProblem.ONVIF_OFF),
        (hostile.says(b"RTSP/1.0 400 Bad Request\r\n\r\n"), FindingProblem.ONVIF_OFF),
        (hostile.says(b""), FindingProblem.ONVIF_OFF),
        (hostile.silent, FindingProblem.ONVIF_OFF),
        (http(BOMB.encode()), FindingProblem.BAD_ANSWER),
        (hostile.endless(b" " * 65536, 0), FindingProblem.BAD_ANSWER),
        (hostile.endless(b" ", 0.1), FindingProblem.BAD_ANSWER),
        (http(b"<error>Account locked</error>", "401 Unauthorized"), FindingProblem.LOCKED),
    ],
    ids=["page", "no-page", "xml", "namespace", "gzip", "rtsp", "closed", "silent", "bomb", "huge", "endless", "locked"],
)  # fmt: skip
async def test_other_answers_are_refused(
    behavior: Behavior, expected: FindingProblem
) -> None:
    tracemalloc.start()
    try:
        async with hostile.device(behavior) as port:
            assert await problem(port) is expected
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_BYTES
    finally:
        tracemalloc.stop()


async def test_a_redirect_to_another_host_is_not_followed() -> None:
    asked = asyncio.Event()

    async def note(writer: asyncio.StreamWriter) -> None:
        asked.set()

    async with hostile.device(note) as other:
        there = f"Location: http://127.0.0.1:{other}/onvif/device_service"
        async with hostile.device(http(b"", "307 Temporary Redirect", there)) as port:
            assert await problem(port) is FindingProblem.ONVIF_OFF
    assert not asked.is_set()


async def test_services_at_other_hosts_are_not_asked() -> None:
    """Neither by an address nor by a path that looks like one."""
    asked = asyncio.Event()

    async def note(writer: asyncio.StreamWriter) -> None:
        asked.set()

    quality = Quality(url="rtsp://127.0.0.1/live")
    async with (
        hostile.device(note) as other,
        OnvifCamera(one_channel(quality)) as camera,
    ):
        for address, is_wrong in (
            (f"http://127.0.0.1:{other}/onvif/media2", False),
            (f"http://camera//127.0.0.1:{other}/onvif/media2", True),
        ):
            services = messages.envelope(messages.services_answer({"tr2": address}))
            camera.answer = lambda operation, text, services=services: (  # type: ignore[misc]
                services if operation == "GetServices" else None
            )
            with pytest.raises(FindingError) if is_wrong else nullcontext():
                await find_by_onvif("127.0.0.1", [camera.port], LOGIN)
    assert not asked.is_set()


async def test_many_slow_answers_end_with_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(onvif, "SEARCH_TIMEOUT_S", 0.2)
    async with hostile.device(hostile.endless(b" ", 0.1)) as port:
        assert await problem(port) is FindingProblem.BAD_ANSWER


async def test_a_camera_that_keeps_its_time_to_itself_is_found() -> None:
    async with OnvifCamera(one_channel(Quality(url="rtsp://127.0.0.1/a"))) as camera:
        camera.answer = lambda operation, text: (
            messages.fault("ter:NotAuthorized", "Sender not Authorized")
            if operation == "GetSystemDateAndTime"
            else None
        )
        assert (await find_by_onvif("127.0.0.1", [camera.port], LOGIN)).channels


async def test_the_port_that_speaks_onvif_is_chosen() -> None:
    quality = Quality(url="rtsp://127.0.0.1/a")
    async with (
        hostile.device(hostile.silent) as silent,
        hostile.device(http(b"page")) as page,
        OnvifCamera(one_channel(quality)) as camera,
    ):
        ports = [page, camera.port, silent]
        found = await find_by_onvif("127.0.0.1", ports, LOGIN)
    assert found.device.configuration_url.endswith(f":{camera.port}/")


async def test_no_answer_at_all() -> None:
    async with hostile.device(hostile.silent) as port:
        pass
    assert await problem(port) is FindingProblem.NO_ANSWER
