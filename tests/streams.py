"""Cameras of ours for tests: opened as the integration does, for sources that do not move."""

import asyncio
import logging
from collections.abc import Callable

from custom_components.hls_camera.streaming.camera.camera import Camera, open_camera
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.stream_spec import (
    Machine,
    StreamSpec,
)
from custom_components.hls_camera.streaming.ffmpeg.process import FfmpegProcess
from custom_components.hls_camera.streaming.sources.address_input import static_source
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import EncoderSearch


def machine(ffmpeg: str, conversions: Conversions | None = None) -> Machine:
    """Return a machine with this FFmpeg, which also finds the encoders by default."""
    return Machine(ffmpeg, conversions or Conversions(EncoderSearch(ffmpeg)))


def stream_spec(
    url: str,
    options: StreamOptions | None = None,
    *,
    logger: logging.Logger,
    source_info: SourceInfo | None = None,
    is_dynamic: bool = False,
) -> StreamSpec:
    """Return the specification of a stream from an address."""
    return StreamSpec(
        find_source=static_source(Source.parse(url)),
        options=options or StreamOptions(),
        logger=logger,
        source_info=source_info,
        is_dynamic=is_dynamic,
    )


def open_stream(
    ffmpeg: str,
    url: str,
    options: StreamOptions | None = None,
    *,
    logger: logging.Logger,
    source_info: SourceInfo | None = None,
    is_dynamic: bool = False,
    admit: Callable[[int], None] = lambda _places: None,
    conversions: Conversions | None = None,
) -> Camera:
    """Return a camera with one stream, which starts nothing by itself."""
    spec = stream_spec(
        url, options, logger=logger, source_info=source_info, is_dynamic=is_dynamic
    )
    return open_camera([spec], machine(ffmpeg, conversions), admit=admit)


async def reach(
    rendition: Rendition, *states: StreamState, seconds: float = 10
) -> None:
    """Wait for one of these states."""
    changed = asyncio.Event()
    remove = rendition.add_listener(changed.set)
    try:
        async with asyncio.timeout(seconds):
            while rendition.state not in states:
                changed.clear()
                await changed.wait()
    finally:
        remove()


def process_of(stream: Camera) -> int:
    """Return the process id of a main stream's FFmpeg."""
    run = stream.main.supervisor.run
    assert run is not None
    assert isinstance(run.process, FfmpegProcess)
    return run.process.pid
