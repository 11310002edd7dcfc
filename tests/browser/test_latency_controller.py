"""How close behind live the card's player stays: `latency_controller.js`."""

from collections.abc import Sequence

import pytest

from .modules import evaluate

STEADY = 0.1
"""Seconds left whenever more comes, that are neither too many nor too few."""


def rates(reserves: Sequence[float], *, stalls: int = 0) -> list[float | None]:
    """Return the playback rate after each reserve, a tenth of a second apart.

    It plays for some seconds already.
    """
    found: list[float | None] = evaluate(
        """async (reserves, stalls) => {
          const { LatencyController } = await import("./frontend/latency_controller.js");
          const controller = new LatencyController();
          controller.rate(0.1, -5);
          for (let stall = 0; stall < stalls; stall++) controller.stalled();
          const rates = reserves.map((each, index) => controller.rate(each, index / 10));
          return rates.map((rate) => (rate === Infinity ? null : rate));
        }""",
        *(list(reserves), stalls),
    )
    return found


def test_keeps_its_pace_where_little_is_left_each_time() -> None:
    assert rates([STEADY] * 20) == [1] * 20


def test_takes_no_notice_of_a_little_more() -> None:
    assert rates([STEADY + 0.01] * 20) == [1] * 20


def test_plays_faster_until_no_more_is_left_than_should_be() -> None:
    """At one speed: WebKitGTK stumbles at each change."""
    left = [STEADY + 0.3, STEADY + 0.2, STEADY + 0.05, 0.08, STEADY, STEADY]
    assert rates(left) == [1.1, 1.1, 1.1, 1, 1, 1]


def test_plays_slower_where_nearly_nothing_is_left() -> None:
    left = [0.0] * 3 + [STEADY] * 11
    assert rates(left) == [0.95] * 13 + [1]


def test_changes_its_speed_seldom() -> None:
    """Each change may cost as much time as it gains."""
    left = [STEADY + 0.068, 0.08, *[STEADY + 0.068] * 100]
    found = rates(left)
    assert found[1] == 1
    assert found.index(1.1, 1) == 83


FPS = [25, 10]


def rates_without_sound(
    frame: float, reserves: Sequence[float], *, odd: Sequence[float] = ()
) -> list[float]:
    """Return the playback rate after each reserve, a frame apart, without sound.

    The media's frames have a duration, but for a few odd ones.
    """
    found: list[float] = evaluate(
        """async (frame, reserves, odd) => {
          const { LatencyController } = await import("./frontend/latency_controller.js");
          const controller = new LatencyController({ hasSound: false, isSmooth: true });
          for (const each of [...odd, ...Array(9 - odd.length).fill(frame)])
            controller.frame(each);
          return reserves.map((each, index) => controller.rate(each, index * frame));
        }""",
        *(frame, list(reserves), list(odd)),
    )
    return found


@pytest.mark.parametrize("fps", FPS)
def test_without_sound_a_frame_remains(fps: int) -> None:
    """A browser runs dry if there is no frame after the present one."""
    frame = 1 / fps
    assert rates_without_sound(frame, [frame] * 5) == [1] * 5
    assert min(rates_without_sound(frame, [2 * frame] * 5)) > 1
    assert max(rates_without_sound(frame, [0] * 5)) < 1


def test_a_few_odd_frames_do_not_change_the_target() -> None:
    frame = 0.04
    assert rates_without_sound(frame, [frame], odd=[0.001, 2.0, 3.0, 4.0]) == [1]


@pytest.mark.parametrize("frame", [0.001, 3600.0])
def test_absurd_frames_leave_a_useful_target(frame: float) -> None:
    assert rates_without_sound(frame, [0.04]) == [1 if frame < 1 else 0.9]
    assert rates_without_sound(frame, [0.5]) == [1.2 if frame < 1 else 1]


@pytest.mark.parametrize("fps", FPS)
def test_without_sound_it_starts_a_frame_ahead_of_the_target(fps: int) -> None:
    """Then the target remains when the next frame arrives."""
    start, at_first, dry = evaluate(
        """async (frame) => {
          const { LatencyController } = await import("./frontend/latency_controller.js");
          const controller = new LatencyController({ hasSound: false });
          controller.frame(frame);
          const start = controller.begin(0, 20);
          return [20 - start, controller.begin(19.99, 20), controller.mustJumpWhenDry];
        }""",
        1 / fps,
    )
    assert start == pytest.approx(2 / fps)
    assert at_first == 19.99
    assert dry is False


def test_without_sound_a_series_of_stalls_ends_with_a_jump() -> None:
    """The first ones do not: to play on costs no delay."""
    found = evaluate(
        """async () => {
          const { LatencyController } = await import("./frontend/latency_controller.js");
          const controller = new LatencyController({ hasSound: false });
          return Array.from({ length: 4 }, () => {
            controller.stalled();
            return controller.mustJumpWhenDry;
          });
        }"""
    )
    assert found == [False, False, True, True]


def test_the_least_of_the_last_second_counts() -> None:
    """Sound comes in larger pieces than the picture."""
    *_, last = rates([STEADY, *[STEADY + 0.1] * 5])
    assert last == 1


def test_jumps_where_it_is_far_behind() -> None:
    assert rates([STEADY + 1.5]) == [None]


def test_leaves_more_after_a_stall() -> None:
    [rate] = rates([STEADY], stalls=3)
    assert rate is not None
    assert rate < 1


def test_keeps_its_speed_right_after_a_jump() -> None:
    """WebKitGTK ignores a change so soon after a seek."""
    found = evaluate(
        """async (times) => {
          const { LatencyController } = await import("./frontend/latency_controller.js");
          const controller = new LatencyController();
          controller.rate(0.1, 0);
          controller.begin(10, 20);
          return times.map((now) => controller.rate(0.2, now));
        }""",
        [10.0, 10.4, 10.6],
    )
    assert found == [1, 1, 1.1]
