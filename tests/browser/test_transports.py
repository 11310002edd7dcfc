"""The changes of the card's player between its transports: `player.js`, alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from tests.browser.live_player import MSE_ONLY, LivePlayer, live_player

# A player whose source's answers a test decides. `asked` has the times of its requests for
# a live feed, `states` its events.
_MAKE: Final = """
async (answers) => {
  const { LivePlayer } = await import("./frontend/player.js");
  window.asked = [];
  window.states = [];
  window.picture = () => video.dispatchEvent(new Event("playing"));
  window.pass = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const { live, hls, mjpeg } = eval(`(${answers})`);
  const source = {
    camera: () => "camera.test",
    live: (quality) => {
      asked.push(performance.now() / 1000);
      return live(quality);
    },
    hls,
    mjpeg,
  };
  window.player = new LivePlayer(video, source);
  player.addEventListener("statechange", ({ detail }) => states.push(detail));
}
"""
# The network has just come back, all the time: nothing is waited for.
_HURRY: Final = "setInterval(() => window.dispatchEvent(new Event('online')), 10)"
_NO_LIVE_FEED: Final = "delete window.MediaSource; delete window.ManagedMediaSource;"
_PLAYS_HLS: Final = "HTMLMediaElement.prototype.canPlayType = () => 'maybe';"
_NO_HLS: Final = "HTMLMediaElement.prototype.canPlayType = () => '';"
_STILL: Final = (
    """async () => "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>" """
)
_NOWHERE: Final = 'async () => ({ url: "http://127.0.0.1:1/", now: 0 })'


@asynccontextmanager
async def player_of(
    browser: Browser, *, script: str = "", **answers: str
) -> AsyncIterator[LivePlayer]:
    """Make a player whose source answers with functions of JavaScript."""
    async with live_player(browser, MSE_ONLY + script) as player:
        functions = ", ".join(f"{name}: {body}" for name, body in answers.items())
        await player.page.evaluate(_MAKE, f"{{ {functions} }}")
        yield player


async def detail(player: LivePlayer) -> Any:
    """Return the player's latest event."""
    return await player.page.evaluate("player.detail")


async def asked_within(player: LivePlayer, seconds: int) -> list[float]:
    """Return when the player asks within so many seconds, which need not pass."""
    await player.page.clock.install()
    await player.page.evaluate("player.start()")
    await player.page.clock.run_for(1000 * seconds)
    asked: list[float] = await player.page.evaluate("asked")
    return asked


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("stream_stopped", "stopped", "stopped"),
        ("stream_failed", "failed", "failed"),
        ("not_found", "failed", "not_loaded"),
        ("unauthorized", "failed", "forbidden"),
        # A request that may succeed later is repeated.
        ("not_ready", "reconnecting", "not_ready"),
        ("stream_limit", "reconnecting", "stream_limit"),
        ("start_stream_failed", "reconnecting", "server_unreachable"),
    ],
)
async def test_each_answer_of_home_assistant(
    chromium: Browser, code: str, state: str, reason: str
) -> None:
    live = f"async () => {{ throw {{ code: '{code}' }}; }}"
    async with player_of(chromium, live=live) as player:
        await player.page.evaluate("player.start()")
        await player.wait_state(state)
        assert (await detail(player))["reason"] == reason


async def test_a_try_that_failed_listens_no_more(chromium: Browser) -> None:
    async with player_of(chromium, live="async () => { throw {}; }") as player:
        await player.page.evaluate("player.start()")
        await player.wait_for("asked.length >= 3")
        await player.page.evaluate("picture()")
        assert await detail(player) == {
            "state": "reconnecting",
            "mode": "live",
            "reason": "server_unreachable",
        }


async def test_a_playlist_that_failed_is_listened_to_no_more(chromium: Browser) -> None:
    script = _NO_LIVE_FEED + _PLAYS_HLS
    hls = "() => new Promise((r) => { if (!window.once) r('/'); window.once = true; })"
    async with player_of(chromium, script=script, hls=hls) as player:
        await player.page.evaluate("player.start()")
        await player.wait_state("reconnecting")
        await player.page.evaluate("picture()")
        assert (await detail(player))["state"] == "reconnecting"


async def test_a_picture_that_does_not_last_is_asked_for_less_and_less(
    chromium: Browser,
) -> None:
    live = "async () => { picture(); throw {}; }"
    async with player_of(chromium, live=live) as player:
        asked = await asked_within(player, 30)
    assert 4 < len(asked) < 10


async def test_a_picture_that_lasted_is_asked_for_at_once(chromium: Browser) -> None:
    live = "async () => { picture(); await pass(20); throw {}; }"
    async with player_of(chromium, live=live) as player:
        asked = await asked_within(player, 205)
    assert len(asked) == 11


async def test_an_outage_is_no_reason_to_leave_the_live_feed(chromium: Browser) -> None:
    """Home Assistant may answer before it serves feeds."""
    live = f"() => {{ if (asked.length === 10) return ({_NOWHERE})(); throw {{}}; }}"
    async with player_of(chromium, live=live) as player:
        await player.page.evaluate(_HURRY)
        await player.page.evaluate("player.start()")
        await player.wait_for("asked.length >= 12")
        assert await player.page.evaluate("states.every(({ mode }) => mode === 'live')")


@asynccontextmanager
async def showing_stills(browser: Browser) -> AsyncIterator[LivePlayer]:
    """A player whose feed is blocked on the way."""
    async with player_of(
        browser, script=_NO_HLS, live=_NOWHERE, mjpeg=_STILL
    ) as player:
        await player.page.evaluate(_HURRY)
        await player.page.evaluate("player.start()")
        await player.wait_mode("mjpeg")
        yield player


async def test_a_feed_that_is_blocked_is_left(chromium: Browser) -> None:
    async with showing_stills(chromium) as player:
        assert (await detail(player))["reason"] == "feed_unreachable"


async def test_the_live_feed_is_tried_again_when_another_transport_breaks_off(
    chromium: Browser,
) -> None:
    async with showing_stills(chromium) as player:
        before = await player.page.evaluate("asked.length")
        await player.page.evaluate("player.element.dispatchEvent(new Event('error'))")
        await player.wait_for(f"asked.length > {before}")
        await player.wait_mode("mjpeg")
