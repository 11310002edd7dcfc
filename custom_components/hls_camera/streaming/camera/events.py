"""What happens to a stream and to a camera, for those who act on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto
from typing import Final

from ..reasons import EndReason


class EventType(StrEnum):
    """What happened."""

    STARTED = "started"
    """The first picture of what nobody had watched."""
    ENDED = "ended"
    """It ended as somebody wished, or since nobody watches."""
    FAILED = "failed"
    """It ended, or did not begin, against all wish; once for each outage."""
    RECOVERED = "recovered"
    """The first picture after an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """Something that happened to a stream or camera. Durations are in seconds."""

    type: EventType
    reason: EndReason | None = None
    """Why it ended."""
    uptime: float | None = None
    """How long it had been live, where it ended."""
    time_to_first_frame: float | None = None
    """From FFmpeg's start, where it began."""
    outage: float | None = None
    """How long there was no picture, where it recovered."""
    age: float = 0.0
    """How long ago it happened, where it is told later."""


@dataclass(frozen=True, slots=True)
class _Unproven:
    """A recovery that is told once the stream has proven itself."""

    event: StreamEvent
    failed_at: datetime
    """When the outage began that it may be the end of (UTC)."""
    came_at: float
    """When its first picture came, by the clock."""


class OutageTracker:
    """Know what happens to a stream: an outage once, however many tries it takes.

    A recovery is told at its first picture. After one that did not last, the next is told
    when it has proven itself: a camera that comes and goes is one outage.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin without an outage; `clock` returns seconds that only ever go up."""
        self._clock = clock
        self.failing_since: datetime | None = None
        """When the outage began that has not ended yet (UTC)."""
        self._is_proven = True
        """Whether the last recovery that was told has lasted."""
        self._unproven: _Unproven | None = None

    def picture_came(self, time_to_first_frame: float | None) -> StreamEvent | None:
        """A run brings its first picture."""
        since, self.failing_since = self.failing_since, None
        if since is None:
            return StreamEvent(
                type=EventType.STARTED, time_to_first_frame=time_to_first_frame
            )
        event = StreamEvent(
            type=EventType.RECOVERED,
            time_to_first_frame=time_to_first_frame,
            outage=(datetime.now(UTC) - since).total_seconds(),
        )
        if not self._is_proven:
            self._unproven = _Unproven(event, since, self._clock())
            return None
        self._is_proven = False
        return event

    def proven(self) -> StreamEvent | None:
        """The stream has lasted long enough to be trusted."""
        self._is_proven = True
        unproven, self._unproven = self._unproven, None
        if unproven is None:
            return None
        return replace(unproven.event, age=self._clock() - unproven.came_at)

    def run_failed(self, reason: EndReason, uptime: float) -> StreamEvent | None:
        """A run ended against all wish; within an outage that is no news."""
        if self._unproven is not None:
            self.failing_since, self._unproven = self._unproven.failed_at, None
        if self.failing_since is not None:
            return None
        self.failing_since = datetime.now(UTC)
        return StreamEvent(type=EventType.FAILED, reason=reason, uptime=uptime)

    def ended(self, reason: EndReason, uptime: float | None) -> StreamEvent:
        """The stream ends as wished; where nothing is wished, there is no outage."""
        self.failing_since = self._unproven = None
        self._is_proven = True
        return StreamEvent(type=EventType.ENDED, reason=reason, uptime=uptime)


class _Fate(Enum):
    """How it stands with a stream, or a camera."""

    AT_REST = auto()
    LIVE = auto()
    FAILING = auto()


_FATE: Final = {
    EventType.STARTED: _Fate.LIVE,
    EventType.ENDED: _Fate.AT_REST,
    EventType.FAILED: _Fate.FAILING,
    EventType.RECOVERED: _Fate.LIVE,
}


class CameraStory:
    """Make the story of a camera of what happens to its main and its small stream.

    It is live as long as either is, so that viewers who change between them are no news.
    It fails where the main stream does: for a small one that fails there is the main one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin at rest; `clock` returns seconds that only ever go up."""
        self._clock = clock
        self._main = self._small = self._camera = _Fate.AT_REST
        self._since = clock()

    def main_told(self, event: StreamEvent) -> StreamEvent | None:
        """Take an event of the main stream; return the camera's, where it is one."""
        self._main = _FATE[event.type]
        return self._go_on(event)

    def small_told(self, event: StreamEvent) -> StreamEvent | None:
        """Take an event of the small stream; return the camera's, where it is one."""
        self._small = _FATE[event.type]
        return self._go_on(event)

    def _go_on(self, event: StreamEvent) -> StreamEvent | None:
        before, now = self._camera, self._fate()
        if before is now:
            return None
        self._camera = now
        happened = self._clock() - event.age
        elapsed, self._since = happened - self._since, happened
        match before, now:
            case _, _Fate.FAILING:
                return StreamEvent(
                    type=EventType.FAILED,
                    reason=event.reason,
                    uptime=elapsed if before is _Fate.LIVE else 0.0,
                )
            case _Fate.FAILING, _Fate.LIVE:
                return StreamEvent(
                    type=EventType.RECOVERED,
                    time_to_first_frame=event.time_to_first_frame,
                    outage=elapsed,
                )
            case _, _Fate.LIVE:
                return StreamEvent(
                    type=EventType.STARTED,
                    time_to_first_frame=event.time_to_first_frame,
                )
        return StreamEvent(
            type=EventType.ENDED,
            reason=event.reason,
            uptime=elapsed if before is _Fate.LIVE else None,
        )

    def _fate(self) -> _Fate:
        if self._main is _Fate.FAILING:
            return _Fate.FAILING
        is_live = _Fate.LIVE in (self._main, self._small)
        return _Fate.LIVE if is_live else _Fate.AT_REST
