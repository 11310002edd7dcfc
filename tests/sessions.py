"""Sessions as the integration makes them, for a source that does not move."""

import logging
from typing import Any

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.session import StreamSession
from custom_components.hls_camera.streaming.ffmpeg.process import FfmpegProcess
from custom_components.hls_camera.streaming.sources.source import Source, static_source
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import EncoderSearch


def open_session(
    ffmpeg: str,
    url: str,
    options: StreamOptions | None = None,
    *,
    logger: logging.Logger,
    **arguments: Any,
) -> StreamSession:
    """Return a session that starts nothing by itself."""
    return StreamSession(
        static_source(Source.parse(url)),
        options or StreamOptions(),
        ffmpeg=ffmpeg,
        logger=logger,
        conversions=Conversions(EncoderSearch(ffmpeg)),
        **arguments,
    )


def process_of(session: StreamSession) -> int:
    """Return the process id of a session's FFmpeg."""
    run = session.supervisor.run
    assert run is not None
    assert isinstance(run.process, FfmpegProcess)
    return run.process.pid
