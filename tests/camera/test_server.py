"""The responses of a camera, to FFmpeg and to a hand-written RTSP client."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests import tools

from . import AuthScheme, Feed, Join, Lower, RtspServer, TestCamera
from .certificates import server_tls
from .client import Viewer, watch
from .keyframes import begins_keyframe
from .rtp import RtpPacket, SenderReport, TrackKind
from .rtsp import INTERLEAVED

NASTY = 'p@ss:w/ö"rd%20?#'
INTERLEAVED_0 = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}


class Caller:
    """A hand-written RTSP client."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.headers: dict[str, str] = {}

    async def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None
    ) -> int:
        """Send a request and return the status of the response."""
        lines = [f"{method} {url} RTSP/1.0", "CSeq: 7"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        status, *fields = (
            (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        )
        pairs = (field.partition(": ") for field in fields if field)
        self.headers = {name: value for name, _, value in pairs}
        await self.reader.readexactly(int(self.headers.get("Content-Length", 0)))
        return int(status.split()[1])

    async def set_up(self, camera: TestCamera, *tracks: str) -> dict[str, str]:
        """Set up tracks; return the header with the session."""
        session: dict[str, str] = {}
        for number, track in enumerate(tracks):
            channels = f"interleaved={2 * number}-{2 * number + 1}"
            transport = {"Transport": f"RTP/AVP/TCP;unicast;{channels}"}
            url = f"{camera.url}/track={track}"
            assert await self.ask("SETUP", url, transport | session) == 200
            session = {"Session": self.headers["Session"].partition(";")[0]}
        return session

    async def play(self, camera: TestCamera, *tracks: str) -> None:
        """Set up tracks, and play."""
        session = await self.set_up(camera, *tracks)
        assert await self.ask("PLAY", camera.url, session) == 200

    async def video(self) -> RtpPacket:
        """Return the next packet of the video, which is the first track."""
        while True:
            channel, data = await self.packet()
            if channel == 0:
                return RtpPacket.parse(TrackKind.VIDEO, data)

    async def packet(self) -> tuple[int, bytes]:
        """Return the next packet and its channel."""
        dollar, channel, *size = await self.reader.readexactly(4)
        assert bytes([dollar]) == INTERLEAVED
        return channel, await self.reader.readexactly(int.from_bytes(bytes(size)))

    def stop_reading(self) -> None:
        """Read no more of the camera's data."""
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()


@asynccontextmanager
async def call(camera: TestCamera) -> AsyncIterator[Caller]:
    """Connect to a camera."""
    host, _, port = camera.plain_url.split("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Caller(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("scheme", [AuthScheme.BASIC, AuthScheme.DIGEST])
async def test_lets_in_who_knows_the_password(scheme: AuthScheme) -> None:
    async with TestCamera(
        username="a user", password=NASTY, auth_scheme=scheme
    ) as camera:
        assert NASTY not in camera.url
        viewer = await watch(camera.url, seconds=0.3)
        assert viewer.codecs == ["h264"]
        for url in (camera.plain_url, camera.url.replace("user", "loser")):
            stranger = await watch(url)
            assert "401 Unauthorized" in stranger.log
            assert not stranger.packets


async def test_a_worn_out_nonce_is_replaced() -> None:
    async with TestCamera(username="u", password="p", nonce_uses=1) as camera:
        viewer = await watch(camera.url, seconds=0.3)
    assert viewer.codecs == ["h264"]
    assert [each.status for each in camera.exchanges if each.method == "PLAY"] == [
        401,
        200,
    ]


async def test_many_watch_one_camera() -> None:
    async with TestCamera() as camera:
        watching = [watch(camera.url, seconds=0.5) for _ in range(4)]
        viewers = await asyncio.gather(*watching)
        await camera.wait_disconnected()
    assert all(len(viewer.packets) > 5 for viewer in viewers)
    assert camera.total_connections == camera.total_plays == 4
    assert camera.connections == ()


async def test_one_server_has_many_cameras() -> None:
    garden = TestCamera(path="/garden/")
    street = TestCamera(Feed(video="mjpeg"), path="street?channel=1&subtype=0")
    async with RtspServer(garden, street):
        assert (await watch(garden.url, seconds=0.3)).codecs == ["h264"]
        assert (await watch(street.url, seconds=0.3)).codecs == ["mjpeg"]
        nobody = await watch(f"{garden.url}-shed")
        assert "404 Not Found" in nobody.log
    assert garden.total_connections == street.total_connections == 1


async def test_sends_over_udp_as_well() -> None:
    async with TestCamera(Feed(audio="aac")) as camera:
        viewer = await watch(camera.url, seconds=0.5, transport="udp")
    assert viewer.codecs == ["h264", "aac"]


async def test_refuses_transports_that_it_lacks() -> None:
    async with TestCamera(transports={Lower.TCP}) as camera:
        viewer = await watch(camera.url, transport="udp")
        assert "461" in viewer.log or "Protocol not supported" in viewer.log
    assert ("SETUP", 461) in [(each.method, each.status) for each in camera.exchanges]


async def test_encrypts(tmp_path: Path) -> None:
    async with TestCamera(tls=server_tls(tmp_path)) as camera:
        assert camera.url.startswith("rtsps://")
        # The old one accepts any certificate, and does not know the option.
        viewer = Viewer(camera.url, seconds=0.3, binary=tools.ffmpeg_old())
        async with viewer:
            await viewer.wait_end()
    assert viewer.codecs == ["h264"]


async def test_answers_as_the_standard_says() -> None:
    async with TestCamera(Feed(audio="aac")) as camera, call(camera) as caller:
        url = camera.url
        assert await caller.ask("OPTIONS", "*") == 200
        assert "GET_PARAMETER" in caller.headers["Public"]
        assert await caller.ask("DESCRIBE", url) == 200
        assert caller.headers["Content-Base"] == f"{url}/"
        assert await caller.ask("PLAY", url) == 455
        assert await caller.ask("SETUP", f"{url}/track=smell", INTERLEAVED_0) == 404
        for useless in ("RTP/AVP", "RTP/AVP;unicast;client_port=70000-70001"):
            transport = {"Transport": useless}
            assert await caller.ask("SETUP", f"{url}/track=video", transport) == 461
        session = await caller.set_up(camera, "video", "audio")
        assert caller.headers["Session"].endswith(";timeout=60")
        assert caller.headers["Transport"] == "RTP/AVP/TCP;unicast;interleaved=2-3"
        assert await caller.ask("PLAY", url, {"Session": "another"}) == 454
        assert await caller.ask("RECORD", url, session) == 501
        assert await caller.ask("GET_PARAMETER", url, session) == 200
        assert await caller.ask("TEARDOWN", url, session) == 200
        assert await caller.ask("TEARDOWN", url) == 455


async def test_play_tells_where_the_stream_begins() -> None:
    async with TestCamera(Feed(audio="pcmu")) as camera, call(camera) as caller:
        async with Viewer(camera.url) as viewer:
            await viewer.wait_packets(8)  # so there is a keyframe to start with
        session = await caller.set_up(camera, "video", "audio")
        assert await caller.ask("PLAY", camera.url, session) == 200
        infos = [
            dict(pair.split("=", 1) for pair in info.split(";"))
            for info in caller.headers["RTP-Info"].split(",")
        ]
        assert infos[0]["url"] == f"{camera.url}/track=video"

        reports = [await caller.packet() for _ in infos]
        for (channel, data), info, kind in zip(
            reports, infos, (TrackKind.VIDEO, TrackKind.AUDIO), strict=True
        ):
            assert channel % 2 == 1
            report = SenderReport.parse(kind, data)
            assert report.timestamp == int(info["rtptime"])

        channel, data = await caller.packet()
        first = RtpPacket.parse(TrackKind.VIDEO, data)
        assert channel == 0
        assert first.sequence == int(infos[0]["seq"])
        assert abs(first.timestamp - int(infos[0]["rtptime"])) < 9


async def test_keeps_sessions_alive_that_are_kept_alive() -> None:
    async with TestCamera(session_timeout=2) as camera, Viewer(camera.url) as viewer:
        await camera.wait_requests("GET_PARAMETER", 2)
        assert viewer.status is None


async def test_ends_sessions_that_are_not() -> None:
    async with TestCamera(session_timeout=1) as camera, call(camera) as caller:
        await caller.play(camera, "video")
        await camera.wait_disconnected()


async def test_drops_clients_that_do_not_read() -> None:
    feed = Feed(video="mjpeg", size=(1920, 1080), fps=60, video_bitrate=400_000_000)
    async with (
        TestCamera(feed, transports={Lower.TCP}) as camera,
        call(camera) as caller,
    ):
        await caller.play(camera, "video")
        caller.stop_reading()
        await camera.wait_disconnected()
        assert camera.dropped_clients == 1


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"\0" * 100_000,
        b"\r\n",
    ],
    ids=["another protocol", "no length", "no end", "nothing"],
)
async def test_ends_connections_that_are_not_rtsp(nonsense: bytes) -> None:
    async with TestCamera() as camera, call(camera) as caller:
        caller.writer.write(nonsense)
        caller.writer.write_eof()
        answer = await caller.reader.read()
        assert answer == b"" or answer.startswith(b"RTSP/1.0 400")
        assert (await watch(camera.url, seconds=0.3)).codecs == ["h264"]


@pytest.mark.parametrize(
    "join", [Join.IDR, Join.NEW_IDR, Join.KEYFRAME, Join.GOP_CACHE]
)
async def test_begins_with_a_keyframe(join: Join) -> None:
    feed = Feed(keyframe_interval=0.4)
    async with TestCamera(feed, join=join) as camera, Viewer(camera.url) as early:
        await early.wait_packets(5)
        late = await watch(camera.url, seconds=0.3)
    assert early.packets[0].keyframe
    assert late.packets[0].keyframe


async def test_begins_anywhere() -> None:
    async with TestCamera(Feed(keyframe_interval=10), join=Join.ANYWHERE) as camera:
        for keyframe_may_come in (True, False):
            async with call(camera) as caller:
                await caller.play(camera, "video")
                packets = [await caller.video() for _ in range(10)]
            begins = [begins_keyframe("H264", packet.payload) for packet in packets]
            assert keyframe_may_come or not any(begins)


async def test_a_cached_group_comes_in_a_burst_a_delayed_one_at_its_pace() -> None:
    spans = {}
    for join in (Join.GOP_CACHE, Join.IDR):
        feed = Feed(keyframe_interval=10, fps=30)
        async with TestCamera(feed, join=join) as camera:
            async with Viewer(camera.url) as early:
                await early.wait_packets(16)
            async with call(camera) as caller:
                await caller.play(camera, "video")
                began = time.monotonic()
                frames = 0
                while frames < 10:
                    frames += (await caller.video()).marker
                spans[join] = time.monotonic() - began
    assert spans[Join.GOP_CACHE] < 0.1
    assert spans[Join.IDR] == pytest.approx(9 / 30, abs=0.15)


async def test_encodes_a_keyframe_for_each_client() -> None:
    feed = Feed(keyframe_interval=60)
    async with (
        TestCamera(feed, join=Join.NEW_IDR) as camera,
        Viewer(camera.url) as early,
    ):
        before = await early.wait_packets(5)
        late = await watch(camera.url, seconds=0.3)
        packets = await early.wait_packets(len(before) + 1)
    assert late.packets[0].keyframe
    assert sum(packet.keyframe for packet in packets) == 2


async def test_starts_again_at_the_same_address() -> None:
    camera = TestCamera(Feed(audio="aac"))
    await camera.start()
    url = camera.url
    await camera.stop()
    assert "Connection refused" in (await watch(url)).log
    async with camera:
        assert camera.url == url
        assert (await watch(url, seconds=0.3)).codecs == ["h264", "aac"]


async def test_does_not_share_its_port() -> None:
    async with TestCamera() as camera:
        port = int(camera.url.split(":")[2].partition("/")[0])
        with pytest.raises(OSError, match="in use"):
            await TestCamera(port=port).start()


async def test_leaves_nothing_behind() -> None:
    process = psutil.Process()
    before = process.num_fds()
    async with TestCamera() as camera, call(camera) as caller:
        await caller.play(camera, "video")
        await camera.wait_connected()
        (ffmpeg,) = process.children()
        await camera.stop()
        await camera.stop()
        assert not ffmpeg.is_running()
        assert camera.connections == ()
    await asyncio.sleep(0)
    assert process.children() == []
    assert process.num_fds() == before


async def test_stops_while_a_client_goes() -> None:
    for turns in range(6):
        async with TestCamera() as camera, call(camera) as caller:
            await caller.play(camera, "video")
            caller.writer.transport.abort()
            for _ in range(turns):
                await asyncio.sleep(0)
            await camera.stop()
        assert camera.connections == ()
