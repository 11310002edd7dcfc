"""What follows from the end of a run: whether, when and how to try again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ..reasons import EndReason
from ..sources.input import Input
from ..transcode.options import Encoder
from .backoff import Backoff
from .run import End

HEALTHY: Final = 60.0
"""Seconds of streaming that prove a camera: the next failure is retried at once."""
_DETAIL_AGAIN: Final = 3600.0
"""Seconds of streaming after which whatever kept this machine busy may be over."""
_REJECTIONS: Final = 3
"""Rejected credentials that once were right are tried so often: a camera that boots may
not know its users yet."""
_REJECTION_PAUSE: Final = 30.0
"""Seconds. Cameras lock accounts that are tried too often."""
_LONGEST_REJECTION_PAUSE: Final = 300.0
"""Seconds. A source that somebody else hands out may have others one day."""
_DOUBLINGS: Final = 4
"""Of the pause, after which it is the longest one in any case."""
_TIMELINES: Final = 2
"""Broken timelines in a row after which a camera's clock is no longer believed. One may
be a clock that was set."""
_CLOCK_SUSPECT: Final = frozenset({EndReason.TIMELINE, EndReason.TOO_SLOW})
"""A copied picture cannot be too slow for us: its clock, or its way to us, is."""
_CHANGES: Final = 3
"""Changes of the source in a row after which they are not followed any more: some
cameras tell trifles anew with every keyframe."""
_ENCODER_FAILURES: Final = 2
"""Early ends in a row, with a camera that answers, after which hardware counts as
broken."""
_EARLY: Final = 30.0
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
_NO_PICTURES: Final = 2
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
"""The camera may send something else than it did, announce what never comes, or ask for a
login that FFmpeg does not know."""
_AWAY: Final = frozenset(
    {EndReason.REFUSED, EndReason.TIMED_OUT, EndReason.UNREACHABLE}
)
"""There is nothing where the camera should be. It may come back any time, and as another
one: a copy fails on that; a conversion takes anything, and would go on converting what
need not be."""

_BUSY_PAUSE: Final = 3.0
"""Seconds. A camera needs some time to notice that a session has ended."""

_NOT_BY_ITSELF: Final = frozenset(
    {
        EndReason.ENCODER_MISSING,
        EndReason.FFMPEG_MISSING,
        EndReason.PROTOCOL_MISSING,
    }
)
"""Trying again does not make another FFmpeg of it."""


class NextTry(NamedTuple):
    """How to try again."""

    delay: float
    """Seconds from now."""
    probe_first: bool
    """Whether to look what the camera sends."""
    is_away: bool = False
    """Whether there is no camera where one should be: it may be back sooner."""
    least: float = 0.0
    """Seconds of the delay that pass even if the camera is back sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptations:
    """What earlier runs have shown of a camera, for the next one."""

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

        `is_dynamic` is for a source that somebody else hands out, anew for each run.
        """
        self.detail = 0
        """How far the detail of a conversion is to be reduced, so that it keeps up."""
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
        """Begin anew, but not with hardware that failed: a viewer would wait for that."""
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
        """Begin anew: a person wants the stream now."""
        self.viewer_came()
        self.broken_encoders = frozenset()

    def picture_came(self) -> None:
        """The camera lets us in."""
        self._credentials_worked = True
        self.forget_rejection()

    def forget_rejection(self) -> None:
        """Try again also what was rejected a moment ago."""
        self._rejections = 0
        self._rejected = None

    def is_rejected(self, source: Input) -> bool:
        """Whether a source was rejected so lately that it is left in peace.

        However often viewers come: cameras lock accounts that are tried too often.
        """
        return source == self._rejected and self._clock() < self._rejected_until

    def after(
        self,
        end: End,
        *,
        encoder: Encoder | None = None,
        source: Input | None = None,
    ) -> NextTry | None:
        """Return how to go on after a failed run; None where that makes it worse.

        `encoder` is what converted the picture, where it is not copied. `source` is what
        was tried.
        """
        if end.uptime >= HEALTHY:
            self._backoff.reset()
        if end.uptime >= _DETAIL_AGAIN:
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
                if not self._credentials_worked or self._rejections >= _REJECTIONS:
                    return None
                delay = max(delay, _REJECTION_PAUSE)
            case EndReason.BUSY:
                delay = max(delay, _BUSY_PAUSE)
        probe_first = (
            end.reason in _PROBE_AGAIN
            or end.is_sound_refused
            or (encoder is not None and end.reason in _AWAY)
        )
        return NextTry(
            delay, probe_first, is_away=end.reason in _AWAY, least=min(least, delay)
        )

    def _pause_after_rejection(self, source: Input) -> float:
        """Return how long a source is left in peace: 30 s, doubling to five minutes."""
        now = self._clock()
        if not self.is_rejected(source):
            pause = _REJECTION_PAUSE * 2 ** min(self._rejections, _DOUBLINGS)
            self._rejections += 1
            self._rejected = source
            self._rejected_until = now + min(pause, _LONGEST_REJECTION_PAUSE)
        return self._rejected_until - now

    def _judge_clock(self, end: End) -> None:
        is_suspect = end.reason in _CLOCK_SUSPECT and end.uptime < HEALTHY
        self._timelines = self._timelines + 1 if is_suspect else 0
        if self._timelines >= _TIMELINES:
            self.adaptations = replace(self.adaptations, use_wallclock=True)

    def _judge_changes(self, end: End) -> None:
        is_change = end.reason is EndReason.SOURCE_CHANGED and end.uptime < HEALTHY
        self._changes = self._changes + 1 if is_change else 0
        if self._changes >= _CHANGES:
            self.adaptations = replace(self.adaptations, follow_changes=False)

    def _judge_beginning(self, end: End) -> None:
        is_nothing = end.reason in _NO_PICTURE
        self._no_pictures = self._no_pictures + 1 if is_nothing else 0
        if self._no_pictures >= _NO_PICTURES:
            self.adaptations = replace(self.adaptations, look_longer=True)

    def _judge_encoder(self, end: End, encoder: Encoder) -> None:
        if end.reason is EndReason.TOO_SLOW:
            self.detail += 1
        if encoder is Encoder.SOFTWARE:
            return
        is_suspect = end.reason in _ENCODER_SUSPECT and end.uptime < _EARLY
        self._encoder_failures = self._encoder_failures + 1 if is_suspect else 0
        if self._encoder_failures >= _ENCODER_FAILURES:
            self.broken_encoders |= {encoder}
            self._encoder_failures = 0
