"""Cameras that serve one client at a time: a busy one may still be serving us."""

from collections.abc import Callable
from typing import Final

from ..reasons import EndReason

RETRY_PAUSE_S: Final = 1.0
"""Seconds between two tries while a camera has not noticed our disconnection."""
_MAX_NOTICE_DELAY_S: Final = 10.0
"""Seconds that a camera may take to notice it."""


class Departure:
    """The time of our latest disconnection. `clock` returns monotonic seconds.

    A form, or an earlier life of this program, may have left it just before.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """Begin with a disconnection right now."""
        self._clock = clock
        self._left_at = clock()

    def note(self, reason: EndReason | None) -> None:
        """Note that a connection has ended; None where we ended it.

        A camera that was busy never let us in.
        """
        if reason is not EndReason.BUSY:
            self._left_at = self._clock()

    def explains(self, reason: EndReason) -> bool:
        """Whether an end is no failure, as the camera may still be busy with us."""
        is_recent = self._clock() < self._left_at + _MAX_NOTICE_DELAY_S
        return reason is EndReason.BUSY and is_recent
