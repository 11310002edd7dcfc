"""Media of web cameras for FFmpeg: with the right type, and from no other host."""

import asyncio
import hashlib
import ipaddress
import re
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.http_gateway import HttpGateway
from custom_components.hls_camera.streaming.sources.source import Source
from tests.camera.certificates import server_tls

from ..source_failures import failure
from ..web_camera import WebAnswer, WebCamera, WebRequest, make_jpegs, respond

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"


def redirect(url: str) -> bytes:
    return respond(status=f"302 Found\r\nLocation: {url}")


def fixed_answer(*pieces: bytes) -> WebAnswer:
    """Return a handler with the same answer to each request."""

    async def answer(_: WebRequest) -> AsyncGenerator[bytes]:
        for piece in pieces:
            yield piece

    return answer


@pytest.fixture
def media(film: Path) -> bytes:
    return film.read_bytes()


class TestDestinations:
    """A camera leads to its own host, and to those that its owner has allowed."""

    @pytest.mark.parametrize(
        "lead_to",
        [redirect, lambda url: respond(HLS.format(url).encode(), "text/plain")],
        ids=["redirect", "playlist"],
    )
    async def test_only_allowed_hosts_are_asked(
        self, any_ffmpeg: str, media: bytes, lead_to: Callable[[str], bytes]
    ) -> None:
        async with WebCamera(fixed_answer(respond(media, "video/mp2t"))) as other:
            answer = fixed_answer(
                lead_to(f"http://me:secret@127.0.0.1:{other.port}/film.ts")
            )
            async with WebCamera(answer) as camera:
                source = Source.parse(f"{camera.url}/live")
                error = await failure(any_ffmpeg, source)
                assert other.connections == 0
                assert error.reason is EndReason.REDIRECTED
                assert error.detail == f"127.0.0.1:{other.port}"
                hosts = frozenset({f"127.0.0.1:{other.port}"})
                info = await probe(
                    any_ffmpeg, AddressInput(source), allowed_hosts=hosts
                )
                assert info.video.codec == "h264"
            assert other.connections > 0

    async def test_credentials_go_to_the_camera_alone(
        self, any_ffmpeg: str, media: bytes
    ) -> None:
        asked: list[WebRequest] = []

        async def ask_login(request: WebRequest) -> AsyncGenerator[bytes]:
            asked.append(request)
            yield respond(status='401 No\r\nWWW-Authenticate: Basic realm="x"')

        async with (
            WebCamera(ask_login) as other,
            WebCamera(fixed_answer(redirect(other.url))) as camera,
        ):
            hosts = frozenset({f"127.0.0.1:{other.port}"})
            source = Source.parse(f"{camera.url}/live", "me", "secret")
            error = await failure(any_ffmpeg, source, allowed_hosts=hosts)
        assert error.reason is EndReason.UNAUTHORIZED
        assert asked
        assert all("authorization" not in request.headers for request in asked)

    @pytest.mark.parametrize(
        ("location", "shown"),
        [
            ("file:///etc/hostname", "file://..."),
            ("rtsp://me:secret@10.0.0.1/x?token=1", "rtsp://10.0.0.1:554"),
            ("//10.0.0.1:8123/", "10.0.0.1:8123"),
        ],
    )
    async def test_the_refused_place_is_named(
        self, any_ffmpeg: str, location: str, shown: str
    ) -> None:
        async with WebCamera(fixed_answer(redirect(location))) as camera:
            error = await failure(any_ffmpeg, Source.parse(f"{camera.url}/live"))
        assert (error.reason, error.detail) == (EndReason.REDIRECTED, shown)

    async def test_a_redirect_within_the_camera_is_followed(
        self, any_ffmpeg: str, media: bytes
    ) -> None:
        async def answer(request: WebRequest) -> AsyncGenerator[bytes]:
            if request.path == "/live":
                yield redirect("/film?token=1")
            else:
                yield respond(media, "text/plain")

        async with WebCamera(answer) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(f"{camera.url}/live"))
        assert info.video.codec == "h264"

    async def test_an_endless_redirect_ends(self, any_ffmpeg: str) -> None:
        async with WebCamera(fixed_answer(redirect("/again"))) as camera:
            error = await failure(any_ffmpeg, Source.parse(f"{camera.url}/live"))
            assert camera.connections < 10
        assert (error.reason, error.detail) == (
            EndReason.UNREADABLE,
            "Too many redirects",
        )

    async def test_playlists_and_media_come_over_tls(
        self, any_ffmpeg: str, media: bytes, tmp_path: Path
    ) -> None:
        async def answer(request: WebRequest) -> AsyncGenerator[bytes]:
            port = camera.port
            match request.path:
                case "/live":
                    yield redirect(f"https://127.0.0.1:{port}/list")
                case "/list":
                    listed = HLS.format(f"https://127.0.0.1:{port}/film.ts")
                    yield respond(listed.encode(), "text/plain")
                case _:
                    yield respond(media, "video/mp2t")

        tls = await asyncio.to_thread(server_tls, tmp_path)
        async with WebCamera(answer, tls=tls) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(f"{camera.url}/live"))
        assert (info.video.codec, info.container) == ("h264", "hls")


class TestLogin:
    """FFmpeg knows MD5 alone, and takes the last of several challenges."""

    @pytest.mark.parametrize("order", [1, -1])
    async def test_digest_with_sha_256(
        self, any_ffmpeg: str, media: bytes, order: int
    ) -> None:
        offered = [
            f'WWW-Authenticate: Digest realm="x", nonce="n", algorithm={each}, qop=auth'
            for each in ("SHA-256", "MD5")
        ][::order]
        refusal = respond(status="\r\n".join(["401 No", *offered]))

        async def answer(request: WebRequest) -> AsyncGenerator[bytes]:
            given = request.headers.get("authorization", "")
            yield respond(media, "video/mp2t") if is_right(given) else refusal

        def is_right(given: str) -> bool:
            parts = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
            secret = sha256("me:x:pa ss")
            asked = sha256(f"GET:{parts.get('uri')}")
            middle = ":".join(parts.get(each, "") for each in ("nonce", "nc", "cnonce"))
            expected = sha256(f"{secret}:{middle}:auth:{asked}")
            return parts.get("response") == expected

        async with WebCamera(answer) as camera:
            address = f"{camera.url}/live?channel=1"
            info = await probe(
                any_ffmpeg, AddressInput(Source.parse(address, "me", "pa ss"))
            )
            assert info.video.codec == "h264"
            error = await failure(any_ffmpeg, Source.parse(address, "me", "wrong"))
            assert error.reason is EndReason.UNAUTHORIZED
            assert (await failure(any_ffmpeg, Source.parse(address))).reason is (
                EndReason.UNAUTHORIZED
            )

    async def test_an_unknown_method_is_named(self, any_ffmpeg: str) -> None:
        refusal = respond(status="401 No\r\nWWW-Authenticate: NTLM")
        async with WebCamera(fixed_answer(refusal)) as camera:
            source = Source.parse(f"{camera.url}/live", "me", "secret")
            error = await failure(any_ffmpeg, source)
        assert (error.reason, error.detail) == (EndReason.LOGIN_UNSUPPORTED, "Ntlm")


class TestTypes:
    """The first bytes decide what it is."""

    @pytest.mark.parametrize(
        ("content_type", "before", "after"),
        [
            (
                "multipart/x-mixed-replace; boundary=frame",
                b"Content-Type: image/jpeg\r\n\r\n",
                b"\r\n--frame\r\n",
            ),
            (
                "multipart/x-mixed-replace; boundary=frame",
                b"--frame\r\nContent-Type: image/jpeg;size=1\r\n\r\n",
                b"\r\n",
            ),
            ("multipart/x-mixed-replace", b"--x\r\n\r\n", b"\r\n"),
            ("multipart/x-mixed-replace", b"--x\nContent-Type: image/jpeg\n\n", b"\n"),
            ("image/jpeg", b"", b""),
            ("text/html", b"", b""),
        ],
        ids=["no first boundary", "parameter", "no headers", "LF", "bare", "page"],
    )
    @pytest.mark.parametrize("is_chunked", [False, True])
    async def test_odd_mjpeg_plays(
        self,
        any_ffmpeg: str,
        content_type: str,
        before: bytes,
        after: bytes,
        *,
        is_chunked: bool,
    ) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n"
        parts = [before + jpeg + after for jpeg in await make_jpegs()]
        if is_chunked:
            head += "Transfer-Encoding: chunked\r\n"
            parts = [f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts]
            parts.append(b"0\r\n\r\n")
        async with WebCamera(fixed_answer(f"{head}\r\n".encode(), *parts)) as camera:
            info = await probe(
                any_ffmpeg, AddressInput.parse(f"{camera.url}/video.jpg")
            )
        assert info.video.codec == "mjpeg"

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"<!doctype html><title>Login</title>", "text/html"),
            (b"\xef\xbb\xbf  <HTML><head>", "application/octet-stream"),
            (b"<script>location = '/login'</script>", "text/html; charset=utf-8"),
            (b"<?xml version='1.0'?><!DOCTYPE html>", "application/xhtml+xml"),
        ],
    )
    async def test_a_web_page_is_no_stream(
        self, any_ffmpeg: str, body: bytes, content_type: str
    ) -> None:
        async with WebCamera(fixed_answer(respond(body, content_type))) as camera:
            error = await failure(any_ffmpeg, Source.parse(f"{camera.url}/"))
        assert error.reason is EndReason.WEB_PAGE

    async def test_a_still_image_is_no_stream(self, any_ffmpeg: str) -> None:
        jpeg, *_ = await make_jpegs()
        for content_type in ("image/jpeg", "application/octet-stream"):
            async with WebCamera(fixed_answer(respond(jpeg, content_type))) as camera:
                error = await failure(any_ffmpeg, Source.parse(f"{camera.url}/pic"))
            assert error.reason is EndReason.STILL_IMAGE


class TestBrokenCameras:
    """A connection without HTTP ends soon, with the reason."""

    @pytest.mark.parametrize(
        ("sent", "reason"),
        [
            (b"RTSP/1.0 200 OK\r\n\r\n", EndReason.UNREADABLE),
            (b"HTTP/1.1 OK\r\n\r\n", EndReason.UNREADABLE),
            (redirect("http://[broken/"), EndReason.UNREADABLE),
            (b"HTTP/1.1 200 OK\r\nX: " + 300_000 * b"x", EndReason.UNREADABLE),
            (
                b"HTTP/1.1 200 OK\r\n" + 3_000 * b"X: 0123456789\r\n",
                EndReason.UNREADABLE,
            ),
            (b"HTTP/1.1 401 No\r\nWWW-Authen", EndReason.DISCONNECTED),
            (b"", EndReason.DISCONNECTED),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                EndReason.UNREADABLE,
            ),
            (
                b"HTTP/1.1 200 OK\r\n\r\n#EXTM3U\n" + 3_000_000 * b"#",
                EndReason.UNREADABLE,
            ),
        ],
        ids=lambda value: str(value[:24]),
    )
    async def test_broken_answers(
        self, any_ffmpeg: str, sent: bytes, reason: EndReason
    ) -> None:
        ended = b"" if sent.endswith(b"Authen") or not sent else b"\r\n\r\n"
        async with WebCamera(fixed_answer(sent, ended)) as camera:
            error = await failure(any_ffmpeg, Source.parse(f"{camera.url}/live"))
        assert error.reason is reason

    async def test_a_camera_is_left_when_ffmpeg_leaves(self) -> None:
        has_come, has_left = asyncio.Event(), asyncio.Event()

        async def wait(_: WebRequest) -> AsyncGenerator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n"
            has_come.set()
            try:
                while True:
                    yield b"X: y\r\n"
                    await asyncio.sleep(0.01)
            finally:
                has_left.set()

        async with WebCamera(wait) as camera:
            gateway = await HttpGateway.open(Source.parse(f"{camera.url}/live"))
            try:
                host, port = gateway.proxy.removeprefix("http://").split(":")
                _, writer = await asyncio.open_connection(host, int(port))
                writer.write(f"GET {camera.url}/live HTTP/1.1\r\n\r\n".encode())
                await has_come.wait()
                writer.close()
                await writer.wait_closed()
                await has_left.wait()
            finally:
                await gateway.close()


async def test_nothing_of_the_address_is_in_the_process_list(media: bytes) -> None:
    async with WebCamera(fixed_answer(respond(media, "video/mp2t"))) as camera:
        source = Source.parse(f"{camera.url}/path-1?token=2", "me", "secret")
        gateway = await HttpGateway.open(source)
        try:
            shown = f"{gateway.url} {gateway.proxy}"
            assert not re.search("path-1|token|me:|secret", shown)
            host = gateway.proxy.removeprefix("http://").partition(":")[0]
            assert ipaddress.ip_address(host).is_loopback
        finally:
            await gateway.close()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
