"""How the media of a run are packaged."""

from dataclasses import dataclass

from ..media.orientation import Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """How the media of a run are packaged. Durations are in seconds."""

    part_duration: float = 0.2
    """The partial segment's duration to aim at."""
    max_segment: float = 12.5
    """How long a media segment waits for the keyframe that ends it."""
    max_keyframe_interval: float | None = None
    """The interval between keyframes above which the run ends; None accepts any."""
    frame_rate: float | None = None
    """Frames per second, where known."""
    orientation: Orientation = Orientation.NORMAL
    """How players turn the picture; an encoder may have turned it already."""
    follow_changes: bool = True
    """Whether the run ends when the picture is coded otherwise than at its start: FFmpeg
    would go on with the old init section."""
