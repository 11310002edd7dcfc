"""RTSP cameras through the gateway: with their login, and to no other host."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

import pytest

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.rtsp_gateway import RtspGateway
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from tests.camera import AuthScheme, Feed, Lower, TestCamera, faults
from tests.streams import open_stream, reach

from ..source_failures import failure

LOGGER: Final = logging.getLogger(__name__)
FEED: Final = Feed(size=(160, 90), fps=10, keyframe_interval=0.5)


@pytest.fixture
def gateways(monkeypatch: pytest.MonkeyPatch) -> list[RtspGateway]:
    """Return the gateways that were opened."""
    opened: list[RtspGateway] = []
    usual = RtspGateway.open

    async def noted(source: Source, hosts: frozenset[str]) -> RtspGateway:
        opened.append(await usual(source, hosts))
        return opened[-1]

    monkeypatch.setattr(RtspGateway, "open", noted)
    return opened


@asynccontextmanager
async def streaming(ffmpeg: str, url: str) -> AsyncIterator[None]:
    options = StreamOptions(part_duration=0.1, stall_timeout=2)
    stream = open_stream(ffmpeg, url, options, logger=LOGGER)
    try:
        await stream.start()
        await reach(stream.main, StreamState.STREAMING, StreamState.FAILED)
        assert stream.main.state is StreamState.STREAMING
        yield
    finally:
        await stream.stop()


class TestLogin:
    @pytest.mark.parametrize("scheme", list(AuthScheme))
    async def test_every_method(self, any_ffmpeg: str, scheme: AuthScheme) -> None:
        async with TestCamera(
            FEED, username="me", password='pa" ss\\', auth_scheme=scheme
        ) as camera:
            source = Source.parse(camera.plain_url, "me", 'pa" ss\\')
            info = await probe(any_ffmpeg, AddressInput(source))
            assert camera.total_connections == 1
            assert info.needs_gateway is (scheme is AuthScheme.DIGEST_SHA256)
            wrong = replace(source, password="wrong")
            assert (await failure(any_ffmpeg, wrong)).reason is EndReason.UNAUTHORIZED

    @pytest.mark.parametrize(
        ("scheme", "looks_and_runs"),
        [(AuthScheme.DIGEST, 1), (AuthScheme.DIGEST_SHA256, 2)],
    )
    async def test_media_pass_only_where_ffmpeg_cannot_log_in(
        self,
        any_ffmpeg: str,
        gateways: list[RtspGateway],
        scheme: AuthScheme,
        looks_and_runs: int,
    ) -> None:
        async with (
            TestCamera(
                FEED, username="me", password="secret", auth_scheme=scheme
            ) as camera,
            streaming(any_ffmpeg, camera.url),
        ):
            assert len(gateways) == looks_and_runs

    @pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
    async def test_nonces_that_wear_out(
        self, any_ffmpeg: str, transport: Transport
    ) -> None:
        async with TestCamera(
            FEED,
            username="me",
            password="secret",
            auth_scheme=AuthScheme.DIGEST_SHA256,
            nonce_uses=1,
        ) as camera:
            source = Source.parse(camera.plain_url, "me", "secret", transport)
            assert (await probe(any_ffmpeg, AddressInput(source))).needs_gateway

    async def test_an_unknown_method_is_named(self, any_ffmpeg: str) -> None:
        async with answering(["Digest realm=x, nonce=n, algorithm=NEW"]) as url:
            error = await failure(any_ffmpeg, Source.parse(url, "me", "secret"))
        assert error.reason is EndReason.LOGIN_UNSUPPORTED
        assert error.detail == "Digest NEW"

    @pytest.mark.parametrize("order", [1, -1])
    async def test_the_best_of_several_is_answered(
        self, any_ffmpeg: str, order: int
    ) -> None:
        methods = [
            f'Digest realm="x", nonce="n", algorithm={each}'
            for each in ("SHA-256", "MD5")
        ]
        given: list[str] = []
        async with answering(methods[::order], given) as url:
            error = await failure(any_ffmpeg, Source.parse(url, "me", "secret"))
        assert error.reason is EndReason.BUSY
        assert "algorithm=SHA-256" in given[0]


@asynccontextmanager
async def answering(
    challenges: Sequence[str], given: list[str] | None = None
) -> AsyncIterator[str]:
    """Serve a camera that is busy after the login; yield its address."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                lines = head.split("\r\n")
                cseq = next(x for x in lines if x.lower().startswith("cseq"))
                answer = ["RTSP/1.0 453 Not Enough Bandwidth", cseq]
                if "Authorization" not in head:
                    offered = [f"WWW-Authenticate: {each}" for each in challenges]
                    answer = ["RTSP/1.0 401 Unauthorized", cseq, *offered]
                elif given is not None:
                    given.append(head)
                writer.write("\r\n".join([*answer, "", ""]).encode())
        except asyncio.IncompleteReadError:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"


class TestRedirects:
    async def test_only_allowed_hosts_are_asked(self, any_ffmpeg: str) -> None:
        async with TestCamera(FEED) as other:
            host = urlsplit(other.url).netloc
            leading = [faults.Redirect(other.url.replace("://", "://you:secret@"))]
            async with TestCamera(FEED, faults=leading) as camera:
                source = Source.parse(camera.url, "me", "secret")
                error = await failure(any_ffmpeg, source)
                assert error.reason is EndReason.REDIRECTED
                assert error.detail == host
                assert other.total_connections == 0
                info = await probe(
                    any_ffmpeg,
                    AddressInput(source),
                    allowed_hosts=frozenset({host}),
                )
                assert info.needs_gateway
                assert other.total_connections == 1

    @pytest.mark.parametrize(
        ("location", "reason", "detail"),
        [
            ("file:///etc/passwd", EndReason.REDIRECTED, "file://..."),
            ("http://10.0.0.1/x", EndReason.REDIRECTED, "http://10.0.0.1:80"),
            ("rtsp://me:pw@10.0.0.1/x", EndReason.REDIRECTED, "10.0.0.1:554"),
            ("rtsp://[broken/", EndReason.UNREADABLE, "No address to go to"),
        ],
    )
    async def test_elsewhere(
        self, any_ffmpeg: str, location: str, reason: EndReason, detail: str
    ) -> None:
        async with TestCamera(FEED, faults=[faults.Redirect(location)]) as camera:
            error = await failure(any_ffmpeg, Source.parse(camera.url))
        assert (error.reason, error.detail) == (reason, detail)

    async def test_endless_ones_end(self, any_ffmpeg: str) -> None:
        async with TestCamera(FEED) as camera:
            camera.inject(faults.Redirect(camera.url))
            error = await failure(any_ffmpeg, Source.parse(camera.url))
            assert camera.total_connections < 10
        assert (error.reason, error.detail) == (
            EndReason.UNREADABLE,
            "Too many redirects",
        )


async def test_datagrams_come_from_the_camera(any_ffmpeg: str) -> None:
    async with TestCamera(FEED, transports=[Lower.UDP]) as camera:
        for transport in (Transport.UDP, Transport.AUTOMATIC):
            source = replace(Source.parse(camera.url), transport=transport)
            assert (await probe(any_ffmpeg, AddressInput(source))).video.codec == "h264"


@pytest.mark.parametrize("sent", [b"", b"RTSP/1.0 401 Unauthorized\r\nWWW-Auth"])
async def test_a_camera_that_hangs_up(any_ffmpeg: str, sent: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"rtsp://127.0.0.1:{server.sockets[0].getsockname()[1]}/live"
        error = await failure(any_ffmpeg, Source.parse(url))
    assert error.reason is EndReason.DISCONNECTED


async def test_answers_that_are_not_rtsp_are_unreadable(any_ffmpeg: str) -> None:
    async with TestCamera(FEED, faults=[faults.GarbageAnswer()]) as camera:
        error = await failure(any_ffmpeg, Source.parse(camera.url))
    assert (error.reason, error.detail) == (
        EndReason.UNREADABLE,
        "The answer is not RTSP",
    )
