"""An output overrides only the methods that it needs."""

import logging

import pytest

from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.output import Output
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.stream import LiveStream

from ..clocks import Clock
from ..media_files import VIDEO, VIDEO_INIT, frames
from ..windows import make_window


class Silent(Output):
    """An output that overrides nothing, not even for single frames."""

    takes_frames = True


def test_an_output_without_methods_stays_attached(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A live stream detaches and logs an output that raises an exception."""
    stream = LiveStream(
        make_window(), Demand(Clock()), logger=logging.getLogger(__name__)
    )
    detach = stream.attach(Silent())
    stream.window.begin_run(VIDEO_INIT)
    segmenter = Segmenter(VIDEO_INIT, stream, Packaging(), clock=lambda: 1_000_000.0)
    stream.begin_run(VIDEO_INIT, segmenter)
    segmenter.push(frames([VIDEO.timescale // 25] * 60))
    stream.end_run()
    stream.clear()
    assert stream.window.last_msn > 1
    assert not caplog.records
    detach()
