"""Tests of the simulated player."""

import pytest

from benchmarks.playback import Playback


def test_media_that_come_in_time_play_on() -> None:
    playback = Playback()
    for now in range(10):
        playback.add(1.0, float(now))
    assert (playback.stalls, playback.stalled) == (0, 0.0)


def test_it_stalls_for_as_long_as_nothing_is_left() -> None:
    playback = Playback()
    playback.add(1.0, 100.0)
    playback.add(1.0, 101.5)
    assert playback.stalls == 1
    assert playback.stalled == pytest.approx(0.5)
    playback.add(1.0, 102.4)
    assert playback.stalls == 1


def test_the_buffer_bridges_a_pause() -> None:
    playback = Playback()
    playback.add(2.0, 0.0)
    playback.add(1.0, 1.9)
    assert playback.stalls == 0


def test_the_count_of_stalls_can_be_reset() -> None:
    playback = Playback()
    playback.add(1.0, 0.0)
    playback.add(1.0, 5.0)
    playback.forget_stalls()
    assert (playback.stalls, playback.stalled) == (0, 0.0)
