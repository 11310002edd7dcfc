"""Segments take their parts in order and count seconds and bytes."""

import pytest

from custom_components.hls_camera.streaming.live.segments import (
    MediaSegment,
    PartialSegment,
)

from ..media_files import INIT

PARTS = [
    PartialSegment(index=0, duration=0.2, independent=True, data=b"key"),
    PartialSegment(index=1, duration=0.3, independent=False, data=b"rest"),
]


def test_a_segment_sums_up_its_parts() -> None:
    segment = MediaSegment(msn=7, start=100.0, init=INIT, init_id=1)
    for part in PARTS:
        segment.append(part)
    assert segment.parts == PARTS
    assert segment.size == 7
    assert segment.duration == pytest.approx(0.5)
    assert segment.end == pytest.approx(100.5)


def test_a_segment_takes_only_the_next_part() -> None:
    segment = MediaSegment(msn=7, start=100.0, init=INIT, init_id=1)
    with pytest.raises(AssertionError):
        segment.append(PARTS[1])
    assert segment.parts == []
