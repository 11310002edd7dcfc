"""The limits of one machine, which its streams share."""

from dataclasses import dataclass, replace
from typing import Final, Self

from .options import StreamOptions

_MIB: Final = 1024 * 1024
_MIN_WINDOW_MIB: Final = 4
"""Of a stream's window: enough for a few seconds of a large picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits and settings for all cameras together."""

    max_concurrent_streams: int = 16
    """Maximum number of streams that run at the same time."""
    memory_budget: int = 384
    """MiB of memory for the media of all streams."""
    part_target: float = 0.2
    """Target duration of partial segments in seconds; shorter ones reduce the delay."""

    @property
    def stream_limit(self) -> int:
        """Maximum number of streams for which the memory suffices."""
        return min(self.max_concurrent_streams, self.memory_budget // _MIN_WINDOW_MIB)

    def raised(self, streams: int) -> Self:
        """Return limits for more streams, with the least memory that they need."""
        needed = streams * _MIN_WINDOW_MIB
        return replace(
            self,
            max_concurrent_streams=max(self.max_concurrent_streams, streams),
            memory_budget=max(self.memory_budget, needed),
        )

    def apply(self, options: StreamOptions) -> StreamOptions:
        """Return a stream's options with the settings for all streams.

        Each stream has an equal share of the memory budget. Stopped streams hold no
        media.
        """
        return replace(
            options,
            part_duration=self.part_target,
            window_bytes=self.memory_budget * _MIB // self.stream_limit,
        )
