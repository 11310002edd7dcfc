"""Variants share media time."""

import pytest

from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.timeline import Timeline

from ..fragments import read_part
from ..media_files import VIDEO, VIDEO_INIT, RecordingSink, frames

FRAME = VIDEO.timescale // 25
NOW = 1_790_000_000.0


def decode_time(timeline: Timeline, now: float) -> float:
    """Return where a run's first frame is placed that comes at a wall clock time."""
    sink = RecordingSink()
    segmenter = Segmenter(
        VIDEO_INIT, sink, Packaging(), timeline=timeline, clock=lambda: now
    )
    segmenter.push(frames([FRAME] * 10))
    segmenter.flush()
    part = sink.segments[0].parts[0]
    return read_part(part.data, VIDEO_INIT)[0].dts / VIDEO.timescale


class TestMediaTime:
    def test_the_first_run_keeps_its_own(self) -> None:
        assert decode_time(Timeline(), NOW) == frames([FRAME])[0].dts / VIDEO.timescale

    @pytest.mark.parametrize("later", [0.3, 7.48, 3 * 86_400.0])
    def test_a_later_run_is_as_much_later_in_it(self, later: float) -> None:
        timeline = Timeline()
        first = decode_time(timeline, NOW)
        second = decode_time(timeline, NOW + later)
        assert second - first == pytest.approx(later, abs=1e-4)

    def test_it_does_not_go_back_with_the_wall_clock(self) -> None:
        timeline = Timeline()
        decode_time(timeline, NOW)
        newest = decode_time(timeline, NOW + 10)
        assert decode_time(timeline, NOW - 3600) == pytest.approx(newest, abs=1e-4)

    def test_a_run_is_placed_beside_one_whose_clock_is_followed(self) -> None:
        timeline = Timeline()
        offset = timeline.offset(epoch=NOW, start=0)
        timeline.follow(epoch=NOW, start=0, offset=offset)
        # A day later, the camera's clock is 4 s late.
        timeline.follow(epoch=NOW + 4, start=86_396, offset=offset)
        assert timeline.offset(epoch=NOW + 86_400, start=0) == 86_396
