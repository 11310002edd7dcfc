"""The specification of a run: what FFmpeg reads, and what is made of it."""

from dataclasses import dataclass

from ..live.packaging import Packaging
from ..sources.source import Source
from ..transcode.encoder_arguments import Encoding
from ..transcode.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """How FFmpeg reads a source. Durations are in seconds."""

    source: Source
    read_timeout: float
    """How long FFmpeg waits for the network."""
    keyframe_wait: float = 0.0
    """How long the first keyframe may take."""
    frame_interval: float = 0.0
    """From one picture to the next."""
    with_sound: bool = True
    """Whether sound is requested; without it, a camera sends its picture alone if it can."""
    use_wallclock: bool = False
    """Whether a frame's time is the time of its arrival."""
    look_longer: bool = False
    """For a source whose sound comes before its picture."""
    in_real_time: bool = False
    """For a source that sends seconds of media at once: reads them as slowly as they were
    filmed."""
    extra_arguments: tuple[str, ...] = ()
    """An expert's, which win over ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """One life of FFmpeg. Durations are in seconds."""

    input: InputSpec
    plan: Plan
    packaging: Packaging
    start_timeout: float
    """From the start to the first partial segment."""
    stall_timeout: float
    """Without a new partial segment while streaming."""
    encoding: Encoding | None = None
    """For a plan that converts the picture."""

    @property
    def has_sound(self) -> bool:
        """Whether the media have a sound track."""
        return self.input.with_sound
