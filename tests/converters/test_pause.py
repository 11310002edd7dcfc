"""Pauses that double with each failure."""

from custom_components.hls_camera.converters.pause import Pause
from tests.streaming.clocks import Clock


def test_a_pause_doubles_up_to_the_longest() -> None:
    clock = Clock()
    pause = Pause(clock, first=10, longest=30)
    states = [pause.is_over]
    for seconds in (10, 20, 30, 30):
        pause.begin()
        clock.now += seconds - 1
        states.append(pause.is_over)
        clock.now += 1
        states.append(pause.is_over)
    assert states == [True, *[False, True] * 4]


def test_a_pause_is_short_again_when_it_was_not_needed_for_long() -> None:
    clock = Clock()
    pause = Pause(clock, first=10, longest=30)
    pause.begin()
    pause.begin()
    clock.now += 20 + 31
    pause.begin()
    clock.now += 10
    assert pause.is_over
