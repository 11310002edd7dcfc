"""Media segments become longer ones that begin with keyframes."""

import pytest

from custom_components.hls_camera.publishing.published_segment import PublishedSegment
from custom_components.hls_camera.publishing.segment_joiner import SegmentJoiner
from tests.streaming.media_files import INIT

from .streams import Stream


class Taker:
    """A stream whose joined segments are noted."""

    def __init__(self, duration: float = 2.0) -> None:
        self.stream = Stream()
        self.segments: list[PublishedSegment] = []
        self.detach = self.stream.live.attach(
            SegmentJoiner(self.segments.append, duration=duration)
        )

    @property
    def durations(self) -> list[float]:
        return [round(segment.duration, 3) for segment in self.segments]


def test_segments_last_as_long_as_wanted() -> None:
    taker = Taker(2.0)
    taker.stream.play(9.5)
    assert taker.durations == [2.0, 2.0, 2.0, 2.0]
    assert not any(segment.is_discontinuous for segment in taker.segments)
    starts = [segment.start for segment in taker.segments]
    assert [start - starts[0] for start in starts] == pytest.approx(
        [0, 2, 4, 6], abs=0.01
    )


def test_a_segment_ends_at_a_keyframe() -> None:
    taker = Taker(2.0)
    taker.stream.play(13, keyframe_every=3)
    assert taker.durations == [3.0, 3.0, 3.0, 3.0]


def test_a_segment_that_is_a_little_short_is_long_enough() -> None:
    taker = Taker(2.0)
    taker.stream.play(8, keyframe_every=1.92)
    assert set(taker.durations) == {1.92}


def test_a_camera_without_keyframes_has_its_segments_one_by_one() -> None:
    taker = Taker(2.0)
    taker.stream.play(29, keyframe_every=60)
    own = [segment.duration for segment in taker.stream.live.window.segments]
    assert len(taker.durations) > 3
    assert max(taker.durations) <= max(own) + 0.001


def test_a_segment_has_the_bytes_of_all_its_parts() -> None:
    taker = Taker(2.0)
    taker.stream.play(5)
    listed = taker.stream.live.window.segments
    data = b"".join(part.data for segment in listed for part in segment.parts)
    assert data.startswith(b"".join(segment.data for segment in taker.segments))


def test_a_run_ends_a_segment_and_the_next_is_discontinuous() -> None:
    taker = Taker(2.0)
    taker.stream.play(3)
    taker.stream.end_run()
    taker.stream.begin_run(INIT)
    assert taker.durations == [2.0, 0.8]
    taker.stream.begin_run()
    taker.stream.play(5)
    assert taker.durations == [2.0, 0.8, 2.0, 2.0]
    flags = [segment.is_discontinuous for segment in taker.segments]
    assert flags == [False, False, True, False]


def test_a_stopped_stream_begins_with_a_keyframe_again() -> None:
    taker = Taker(2.0)
    taker.stream.play(3)
    taker.stream.live.clear()
    assert taker.durations == [2.0]
    taker.stream.begin_run()
    taker.stream.play(3)
    assert taker.segments[-1].is_discontinuous
