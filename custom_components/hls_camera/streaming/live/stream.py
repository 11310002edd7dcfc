"""A live stream: it takes the segments of each run and passes them to every output."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from ..media.fmp4 import InitSection, Sample, Track
from .demand import Demand
from .output import Output
from .segments import PartialSegment
from .window import Window


class FrameSource(Protocol):
    """A run's frames: the run's segmenter."""

    on_frame: Callable[[Track, Sample], None] | None

    @property
    def timeline_offset(self) -> float:
        """Seconds to add to decode times."""

    @property
    def frame_seconds(self) -> float:
        """The usual duration of a picture; 0.0 while it is not known."""

    @property
    def pending(self) -> Sequence[tuple[Track, Sequence[Sample]]]:
        """The samples that are in no partial segment yet."""


class LiveStream:
    """The media of one stream over all its runs. It is the segmenter's sink."""

    def __init__(
        self, window: Window, demand: Demand, *, logger: logging.Logger
    ) -> None:
        """Keep the newest media in `window`, and note leases in `demand`."""
        self.window = window
        self.demand = demand
        self.init: InitSection | None = None
        """The init section of the latest run; None once the stream was stopped."""
        self.logger = logger
        self._source: FrameSource | None = None
        self._outputs: list[Output] = []

    def attach(self, output: Output) -> Callable[[], None]:
        """Pass media to an output from now on; return a function that detaches it."""
        self._outputs.append(output)
        self._update_frame_callback()

        def detach() -> None:
            if output in self._outputs:
                self._outputs.remove(output)
                self._update_frame_callback()

        return detach

    @contextmanager
    def lease(self, why: str) -> Iterator[None]:
        """Keep the stream awake until the context is left.

        The debug log names the purpose, `why`.
        """
        self.logger.debug("Kept awake: %s", why)
        try:
            with self.demand.lease():
                yield
        finally:
            self.logger.debug("No longer kept awake: %s", why)

    @property
    def timeline_offset(self) -> float:
        """Seconds to add to the decode times of the latest run."""
        return self._source.timeline_offset if self._source else 0.0

    @property
    def frame_seconds(self) -> float:
        """The usual duration of the latest run's pictures; 0.0 while it is not known."""
        return self._source.frame_seconds if self._source else 0.0

    @property
    def pending(self) -> Sequence[tuple[Track, Sequence[Sample]]]:
        """The samples of each track that are in no partial segment yet."""
        return self._source.pending if self._source else ()

    # Called for each run

    def begin_run(self, init: InitSection, source: FrameSource) -> None:
        """Begin a run, whose frames come from `source`."""
        self.init = init
        self._source = source
        self._update_frame_callback()
        self._notify(lambda output: output.begin_run(init))

    def end_run(self) -> None:
        """End the run; its last segment is complete."""
        segment = self.window.growing
        self.window.end_run()
        if segment is not None and segment.is_complete:
            self._notify(lambda output: output.segment(segment))

    def clear(self) -> None:
        """Forget the media; tasks that wait for more get StreamStoppedError."""
        self.window.clear()
        if self._source is not None:
            self._source.on_frame = None
        self._source = self.init = None
        self._notify(lambda output: output.clear())

    # Called by the segmenter

    @property
    def max_segment_bytes(self) -> int:
        """The size at which a media segment should end."""
        return self.window.max_segment_bytes

    def open_segment(self, start: float) -> None:
        """Begin a media segment; `start` is its first frame's wall clock time."""
        self.window.open_segment(start)

    def raise_part_target(self, part_target: float) -> None:
        """Declare that partial segments may last `part_target` seconds."""
        self.window.raise_part_target(part_target)

    def add_part(self, part: PartialSegment) -> None:
        """Append a partial segment to the open media segment.

        Raises:
            WindowOverflowError: the segment would outgrow the window.

        """
        self.window.add_part(part)
        if (segment := self.window.growing) is not None:
            self._notify(lambda output: output.part(segment, part))

    def close_segment(self) -> None:
        """Complete the open media segment."""
        segment = self.window.growing
        self.window.close_segment()
        if segment is not None:
            self._notify(lambda output: output.segment(segment))

    # Inside

    def _update_frame_callback(self) -> None:
        """Take single frames from the run while an output wants them."""
        if self._source is not None:
            is_wanted = any(output.takes_frames for output in self._outputs)
            self._source.on_frame = self._pass_frame if is_wanted else None

    def _pass_frame(self, track: Track, sample: Sample) -> None:
        def call(output: Output) -> None:
            if output.takes_frames:
                output.frame(track, sample)

        self._notify(call)

    def _notify(self, call: Callable[[Output], object]) -> None:
        for output in tuple(self._outputs):
            try:
                call(output)
            except Exception:
                # A fault of one output must not end the stream for the others.
                self.logger.exception("%s was detached", type(output).__name__)
                self._outputs.remove(output)
                self._update_frame_callback()
