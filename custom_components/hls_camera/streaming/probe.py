"""What a source sends: a short look at its packets, by FFmpeg.

FFmpeg copies the packets into its `framecrc` format, a text with one line per packet
(time, size, keyframe or not) below a header with the codecs and sizes. It needs no
ffprobe, which not every installation has, and decodes nothing.
"""

import asyncio
import re
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise
from statistics import median
from typing import Final

from .errors import SourceError
from .ffmpeg import FfmpegProcess, input_arguments
from .options import Source
from .reasons import EndReason
from .source_info import AudioInfo, SourceInfo, VideoInfo

UNKNOWN_INTERVAL: Final = 6.0
"""Seconds of media looked at, at most; a camera with a longer keyframe interval is
left with an unknown one."""
_ENOUGH: Final = 1.0
"""Seconds of media that tell the frame rate."""
_MAX_LINE: Final = 4096
"""Bytes of one line of the report."""

# Input #0, mpjpeg, from 'http://camera/video':
_INPUT_LINE = re.compile(r"Input #0, (?P<container>\S+), from ")
# Stream #0:0: Video: h264 (High), yuv420p(tv, bt709, progressive), 1920x1080, 25 fps
_VIDEO_LINE = re.compile(
    r"Stream #0:\d+.*?: Video: \w+(?: \((?P<profile>[^()/]+)\))?"
    r"(?: \([^)]*\))*, (?!none)(?P<pixel_format>[a-z]\w+)"
    r"(?:\((?P<details>[^)]*)\))?"
)
# Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp
_AUDIO_LINE = re.compile(r"Stream #0:\d+.*?: Audio: \w+(?: \((?P<profile>[^()/]+)\))?")
_FIELD_FIRST = re.compile(r"(?:top|bottom) (?:coded )?first")
_UNKNOWN_CODECS: Final = {"none", "unknown"}
_BROKEN_SHARE: Final = 0.2
"""Of all frames, those whose decode times stand still where the order is broken."""


async def probe(
    ffmpeg: str, source: Source, *, timeout: float = 15.0, look_longer: bool = False
) -> SourceInfo:
    """Look at a source for as long as it takes to know it; `timeout` is in seconds.

    `look_longer` is `input_arguments()`'s.

    Raises:
        SourceError: with the reason why it cannot be read.
        FfmpegError: FFmpeg cannot be started.

    """
    look = partial(_look, ffmpeg, source, timeout=timeout, look_longer=look_longer)
    info = await look()
    # What FFmpeg made up of its times is no frame rate.
    return await look(use_wallclock=True) if info.is_untimed else info


async def _look(
    ffmpeg: str,
    source: Source,
    *,
    timeout: float,
    look_longer: bool,
    use_wallclock: bool = False,
) -> SourceInfo:
    """Look at a source once.

    Raises:
        SourceError: with the reason why it cannot be read.
        FfmpegError: FFmpeg cannot be started.

    """
    packets = _PacketReport()
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info"]
    command += ["-stats_period", "0.2"]  # so that it ends soon (see build_command)
    command += input_arguments(
        source,
        read_timeout=timeout,
        keyframe_wait=UNKNOWN_INTERVAL,
        use_wallclock=use_wallclock,
        look_longer=look_longer,
    )
    command += ["-map", "0:v:0", "-map", "0:a:0?", "-c", "copy"]
    command += ["-max_interleave_delta", "500000", "-flush_packets", "1"]
    command += ["-f", "framecrc", "pipe:1"]
    process = await FfmpegProcess.spawn(command, on_output=packets.feed, source=source)
    exited = asyncio.create_task(process.wait())
    known = asyncio.create_task(packets.known.wait())
    try:
        done, _ = await asyncio.wait(
            {exited, known}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        # Before it is stopped: what it then says is no news of the camera.
        detail = process.detail
    finally:
        exited.cancel()
        known.cancel()
        await process.stop()
    if packets.has_video:
        if exited in done and packets.is_single_picture:
            raise SourceError(EndReason.STILL_IMAGE)
        return packets.summary(process.log)
    raise SourceError(process.failure if done else EndReason.TIMED_OUT, detail)


class _PacketReport:
    """Read FFmpeg's framecrc text: stream 0 is the video, stream 1 the audio."""

    def __init__(self) -> None:
        self.known = asyncio.Event()
        """Set once nothing more is to be learnt."""
        self._rest = b""
        self._header: dict[str, str] = {}
        self._decode_times: list[Fraction] = []
        self._still: list[bool] = []
        """Whether the decode time of each frame stood still; keyframes may be cut."""
        self._keyframes: list[int] = []
        """Which of the frames they are, counted from 0."""
        self._latest_presentation: Fraction | None = None
        self._has_b_frames = False
        self._has_audio_packets = False

    @property
    def has_video(self) -> bool:
        return bool(self._decode_times) and "codec_id 0" in self._header

    @property
    def is_single_picture(self) -> bool:
        """Whether all that came is one picture of a still image's codec."""
        return len(self._decode_times) == 1 and self._header["codec_id 0"] == "mjpeg"

    def feed(self, data: bytes) -> None:
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_MAX_LINE:]
        for line in lines:
            text = line.decode("ascii", "replace").strip()
            if text.startswith("#"):
                key, _, value = text[1:].partition(": ")
                self._header[key] = value.strip()
            elif text.startswith("1,"):
                self._has_audio_packets = True
            elif text.startswith("0,"):
                self._take_video_packet([field.strip() for field in text.split(",")])

    def _take_video_packet(self, fields: Sequence[str]) -> None:
        """Take `stream, dts, pts, duration, size, crc[, F=flags]`."""
        time_base = Fraction(self._header.get("tb 0", "1/90000"))
        decoded = int(fields[1]) * time_base
        presented = int(fields[2]) * time_base
        if self._latest_presentation is not None:
            self._has_b_frames |= presented < self._latest_presentation
        self._latest_presentation = presented
        stands = decoded - self._decode_times[-1] <= time_base if self._still else False
        self._decode_times.append(decoded)
        # Flags are printed where they are not just "keyframe"; bit 0 is the keyframe.
        flags = next((field[2:] for field in fields[6:] if field[:2] == "F="), "0x1")
        is_keyframe = bool(int(flags, 16) & 1)
        if is_keyframe:
            self._keyframes.append(len(self._decode_times) - 1)
        self._still.append(stands and not is_keyframe)
        looked = decoded - self._decode_times[0]
        is_known = looked >= _ENOUGH and len(self._keyframes) > 1
        if "codec_id 1" in self._header:
            is_known &= self._has_audio_packets
        if is_known or looked >= UNKNOWN_INTERVAL:
            self.known.set()

    def summary(self, log: Sequence[str]) -> SourceInfo:
        line = next(filter(None, map(_VIDEO_LINE.search, log)), None)
        width, _, height = self._header.get("dimensions 0", "0x0").partition("x")
        details = (line["details"] if line else None) or ""
        frame_rate = _rate(self._decode_times)
        # The first frames of every stream with B-frames are in disorder.
        settled = self._still[len(self._still) // 2 :]
        video = VideoInfo(
            codec=self._header["codec_id 0"],
            width=int(width),
            height=int(height),
            profile=line["profile"] if line else None,
            pixel_format=line["pixel_format"] if line else None,
            frame_rate=frame_rate,
            keyframe_interval=_interval(self._keyframes, frame_rate),
            has_b_frames=self._has_b_frames,
            is_interlaced=_FIELD_FIRST.search(details) is not None,
            has_broken_order=sum(settled) > _BROKEN_SHARE * len(settled),
        )
        line = next(filter(None, map(_INPUT_LINE.search, log)), None)
        container = line["container"] if line else None
        return SourceInfo(video=video, audio=self._audio(log), container=container)

    def _audio(self, log: Sequence[str]) -> AudioInfo | None:
        if "codec_id 1" not in self._header:
            return None
        line = next(filter(None, map(_AUDIO_LINE.search, log)), None)
        codec = self._header["codec_id 1"]
        sample_rate = int(self._header.get("sample_rate 1", 0))
        channels = self._header.get("channel_layout_name 1", "mono")
        # Without a configuration, or with one that it cannot read, FFmpeg has no profile.
        unknown_aac = codec == "aac" and line is not None and line["profile"] is None
        return AudioInfo(
            codec=codec,
            sample_rate=sample_rate,
            channels=channels,
            profile=line["profile"] if line else None,
            is_silent=not self._has_audio_packets,
            is_unusable=unknown_aac
            or codec in _UNKNOWN_CODECS
            or sample_rate <= 0
            or channels.startswith("0 "),
        )


def _rate(times: Sequence[Fraction]) -> float | None:
    """Return events per second, by the usual distance: the first ones may be uneven."""
    gaps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return round(float(1 / median(gaps)), 2) if gaps else None


def _interval(frames: Sequence[int], frame_rate: float | None) -> float | None:
    """Return the longest distance between two neighbours, in seconds."""
    gaps = [later - earlier for earlier, later in pairwise(frames)]
    return round(max(gaps) / frame_rate, 2) if gaps and frame_rate else None
