"""Sessions as the integration makes them, for a source that does not move."""

import asyncio
import logging
from typing import Any

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.session import (
    SessionState,
    StreamSession,
)
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


def open_session(
    ffmpeg: str,
    url: str,
    options: StreamOptions | None = None,
    *,
    logger: logging.Logger,
    source_info: SourceInfo | None = None,
    is_dynamic: bool = False,
    **arguments: Any,
) -> StreamSession:
    """Return a session that starts nothing by itself."""
    find_source = static_source(Source.parse(url))
    spec = StreamSpec(
        find_source=find_source,
        options=options or StreamOptions(),
        logger=logger,
        source_info=source_info,
        is_dynamic=is_dynamic,
    )
    machine = Machine(ffmpeg, Conversions(EncoderSearch(ffmpeg)))
    return StreamSession(spec, machine, find_source, **arguments)


async def reach(
    session: StreamSession, *states: SessionState, seconds: float = 10
) -> None:
    """Wait for one of these states."""
    changed = asyncio.Event()
    remove = session.add_listener(changed.set)
    try:
        async with asyncio.timeout(seconds):
            while session.state not in states:
                changed.clear()
                await changed.wait()
    finally:
        remove()


def process_of(session: StreamSession) -> int:
    """Return the process id of a session's FFmpeg."""
    run = session.supervisor.run
    assert run is not None
    assert isinstance(run.process, FfmpegProcess)
    return run.process.pid
