"""Probes a source: FFmpeg reports its packets for a short time.

FFmpeg copies the packets into its `framecrc` format (see `packet_report.py`). It needs no
ffprobe, which not every installation has, and decodes nothing.
"""

import asyncio
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ..errors import SourceError
from ..ffmpeg.launch import launch
from ..ffmpeg.process import SIDE_OUTPUT, ProcessListener
from ..reasons import EndReason
from ..sources.input import Input, OpenInput, ReadOptions
from ..sources.source_info import SourceInfo
from .packet_report import MAX_PROBED_INTERVAL_S, MAX_SOUND_TRACKS, PacketReport

KEYFRAME_FORMAT: Final = "matroska"
_MAX_KEYFRAME_BYTES: Final = 16 * 1024**2
PROBE_TIMEOUT_S: Final[float] = 17.0
"""Seconds in which a source must send a picture, and another one."""
_MAX_USUAL_ANALYSIS_S: Final = 4.0
"""Seconds after which FFmpeg has opened any RTSP source, but one that sends pictures
seldom: its usual analysis waits for several."""
_DESPITE_A_PICTURE: Final = frozenset(
    {EndReason.PICTURE_TOO_LARGE, EndReason.STILL_IMAGE}
)
"""Reasons that make a source unusable although it sent a picture."""
_STOP_GRACE_S: Final = 1.0
"""Seconds that FFmpeg has to end: it does not listen while it waits for a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ProbeMode:
    """The conditions of a probe."""

    with_sound: bool = True
    is_slow: bool = False
    """Whether its pictures are expected to be seconds apart."""


class _ProbeAgain(Exception):  # noqa: N818 - a change of mode, not an error
    """Another mode may bring a better description."""

    def __init__(self, mode: _ProbeMode) -> None:
        super().__init__(str(mode))
        self.mode = mode


async def probe(
    ffmpeg: str,
    source: Input,
    *,
    timeout: float = PROBE_TIMEOUT_S,
    look_longer: bool = False,
    allowed_hosts: frozenset[str] = frozenset(),
    keyframe: bytearray | None = None,
) -> SourceInfo:
    """Read a source for as long as it takes to describe it; `timeout` is in seconds.

    The source is connected to once, with two exceptions: a camera that refuses a track
    that it describes is asked for its picture alone, and one whose pictures are seconds
    apart is read without FFmpeg's usual analysis. `look_longer` and `allowed_hosts` are as
    in `ReadOptions`. `keyframe` takes the source's first keyframe, in a file of
    `KEYFRAME_FORMAT`; it stays empty where FFmpeg cannot write one.

    Raises:
        SourceError: with the reason why it cannot be read.
        FfmpegError: FFmpeg cannot be started.

    """
    end = time.monotonic() + timeout
    mode = _ProbeMode()
    while True:
        try:
            options = ReadOptions(
                read_timeout=timeout,
                keyframe_wait=MAX_PROBED_INTERVAL_S,
                frame_interval=_MAX_USUAL_ANALYSIS_S if mode.is_slow else 0.0,
                with_sound=mode.with_sound,
                look_longer=look_longer,
                use_gateway=True,
                allowed_hosts=allowed_hosts,
            )
            info = await _probe_once(ffmpeg, source, mode, options, keyframe)
        except _ProbeAgain as again:
            mode = again.mode
            timeout = max(end - time.monotonic(), 0.0)
        else:
            return replace(info, refuses_sound=not mode.with_sound)


async def _probe_once(
    ffmpeg: str,
    source: Input,
    mode: _ProbeMode,
    options: ReadOptions,
    keyframe: bytearray | None,
) -> SourceInfo:
    """Probe a source once.

    Raises:
        _ProbeAgain: another mode is better.
        SourceError: with the reason why it cannot be read.
        FfmpegError: FFmpeg cannot be started.

    """
    packets = PacketReport()
    timeout = options.read_timeout
    may_be_slow = (
        source.is_rtsp and not mode.is_slow and timeout > _MAX_USUAL_ANALYSIS_S
    )
    taken = bytearray() if keyframe is None else keyframe
    taken.clear()

    def take(data: bytes) -> None:
        if len(taken) <= _MAX_KEYFRAME_BYTES:
            taken.extend(data)

    listener = ProcessListener(on_output=packets.feed, on_side_output=take)
    command = partial(_command, ffmpeg, with_keyframe=keyframe is not None)
    process = await launch(source, options, command, listener)
    exited = asyncio.create_task(process.wait())
    known = asyncio.create_task(packets.known.wait())
    ends = {exited, known}
    try:
        done, _ = await asyncio.wait(
            ends,
            timeout=_MAX_USUAL_ANALYSIS_S if may_be_slow else timeout,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if may_be_slow and not done:
            if not packets.has_begun:
                raise _ProbeAgain(replace(mode, is_slow=True))
            done, _ = await asyncio.wait(
                ends,
                timeout=timeout - _MAX_USUAL_ANALYSIS_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
        # Before it is stopped: later lines are not about the camera.
        detail = process.detail
    finally:
        exited.cancel()
        known.cancel()
        await process.stop(_STOP_GRACE_S)
    if process.reason in _DESPITE_A_PICTURE:
        raise SourceError(process.failure, detail)
    if packets.has_video:
        info = packets.summary(process.log)
        return replace(info, needs_gateway=process.needs_gateway)
    if mode.with_sound and process.is_track_refused:
        raise _ProbeAgain(replace(mode, with_sound=False))
    has_failed = bool(done) or process.has_trouble
    raise SourceError(process.failure if has_failed else EndReason.TIMED_OUT, detail)


def _command(ffmpeg: str, opened: OpenInput, *, with_keyframe: bool) -> list[str]:
    """Return the command that reports the packets of an input."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"]
    command += ["-stats_period", "0.2"]  # so that it ends soon (see build_command)
    # MPEG-TS has codec tags that are not Matroska's, in which the keyframe is written.
    command += ["-tag:v", "0", *opened.arguments]
    if opened.filter_graph:
        command += ["-filter_complex", opened.filter_graph]
    command += ["-map", opened.picture]
    for track in range(MAX_SOUND_TRACKS):
        command += ["-map", f"0:a:{track}?"]
    # A composed picture has no packets before it is encoded: its frames are reported.
    command += ["-c:v", "rawvideo" if opened.filter_graph else "copy"]
    command += ["-c:a", "copy", "-copyinkf:a"]
    command += ["-max_interleave_delta", "1", "-flush_packets", "1"]
    command += ["-f", "framecrc", "pipe:1"]
    if with_keyframe and not opened.filter_graph:
        command += ["-map", opened.picture, "-c:v", "copy", "-frames:v", "1"]
        # The first frame has no presentation time where frames are reordered.
        command += ["-bsf:v", "setts=ts=0"]
        # An output that fails would end the report; as a part of this one, it does not.
        options = f"f={KEYFRAME_FORMAT}:flush_packets=1:onfail=ignore"
        outputs = f"[f=null]-|[{options}]{SIDE_OUTPUT}"
        command += ["-f", "tee", outputs]
    return command
