"""When a picture that stands is given up: `standstill.js`, in Chromium."""

from collections.abc import AsyncIterator, Sequence

import pytest
from playwright.async_api import Browser

from tests.browser.live_player import LivePlayer, live_player


@pytest.fixture
async def player(chromium: Browser) -> AsyncIterator[LivePlayer]:
    """A page that can import the player's modules."""
    async with live_player(chromium) as player:
        yield player


async def given_up(
    player: LivePlayer, frames: Sequence[tuple[float | None, float]]
) -> float | None:
    """Return when it is given up; a frame is (position, when it came), in seconds.

    Without a position the player may rest.
    """
    found: float | None = await player.page.evaluate(
        """async (frames) => {
          const { Standstill } = await import("./frontend/standstill.js");
          const standstill = new Standstill();
          const last = frames.find(([at, now]) => standstill.frame(at ?? NaN, now));
          return last ? last[1] : null;
        }""",
        [list(frame) for frame in frames],
    )
    return found


async def test_gives_up_after_ten_seconds_of_frames_at_one_place(
    player: LivePlayer,
) -> None:
    at = await given_up(player, [(3.0, now / 2) for now in range(60)])
    assert at == 10.5


async def test_a_position_that_moves_is_well(player: LivePlayer) -> None:
    """Also where it moves seldom, or back."""
    moves = [(30.0 - now // 8, float(now)) for now in range(60)]
    assert await given_up(player, moves) is None


async def test_a_player_that_may_rest_is_well(player: LivePlayer) -> None:
    assert await given_up(player, [(None, float(now)) for now in range(60)]) is None


async def test_the_time_without_frames_does_not_count(player: LivePlayer) -> None:
    """A viewer that was too slow waits for the next keyframe, however long that takes."""
    rare = [(3.0, 20.0 * number) for number in range(11)]
    assert await given_up(player, rare) is None
    assert await given_up(player, [*rare, (3.0, 220.0)]) == 220.0
