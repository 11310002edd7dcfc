"""The outages of a publication: one failure and one recovery, however many retries."""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .errors import PublishProblem
from .publication import Publication, PublicationState

_PROVEN_S: Final = 60.0
"""Seconds of publishing that end an outage which follows another one at once."""


class OutageEventType(StrEnum):
    """A step of an outage."""

    FAILED = "failed"
    RECOVERED = "recovered"
    ENDED = "ended"
    """The publication was stopped while it failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEvent:
    """A step of an outage, with what is known about it."""

    type: OutageEventType
    problem: PublishProblem | None = None
    """The reason of a failure."""
    outage: float | None = None
    """Seconds from the failure to the recovery."""


class Outages:
    """Follows a publication, and reports its outages."""

    def __init__(
        self, publication: Publication, report: Callable[[OutageEvent], None]
    ) -> None:
        """Call `report` for each step from now on."""
        self._publication = publication
        self._report = report
        self._failed_at: float | None = None
        """The time of the first failure; None without an outage."""
        self._recovered_at = -math.inf
        self._proof: asyncio.TimerHandle | None = None
        """Ends the outage, unless the publication fails again."""
        self._unsubscribe = publication.add_listener(self._update)

    def close(self) -> None:
        """Follow no more; a present outage ends without a report."""
        self._unsubscribe()
        self._disprove()

    def _update(self) -> None:
        problem, state = self._publication.problem, self._publication.state
        if problem is not None:
            self._disprove()
            if self._failed_at is None:
                self._failed_at = time.monotonic()
                self._report(OutageEvent(type=OutageEventType.FAILED, problem=problem))
        elif state is PublicationState.STOPPED:
            self._disprove()
            if self._failed_at is not None:
                self._failed_at = None
                self._report(OutageEvent(type=OutageEventType.ENDED))
        # A silent camera says nothing about the destination.
        elif state is PublicationState.PUBLISHING and self._failed_at is not None:
            self._recover_or_prove(self._failed_at)

    def _recover_or_prove(self, failed_at: float) -> None:
        """End the outage, at once if the last one ended long before it."""
        if failed_at - self._recovered_at >= _PROVEN_S:
            self._recover()
        elif self._proof is None:
            self._proof = asyncio.get_running_loop().call_later(
                _PROVEN_S, self._recover
            )

    def _recover(self) -> None:
        self._disprove()
        if self._failed_at is not None:
            self._recovered_at = time.monotonic()
            outage, self._failed_at = self._recovered_at - self._failed_at, None
            self._report(OutageEvent(type=OutageEventType.RECOVERED, outage=outage))

    def _disprove(self) -> None:
        if self._proof is not None:
            self._proof.cancel()
            self._proof = None
