"""A camera's password is not in the process list, and the stream loses nothing by it."""

import asyncio
import base64
import logging
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from custom_components.hls_camera.streaming.errors import FfmpegMissingError
from custom_components.hls_camera.streaming.ffmpeg.launch import launch
from custom_components.hls_camera.streaming.ffmpeg.process import ProcessListener
from custom_components.hls_camera.streaming.ingest.command import build_command
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.ingest.producer import (
    LocalProducer,
    MediaProcess,
)
from custom_components.hls_camera.streaming.sources import loopback
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.input import OpenInput
from custom_components.hls_camera.streaming.sources.redirect import Redirect
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from tests import web_listening
from tests.camera import AuthScheme, Feed, TestCamera, faults
from tests.camera.certificates import server_tls
from tests.specs import run_spec

from .. import servers
from ..nut_files import SYNCPOINT

LOGGER = logging.getLogger(__name__)
IGNORING = ProcessListener(on_output=lambda _: None)
USERNAME = "us er@home"
PASSWORD = "p@ss:/?#[]{source}%20%zz'\"`$&;|<>\\ü😀"
FEED = Feed(size=(160, 90), fps=10, keyframe_interval=0.5, live=False)
PLAN = make_plan(SourceInfo(video=VideoInfo(codec="h264", width=160, height=90)))


def command_lines() -> Iterator[bytes]:
    """Return the command lines of this process and its children, which any user may read."""
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            yield (Path("/proc") / pid / "cmdline").read_bytes()


@asynccontextmanager
async def running(
    ffmpeg: str, source: Source, **more: Any
) -> AsyncIterator[MediaProcess]:
    """Stream a source, from its first packet on."""
    output = bytearray()
    has_begun = asyncio.Event()

    def take(data: bytes) -> None:
        output.extend(data)
        if SYNCPOINT in output:
            has_begun.set()

    process = await LocalProducer(ffmpeg, LOGGER).launch(
        run_spec(source, PLAN, **more), ProcessListener(on_output=take)
    )
    try:
        async with asyncio.timeout(10):
            await has_begun.wait()
        yield process
    finally:
        await process.stop()


async def ask(url: str, request: str) -> bytes:
    """Send bytes to a listener at an address; return its answer."""
    host, _, port = url.split("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    try:
        return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
type WebServer = Callable[[str, Handler], Awaitable[str]]


@pytest.fixture
async def web_server(tmp_path: Path) -> AsyncIterator[WebServer]:
    """Serve over "http" or "https" what a handler answers; return the address."""
    async with AsyncExitStack() as stack:

        async def serve(scheme: str, handler: Handler) -> str:
            tls = server_tls(tmp_path) if scheme == "https" else None
            serving = web_listening.running(handler, tls=tls)
            port = await stack.enter_async_context(serving)
            return f"{scheme}://127.0.0.1:{port}"

        yield serve


class TestFfmpeg:
    @pytest.mark.parametrize("scheme", [AuthScheme.BASIC, AuthScheme.DIGEST])
    async def test_rtsp(self, any_ffmpeg: str, scheme: AuthScheme) -> None:
        async with TestCamera(
            FEED, username=USERNAME, password=PASSWORD, auth_scheme=scheme
        ) as camera:
            source = Source.parse(camera.plain_url, USERNAME, PASSWORD)
            async with running(any_ffmpeg, source):
                lines = list(command_lines())
            assert camera.total_connections == 1
        # FFmpeg is among them, with its parent watch.
        assert any(b"rtsp://127.0.0.1:" in line for line in lines)
        for secret in (USERNAME, PASSWORD):
            for form in (secret, quote(secret), quote(secret, safe="")):
                assert not [line for line in lines if form.encode() in line]

    async def test_a_path_is_not_in_the_process_list(self, any_ffmpeg: str) -> None:
        async with (
            TestCamera(FEED, path="Xo3aLk29QwErTy71") as camera,
            running(any_ffmpeg, Source.parse(camera.url)),
        ):
            lines = list(command_lines())
        assert any(b"rtsp://127.0.0.1:" in line for line in lines)
        assert not [line for line in lines if b"Xo3aLk29QwErTy71" in line]

    async def test_rtsps(self, any_ffmpeg: str, tmp_path: Path) -> None:
        """The oldest takes no TLS options for it, the newest needs one."""
        tls = server_tls(tmp_path)
        async with TestCamera(
            FEED, username="me", password=PASSWORD, tls=tls
        ) as camera:
            with_credentials = Source.parse(camera.plain_url, "me", PASSWORD)
            async with running(any_ffmpeg, with_credentials):
                assert camera.connections
            info = await probe(any_ffmpeg, AddressInput(with_credentials))
        assert info.video.codec == "h264"

    @pytest.mark.parametrize(
        ("scheme", "resource"),
        # Over https, FFmpeg 9 takes no playlist of a certificate that nobody has signed.
        [("http", "live.ts"), ("http", "live.m3u8"), ("https", "live.ts")],
    )
    async def test_http(
        self,
        any_ffmpeg: str,
        scheme: str,
        resource: str,
        web_server: WebServer,
        film: Path,
    ) -> None:
        """Also for relative addresses in a playlist."""
        basic = base64.b64encode(f"me:{PASSWORD}".encode()).decode()

        async def answer(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Authorization") != f"Basic {basic}":
                return web.Response(
                    status=401, headers={"WWW-Authenticate": 'Basic realm="camera"'}
                )
            if request.path == "/live.ts":
                return web.FileResponse(film)
            return web.Response(
                text="#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nlive.ts\n"
                "#EXT-X-ENDLIST\n",
                content_type="application/vnd.apple.mpegurl",
            )

        address = await web_server(scheme, answer)
        source = Source.parse(f"{address}/{resource}", "me", PASSWORD)
        async with running(any_ffmpeg, source):
            lines = list(command_lines())
        assert not [line for line in lines if quote(PASSWORD, safe="").encode() in line]

    async def test_rtmp(self, any_ffmpeg: str) -> None:
        """The usual way of cameras: user name and password are in the query."""
        server = servers.RtmpServer()
        await server.start()
        try:
            url = f"{server.url}?user=admin&password=hun'ter%202"
            async with running(any_ffmpeg, Source.parse(url)):
                assert not [line for line in command_lines() if b"hun" in line]
        finally:
            await server.stop()

    async def test_srt(self, any_ffmpeg: str) -> None:
        server = servers.SrtServer(passphrase="only-for-us-two")
        await server.start()
        try:
            # An expert's arguments are for the source, not for the script.
            more = ("-max_delay", "100000")
            source = Source.parse(server.url)
            async with running(any_ffmpeg, source, extra_arguments=more):
                # The server does not hide it.
                ours = [each for each in command_lines() if b"-write_index" in each]
                assert ours
                assert not [line for line in ours if b"only-for-us-two" in line]
        finally:
            await server.stop()

    async def test_no_proxy_is_asked_for_it(
        self,
        any_ffmpeg: str,
        web_server: WebServer,
        film: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.FileResponse(film)

        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        address = await web_server("http", answer)
        async with running(any_ffmpeg, Source.parse(f"{address}/live.ts", "me", "x")):
            pass

    async def test_secrets_in_the_address_itself(self, any_ffmpeg: str) -> None:
        path = "live/user=admin_password=hunter2_channel=1"
        async with TestCamera(FEED, path=path) as camera:
            async with running(any_ffmpeg, Source.parse(camera.plain_url)):
                assert not [line for line in command_lines() if b"hunter2" in line]
            assert camera.total_connections == 1

    @pytest.mark.parametrize("status", [200, 401, 403, 404, 503])
    @pytest.mark.parametrize("loglevel", ["level+warning", "info", "debug"])
    async def test_its_errors_are_about_the_camera(
        self, any_ffmpeg: str, status: int, loglevel: str
    ) -> None:
        """And has no credentials, not even of a redirect."""
        refusal = [] if status == 200 else [faults.Status(status)]
        async with TestCamera(FEED, faults=refusal) as camera:
            source = Source.parse(camera.plain_url, USERNAME, PASSWORD)
            spec = run_spec(source, PLAN)

            def command(opened: OpenInput) -> list[str]:
                made = build_command(any_ffmpeg, spec, opened)
                made[made.index("-loglevel") + 1] = loglevel
                return ["timeout", "-k", "1", "0.8", *made] if status == 200 else made

            process = await launch(spec.input, spec.read_options, command, IGNORING)
            await process.wait()
        said = "\n".join(process.log)
        for secret in (USERNAME, PASSWORD):
            for form in (secret, quote(secret), quote(secret, safe="")):
                assert form.lower() not in said.lower()
        if status != 200 and loglevel != "debug":
            host = camera.plain_url.split("/")[2]
            assert camera.plain_url in said
            assert set(re.findall(r"127.0.0.1:\d+", said)) == {host}

    async def test_nobody_listens_when_it_has_ended(
        self, any_ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        urls: list[str] = []
        usual = Redirect.open

        async def noted(*source: Any) -> Redirect:
            made = await usual(*source)
            urls.append(made.url)
            return made

        monkeypatch.setattr(Redirect, "open", noted)
        async with TestCamera(FEED, username="me", password=PASSWORD) as camera:
            source = Source.parse(camera.plain_url, "me", PASSWORD)
            async with running(any_ffmpeg, source):
                pass
        with pytest.raises(ConnectionRefusedError):
            await ask(urls[0], "")

    async def test_nobody_listens_where_it_cannot_start(self) -> None:
        source = Source.parse("rtsp://me:secret@host/live")
        for _ in range(10):
            with pytest.raises(FfmpegMissingError):
                await LocalProducer("/nowhere/ffmpeg", LOGGER).launch(
                    run_spec(source, PLAN), IGNORING
                )

    @pytest.mark.parametrize("steps", range(12))
    async def test_cancelled_while_it_starts(self, ffmpeg: str, steps: int) -> None:
        source = Source.parse("rtsp://me:secret@127.0.0.1:9/live")
        starting = asyncio.create_task(
            LocalProducer(ffmpeg, LOGGER).launch(run_spec(source, PLAN), IGNORING)
        )
        for _ in range(steps):
            await asyncio.sleep(0)
        if starting.cancel():
            with pytest.raises(asyncio.CancelledError):
                await starting
        else:
            await starting.result().stop()


class TestListener:
    @pytest.fixture
    async def redirect(self) -> AsyncIterator[Redirect]:
        redirect = await Redirect.open(Source.parse("rtsp://me:secret@host/live"))
        yield redirect
        await redirect.close()

    async def test_its_address_reveals_nothing(self, redirect: Redirect) -> None:
        assert "secret" not in redirect.url

    async def test_it_speaks_both_protocols(self, redirect: Redirect) -> None:
        answer = await ask(
            redirect.url, f"OPTIONS {redirect.url} RTSP/1.0\r\nCSeq: 7\r\n\r\n"
        )
        assert answer.startswith(b"RTSP/1.0 302 Found\r\nCSeq: 7\r\n")
        assert b"\r\nLocation: rtsp://me:secret@host/live\r\n" in answer
        path = redirect.url.rpartition("/")[2]
        answer = await ask(redirect.url, f"GET /{path} HTTP/1.1\r\nHost: h\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 302 Found\r\n")

    async def test_other_addresses_get_a_script(self) -> None:
        source = Source.parse("srt://host:9000?passphrase=it's")
        redirect = await Redirect.open(source, ["-format_whitelist", "mpegts"])
        path = redirect.url.rpartition("/")[2]
        answer = await ask(redirect.url, f"GET /{path} HTTP/1.1\r\n\r\n")
        await redirect.close()
        head, _, script = answer.decode().partition("\r\n\r\n")
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        assert f"\r\nContent-Length: {len(script)}\r\n" in head
        assert script.splitlines() == [
            "ffconcat version 1.0",
            r"file 'srt://host:9000?passphrase=it'\''s'",
            "option format_whitelist 'mpegts'",
        ]

    async def test_a_script_of_any_letters_is_whole(self) -> None:
        """Its length is counted in bytes: its last line is a safeguard."""
        redirect = await Redirect.open(
            Source.parse("srt://host:9000?passphrase=пароль-ключ"),
            ["-format_whitelist", "mpegts"],
        )
        path = redirect.url.rpartition("/")[2]
        answer = await ask(redirect.url, f"GET /{path} HTTP/1.1\r\n\r\n")
        await redirect.close()
        head, _, script = answer.partition(b"\r\n\r\n")
        assert f"\r\nContent-Length: {len(script)}\r\n".encode() in head + b"\r\n"
        assert script.endswith(b"option format_whitelist 'mpegts'\n")

    @pytest.mark.parametrize(
        "request_line", ["GET / HTTP/1.1", "OPTIONS * RTSP/1.0", "", "\0"]
    )
    async def test_clients_without_the_path_get_nothing(
        self, redirect: Redirect, request_line: str
    ) -> None:
        answer = await ask(redirect.url, f"{request_line}\r\n\r\n")
        assert b"secret" not in answer

    async def test_another_user_gets_nothing(
        self, redirect: Redirect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        request = f"OPTIONS {redirect.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
        assert b" 302 " in await ask(redirect.url, request)
        ours = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: ours + 1)
        assert await ask(redirect.url, request) == b""

    async def test_without_the_kernels_table_the_path_is_enough(
        self, redirect: Redirect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(loopback, "_CONNECTIONS", tmp_path / "nowhere")
        request = f"OPTIONS {redirect.url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
        assert b" 302 " in await ask(redirect.url, request)

    async def test_a_request_without_an_end_is_not_kept(
        self, redirect: Redirect
    ) -> None:
        assert await ask(redirect.url, "x" * 20_000) == b""

    async def test_silent_clients_do_not_keep_it_open(self) -> None:
        redirect = await Redirect.open(Source.parse("rtsp://me:secret@host/live"))
        asking = asyncio.create_task(ask(redirect.url, "OPTIONS"))
        await asyncio.sleep(0.05)
        await redirect.close()
        assert await asking == b""
