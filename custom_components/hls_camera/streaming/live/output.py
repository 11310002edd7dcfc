"""The outputs of a live stream: everything that takes its media as they come."""

from ..media.fmp4 import InitSection, Sample, Track
from .segments import MediaSegment, PartialSegment


class Output:
    """Base class of outputs, whose methods do nothing.

    A live stream calls them in order and never waits for them: an output that has to wait
    for something keeps a bounded queue of its own. An output that raises an exception is
    detached.
    """

    takes_frames = False
    """Whether `frame()` is called: single frames cost time, and nothing without takers."""

    def begin_run(self, init: InitSection) -> None:
        """Begin a run: the media that follow need this init section."""

    def frame(self, track: Track, sample: Sample) -> None:
        """Take a whole frame, or a packet of sound, as soon as it is there.

        Decode times are the run's own; `LiveStream.timeline_offset` places them. Each is
        exact; a duration may be an estimate, as the next frame is not there yet.
        """

    def part(self, segment: MediaSegment, part: PartialSegment) -> None:
        """Take a partial segment, which `segment` now ends with."""

    def segment(self, segment: MediaSegment) -> None:
        """Take a complete media segment; all of its parts came before."""

    def clear(self) -> None:
        """Forget the media: the stream was stopped."""
