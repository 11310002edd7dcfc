"""The return of a stock player to live: `catch_up.js`."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from .modules import evaluate

LOOK = 0.25
"""Seconds between two looks."""


def at(
    late: float,
    *,
    buffered: tuple[float, float] = (0, 101),
    loadable: float = 100,
) -> Mapping[str, Any]:
    """Return a player's place, so many seconds behind where it should be: at 100 s."""
    return {
        "position": 100 - late,
        "live": 100,
        "buffered": buffered,
        "loadable": loadable,
    }


def steps(
    places: Sequence[Mapping[str, Any]],
    *,
    stalls: int = 0,
    stalled_at: float = 9,
    stalled_for: float = 0.5,
    pause: float = LOOK,
) -> list[Mapping[str, float]]:
    """Return the decision at each position, one after another."""
    found: list[Mapping[str, float]] = evaluate(
        """async (places, stalls, since, seconds, pause) => {
          const { CatchUp } = await import("./frontend/catch_up.js");
          const catchUp = new CatchUp();
          if (stalls) catchUp.steer({ ...places[0], position: 100 }, 0);
          for (let stall = 0; stall < stalls; stall++) catchUp.stalled(since, since + seconds);
          return places.map((each, index) => catchUp.steer(each, 10 + index * pause));
        }""",
        *(list(places), stalls, stalled_at, stalled_for, pause),
    )
    return found


def test_plays_on_where_it_should_be() -> None:
    assert steps([at(0.0), at(0.1), at(-0.3)]) == [{"rate": 1}] * 3


def test_plays_faster_until_it_is_back() -> None:
    """One speed: WebKitGTK drops frames at each change."""
    late = [0.1, 0.3, 0.2, 0.1, 0.04, 0.1, 0.14]
    rates = [each["rate"] for each in steps([at(each) for each in late])]
    assert rates == [1, 1.15, 1.15, 1.15, 1, 1, 1]


def test_never_plays_faster_than_media_come() -> None:
    [step] = steps([at(0.8, buffered=(0, 100.1))])
    assert step == {"rate": 1}


def test_jumps_where_it_is_far_behind() -> None:
    [step] = steps([at(6.0)])
    assert step == {"rate": 1, "position": 100}


def test_asks_for_what_is_not_buffered_from_a_keyframe_on() -> None:
    """And goes on to live as soon as that is there."""
    asked, waits, arrives = steps(
        [
            at(6.0, buffered=(80, 95), loadable=98.5),
            at(1.5, buffered=(98.5, 99), loadable=98.5),
            at(1.4, buffered=(98.5, 100.5), loadable=98.5),
        ],
    )
    assert asked == {"rate": 1, "position": 98.5}
    assert waits == {"rate": 1}
    assert arrives == {"rate": 1, "position": 100}


def test_asks_for_nothing_closer_to_live_than_it_should_be() -> None:
    [step] = steps([at(6.0, buffered=(80, 95), loadable=102)])
    assert step == {"rate": 1, "position": 100}


def test_does_not_ask_again_while_it_waits() -> None:
    places = [at(6.0, buffered=(80, 95))] * 14
    asked = [index for index, step in enumerate(steps(places)) if "position" in step]
    assert asked == [0, 12]


def test_never_jumps_back() -> None:
    [step] = steps([at(1.5, buffered=(80, 99), loadable=97)])
    assert step == {"rate": 1}


def test_stays_further_behind_after_a_stall_and_forgets_it_after_a_minute() -> None:
    found = steps([at(0.2)] * 3, stalls=1, pause=40)
    assert [step["rate"] for step in found] == [1, 1, 1.15]


def test_takes_no_notice_of_a_stall_that_nobody_sees() -> None:
    [step] = steps([at(0.2)], stalls=3, stalled_for=0.05)
    assert step == {"rate": 1.15}


def test_takes_no_stall_of_its_start_for_a_slow_network() -> None:
    """A stream's first segment is short, and the next one as long as any."""
    [step] = steps([at(0.2)], stalls=3, stalled_at=4)
    assert step == {"rate": 1.15}


def test_stays_within_reach_however_often_it_stalls() -> None:
    [step] = steps([at(2.6)], stalls=100)
    assert step["position"] == pytest.approx(98.5, abs=0.1)
