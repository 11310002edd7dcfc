"""How a stock player comes back to live: `catch_up.js`, in Chromium."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.browser.live_player import LivePlayer, live_player

LOOK = 0.25
"""Seconds between two looks."""


@pytest.fixture
async def player(chromium: Browser) -> AsyncIterator[LivePlayer]:
    """A page that can import the card's modules."""
    async with live_player(chromium) as player:
        yield player


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


async def steps(
    player: LivePlayer,
    places: Sequence[Mapping[str, Any]],
    *,
    stalls: int = 0,
    stalled_at: float = 9,
    stalled_for: float = 0.5,
    pause: float = LOOK,
) -> list[Mapping[str, float]]:
    """Return what is decided at each place, one after another."""
    found: list[Mapping[str, float]] = await player.page.evaluate(
        """async ([places, stalls, since, seconds, pause]) => {
          const { CatchUp } = await import("./frontend/catch_up.js");
          const catchUp = new CatchUp();
          if (stalls) catchUp.steer({ ...places[0], position: 100 }, 0);
          for (let stall = 0; stall < stalls; stall++) catchUp.stalled(since, since + seconds);
          return places.map((each, index) => catchUp.steer(each, 10 + index * pause));
        }""",
        [list(places), stalls, stalled_at, stalled_for, pause],
    )
    return found


async def test_plays_on_where_it_should_be(player: LivePlayer) -> None:
    assert await steps(player, [at(0.0), at(0.2), at(-0.3)]) == [{"rate": 1}] * 3


async def test_plays_faster_until_it_is_back(player: LivePlayer) -> None:
    """One speed: WebKitGTK drops frames at each change."""
    late = [0.2, 0.3, 0.2, 0.1, 0.04, 0.1, 0.2]
    rates = [each["rate"] for each in await steps(player, [at(each) for each in late])]
    assert rates == [1, 1.15, 1.15, 1.15, 1, 1, 1]


async def test_never_plays_faster_than_media_come(player: LivePlayer) -> None:
    [step] = await steps(player, [at(0.8, buffered=(0, 100.1))])
    assert step == {"rate": 1}


async def test_jumps_where_it_is_far_behind(player: LivePlayer) -> None:
    [step] = await steps(player, [at(6.0)])
    assert step == {"rate": 1, "position": 100}


async def test_asks_for_what_is_not_buffered_from_a_keyframe_on(
    player: LivePlayer,
) -> None:
    """And goes on to live as soon as that is there."""
    asked, waits, arrives = await steps(
        player,
        [
            at(6.0, buffered=(80, 95), loadable=98.5),
            at(1.5, buffered=(98.5, 99), loadable=98.5),
            at(1.4, buffered=(98.5, 100.5), loadable=98.5),
        ],
    )
    assert asked == {"rate": 1, "position": 98.5}
    assert waits == {"rate": 1}
    assert arrives == {"rate": 1, "position": 100}


async def test_asks_for_nothing_closer_to_live_than_it_should_be(
    player: LivePlayer,
) -> None:
    [step] = await steps(player, [at(6.0, buffered=(80, 95), loadable=102)])
    assert step == {"rate": 1, "position": 100}


async def test_does_not_ask_again_while_it_waits(player: LivePlayer) -> None:
    places = [at(6.0, buffered=(80, 95))] * 14
    asked = [
        index
        for index, step in enumerate(await steps(player, places))
        if "position" in step
    ]
    assert asked == [0, 12]


async def test_never_jumps_back(player: LivePlayer) -> None:
    [step] = await steps(player, [at(1.5, buffered=(80, 99), loadable=97)])
    assert step == {"rate": 1}


async def test_stays_further_behind_after_a_stall_and_forgets_it_after_a_minute(
    player: LivePlayer,
) -> None:
    found = await steps(player, [at(0.3)] * 3, stalls=1, pause=40)
    assert [step["rate"] for step in found] == [1, 1, 1.15]


async def test_takes_no_notice_of_a_stall_that_nobody_sees(player: LivePlayer) -> None:
    [step] = await steps(player, [at(0.3)], stalls=3, stalled_for=0.05)
    assert step == {"rate": 1.15}


async def test_takes_no_stall_of_its_start_for_a_slow_network(
    player: LivePlayer,
) -> None:
    """A stream's first segment is short, and the next one as long as any."""
    [step] = await steps(player, [at(0.3)], stalls=3, stalled_at=4)
    assert step == {"rate": 1.15}


async def test_stays_within_reach_however_often_it_stalls(player: LivePlayer) -> None:
    [step] = await steps(player, [at(2.6)], stalls=100)
    assert step["position"] == pytest.approx(98.5, abs=0.1)
