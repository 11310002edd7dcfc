"""The specification of a run: its input and its output."""

from dataclasses import dataclass

from ..live.packaging import Packaging
from ..sources.input import Input, ReadOptions
from ..transcode.encoder_arguments import Encoding
from ..transcode.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One life of FFmpeg. Durations are in seconds."""

    input: Input
    read_options: ReadOptions
    plan: Plan
    packaging: Packaging
    start_timeout: float
    """From the start to the first partial segment."""
    stall_timeout: float
    """Without a new partial segment while streaming."""
    has_b_frames: bool = True
    """Whether pictures may come in another order than they are shown in."""
    encoding: Encoding | None = None
    """For a plan that converts the picture."""

    @property
    def has_sound(self) -> bool:
        """Whether the media have a sound track."""
        return self.read_options.with_sound

    @property
    def needs_sound(self) -> bool:
        """Whether the run cannot go on if the camera has no such sound track any more."""
        return self.has_sound and self.packaging.follow_changes
