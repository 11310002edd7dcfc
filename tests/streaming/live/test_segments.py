"""Segments number their parts and count seconds and bytes."""

import pytest

from custom_components.hls_camera.streaming.live.segments import MediaSegment

from ..media_files import INIT


def test_a_segment_numbers_its_parts_and_sums_them_up() -> None:
    segment = MediaSegment(msn=7, start=100.0, init=INIT, init_id=1)
    segment.append(b"key", 0.2, independent=True)
    segment.append(b"rest", 0.3, independent=False)
    assert [(part.index, part.independent) for part in segment.parts] == [
        (0, True),
        (1, False),
    ]
    assert segment.size == 7
    assert segment.duration == pytest.approx(0.5)
    assert segment.end == pytest.approx(100.5)
