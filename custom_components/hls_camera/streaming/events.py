"""What happens to a stream, for those who act on it."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .reasons import EndReason


class EventType(StrEnum):
    """What happened."""

    STARTED = "started"
    """The first picture of a stream that nobody had watched."""
    ENDED = "ended"
    """It ended as somebody wished, or since nobody watches."""
    FAILED = "failed"
    """It ended, or did not begin, against all wish; once for each outage."""
    RECOVERED = "recovered"
    """The first picture after an outage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamEvent:
    """Something that happened to a stream. Durations are in seconds."""

    type: EventType
    reason: EndReason | None = None
    """Why it ended."""
    uptime: float | None = None
    """How long it had been live, where it ended."""
    time_to_first_frame: float | None = None
    """From FFmpeg's start, where it began."""
    outage: float | None = None
    """How long there was no picture, where it recovered."""


class Chronicle:
    """Know what happens to a stream: an outage once, however many tries it takes."""

    def __init__(self) -> None:
        """Begin without an outage."""
        self.failing_since: datetime | None = None
        """When the outage began that has not ended yet (UTC)."""
        self._listeners: list[Callable[[StreamEvent], None]] = []

    def add_listener(
        self, listener: Callable[[StreamEvent], None]
    ) -> Callable[[], None]:
        """Call `listener` for each event; return what ends that."""
        self._listeners.append(listener)

        def remove() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return remove

    def picture_came(self, time_to_first_frame: float | None) -> StreamEvent:
        """A run brings its first picture."""
        since, self.failing_since = self.failing_since, None
        outage = None if since is None else (datetime.now(UTC) - since).total_seconds()
        return StreamEvent(
            type=EventType.STARTED if outage is None else EventType.RECOVERED,
            time_to_first_frame=time_to_first_frame,
            outage=outage,
        )

    def run_failed(self, reason: EndReason, uptime: float) -> StreamEvent | None:
        """A run ended against all wish; within an outage that is no news."""
        if self.failing_since is not None:
            return None
        self.failing_since = datetime.now(UTC)
        return StreamEvent(type=EventType.FAILED, reason=reason, uptime=uptime)

    def ended(self, reason: EndReason, uptime: float | None) -> StreamEvent:
        """The stream ends as wished; where nothing is wished, there is no outage."""
        self.failing_since = None
        return StreamEvent(type=EventType.ENDED, reason=reason, uptime=uptime)

    def tell(self, event: StreamEvent) -> None:
        """Tell all who listen. What happened shows in the session by then."""
        for listener in tuple(self._listeners):
            listener(event)
