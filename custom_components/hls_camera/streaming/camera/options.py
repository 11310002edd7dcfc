"""The options of one stream."""

from dataclasses import dataclass, field, replace
from typing import Final, Self

from ..transcode.options import ConversionOptions

_PICTURES_TO_START: Final = 4.0
"""Pictures that come before the first one is played."""
_PICTURES_TO_STALL: Final = 2.5
"""Pictures that are missing when a stream has stalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """The options of one stream. Durations are in seconds, sizes in bytes."""

    on_demand: bool = True
    """Stop when nobody watches; otherwise run always."""
    idle_timeout: float = 30.0
    """Time without a viewer's request after which an on-demand stream stops."""
    part_duration: float = 0.2
    """The partial segment's duration to aim at; whole frames decide the rest."""
    audio: bool = True
    """Whether viewers may hear the camera, where it has sound."""
    conversion: ConversionOptions = field(default_factory=ConversionOptions)
    allowed_hosts: frozenset[str] = frozenset()
    """Hosts beside its own that the camera may lead to, with a port or with all."""
    input_options: tuple[str, ...] = ()
    """More arguments for FFmpeg's input; `parse_input_options()` makes them."""
    start_timeout: float = 12.0
    """From FFmpeg's start to its first partial segment."""
    stall_timeout: float = 5.0
    """Without a new partial segment while streaming."""
    max_keyframe_interval: float = 12.5
    """From one keyframe to the next, in a picture that is copied: longer intervals make
    viewers wait too long, and the picture is converted where that is allowed."""
    window_duration: float = 12.0
    """Of media listed in the playlist, at least; three target durations are the floor."""
    window_bytes: int = 24 * 1024 * 1024
    """Of media held in memory; the oldest segments go first."""
    lookback: float = 10.0
    """Of media held for recordings, as far as the bytes allow."""

    def paced(self, frame_interval: float) -> Self:
        """Return the options with limits for pictures that are so many seconds apart.

        FFmpeg passes a picture on when the next ones have come.
        """
        return replace(
            self,
            start_timeout=self.start_timeout + _PICTURES_TO_START * frame_interval,
            stall_timeout=max(self.stall_timeout, _PICTURES_TO_STALL * frame_interval),
        )
