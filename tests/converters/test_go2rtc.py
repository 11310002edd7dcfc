"""The client of go2rtc's API."""

import socket
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from custom_components.hls_camera.converters.errors import (
    ConverterError,
    ConverterProblem,
)
from custom_components.hls_camera.converters.go2rtc import Address, Go2rtc
from tests.camera.certificates import server_tls

from .go2rtc import VERSION, Go2rtcHost
from .requests import Server

SOURCE = "ffmpeg:virtual?video=testsrc#video=h264"


def api(host: Server, session: aiohttp.ClientSession, **login: str) -> Go2rtc:
    return Go2rtc(session, Address(url=URL(host.url), **login))


async def problem_of(awaitable: Any) -> ConverterProblem:
    with pytest.raises(ConverterError) as caught:
        await awaitable
    return caught.value.problem


async def test_a_host_reports_its_version_and_its_rtsp_port(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    info = await api(host, session).info()
    assert info.version == VERSION
    assert info.rtsp_port == host.rtsp_port


async def test_a_stream_is_added_and_removed(
    server: Server, session: aiohttp.ClientSession
) -> None:
    client = api(server, session)
    await client.add("ours", SOURCE)
    assert await client.names() == {"ours"}
    await client.remove("ours")
    assert await client.names() == frozenset()


async def test_special_characters_of_a_source_arrive(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    source = "ffmpeg:rtsp://a:b%23c%2Fd%25%2B&e@192.0.2.1/x?y=1&z=2#video=h264"
    await api(host, session).add("ours", source)
    assert host.sources == [source]
    assert host.streams["ours"].source == source


async def test_a_removal_counts_though_the_configuration_cannot_be_written(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    client = api(host, session)
    host.can_write_config = False
    await client.add("ours", SOURCE)
    await client.remove("ours")
    assert not host.streams


async def test_a_refused_source_does_not_show_its_credentials(
    server: Server, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(ConverterError) as caught:
        await api(server, session).add("ours", "exec:sh rtsp://a:secret@192.0.2.1/")
    assert caught.value.problem is ConverterProblem.REFUSED
    assert "secret" not in str(caught.value)


async def test_a_login_is_answered(session: aiohttp.ClientSession) -> None:
    async with Go2rtcHost(username="me", password="pä:ss") as host:
        client = api(host, session, username="me", password="pä:ss")
        assert (await client.info()).version == VERSION


@pytest.mark.parametrize("login", [{}, {"username": "me", "password": "wrong"}])
async def test_a_wrong_login_is_recognized(
    session: aiohttp.ClientSession, login: dict[str, str]
) -> None:
    async with Go2rtcHost(username="me", password="right") as host:
        problem = await problem_of(api(host, session, **login).info())
    assert problem is ConverterProblem.LOGIN_REJECTED


async def test_a_host_that_is_down_cannot_be_connected(
    session: aiohttp.ClientSession,
) -> None:
    async with Go2rtcHost() as host:
        client = api(host, session)
    assert await problem_of(client.info()) is ConverterProblem.CANNOT_CONNECT


async def test_a_host_that_does_not_answer_is_not_waited_for(
    session: aiohttp.ClientSession,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = URL(f"http://127.0.0.1:{mute.getsockname()[1]}")
        client = Go2rtc(session, Address(url=url))
        assert await problem_of(client.info()) is ConverterProblem.TIMED_OUT


async def test_an_address_with_https_wants_tls(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    client = Go2rtc(session, Address(url=URL(host.url).with_scheme("https")))
    assert await problem_of(client.info()) is ConverterProblem.TLS_FAILED


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>Hello</html>"},
        {"text": "[1, 2]"},
        {"text": '{"version": 3}'},
        {"text": "[" * 100_000},
        {"body": b"\xff\xfe"},
        {"status": 404},
        {"status": 302, "headers": {"Location": "http://192.0.2.1/"}},
    ],
)
async def test_something_else_is_no_go2rtc(
    session: aiohttp.ClientSession, answer: dict[str, Any]
) -> None:
    async def handler(_: web.BaseRequest) -> web.Response:
        return web.Response(**answer)

    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        url = URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
        problem = await problem_of(Go2rtc(session, Address(url=url)).info())
    finally:
        await runner.cleanup()
    assert problem is ConverterProblem.NOT_GO2RTC


@pytest.mark.parametrize("listen", ["", None, "nothing", ":0", ":99999", 8554, ["x"]])
async def test_a_host_without_rtsp_is_recognized(
    host: Go2rtcHost, session: aiohttp.ClientSession, listen: object
) -> None:
    host.rtsp_listen = listen
    if listen == 8554:
        assert (await api(host, session).info()).rtsp_port == 8554
        return
    problem = await problem_of(api(host, session).info())
    assert problem is ConverterProblem.NO_RTSP


async def test_only_hardware_that_encodes_h264_works(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    client = api(host, session)
    assert await client.working_hardware() == ()
    host.hardware["vaapi"] = "OK"
    assert await client.working_hardware() == ("vaapi",)


async def test_the_login_of_a_host_is_not_shown(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    address = Address(url=URL(host.url), username="me", password="secret")
    assert "secret" not in repr(address)
    assert "secret" not in str(Go2rtc(session, address).source("ours", 8554))


async def test_a_long_list_of_streams_is_read_to_its_end(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    names = {f"{number:04}{'x' * 1000}" for number in range(500)}
    for name in names:
        await host.add(name, SOURCE)
    assert await api(host, session).names() == names


async def test_a_host_with_a_certificate_of_its_own(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with (
        Go2rtcHost(username="me", password="secret", tls=server_tls(tmp_path)) as host,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as trusting,
    ):
        login = {"username": "me", "password": "secret"}
        assert (await api(host, trusting, **login).info()).version == VERSION
        problem = await problem_of(api(host, session, **login).info())
        assert problem is ConverterProblem.TLS_FAILED
        # The login is not sent to a host that may be another one.
        assert host.requests == [("GET", "/api")]
