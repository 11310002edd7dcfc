"""An input of another kind, written outside the core: two streams of ours side by side.

The core is not touched for it: the input opens two others, and names a filter graph.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

import m3u8
import pytest

from custom_components.hls_camera.streaming.camera.camera import Camera, open_camera
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.stream_spec import (
    Machine,
    StreamSpec,
)
from custom_components.hls_camera.streaming.camera.sub_stream import find_main_stream
from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import (
    AddressInput,
    static_source,
)
from custom_components.hls_camera.streaming.sources.input import FindSource, Input
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import EncoderSearch
from tests.camera import Feed, TestCamera
from tests.streams import reach

from .camera.scenes import H264_AAC
from .mosaics import SideBySide
from .probing import decoded_sizes, probe_file
from .web_camera import SlideShow, WebCamera, make_jpegs

LOGGER: Final = logging.getLogger(__name__)
OPTIONS: Final = StreamOptions(part_duration=0.2)
LEFT: Final = Feed(size=(320, 180), keyframe_interval=0.4, audio="aac")
RIGHT: Final = Feed(size=(240, 180), keyframe_interval=0.4)
LOW: Final = Feed(size=(240, 90), keyframe_interval=0.4)


def side_by_side(left: FindSource, right: FindSource) -> FindSource:
    async def find() -> Input:
        return SideBySide(*await asyncio.gather(left(), right()))

    return find


class Wall:
    """Cameras that stop with the test."""

    def __init__(self, ffmpeg: str) -> None:
        self._machine = Machine(ffmpeg, Conversions(EncoderSearch(ffmpeg)))
        self.cameras: list[Camera] = []

    def add(self, find: FindSource, source_info: SourceInfo | None = None) -> Camera:
        spec = StreamSpec(
            find_source=find, options=OPTIONS, logger=LOGGER, source_info=source_info
        )
        camera = open_camera([spec], self._machine)
        camera.arm()
        self.cameras.append(camera)
        return camera

    def add_mosaic(
        self, left: TestCamera, right: TestCamera
    ) -> tuple[Camera, list[Camera]]:
        """Add two cameras and a mosaic of their streams; return it and them."""
        streams = [
            self.add(static_source(Source.parse(camera.url)))
            for camera in (left, right)
        ]
        found = (find_main_stream(stream.main) for stream in streams)
        return self.add(side_by_side(*found)), streams

    async def stop(self) -> None:
        for camera in reversed(self.cameras):
            await camera.stop()


@pytest.fixture
async def wall(any_ffmpeg: str) -> AsyncIterator[Wall]:
    made = Wall(any_ffmpeg)
    yield made
    await made.stop()


async def segments(camera: Camera) -> bytes:
    """Return the init section and the first segment, as a viewer gets them."""
    token = camera.open_viewer()

    async def fetch(resource: str, query: Mapping[str, str]) -> bytes:
        delivery = await camera.deliver(token, resource, query, {})
        assert delivery.status == 200, resource
        return b"".join(delivery.body)

    playlist = m3u8.loads((await fetch(MEDIA_PLAYLIST, {})).decode())
    segment = playlist.segments[0]
    init = segment.init_section
    assert init is not None
    return await fetch(init.uri, {}) + await fetch(str(segment.uri), {})


async def test_two_streams_of_ours_play_side_by_side(
    wall: Wall, tmp_path: Path
) -> None:
    async with TestCamera(LEFT) as left, TestCamera(RIGHT) as right:
        mosaic, _ = wall.add_mosaic(left, right)
        film = tmp_path / "mosaic.mp4"
        film.write_bytes(await segments(mosaic))
        assert set(decoded_sizes(film)) == {(320 + 240, 180)}
        assert set(probe_file(film).streams) == {"video", "audio"}
        # A probe and a run each: the mosaic connects to no camera.
        assert (left.total_connections, right.total_connections) == (2, 2)


async def test_it_ends_and_comes_back_with_each_of_its_streams(wall: Wall) -> None:
    """Also where the other one's sound goes on: half of it would stand still."""
    async with TestCamera(LEFT) as left, TestCamera(RIGHT) as right:
        mosaic, streams = wall.add_mosaic(left, right)
        await segments(mosaic)
        await streams[1].stop()
        await reach(mosaic.main, StreamState.BACKOFF)
        streams[1].arm()
        await reach(mosaic.main, StreamState.STREAMING, seconds=20)


async def test_any_inputs_play_side_by_side(wall: Wall, tmp_path: Path) -> None:
    """A web camera behind its proxy, and an address with credentials."""
    pictures = await make_jpegs(3)
    async with (
        WebCamera(SlideShow(pictures, interval=0.1)) as left,
        TestCamera(LOW, username="me", password="secret") as right,
    ):
        inputs = (
            AddressInput.parse(f"{left.url}/video"),
            AddressInput.parse(right.url),
        )

        async def find() -> Input:
            return SideBySide(*inputs)

        film = tmp_path / "mosaic.mp4"
        film.write_bytes(await segments(wall.add(find)))
        assert set(decoded_sizes(film)) == {(160 + 240, 90)}


async def test_a_plan_for_another_input_is_made_again(
    wall: Wall, tmp_path: Path
) -> None:
    """It would copy a picture that has to be encoded now."""
    async with TestCamera(LEFT) as left:
        stream = wall.add(static_source(Source.parse(left.url)))
        find = find_main_stream(stream.main)
        mosaic = wall.add(side_by_side(find, find), H264_AAC)
        film = tmp_path / "mosaic.mp4"
        film.write_bytes(await segments(mosaic))
        assert set(decoded_sizes(film)) == {(640, 180)}


async def test_the_reason_of_a_part_is_the_reason_of_the_whole(any_ffmpeg: str) -> None:
    async with TestCamera(LEFT, username="me", password="right") as left:
        wrong = AddressInput(Source.parse(left.plain_url, "me", "wrong-one"))
        with pytest.raises(SourceError) as caught:
            await probe(any_ffmpeg, SideBySide(wrong, wrong))
    assert caught.value.reason is EndReason.UNAUTHORIZED
    assert "wrong-one" not in str(caught.value)
