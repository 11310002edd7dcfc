"""Each way of dying has its own reason."""

import pytest

from custom_components.hls_camera.streaming.ingest.watchdog import Watchdog
from custom_components.hls_camera.streaming.reasons import EndReason

from ..clocks import Clock


def _watchdog(clock: Clock) -> Watchdog:
    return Watchdog(clock, start_timeout=12.0, stall_timeout=5.0)


def test_a_run_may_take_its_time_to_begin() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    assert watchdog.patience() == 12.0
    clock.now += 11.9
    assert watchdog.verdict() is None
    clock.now += 0.1
    assert watchdog.verdict() is EndReason.NO_VIDEO
    assert watchdog.patience() == 0.0


def test_frames_that_never_make_a_part_have_no_time() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    clock.now += 12
    watchdog.data_came(1)
    assert watchdog.verdict() is EndReason.TIMELINE


def test_sound_alone_is_no_beginning() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    clock.now += 12
    watchdog.data_came(0)
    assert watchdog.verdict() is EndReason.NO_VIDEO


def test_the_first_part_brings_the_deadline_nearer() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    clock.now += 1
    watchdog.part_came(0.2)
    assert watchdog.patience() == 5.0


def test_silence_is_a_stall() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    watchdog.data_came(1)
    watchdog.part_came(0.2)
    clock.now += 5
    assert watchdog.verdict() is EndReason.STALLED


def test_frames_that_made_no_whole_part_before_the_silence_change_nothing() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    watchdog.part_came(0.2)
    clock.now += 0.15
    watchdog.data_came(1)
    clock.now += 4.9
    assert watchdog.verdict() is EndReason.STALLED


def test_sound_without_pictures_is_no_stream() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    watchdog.data_came(1)
    watchdog.part_came(0.2)
    for _ in range(51):
        clock.now += 0.1
        watchdog.data_came(0)
    assert watchdog.verdict() is EndReason.AUDIO_ONLY


def test_frames_in_which_no_time_passes_are_no_stream() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    watchdog.part_came(0.2)
    for _ in range(51):
        clock.now += 0.1
        watchdog.data_came(1)
    assert watchdog.verdict() is EndReason.TIMELINE


def _play(watchdog: Watchdog, clock: Clock, pace: float, seconds: int) -> None:
    for _ in range(5 * seconds):
        clock.now += 0.2
        watchdog.data_came(1)
        watchdog.part_came(0.2 * pace)


def test_a_steady_pace_is_fine_for_ever() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    for _ in range(20):
        _play(watchdog, clock, 1.0, 31)
        assert watchdog.verdict() is None


def test_media_that_come_slower_than_they_play_are_too_slow() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    _play(watchdog, clock, 0.7, 29)
    assert watchdog.verdict() is None
    _play(watchdog, clock, 0.7, 2)
    assert watchdog.verdict() is EndReason.TOO_SLOW


@pytest.mark.parametrize(
    ("pace", "reason"), [(0.5, EndReason.TOO_SLOW), (2.0, EndReason.TIMELINE)]
)
def test_a_verdict_on_the_pace_stands_when_it_is_asked_for_again(
    pace: float, reason: EndReason
) -> None:
    """A run asks twice: it reads the waiting output in between."""
    clock = Clock()
    watchdog = _watchdog(clock)
    _play(watchdog, clock, pace, 31)
    assert [watchdog.verdict(), watchdog.verdict()] == [reason, reason]


def test_a_slow_moment_is_forgiven_by_the_next_period() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    _play(watchdog, clock, 0.85, 31)
    assert watchdog.verdict() is None
    _play(watchdog, clock, 1.0, 31)
    assert watchdog.verdict() is None


def test_a_part_that_is_about_to_come_is_not_missed() -> None:
    """One picture in six seconds: after 31 s, only four have been followed by another."""
    clock = Clock()
    watchdog = Watchdog(clock, start_timeout=36.0, stall_timeout=15.0)
    watchdog.part_came(6.0)
    for _ in range(4):
        clock.now += 6.2
        watchdog.part_came(6.0)
    clock.now += 6.1
    assert watchdog.verdict() is None


def test_media_that_run_away_from_the_clock_have_no_time() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    _play(watchdog, clock, 2.0, 29)
    assert watchdog.verdict() is None
    _play(watchdog, clock, 2.0, 2)
    assert watchdog.verdict() is EndReason.TIMELINE


def test_far_too_much_media_at_once_is_noticed_at_once() -> None:
    clock = Clock()
    watchdog = _watchdog(clock)
    for _ in range(6):
        watchdog.part_came(9.7)
        assert not watchdog.is_outrun
    watchdog.part_came(9.7)
    assert watchdog.is_outrun


def test_all_since_the_last_keyframe_may_come_at_once() -> None:
    """As restreamers send it; and a network delivers delayed packets at once."""
    clock = Clock()
    watchdog = _watchdog(clock)
    for _ in range(10):
        watchdog.part_came(1.0)
    _play(watchdog, clock, 1.0, 31)
    for _ in range(20):
        clock.now += 5
        for _ in range(10):
            watchdog.part_came(0.5)
        assert watchdog.verdict() is None
        assert not watchdog.is_outrun
