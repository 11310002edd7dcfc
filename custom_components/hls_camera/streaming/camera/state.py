"""The state of a stream."""

from enum import StrEnum
from typing import Final


class StreamState(StrEnum):
    """The state of a stream."""

    STOPPED = "stopped"
    IDLE = "idle"
    """On demand, waiting for a viewer."""
    STARTING = "starting"
    STREAMING = "streaming"
    BACKOFF = "backoff"
    """Waiting for the next try."""
    FAILED = "failed"
    """Given up until a person acts."""

    @property
    def is_running(self) -> bool:
        """Whether the stream runs, or tries to."""
        return self in _RUNNING

    @property
    def is_available(self) -> bool:
        """Whether a player that requests the stream gets media soon."""
        return self in _AVAILABLE


_RUNNING: Final = frozenset(
    {StreamState.STARTING, StreamState.STREAMING, StreamState.BACKOFF}
)
_AVAILABLE: Final = frozenset(
    {StreamState.IDLE, StreamState.STARTING, StreamState.STREAMING}
)
