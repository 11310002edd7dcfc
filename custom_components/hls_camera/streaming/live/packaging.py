"""Options of the packaging of a run."""

from dataclasses import dataclass

from ..media.orientation import Orientation


@dataclass(frozen=True, slots=True, kw_only=True)
class Packaging:
    """Options of the packaging of a run. Durations are in seconds."""

    part_duration: float = 0.2
    """The intended duration of a partial segment."""
    max_segment: float = 12.5
    """The longest duration of a media segment that waits for a keyframe."""
    max_keyframe_interval: float | None = None
    """The interval between keyframes above which the run ends; None accepts any."""
    frame_rate: float | None = None
    """Frames per second, if known."""
    orientation: Orientation = Orientation.NORMAL
    """The rotation by players; an encoder may have rotated the picture already."""
    follow_changes: bool = True
    """Whether the run ends when the coding of the picture changes: players would continue
    with the old init section."""
