"""How close behind live the card's player stays: `pace.js`, in Chromium."""

from collections.abc import AsyncIterator, Sequence
from itertools import pairwise

import pytest
from playwright.async_api import Browser

from tests.browser.live_player import LivePlayer, live_player

STEADY = 0.1
"""Seconds left whenever more comes, that are neither too many nor too few."""


@pytest.fixture
async def player(chromium: Browser) -> AsyncIterator[LivePlayer]:
    """A page that can import the player's modules."""
    async with live_player(chromium) as player:
        yield player


async def rates(
    player: LivePlayer, reserves: Sequence[float], *, stalls: int = 0
) -> list[float | None]:
    """Return the playback rate after each reserve, a tenth of a second apart."""
    found: list[float | None] = await player.page.evaluate(
        """async ([reserves, stalls]) => {
          const { Pace } = await import("./frontend/pace.js");
          const pace = new Pace();
          for (let stall = 0; stall < stalls; stall++) pace.stalled();
          const rates = reserves.map((each, index) => pace.rate(each, index / 10));
          return rates.map((rate) => (rate === Infinity ? null : rate));
        }""",
        [list(reserves), stalls],
    )
    return found


async def test_keeps_its_pace_where_little_is_left_each_time(
    player: LivePlayer,
) -> None:
    assert await rates(player, [STEADY] * 20) == [1] * 20


async def test_takes_no_notice_of_a_little_more(player: LivePlayer) -> None:
    assert await rates(player, [STEADY + 0.04] * 20) == [1] * 20


async def test_plays_faster_until_no_more_is_left_than_should_be(
    player: LivePlayer,
) -> None:
    """At one speed: WebKitGTK stumbles at each change."""
    left = [STEADY + 0.3, STEADY + 0.2, STEADY + 0.05, 0.08, STEADY, STEADY]
    assert await rates(player, left) == [1.1, 1.1, 1.1, 1, 1, 1]


async def test_plays_slower_where_nearly_nothing_is_left(player: LivePlayer) -> None:
    left = [0.0] * 3 + [STEADY] * 11
    assert await rates(player, left) == [0.95] * 13 + [1]


async def test_changes_its_speed_less_often_where_that_does_not_help(
    player: LivePlayer,
) -> None:
    """Where each change costs as much time as the speed gains."""
    cycle = [STEADY + 0.07, 0.08] + [STEADY + 0.07] * 12
    found = await rates(player, cycle * 3)
    changes = [after for before, after in pairwise(found) if after != before]
    assert changes == [1, 1.1, 1]


async def test_the_least_of_the_last_second_counts(player: LivePlayer) -> None:
    """Sound comes in larger pieces than the picture."""
    *_, last = await rates(player, [STEADY, *[STEADY + 0.1] * 5])
    assert last == 1


async def test_jumps_where_it_is_far_behind(player: LivePlayer) -> None:
    assert await rates(player, [STEADY + 1.5]) == [None]


async def test_leaves_more_after_a_stall(player: LivePlayer) -> None:
    [rate] = await rates(player, [STEADY], stalls=3)
    assert rate is not None
    assert rate < 1
