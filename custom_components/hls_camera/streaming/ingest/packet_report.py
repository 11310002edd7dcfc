"""A report on a source by FFmpeg's `framecrc` format: a header, then a line per packet.

A source may send any number of packets in any order, so only so many are counted.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import pairwise, takewhile
from statistics import median
from typing import Final

from ..sources.source_info import UNTIMED, AudioInfo, SourceInfo, VideoInfo

MAX_PROBED_INTERVAL_S: Final = 6.0
"""Seconds of media in a report, at most; a longer keyframe interval stays unknown."""
MAX_SOUND_TRACKS: Final = 4
"""Sound tracks that are reported: a track for talking back may come before the
camera's own sound."""
_MIN_MEDIA_FOR_FRAME_RATE_S: Final = 1.0
"""Seconds that show the frame rate."""
_MAX_PACKETS: Final = 5000
"""Packets of all tracks, several times those of six seconds of any camera."""
_MAX_LINE_BYTES: Final = 4096
"""Bytes of one line of the report."""
_MAX_GAP_AT_ONCE_S: Final = 0.01
"""Seconds between two frames that arrived together."""
_NO_TIME: Final = -(2**63)
"""FFmpeg's number for a time that is not known."""

# Input #0, mpjpeg, from 'http://camera/video':
_INPUT_LINE = re.compile(r"Input #0, (?P<container>\S+), from ")
# Stream #0:0: Video: h264 (High), yuv420p(tv, bt709, progressive), 1920x1080, 25 fps
_VIDEO_LINE = re.compile(
    r"Stream #0:\d+.*?: Video: \w+(?: \((?P<profile>[^()/]+)\))?"
    r"(?: \([^)]*\))*, (?!none)(?P<pixel_format>[a-z]\w+)"
    r"(?:\((?P<details>[^)]*)\))?"
)
# Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp
_AUDIO_LINE = re.compile(
    r"Stream #0:(?P<index>\d+).*?: Audio: \w+(?: \((?P<profile>[^()/]+)\))?"
)
_FIELD_FIRST = re.compile(r"(?:top|bottom) (?:coded )?first")
_UNKNOWN_CODECS: Final = {"none", "unknown"}
_BROKEN_SHARE: Final = 0.2
"""Of all frames, those whose decode times stand still where the order is broken."""


class PacketReport:
    """Read the report: stream 0 is the video, the sound tracks follow.

    `clock` returns seconds that only ever go up.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without a line."""
        self.known = asyncio.Event()
        """Set when the report is complete."""
        self._clock = clock
        self._rest = b""
        self._header: dict[str, str] = {}
        self._tick = Fraction(1, 90000)
        """Seconds of a unit of the video's times."""
        self._packets = 0
        self._decoded: list[int] = []
        self._presented: list[int] = []
        self._still: list[bool] = []
        """Whether the decode time of each frame stood still; keyframes may be cut."""
        self._keyframes: list[int] = []
        """Which of the frames they are, counted from 0."""
        self._arrivals: list[tuple[float, int]] = []
        """The times at which frames arrived, and the number of frames of each."""
        self._has_b_frames = False
        self._heard: set[int] = set()
        """The streams with sound that have sent some."""

    @property
    def has_begun(self) -> bool:
        """Whether FFmpeg has opened the source."""
        return bool(self._header)

    @property
    def has_video(self) -> bool:
        """Whether a frame has come."""
        return bool(self._presented) and "codec_id 0" in self._header

    def feed(self, data: bytes) -> None:
        """Take some bytes of the report."""
        if self.known.is_set():
            return
        now = self._clock()
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-_MAX_LINE_BYTES:]
        for line in lines:
            text = line.decode("ascii", "replace").strip()
            if text.startswith("#"):
                self._take_header(text)
            elif text:
                self._take_packet([field.strip() for field in text.split(",")], now)
            if self.known.is_set():
                return

    def _take_header(self, text: str) -> None:
        key, _, value = text[1:].partition(": ")
        self._header[key] = value.strip()
        if key == "tb 0":
            self._tick = Fraction(value.strip())

    def _take_packet(self, fields: Sequence[str], now: float) -> None:
        """Take `stream, dts, pts, duration, size, crc[, F=flags]`."""
        self._packets += 1
        if fields[0] == "0":
            self._take_frame(fields, now)
        else:
            self._heard.add(int(fields[0]))
        if self._packets >= _MAX_PACKETS:
            self.known.set()

    def _take_frame(self, fields: Sequence[str], now: float) -> None:
        decoded, presented = int(fields[1]), int(fields[2])
        if presented == _NO_TIME:
            # It is unknown until the order is known.
            presented = decoded
            self._has_b_frames = True
        stands = decoded - self._decoded[-1] <= 1 if self._decoded else False
        self._decoded.append(decoded)
        self._has_b_frames |= presented != decoded
        self._presented.append(presented)
        # Flags are printed where they are not just "keyframe"; bit 0 is the keyframe.
        flags = next((field[2:] for field in fields[6:] if field[:2] == "F="), "0x1")
        is_keyframe = bool(int(flags, 16) & 1)
        if is_keyframe:
            self._keyframes.append(len(self._presented) - 1)
        self._still.append(stands and not is_keyframe)
        self._note_arrival(now)
        looked = max(
            float((decoded - self._decoded[0]) * self._tick),
            # The times of a source that has none are made up.
            now - self._arrivals[0][0],
        )
        is_known = looked >= _MIN_MEDIA_FOR_FRAME_RATE_S and len(self._keyframes) > 1
        if "codec_id 1" in self._header:
            is_known &= bool(self._heard)
        if is_known or looked >= MAX_PROBED_INTERVAL_S:
            self.known.set()

    def _note_arrival(self, now: float) -> None:
        if self._arrivals and now - self._arrivals[-1][0] < _MAX_GAP_AT_ONCE_S:
            since, frames = self._arrivals.pop()
            self._arrivals.append((since, frames + 1))
        else:
            self._arrivals.append((now, 1))

    def summary(self, log: Sequence[str]) -> SourceInfo:
        """Return the description of the source; `log` is FFmpeg's log of the same run."""
        line = next(filter(None, map(_INPUT_LINE.search, log)), None)
        container = line["container"] if line else None
        line = next(filter(None, map(_VIDEO_LINE.search, log)), None)
        width, _, height = self._header.get("dimensions 0", "0x0").partition("x")
        details = (line["details"] if line else None) or ""
        frame_rate = (
            _rate_of_arrivals(self._arrivals)
            if container in UNTIMED
            else _rate(self._presented, self._tick)
        )
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
        return SourceInfo(video=video, audio=self._audio(log), container=container)

    def _audio(self, log: Sequence[str]) -> AudioInfo | None:
        """Return the first sound track that can be heard, else the first one."""
        lines = takewhile(lambda line: not line.startswith("Output #0"), log)
        described = sorted(
            filter(None, map(_AUDIO_LINE.search, lines)),
            key=lambda line: int(line["index"]),
        )
        tracks = [
            self._sound_track(track, described[track : track + 1])
            for track in range(MAX_SOUND_TRACKS)
            if f"codec_id {track + 1}" in self._header
        ]
        # Equal ones stay in their order.
        tracks.sort(key=lambda track: (track.is_silent, track.is_unusable))
        return tracks[0] if tracks else None

    def _sound_track(self, track: int, line: Sequence[re.Match[str]]) -> AudioInfo:
        """Return a sound track; `line` is FFmpeg's about it, where there is one."""
        stream = track + 1
        codec = self._header[f"codec_id {stream}"]
        profile = line[0]["profile"] if line else None
        sample_rate = int(self._header.get(f"sample_rate {stream}", 0))
        channels = self._header.get(f"channel_layout_name {stream}", "mono")
        # Without a configuration, or with one that it cannot read, FFmpeg has no profile.
        unknown_aac = codec == "aac" and bool(line) and profile is None
        return AudioInfo(
            codec=codec,
            sample_rate=sample_rate,
            channels=channels,
            profile=profile,
            track=track,
            is_silent=stream not in self._heard,
            is_unusable=unknown_aac
            or codec in _UNKNOWN_CODECS
            or sample_rate <= 0
            or channels.startswith("0 "),
        )


def _rate(times: Iterable[int], tick: Fraction) -> float | None:
    """Return frames per second, by the usual distance: the first ones may be uneven."""
    gaps = [later - earlier for earlier, later in pairwise(sorted(set(times)))]
    return round(float(1 / (median(gaps) * tick)), 2) if gaps else None


def _rate_of_arrivals(arrivals: Sequence[tuple[float, int]]) -> float | None:
    """Return the same where frames have no times of their own.

    Those that came first may have waited for us; they do not count.
    """
    gaps = [
        (later - earlier) / frames
        for (earlier, _), (later, frames) in pairwise(arrivals)
        for _ in range(frames)
    ]
    return round(1 / median(gaps), 2) if gaps else None


def _interval(frames: Sequence[int], frame_rate: float | None) -> float | None:
    """Return the longest distance between two neighbours, in seconds."""
    gaps = [later - earlier for earlier, later in pairwise(frames)]
    return round(max(gaps) / frame_rate, 2) if gaps and frame_rate else None
