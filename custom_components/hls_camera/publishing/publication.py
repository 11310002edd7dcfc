"""One publication of a stream over its whole life: it keeps trying, and says how it fares."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, Protocol

from ..streaming.callbacks import Listeners
from ..streaming.errors import HlsCameraError
from ..streaming.ingest.backoff import Backoff
from ..streaming.live.stream import LiveStream
from .errors import LASTING, PublishError, PublishProblem
from .publisher import Publisher

_WAKE_INTERVAL_S: Final = 5.0
"""Seconds between two looks whether the stream sleeps."""
_LASTING_PAUSE_S: Final = 60.0
"""Seconds before the next try where only a person can help: servers lock accounts."""
_PROVEN_S: Final = 60.0
"""Seconds of publishing after which earlier failures do not count."""
_CANCEL_INTERVAL_S: Final = 1.0
_FINISH_TIMEOUT_S: Final = 5.0
_KEEPS_UP_S: Final = 60.0
"""Seconds without a dropped segment after which a destination counts as fast enough."""
_SILENCE_S: Final = 30.0
"""Seconds without a segment after which the camera counts as silent."""


class PublicationState(StrEnum):
    """The state of a publication."""

    STOPPED = "stopped"
    WAITING = "waiting"
    """The camera has sent nothing to publish yet."""
    PUBLISHING = "publishing"
    RETRYING = "retrying"
    """It failed, and is tried again."""


class PublishedStream(Protocol):
    """A stream as a publication needs it."""

    @property
    def live(self) -> LiveStream:
        """The media of the stream."""

    @property
    def is_running(self) -> bool:
        """Whether it runs, or tries to."""

    def wake(self) -> None:
        """Start, if it is idle; raise HlsCameraError if it cannot."""


@dataclass(slots=True)
class Figures:
    """What was published."""

    segments: int = 0
    bytes: int = 0
    failures: int = 0


class Publication:
    """Publishes a stream from `start()` to `stop()`."""

    def __init__(self, stream: PublishedStream, publisher: Publisher) -> None:
        """Begin stopped."""
        self.state = PublicationState.STOPPED
        self.problem: PublishProblem | None = None
        """Of the latest failure; None once something was published in time."""
        self.detail = ""
        """What the destination says about it, without credentials."""
        self.since: datetime | None = None
        """The time (UTC) of the latest change of state."""
        self.figures = Figures()
        self._stream = stream
        self._publisher = publisher
        self._listeners = Listeners[()]()
        self._backoff = Backoff()
        self._began = 0.0
        self._dropped_before = 0
        """Segments that had been dropped when the latest one was published."""
        self._dropped_at = -math.inf
        """When the destination was too slow for a segment."""
        self._task: asyncio.Task[None] | None = None
        self._silence: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        """Whether it publishes, or tries to."""
        return self._task is not None

    @property
    def dropped(self) -> int:
        """Segments that the destination was too slow for."""
        return self._publisher.dropped

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change of state or problem; return a function that ends it."""
        return self._listeners.add(listener)

    def start(self) -> None:
        """Publish from now on; an idle stream wakes for it."""
        if self._task is None:
            self._set_state(PublicationState.WAITING)
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Stop, and tell players that nothing more follows."""
        task, self._task = self._task, None
        if task is None:
            return
        while not task.done():
            # A library that times out at this moment takes the cancellation for its own.
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_INTERVAL_S)
        self._expect_segments(within=None)
        self._set_state(PublicationState.STOPPED)
        with suppress(PublishError, TimeoutError):
            async with asyncio.timeout(_FINISH_TIMEOUT_S):
                await self._publisher.finish()

    async def close(self) -> None:
        """Stop for good."""
        await self.stop()
        await self._publisher.close()

    async def _run(self) -> None:
        live = self._stream.live
        with live.lease("publication"):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_awake())
                while True:
                    self._began = time.monotonic()
                    try:
                        await self._publisher.publish(live, self._published)
                    except PublishError as err:
                        await asyncio.sleep(self._note_failure(err))
                    except Exception:
                        live.logger.exception("Publishing failed")
                        await asyncio.sleep(
                            self._note_failure(PublishError(PublishProblem.REFUSED))
                        )

    async def _keep_awake(self) -> None:
        """Wake the stream whenever it is idle, such as after it was switched on again."""
        while True:
            with suppress(HlsCameraError):
                if not self._stream.is_running:
                    self._stream.wake()
            await asyncio.sleep(_WAKE_INTERVAL_S)

    def _published(self, size: int) -> None:
        self.figures.segments += 1
        self.figures.bytes += size
        now = time.monotonic()
        if now - self._began >= _PROVEN_S:
            self._backoff.reset()
        # What was dropped during a failure says nothing about the speed.
        is_steady = self.state is PublicationState.PUBLISHING
        if is_steady and self.dropped > self._dropped_before:
            self._dropped_at = now
        is_too_slow = is_steady and now - self._dropped_at <= _KEEPS_UP_S
        self._dropped_before = self.dropped
        self._set_state(
            PublicationState.PUBLISHING,
            PublishProblem.TOO_SLOW if is_too_slow else None,
        )
        self._expect_segments(within=_SILENCE_S)

    def _expect_segments(self, *, within: float | None) -> None:
        """Count the camera as silent unless more comes within so many seconds."""
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
        if within is not None:
            self._silence = asyncio.get_running_loop().call_later(
                within, self._set_state, PublicationState.WAITING
            )

    def _note_failure(self, error: PublishError) -> float:
        """Return the seconds until the next try."""
        self.figures.failures += 1
        delay = self._backoff.delay()
        self._expect_segments(within=None)
        self._set_state(PublicationState.RETRYING, error.problem, error.detail)
        return max(delay, _LASTING_PAUSE_S) if error.problem in LASTING else delay

    def _set_state(
        self,
        state: PublicationState,
        problem: PublishProblem | None = None,
        detail: str = "",
    ) -> None:
        before = self.state, self.problem
        if state is not self.state:
            self.since = datetime.now(UTC)
        self.state, self.problem, self.detail = state, problem, detail
        if (state, problem) != before:
            self._listeners.notify()
