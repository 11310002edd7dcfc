"""Decides after the end of a run whether, when and how to try again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ..reasons import EndReason
from ..sources.input import Input
from ..transcode.options import Encoder
from .backoff import Backoff
from .run import End

HEALTHY_AFTER_S: Final = 60.0
"""Seconds of streaming that prove a camera: the next failure is retried at once."""
_FULL_DETAIL_AFTER_S: Final = 3600.0
"""Seconds of streaming after which this machine may no longer be too busy."""
_MAX_REJECTIONS: Final = 3
"""Rejected credentials that once were right are tried so often: a camera that boots may
not know its users yet."""
_REJECTION_PAUSE_S: Final = 30.0
"""Seconds. Cameras lock accounts that are tried too often."""
_MAX_REJECTION_PAUSE_S: Final = 300.0
"""Seconds. A source that somebody else hands out may have others one day."""
_MAX_DOUBLINGS: Final = 4
"""Of the pause, after which it is the longest one in any case."""
_MAX_BROKEN_TIMELINES: Final = 2
"""Broken timelines in a row after which a camera's clock is no longer believed. One may
be a clock that was set."""
_CLOCK_SUSPECT: Final = frozenset({EndReason.TIMELINE, EndReason.TOO_SLOW})
"""A copied picture cannot be too slow for us: its clock, or its way to us, is."""
_MAX_CHANGES: Final = 3
"""Changes of the source in a row after which they are not followed any more: some
cameras change details with every keyframe."""
_MAX_ENCODER_FAILURES: Final = 2
"""Early ends in a row, with a camera that answers, after which hardware counts as
broken."""
_EARLY_END_S: Final = 30.0
"""Seconds of streaming within which an end is one."""
_ENCODER_SUSPECT: Final = frozenset(
    {
        EndReason.BAD_MEDIA,
        EndReason.NO_VIDEO,
        EndReason.OUT_OF_RESOURCES,
        EndReason.PROCESS_DIED,
        EndReason.STALLED,
        EndReason.UNREADABLE,
    }
)
_NO_PICTURE: Final = frozenset({EndReason.NO_VIDEO, EndReason.UNREADABLE})
_MAX_RUNS_WITHOUT_PICTURE: Final = 2
"""Tries in a row without a picture after which FFmpeg is to wait longer for the first."""
_PROBE_AGAIN: Final = frozenset(
    {
        EndReason.BAD_MEDIA,
        EndReason.NO_VIDEO,
        EndReason.PICTURE_TOO_LARGE,
        EndReason.SOURCE_CHANGED,
        EndReason.UNAUTHORIZED,
        EndReason.UNREADABLE,
        EndReason.UNSUPPORTED,
    }
)
"""The camera may send other media than before, announce tracks that never come, or ask for
a login that FFmpeg does not know."""
_AWAY: Final = frozenset(
    {EndReason.REFUSED, EndReason.TIMED_OUT, EndReason.UNREACHABLE}
)
"""The camera is away. It may come back with other media: a copy fails on these; a
conversion accepts them, and might convert needlessly."""

_BUSY_PAUSE_S: Final = 3.0
"""Seconds. A camera needs some time to notice that a session has ended."""

_NOT_BY_ITSELF: Final = frozenset(
    {
        EndReason.ENCODER_MISSING,
        EndReason.FFMPEG_MISSING,
        EndReason.PROTOCOL_MISSING,
    }
)
"""Only another FFmpeg helps."""


class NextTry(NamedTuple):
    """How to try again."""

    delay: float
    """Seconds from now."""
    probe_first: bool
    """Whether to probe the camera before."""
    is_away: bool = False
    """Whether the camera is away: it may be back sooner."""
    least: float = 0.0
    """Seconds of the delay that pass even if the camera is back sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptations:
    """Adaptations to a camera, from its earlier runs."""

    use_wallclock: bool = False
    """Whether a frame's time is the time of its arrival: the camera's clock is wrong."""
    follow_changes: bool = True
    """Whether the run ends when the picture is coded otherwise than at its start."""
    look_longer: bool = False
    """Whether the camera gets more time for its first picture."""


class Recovery:
    """The memory of a stream's failures."""

    def __init__(
        self,
        *,
        is_dynamic: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without failures; `clock` returns seconds that only ever go up.

        `is_dynamic` is for a source whose address another integration provides.
        """
        self.detail = 0
        """Steps by which to reduce the detail of a conversion, so that it keeps up."""
        self.broken_encoders: frozenset[Encoder] = frozenset()
        """Hardware that failed in operation."""
        self._encoder_failures = 0
        self.adaptations = Adaptations()
        self._backoff = Backoff()
        self._credentials_worked = False
        self._rejections = 0
        self._is_dynamic = is_dynamic
        self._clock = clock
        self._rejected: Input | None = None
        self._rejected_until = 0.0
        self._timelines = 0
        self._changes = 0
        self._no_pictures = 0

    def viewer_came(self) -> None:
        """Reset for a new viewer, except for hardware that failed: the viewer would wait."""
        self._backoff.reset()
        if not self._is_dynamic:
            self._rejections = 0
        self.detail = 0

    def camera_came(self) -> None:
        """Begin with short waits again: it is there, but may still be starting.

        A port that opens and closes again and again shortens them less each time.
        """
        self._backoff.ease()

    def reset_by_user(self) -> None:
        """Reset everything: a person wants the stream now."""
        self.viewer_came()
        self.broken_encoders = frozenset()

    def picture_came(self) -> None:
        """Note that the camera accepted the credentials."""
        self._credentials_worked = True
        self.forget_rejection()

    def forget_rejection(self) -> None:
        """Allow rejected credentials again."""
        self._rejections = 0
        self._rejected = None

    def is_rejected(self, source: Input) -> bool:
        """Whether a source was rejected recently, and must not be tried again yet.

        New viewers do not change that: cameras lock accounts after too many tries.
        """
        return source == self._rejected and self._clock() < self._rejected_until

    def after(
        self,
        end: End,
        *,
        encoder: Encoder | None = None,
        source: Input | None = None,
    ) -> NextTry | None:
        """Return how to go on after a failed run; None where no try can help.

        `encoder` converted the picture, unless it was copied. `source` was read.
        """
        if end.uptime >= HEALTHY_AFTER_S:
            self._backoff.reset()
        if end.uptime >= _FULL_DETAIL_AFTER_S:
            self.detail = 0
        if encoder is None or end.reason is not EndReason.TOO_SLOW:
            self._judge_clock(end)
        self._judge_changes(end)
        self._judge_beginning(end)
        if encoder is not None:
            self._judge_encoder(end, encoder)
        least = self._backoff.least
        delay = self._backoff.delay()
        match end.reason:
            case reason if reason in _NOT_BY_ITSELF:
                return None
            case EndReason.UNAUTHORIZED if source and self._is_dynamic:
                delay = self._pause_after_rejection(source)
            case EndReason.UNAUTHORIZED:
                self._rejections += 1
                if not self._credentials_worked or self._rejections >= _MAX_REJECTIONS:
                    return None
                delay = max(delay, _REJECTION_PAUSE_S)
            case EndReason.BUSY:
                delay = max(delay, _BUSY_PAUSE_S)
        probe_first = (
            end.reason in _PROBE_AGAIN
            or end.is_sound_refused
            or (encoder is not None and end.reason in _AWAY)
        )
        return NextTry(
            delay, probe_first, is_away=end.reason in _AWAY, least=min(least, delay)
        )

    def _pause_after_rejection(self, source: Input) -> float:
        """Return the seconds until a rejected source is tried again: 30, doubling to 300."""
        now = self._clock()
        if not self.is_rejected(source):
            pause = _REJECTION_PAUSE_S * 2 ** min(self._rejections, _MAX_DOUBLINGS)
            self._rejections += 1
            self._rejected = source
            self._rejected_until = now + min(pause, _MAX_REJECTION_PAUSE_S)
        return self._rejected_until - now

    def _judge_clock(self, end: End) -> None:
        is_suspect = end.reason in _CLOCK_SUSPECT and end.uptime < HEALTHY_AFTER_S
        self._timelines = self._timelines + 1 if is_suspect else 0
        if self._timelines >= _MAX_BROKEN_TIMELINES:
            self.adaptations = replace(self.adaptations, use_wallclock=True)

    def _judge_changes(self, end: End) -> None:
        is_change = (
            end.reason is EndReason.SOURCE_CHANGED and end.uptime < HEALTHY_AFTER_S
        )
        self._changes = self._changes + 1 if is_change else 0
        if self._changes >= _MAX_CHANGES:
            self.adaptations = replace(self.adaptations, follow_changes=False)

    def _judge_beginning(self, end: End) -> None:
        is_nothing = end.reason in _NO_PICTURE
        self._no_pictures = self._no_pictures + 1 if is_nothing else 0
        if self._no_pictures >= _MAX_RUNS_WITHOUT_PICTURE:
            self.adaptations = replace(self.adaptations, look_longer=True)

    def _judge_encoder(self, end: End, encoder: Encoder) -> None:
        if end.reason is EndReason.TOO_SLOW:
            self.detail += 1
        if encoder is Encoder.SOFTWARE:
            return
        is_suspect = end.reason in _ENCODER_SUSPECT and end.uptime < _EARLY_END_S
        self._encoder_failures = self._encoder_failures + 1 if is_suspect else 0
        if self._encoder_failures >= _MAX_ENCODER_FAILURES:
            self.broken_encoders |= {encoder}
            self._encoder_failures = 0
