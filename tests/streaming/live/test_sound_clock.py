"""The clock of the sound is corrected where it is proven wrong, and only there."""

from typing import Final

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.live.sound_clock import (
    MAX_AHEAD_S,
    SoundClock,
)
from custom_components.hls_camera.streaming.media.fmp4 import Sample

RATE: Final = 16_000
FRAME: Final = 1024


def sample(dts: int, duration: int = FRAME) -> Sample:
    return Sample(2, dts, duration, 0, True, b"sound")


class Camera:
    """Sound that comes some way ahead of its picture."""

    def __init__(self) -> None:
        self.clock = SoundClock(RATE)
        self._dts = 0

    def play(self, ahead: float, seconds: float) -> None:
        """Let sound come so many seconds ahead of the picture."""
        for _ in range(round(seconds * RATE / FRAME)):
            placed = self.clock.place(sample(self._dts))
            self._dts += FRAME
            self.clock.compare(placed, self._dts / RATE - ahead)


def test_a_moment_proves_nothing() -> None:
    camera = Camera()
    camera.play(ahead=5.0, seconds=1.4)
    assert camera.clock.correction == 0
    camera.play(ahead=MAX_AHEAD_S - 0.01, seconds=60)
    assert camera.clock.correction == 0


def test_one_straggler_proves_nothing_however_long_it_is_alone() -> None:
    clock = SoundClock(RATE)
    for picture in (10.0, 15.0, 20.0, 25.0):
        clock.compare(sample(0), picture)
    assert clock.correction == 0


@pytest.mark.parametrize("ahead", [0.7, 5.0, 32_400.0, -0.7, -2.1, -32_400.0])
def test_sound_that_is_off_for_a_while_is_moved_beside_the_picture(
    ahead: float,
) -> None:
    camera = Camera()
    camera.play(ahead=0.1, seconds=3)
    camera.play(ahead=ahead, seconds=2)
    assert camera.clock.correction == pytest.approx(-ahead, abs=0.11)


def test_the_place_of_sound_that_always_comes_late_is_kept() -> None:
    camera = Camera()
    camera.play(ahead=-1.4, seconds=60)
    assert camera.clock.correction == 0
    camera.play(ahead=-3.4, seconds=3)
    assert camera.clock.correction == pytest.approx(2.0, abs=0.11)


def test_sound_whose_time_stands_still_goes_on_without_a_gap() -> None:
    """FFmpeg moves what is set back to one tick behind the last."""
    clock = SoundClock(RATE)
    raw = [0, FRAME, FRAME + 1, FRAME + 2, FRAME + 3, 5 * FRAME]
    placed = [clock.place(sample(dts)).dts for dts in raw]
    assert placed == [0, FRAME, 2 * FRAME, 3 * FRAME, 4 * FRAME, 5 * FRAME]


def test_a_gap_stays_where_it_is() -> None:
    """FFmpeg counts it as the duration of the sample before."""
    clock = SoundClock(RATE)
    placed = [
        clock.place(each)
        for each in (sample(0), sample(FRAME, 3600 * RATE), sample(3600 * RATE + FRAME))
    ]
    assert [each.dts for each in placed] == [0, FRAME, 3600 * RATE + FRAME]
    assert [each.duration for each in placed] == [FRAME] * 3


@given(
    durations=st.lists(st.integers(0, 2**32 - 1), max_size=30),
    timescale=st.integers(1, 2**32 - 1),
)
def test_a_frame_lasts_as_long_as_a_frame_of_aac_may(
    durations: list[int], timescale: int
) -> None:
    clock = SoundClock(timescale)
    dts = 0
    for duration in durations:
        placed = clock.place(Sample(2, dts, duration, 0, True, b""))
        assert placed.dts >= dts
        assert placed.duration > 0
        dts += duration
    assert clock.frame >= max(1, timescale // 101)
    assert clock.frame <= max(1, timescale)
