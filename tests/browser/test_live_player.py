"""The card's player in Chromium, on the live feed of the core."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from tests.browser.core_server import CoreServer
from tests.browser.live_player import MSE_ONLY, STILLS_ONLY, LivePlayer, live_player
from tests.browser.relay import Relay
from tests.camera import Feed, TestCamera

FEED: Final = Feed(audio="aac")
WIDTH: Final = FEED.size[0]
PLAYS: Final = 1.0
"""Seconds that have to be played as proof."""
LIVE: Final = 2.0
"""Seconds behind the server that are still live, whatever else the machine does."""

pytestmark = pytest.mark.timeout(120)
both_ways = pytest.mark.parametrize(
    "script",
    [pytest.param("", id="webcodecs"), pytest.param(MSE_ONLY, id="mse")],
)
"""With WebCodecs on a canvas, and with Media Source Extensions."""


class PlayerBehindRelay:
    """A player, the server behind a network, and the camera."""

    def __init__(
        self, player: LivePlayer, relay: Relay, server: CoreServer, camera: TestCamera
    ) -> None:
        self.player = player
        self.relay = relay
        self.server = server
        self.camera = camera

    async def watch(self) -> None:
        """Play until there is a picture."""
        await self.player.watch(through(self.relay, self.server))
        await self.player.wait_played(PLAYS)

    async def states(self) -> list[str]:
        """Return the states of the player, in order.

        Stalls are left out: they depend on what else the machine does.
        """
        report = await self.player.report()
        names = [each["state"] for each in report.states if each["state"] != "stalled"]
        return [name for name, _ in groupby(names)]


def through(relay: Relay, server: CoreServer) -> str:
    """Return where a server's entrance is behind the relay."""
    address = urlsplit(server.address)
    relay.target = address.port or 0
    return address._replace(netloc=f"127.0.0.1:{relay.port}").geturl()


@asynccontextmanager
async def player_behind_relay(
    browser: Browser,
    feed: Feed = FEED,
    *,
    small: str | None = None,
    script: str = MSE_ONLY,
) -> AsyncIterator[PlayerBehindRelay]:
    """Serve a camera to a player behind a relay; nobody watches yet."""
    async with (
        TestCamera(feed) as camera,
        CoreServer(camera.url, small=small) as server,
        Relay(0) as relay,
        live_player(browser, script) as player,
    ):
        yield PlayerBehindRelay(player, relay, server, camera)


async def test_plays_picture_and_sound_and_tells_how(chromium: Browser) -> None:
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        report = await stage.player.report()
        assert report.audio_bytes == 0, "no sound is decoded while it is muted"
        await stage.player.page.evaluate("video.muted = false")
        await stage.player.wait_for("video.webkitAudioDecodedByteCount > 0")
        await stage.player.wait_played(PLAYS)
    assert [(each["state"], each["reason"]) for each in report.states[:2]] == [
        ("connecting", None),
        ("playing", None),
    ]
    assert {each["mode"] for each in report.states} == {"live"}
    statistics = report.statistics
    assert 0 < statistics["delay"] < LIVE
    assert 0 < statistics["bufferAhead"] < LIVE
    assert 5 < statistics["frameRate"] < 30
    assert statistics["bitrate"] > 10_000


async def test_plays_on_when_sound_is_turned_on_and_off(chromium: Browser) -> None:
    """The player reports it before the video is emptied: a view keeps the picture."""
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        page = stage.player.page
        await page.evaluate(
            """() => {
              window.emptied = [];
              video.addEventListener("emptied", () => emptied.push(player.detail.state));
            }"""
        )
        for times, muted in enumerate(("false", "true"), 1):
            await page.evaluate(f"video.muted = {muted}")
            await stage.player.wait_for(f"emptied.length === {times}")
            await stage.player.wait_state("playing")
            await stage.player.wait_played(PLAYS)
            assert ((await stage.player.report()).audio_bytes > 0) is (muted == "false")
        assert await page.evaluate("emptied") == ["connecting"] * 2
        assert await stage.states() == ["connecting", "playing"] * 3


@both_ways
async def test_goes_on_after_ffmpeg_was_killed(chromium: Browser, script: str) -> None:
    async with player_behind_relay(chromium, script=script) as stage:
        await stage.watch()
        ffmpeg = await stage.server.wait_ffmpeg()
        ffmpeg.kill()
        await stage.server.wait_ffmpeg(other_than=ffmpeg)
        await stage.player.wait_for("states.at(-1).state !== 'playing'")
        await stage.player.wait_state("playing")
        await stage.player.wait_played(PLAYS)
        assert "failed" not in await stage.states()


async def test_plays_on_when_somebody_paused_it(chromium: Browser) -> None:
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        await stage.player.page.evaluate("video.pause()")
        await stage.player.wait_played(PLAYS)


async def test_is_live_at_once_after_a_pause(chromium: Browser) -> None:
    """By a jump, though less is missed than would be jumped over while it plays."""
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        page = stage.player.page
        await page.evaluate(
            """() => {
              video.play = () => Promise.reject(new DOMException("", "NotAllowedError"));
              video.pause();
            }"""
        )
        await stage.player.wait_for("player.statistics().bufferAhead > 0.6")
        seeks = len((await stage.player.report()).seeks)
        await page.evaluate("() => { delete video.play; return video.play(); }")
        await stage.player.wait_for(f"seen.seeks.length > {seeks}")


async def test_begins_though_there_is_always_more_to_append(chromium: Browser) -> None:
    """As on a page too busy to process all that came."""
    async with player_behind_relay(chromium) as stage:
        await stage.player.page.evaluate(
            """async () => {
              const { LiveMedia } = await import("./frontend/live_media.js");
              Object.defineProperty(LiveMedia.prototype, "isIdle", { value: false });
            }"""
        )
        await stage.watch()


async def test_restarts_if_frames_come_and_none_is_shown(
    chromium: Browser,
) -> None:
    """As in a browser that never ends to append, without an error."""
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        await stage.player.page.evaluate(
            """() => {
              const { appendBuffer } = SourceBuffer.prototype;
              SourceBuffer.prototype.appendBuffer = () => {};
              player.addEventListener("statechange", ({ detail }) => {
                if (detail.reason !== "media_error") return;
                SourceBuffer.prototype.appendBuffer = appendBuffer;
                window.kept ??= player.element.readyState;
              });
            }"""
        )
        await stage.player.wait_for(
            "states.some(({ reason }) => reason === 'media_error')"
        )
        kept = await stage.player.page.evaluate("window.kept")
        assert kept >= 2, "a picture that the view can keep"
        await stage.player.wait_state("playing")
        await stage.player.wait_played(PLAYS)


@pytest.mark.parametrize(
    ("audio", "script"), [("aac", MSE_ONLY), (None, MSE_ONLY), ("aac", "")]
)
async def test_goes_on_with_another_picture(
    chromium: Browser, audio: Literal["aac"] | None, script: str
) -> None:
    """As after a change of the camera's settings: another codec, sound or none."""
    async with player_behind_relay(chromium, script=script) as stage:
        await stage.watch()
        other = Feed(size=(640, 360), profile="baseline", audio=audio)
        await stage.camera.reboot(other)
        await stage.player.wait_width(640)
        await stage.player.wait_played(PLAYS)
        assert "failed" not in await stage.states()


@pytest.mark.slow
@both_ways
async def test_shows_the_other_quality_without_a_break(
    chromium: Browser, script: str
) -> None:
    async with (
        TestCamera(Feed(size=(160, 90), audio="aac")) as small,
        player_behind_relay(chromium, small=small.url, script=script) as stage,
    ):
        await stage.watch()
        for quality, width in (("small", 160), ("main", WIDTH)):
            await stage.player.page.evaluate("(q) => player.setQuality(q)", quality)
            await stage.player.wait_width(width)
            await stage.player.wait_played(PLAYS)
        assert "reconnecting" not in await stage.states()
        assert "failed" not in await stage.states()


async def test_comes_back_when_the_network_broke(chromium: Browser) -> None:
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        stage.relay.cut()
        await stage.player.wait_for(
            "states.some(({ reason }) => reason === 'connection_lost')"
        )
        await stage.player.wait_state("playing")
        await stage.player.wait_played(PLAYS)
        assert (await stage.states())[-2:] == ["reconnecting", "playing"]


@pytest.mark.slow
@both_ways
async def test_comes_back_when_the_server_was_restarted(
    chromium: Browser, script: str
) -> None:
    """Its media begin at another time then: the picture jumps there."""
    async with player_behind_relay(chromium, script=script) as stage:
        await stage.watch()
        await stage.player.wait_played(3 * PLAYS)
        stage.relay.target = 1
        stage.relay.cut()
        await stage.player.wait_for(
            "states.some(({ reason }) => reason === 'server_unreachable')"
        )
        async with CoreServer(stage.camera.url) as successor:
            await stage.player.go_to(through(stage.relay, successor))
            await stage.player.wait_state("playing")
            await stage.player.wait_played(PLAYS)
            statistics = (await stage.player.report()).statistics
    assert statistics["delay"] < LIVE


@both_ways
async def test_a_network_that_stood_still_leaves_no_delay(
    chromium: Browser, script: str
) -> None:
    async with player_behind_relay(chromium, script=script) as stage:
        await stage.watch()
        stage.relay.hold()
        await stage.player.wait_state("stalled")
        stage.relay.flow()
        await stage.player.wait_state("playing")
        await stage.player.wait_for(f"player.statistics().delay < {LIVE}")


@pytest.mark.slow
@both_ways
async def test_a_tab_that_slept_jumps_to_now(chromium: Browser, script: str) -> None:
    async with player_behind_relay(chromium, script=script) as stage:
        await stage.watch()
        session = await stage.player.page.context.new_cdp_session(stage.player.page)
        await session.send("Page.setWebLifecycleState", {"state": "frozen"})
        await asyncio.sleep(2 * LIVE)  # Time has to pass: the page sees none of it.
        await session.send("Page.setWebLifecycleState", {"state": "active"})
        await stage.player.wait_for(f"player.statistics().delay < {LIVE}")
        await stage.player.wait_played(PLAYS)


async def test_falls_back_and_says_why(chromium: Browser) -> None:
    async with player_behind_relay(chromium, script=STILLS_ONLY) as stage:
        await stage.player.watch(through(stage.relay, stage.server))
        await stage.player.wait_mode("mjpeg")
        last = (await stage.player.report()).states[-1]
    assert last["reason"] == "no_media_source"


@pytest.mark.slow
async def test_stops_and_starts_again(chromium: Browser) -> None:
    async with player_behind_relay(chromium) as stage:
        await stage.watch()
        await stage.player.page.evaluate("player.stop()")
        assert await stage.player.page.evaluate("video.readyState") == 0
        await stage.player.page.evaluate("player.start()")
        await stage.player.wait_state("playing")
        once = ["connecting", "playing"]
        assert await stage.states() == [*once, "stopped", *once]
