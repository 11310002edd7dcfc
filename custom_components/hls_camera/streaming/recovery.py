"""What follows from the end of a run: whether, when and how to try again."""

from typing import Final, NamedTuple

from .backoff import Backoff
from .conversion import Encoder
from .reasons import EndReason
from .run import End

_HEALTHY: Final = 60.0
"""Seconds of streaming after which the next failure is retried at once."""
_REJECTIONS: Final = 3
"""Rejected credentials that once were right are tried so often: a camera that boots may
not know its users yet."""
_REJECTION_PAUSE: Final = 30.0
"""Seconds. Cameras lock accounts that are tried too often."""
_TIMELINES: Final = 2
"""Broken timelines in a row after which a camera's clock is no longer believed. One may
be a clock that was set."""
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
        EndReason.PROCESS_DIED,
        EndReason.STALLED,
    }
)
_NO_VIDEOS: Final = 2
"""Tries in a row without a picture after which FFmpeg is to wait longer for the first."""
_PROBE_AGAIN: Final = frozenset(
    {
        EndReason.BAD_MEDIA,
        EndReason.NO_VIDEO,
        EndReason.SOURCE_CHANGED,
        EndReason.UNSUPPORTED,
    }
)
"""The camera may send something else than it did, or announce what never comes."""
_AWAY: Final = frozenset(
    {EndReason.REFUSED, EndReason.TIMED_OUT, EndReason.UNREACHABLE}
)
"""It may come back as another one. A copy fails on that; a conversion takes anything, and
would go on converting what need not be."""

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


class Recovery:
    """The memory of a session's failures."""

    def __init__(self) -> None:
        """Begin without failures."""
        self.detail = 0
        """How far the detail of a conversion is to be reduced, so that it keeps up."""
        self.broken_encoders: frozenset[Encoder] = frozenset()
        """Hardware that failed in operation."""
        self._encoder_failures = 0
        self.use_wallclock = False
        """Whether to take the time of arrival for the camera's own."""
        self.follow_changes = True
        """Whether to begin anew where the picture is coded otherwise than before."""
        self.look_longer = False
        """Whether to give the camera more time for its first picture."""
        self._backoff = Backoff()
        self._credentials_worked = False
        self._rejections = 0
        self._timelines = 0
        self._changes = 0
        self._no_videos = 0

    def somebody_acted(self) -> None:
        """Begin anew: a person, or a viewer, wants the stream now."""
        self._backoff.reset()
        self._rejections = 0
        self.detail = 0
        self.broken_encoders = frozenset()

    def picture_came(self) -> None:
        """The camera lets us in."""
        self._credentials_worked = True
        self._rejections = 0

    def after(self, end: End, *, encoder: Encoder | None = None) -> NextTry | None:
        """Return how to go on after a failed run; None where that makes it worse.

        `encoder` is what converted the picture, where it is not copied.
        """
        if end.uptime >= _HEALTHY:
            self._backoff.reset()
        self._judge_clock(end)
        self._judge_changes(end)
        self._judge_beginning(end)
        if encoder is not None:
            self._judge_encoder(end, encoder)
        delay = self._backoff.delay()
        match end.reason:
            case reason if reason in _NOT_BY_ITSELF:
                return None
            case EndReason.UNAUTHORIZED:
                self._rejections += 1
                if not self._credentials_worked or self._rejections >= _REJECTIONS:
                    return None
                delay = max(delay, _REJECTION_PAUSE)
        probe_first = end.reason in _PROBE_AGAIN or (
            encoder is not None and end.reason in _AWAY
        )
        return NextTry(delay, probe_first)

    def _judge_clock(self, end: End) -> None:
        is_timeline = end.reason is EndReason.TIMELINE and end.uptime < _HEALTHY
        self._timelines = self._timelines + 1 if is_timeline else 0
        if self._timelines >= _TIMELINES:
            self.use_wallclock = True

    def _judge_changes(self, end: End) -> None:
        is_change = end.reason is EndReason.SOURCE_CHANGED and end.uptime < _HEALTHY
        self._changes = self._changes + 1 if is_change else 0
        if self._changes >= _CHANGES:
            self.follow_changes = False

    def _judge_beginning(self, end: End) -> None:
        is_nothing = end.reason is EndReason.NO_VIDEO
        self._no_videos = self._no_videos + 1 if is_nothing else 0
        if self._no_videos >= _NO_VIDEOS:
            self.look_longer = True

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
