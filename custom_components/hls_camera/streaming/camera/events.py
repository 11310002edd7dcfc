"""The events of a camera: it started, ended, failed or recovered."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, StrEnum, auto

from ..callbacks import Listeners
from ..reasons import EndReason


class EventType(StrEnum):
    """The kind of an event."""

    STARTED = "started"
    """The first picture of a camera that nobody had watched."""
    ENDED = "ended"
    """A person stopped the stream, or nobody watches it any more."""
    FAILED = "failed"
    """The stream ended, or did not begin, although it is wanted; once for each outage."""
    RECOVERED = "recovered"
    """The first picture after an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """An event of a camera. Durations are in seconds."""

    type: EventType
    reason: EndReason | None = None
    """The reason of an end."""
    uptime: float | None = None
    """Seconds for which the camera had been live, at an end."""
    time_to_first_frame: float | None = None
    """From FFmpeg's start to the first picture, at a start or recovery."""
    outage: float | None = None
    """Seconds without a picture, at a recovery."""


class Condition(Enum):
    """The condition of a stream, or of a camera."""

    AT_REST = auto()
    LIVE = auto()
    FAILING = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A stream's change to another condition."""

    condition: Condition
    at: float
    """The clock's time."""
    reason: EndReason | None = None
    """The reason of an end."""
    time_to_first_frame: float | None = None
    """In seconds, of a stream that became live."""


@dataclass(frozen=True, slots=True)
class _Unproven:
    """A recovery that counts once the stream has lasted."""

    change: Change
    failed_at: datetime
    """The beginning of the outage that it may end (UTC)."""


class OutageTracker:
    """Derives a stream's condition from its runs: an outage is one, however many retries.

    A recovery counts from its first picture. After a recovery that did not last, the next
    one counts once it has lasted: a camera that comes and goes is in one outage.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin at rest; `clock` returns seconds that only ever go up."""
        self._clock = clock
        self.failing_since: datetime | None = None
        """The beginning of the present outage (UTC)."""
        self._is_proven = True
        """Whether the latest recovery has lasted."""
        self._unproven: _Unproven | None = None

    def picture_came(self, time_to_first_frame: float | None) -> Change | None:
        """Note a run's first picture; return the change if it counts."""
        since, self.failing_since = self.failing_since, None
        change = Change(
            condition=Condition.LIVE,
            at=self._clock(),
            time_to_first_frame=time_to_first_frame,
        )
        if since is None:
            return change
        if not self._is_proven:
            self._unproven = _Unproven(change, since)
            return None
        self._is_proven = False
        return change

    def proven(self) -> Change | None:
        """Note that the stream has lasted; return a recovery that counts only now."""
        self._is_proven = True
        unproven, self._unproven = self._unproven, None
        return unproven.change if unproven else None

    def run_failed(self, reason: EndReason) -> Change | None:
        """Note a failure of a run; return the change unless the outage goes on."""
        if self._unproven is not None:
            self.failing_since, self._unproven = self._unproven.failed_at, None
        if self.failing_since is not None:
            return None
        self.failing_since = datetime.now(UTC)
        return Change(condition=Condition.FAILING, at=self._clock(), reason=reason)

    def ended(self, reason: EndReason) -> Change:
        """Note that nobody wants the stream any more, which ends an outage as well."""
        self.failing_since = self._unproven = None
        self._is_proven = True
        return Change(condition=Condition.AT_REST, at=self._clock(), reason=reason)


class CameraEvents:
    """Makes a camera's events from the conditions of its streams.

    A camera is live while either of its streams is: viewers who change between them cause
    no event. It fails when its main stream does: viewers of a sub-stream that fails get the
    main stream.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin at rest; `clock` is that of the streams' changes."""
        self.listeners = Listeners[StreamEvent]()
        self._main = self._sub = self._camera = Condition.AT_REST
        self._since = clock()

    def main_changed(self, change: Change) -> None:
        """Take a change of the main stream."""
        self._main = change.condition
        self._take(change)

    def sub_changed(self, change: Change) -> None:
        """Take a change of the sub-stream."""
        self._sub = change.condition
        self._take(change)

    def _take(self, change: Change) -> None:
        before, now = self._camera, self._condition()
        if before is now:
            return
        elapsed = change.at - self._since
        self._camera, self._since = now, change.at
        self.listeners.notify(_event(before, now, change, elapsed))

    def _condition(self) -> Condition:
        if self._main is Condition.FAILING:
            return Condition.FAILING
        is_live = Condition.LIVE in (self._main, self._sub)
        return Condition.LIVE if is_live else Condition.AT_REST


def _event(
    before: Condition, now: Condition, change: Change, elapsed: float
) -> StreamEvent:
    """Return the event of a camera's change; `elapsed` is since the one before."""
    was_live = before is Condition.LIVE
    match now:
        case Condition.FAILING:
            return StreamEvent(
                type=EventType.FAILED,
                reason=change.reason,
                uptime=elapsed if was_live else 0.0,
            )
        case Condition.AT_REST:
            return StreamEvent(
                type=EventType.ENDED,
                reason=change.reason,
                uptime=elapsed if was_live else None,
            )
        case Condition.LIVE:
            has_recovered = before is Condition.FAILING
            return StreamEvent(
                type=EventType.RECOVERED if has_recovered else EventType.STARTED,
                time_to_first_frame=change.time_to_first_frame,
                outage=elapsed if has_recovered else None,
            )
