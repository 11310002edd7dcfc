"""Streams and cameras of ours for the tests of this package."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, override

import m3u8

from custom_components.hls_camera.streaming.camera.camera import (
    SUB_PLAYLIST,
    Camera,
    open_camera,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.stream_spec import StreamSpec
from custom_components.hls_camera.streaming.camera.sub_stream import scaled_down
from custom_components.hls_camera.streaming.camera.variant_memory import KnownVariants
from custom_components.hls_camera.streaming.outputs.hls_delivery import Delivery
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from tests import camera as cameras
from tests.camera import Feed, TestCamera, faults
from tests.camera.rtp import MediaPacket, RtpPacket
from tests.streams import machine, open_stream, stream_spec

CORE = "custom_components.hls_camera.streaming"


LOGGER = logging.getLogger(__name__)


H264 = SourceInfo(
    video=VideoInfo(
        codec="h264", width=320, height=180, frame_rate=15.0, keyframe_interval=0.4
    )
)


H264_AAC = SourceInfo(video=H264.video, audio=AudioInfo(codec="aac", sample_rate=16000))


HEVC = SourceInfo(video=replace(H264.video, codec="hevc"))


FEED = Feed(keyframe_interval=0.4)


FEED_AAC = Feed(keyframe_interval=0.4, audio="aac")


NOWHERE = "rtsp://127.0.0.1:9/live"


def make_stream(
    ffmpeg: str,
    url: str = NOWHERE,
    *,
    source_info: SourceInfo | None = H264,
    admit: Callable[[int], None] = lambda _places: None,
    conversions: Conversions | None = None,
    **options: Any,
) -> Camera:
    """Return a stream that starts nothing by itself."""
    return open_stream(
        ffmpeg,
        url,
        StreamOptions(**{"part_duration": 0.1} | options),
        logger=LOGGER,
        source_info=source_info,
        admit=admit,
        conversions=conversions,
    )


def assert_no_task(stream: Camera) -> None:
    """Assert that no task of the stream's supervisor goes on."""
    task = stream.main.supervisor.task
    assert task is None or task.done()


@asynccontextmanager
async def stream_of(
    ffmpeg: str, url: str = NOWHERE, **options: Any
) -> AsyncIterator[Camera]:
    """Return a stream that is stopped in the end and leaves nothing."""
    stream = make_stream(ffmpeg, url, **options)
    try:
        yield stream
    finally:
        await stream.stop()
        assert_no_task(stream)


@asynccontextmanager
async def streamed(
    ffmpeg: str,
    feed: Feed = FEED,
    *,
    faults: Sequence[faults.Fault] = (),
    **options: Any,
) -> AsyncIterator[tuple[TestCamera, Camera]]:
    """Serve a camera, and return it with our stream of it, which nothing has started."""
    async with (
        TestCamera(feed, faults=faults) as camera,
        stream_of(ffmpeg, camera.url, **options) as stream,
    ):
        yield camera, stream


async def watch(stream: Camera, token: str) -> None:
    """Ask again and again, as a player does, until there is something to play."""
    while not stream.main.window.is_ready:
        stream.main.audience.touch(token)
        await asyncio.sleep(0.05)


async def keep_watching(stream: Camera, token: str) -> None:
    """Fetch playlists and parts, as a player does."""
    while True:
        msn, part = stream.main.window.next_part
        position = {"_HLS_msn": str(msn), "_HLS_part": str(part)}
        await stream.deliver(token, MEDIA_PLAYLIST, position, {})


class Recorder(faults.Fault):
    """No fault: notes what the camera sends."""

    def __init__(self) -> None:
        self.video: list[bytes] = []
        """NAL units (RFC 6184)."""
        self.audio: list[bytes] = []
        """Access units (RFC 3640)."""
        self._fragments = bytearray()

    @override
    def strike(self, client: object) -> Callable[..., None]:
        def note(packet: MediaPacket, forward: Callable[[MediaPacket], None]) -> None:
            if isinstance(packet, RtpPacket):
                if packet.track is cameras.TrackKind.VIDEO:
                    self._note_video(packet.payload)
                else:
                    self._note_audio(packet.payload)
            forward(packet)

        return note

    def _note_video(self, payload: bytes) -> None:
        match payload[0] & 0x1F:
            case 24:  # STAP-A: several NAL units
                rest = payload[1:]
                while rest:
                    size = int.from_bytes(rest[:2])
                    self.video.append(rest[2 : 2 + size])
                    rest = rest[2 + size :]
            case 28:  # FU-A: a fragment of one
                if payload[1] & 0x80:
                    self._fragments[:] = [payload[0] & 0xE0 | payload[1] & 0x1F]
                self._fragments += payload[2:]
                if payload[1] & 0x40:
                    self.video.append(bytes(self._fragments))
            case _:
                self.video.append(payload)

    def _note_audio(self, payload: bytes) -> None:
        count = int.from_bytes(payload[:2]) // 16
        rest = payload[2 + 2 * count :]
        for index in range(count):
            header = payload[2 + 2 * index : 4 + 2 * index]
            size = int.from_bytes(header) >> 3
            self.audio.append(rest[:size])
            rest = rest[size:]


MAIN = Feed(size=(640, 360), keyframe_interval=0.8)


SMALL = Feed(keyframe_interval=0.4)


KNOWN: KnownVariants = {
    uri: {
        "uri": uri,
        "bandwidth": bandwidth,
        "average_bandwidth": bandwidth // 2,
        "codecs": "avc1.42C01E",
        "width": 640,
        "height": 360,
    }
    for uri, bandwidth in ((MEDIA_PLAYLIST, 2_000_000), (SUB_PLAYLIST, 200_000))
}


class TwoStreams:
    """A test camera for each stream of one camera of ours, and a viewer of it."""

    def __init__(
        self, main: TestCamera, small: TestCamera | None, ours: Camera
    ) -> None:
        self.main = main
        self.small = small
        self.ours = ours
        self.token = ""

    async def get(self, resource: str) -> Delivery:
        """Ask for a resource as a viewer."""
        return await self.ours.deliver(self.token, resource, {}, {})

    async def text(self, resource: str) -> str:
        """Return a playlist."""
        delivery = await self.get(resource)
        assert delivery.status == 200
        return b"".join(delivery.body).decode()

    async def addresses(self) -> list[str]:
        """Return the addresses in the multivariant playlist."""
        playlists = m3u8.loads(await self.text(MULTIVARIANT_PLAYLIST)).playlists
        return [playlist.uri for playlist in playlists]


@asynccontextmanager
async def two_streams(
    ffmpeg: str,
    *,
    known: KnownVariants | None = KNOWN,
    small: Feed | None = SMALL,
    elsewhere: str = NOWHERE,
    idle_timeout: float = 30.0,
) -> AsyncIterator[TwoStreams]:
    """Serve both streams; without `small`, the sub-stream is at `elsewhere`, without picture."""
    async with AsyncExitStack() as stack:
        main_camera = await stack.enter_async_context(TestCamera(MAIN))
        small_camera = None
        if small is not None:
            small_camera = await stack.enter_async_context(TestCamera(small))
        options = StreamOptions(part_duration=0.1, idle_timeout=idle_timeout)
        specs = [
            stream_spec(
                camera.url if camera else elsewhere,
                options,
                logger=LOGGER,
                source_info=H264,
            )
            for camera in (main_camera, small_camera)
        ]
        ours = open_camera(specs, machine(ffmpeg), known=known)
        stack.push_async_callback(ours.stop)
        ours.arm()
        found = TwoStreams(main_camera, small_camera, ours)
        found.token = ours.open_viewer()
        yield found


class MadeSubStream:
    """A camera, and the two streams that share its connection."""

    def __init__(self, camera: TestCamera, ours: Camera) -> None:
        self.camera = camera
        self.ours = ours
        assert ours.sub is not None
        self.sub = ours.sub
        self.token = ours.open_viewer()

    async def text(self, playlist: str) -> str:
        """Return a playlist, as a viewer gets it."""
        delivery = await self.ours.deliver(self.token, playlist, {}, {})
        assert delivery.status == 200
        return b"".join(delivery.body).decode()


@asynccontextmanager
async def made_sub_stream(
    ffmpeg: str, camera: TestCamera
) -> AsyncIterator[MadeSubStream]:
    """Open a camera whose sub-stream is made of its main stream, for a viewer."""
    options = StreamOptions(part_duration=0.1)
    main = stream_spec(camera.url, options, logger=LOGGER, source_info=H264_AAC)
    sub = StreamSpec(find_source=None, options=scaled_down(options, 90), logger=LOGGER)
    ours = open_camera([main, sub], machine(ffmpeg))
    ours.arm()
    try:
        yield MadeSubStream(camera, ours)
    finally:
        await ours.stop()
