"""Live streams to publish, with made-up or real media."""

import logging
from collections.abc import Sequence

from custom_components.hls_camera.streaming.errors import HlsCameraError
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, Sample
from tests.streaming.clocks import Clock
from tests.streaming.media_files import VIDEO, VIDEO_INIT, frames
from tests.streaming.windows import make_window

RATE = 25


class Stream:
    """A stream that runs as long as a test pushes media into it."""

    def __init__(self, init: InitSection = VIDEO_INIT) -> None:
        self.clock = Clock()
        self.live = LiveStream(
            make_window(), Demand(self.clock), logger=logging.getLogger(__name__)
        )
        self.is_running = True
        self.woken = 0
        self.error: HlsCameraError | None = None
        """Raised when the stream is woken."""
        self._pushed = 0
        self._clock = 1_000_000.0
        self.begin_run(init)

    def begin_run(self, init: InitSection = VIDEO_INIT) -> None:
        """Begin a run of FFmpeg."""
        self.init = init
        self._pushed = 0
        self.live.window.begin_run(init)
        self._segmenter = Segmenter(
            init, self.live, Packaging(), clock=lambda: self._clock
        )
        self.live.begin_run(init, self._segmenter)

    def end_run(self) -> None:
        """End it."""
        self.live.end_run()
        self._clock += 60

    def push(self, samples: Sequence[Sample]) -> None:
        """Push media."""
        self._segmenter.push(samples)

    def play(
        self, seconds: float, *, keyframe_every: float = 1.0, size: int = 100
    ) -> None:
        """Push so many seconds of made-up pictures."""
        count = round(seconds * RATE)
        duration = VIDEO.timescale // RATE
        every = round(keyframe_every * RATE)
        all_ = frames(
            [duration] * (self._pushed + count), keyframe_every=every, size=size
        )
        for sample in all_[self._pushed :]:
            self._clock += 1 / RATE
            self.push([sample])
        self._pushed += count

    def wake(self) -> None:
        """Start, as a rendition does."""
        self.woken += 1
        if self.error is not None:
            raise self.error
        self.is_running = True
