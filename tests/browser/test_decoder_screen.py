"""The card's first way to play, WebCodecs on a canvas: `decoder_screen.js`, in Chromium."""

import base64
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Page

from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    TrackKind,
    write_fragment,
)
from custom_components.hls_camera.streaming.media.orientation import Orientation
from tests import tools
from tests.browser.live_player import LivePlayer, live_player
from tests.camera import Feed, TestCamera
from tests.streaming.media_files import H264, SILENT_VIDEO, Media, handed_over

from .core_server import CoreServer

FRAME_RATE: Final = 25
SIZE: Final = [320, 180]
# Counts the frames that a decoder returns, and those that are closed.
_COUNT: Final = """
window.returned = window.closings = 0;
const Decoder = window.VideoDecoder;
window.VideoDecoder = class extends Decoder {
  constructor({ output, error }) {
    super({ output: (frame) => { returned += 1; output(frame); }, error });
    window.reclaim = () => {
      this.close();
      error(new DOMException("reclaimed", "QuotaExceededError"));
    };
  }
};
const { close } = VideoFrame.prototype;
VideoFrame.prototype.close = function () {
  closings += 1;
  close.call(this);
};
"""
_MAKE: Final = """async () => {
  const { DecoderScreen } = await import("./frontend/decoder_screen.js");
  window.reported = [];
  window.failures = [];
  window.drawn = [];
  window.addEventListener("canvasframe", ({ detail }) => drawn.push(detail.canvas.currentTime));
  window.screen = new DecoderScreen(video, {
    report: (state) => reported.push(state),
    failed: (error) => failures.push(error.reason),
  });
  window.bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
}"""
_BEGIN: Final = """([mime, timescale, init]) => {
  screen.begin([{ kind: "video", mime, timescale }]);
  screen.append("video", bytes(init));
}"""
_APPEND: Final = (
    "(fragments) => fragments.forEach((each) => screen.append('video', bytes(each)))"
)
# Decodes nothing any more, and tells nobody.
_STOP_DECODING: Final = "() => { VideoDecoder.prototype.decode = () => {}; }"


class Stage:
    """A screen alone in a page, and media for it."""

    def __init__(self, page: Page, media: Media) -> None:
        self.page = page
        self.frames = media.of(TrackKind.VIDEO)
        self.init = media.init

    async def begin(self, init: InitSection | None = None, codec: str = "") -> None:
        """Begin a run."""
        init = init or self.init
        mime = f'video/mp4; codecs="{codec or init.video.codec}"'
        section = base64.b64encode(init.data).decode()
        await self.page.evaluate(_BEGIN, [mime, init.video.timescale, section])

    async def append(self, frames: Iterable[Sample], *, are_new: bool = True) -> None:
        """Append fragments of one frame each; the first new one tells where it begins."""
        track = self.init.video
        usual = track.timescale // FRAME_RATE
        fragments = [
            write_fragment(1, [(track, [frame._replace(duration=usual)])])
            for frame in frames
        ]
        if are_new:
            await self.page.evaluate("screen.place(0)")
        texts = [base64.b64encode(each).decode() for each in fragments]
        await self.page.evaluate(_APPEND, texts)

    async def play(self, frames: Iterable[Sample]) -> None:
        """Append new frames, each when the one before is visible."""
        for frame in frames:
            await self.append([frame])
            await self.wait_drawn(frame)

    async def wait_drawn(self, frame: Sample) -> None:
        """Wait until a frame is visible."""
        await self.page.wait_for_function(
            "(time) => Math.abs(drawn.at(-1) - time) < 0.001", arg=self.time(frame)
        )

    def time(self, frame: Sample) -> float:
        """Return the presentation time of a frame in seconds."""
        timescale = self.init.video.timescale
        return (frame.dts + frame.composition_offset) / timescale

    async def failure(self) -> str:
        """Wait until the screen has failed; return why."""
        await self.page.wait_for_function("failures.length > 0")
        [reason] = await self.page.evaluate("failures")
        return str(reason)


def media(*options: str) -> Media:
    """Return two seconds of a camera's picture, with a keyframe each second."""
    return handed_over(str(tools.ffmpeg()), *SILENT_VIDEO, *H264, *options, "-t", "2")


@asynccontextmanager
async def stage_of(browser: Browser, *options: str) -> AsyncIterator[Stage]:
    """Make a screen, and media as an encoder makes them with these options."""
    async with live_player(browser, _COUNT) as player:
        await player.page.evaluate(_MAKE)
        yield Stage(player.page, media(*(options or ("-bf", "0"))))


async def test_shows_each_frame_and_closes_it(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:30])
        drawn = await stage.page.evaluate("drawn")
        assert drawn == [pytest.approx(stage.time(each)) for each in stage.frames[:30]]
        shown = "[screen.element.width, screen.element.height, screen.hasBegun]"
        assert await stage.page.evaluate(shown) == [*SIZE, True]
        assert await stage.page.evaluate("screen.position") == pytest.approx(drawn[-1])
        assert await stage.page.evaluate("reported") == ["playing"]
        await stage.append(stage.frames[30:40])
        await stage.page.evaluate("screen.close()")
        await stage.page.wait_for_function("closings === returned")
        assert await stage.page.evaluate("document.querySelector('.live')") is None
        assert await stage.page.evaluate("failures") == []


async def test_the_first_picture_is_the_newest(chromium: Browser) -> None:
    """Frames from before the viewer joined are decoded, but not shown."""
    async with stage_of(chromium) as stage:
        old, new = stage.frames[:20], stage.frames[20]
        await stage.begin()
        await stage.append(old, are_new=False)
        await stage.wait_drawn(old[-1])
        await stage.play([new])
        newest = [pytest.approx(stage.time(each)) for each in (old[-1], new)]
        assert await stage.page.evaluate("drawn") == newest


async def test_waits_for_a_keyframe(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.append(stage.frames[10:25])
        await stage.play(stage.frames[25:27])
        assert len(await stage.page.evaluate("drawn")) == 2
        assert await stage.page.evaluate("failures") == []


async def test_keeps_the_picture_until_the_next_run_has_one(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:2])
        await stage.begin()
        assert await stage.page.evaluate("screen.element.width") == SIZE[0]
        await stage.play(stage.frames[:1])
        assert await stage.page.evaluate("reported") == ["playing", "playing"]


async def test_reports_a_stall_and_its_end(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:2])
        await stage.page.wait_for_function("reported.at(-1) === 'stalled'")
        await stage.play(stage.frames[2:3])
        assert await stage.page.evaluate("reported") == [
            "playing",
            "stalled",
            "playing",
        ]


async def test_keeps_the_screen_on_while_it_plays(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.page.evaluate(
            """() => {
              window.held = 0;
              const request = async () => {
                held += 1;
                return { released: false, release: async () => { held -= 1; } };
              };
              Object.defineProperty(navigator, "wakeLock", { value: { request } });
            }"""
        )
        await stage.begin()
        await stage.play(stage.frames[:2])
        await stage.page.wait_for_function("held === 1")
        await stage.page.wait_for_function("reported.at(-1) === 'stalled'")
        await stage.page.wait_for_function("held === 0")
        await stage.play(stage.frames[2:3])
        await stage.page.wait_for_function("held === 1")
        await stage.page.evaluate("screen.close()")
        await stage.page.wait_for_function("held === 0")


async def test_cannot_play_frames_in_another_order(chromium: Browser) -> None:
    """They would be shown in the order of their decoding."""
    async with stage_of(chromium, "-bf", "2", "-b_strategy", "0") as stage:
        await stage.begin()
        await stage.append(stage.frames, are_new=False)
        assert await stage.failure() == "picture_order"
        assert await stage.page.evaluate("drawn") == []


async def test_cannot_turn_a_picture(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin(media("-bf", "0").init.turned(Orientation.ROTATE_LEFT))
        assert await stage.failure() == "picture_turned"


async def test_cannot_play_every_codec(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin(codec="hvc1.1.6.L93.B0")
        assert await stage.failure() == "decoder_unsupported"


@pytest.mark.parametrize("damage", [b"", bytes(50)])
async def test_fails_with_what_cannot_be_decoded(
    chromium: Browser, damage: bytes
) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.append([stage.frames[0]._replace(data=damage)])
        assert await stage.failure() == "decoder_error"


async def test_continues_with_a_keyframe_after_damage(chromium: Browser) -> None:
    """Packets get lost on the way from a camera. Only what fails again does not work."""
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:5])
        cut = stage.frames[5].data
        await stage.append([stage.frames[5]._replace(data=cut[: len(cut) // 2])])
        await stage.page.wait_for_function("reported.at(-1) === 'stalled'")
        await stage.append(stage.frames[6:25])
        await stage.play(stage.frames[25:30])
        assert await stage.page.evaluate("reported.at(-1)") == "playing"
        assert await stage.page.evaluate("failures") == []
        await stage.append([stage.frames[30]._replace(data=bytes(50))])
        assert await stage.failure() == "decoder_error"


async def test_a_reclaimed_decoder_is_replaced_with_the_next_frames(
    chromium: Browser,
) -> None:
    """A browser reclaims one that had none for a minute, however often a camera is away."""
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:2])
        for key in (25, 0):
            await stage.page.evaluate("reclaim()")
            await stage.begin()
            await stage.page.evaluate("reclaim()")
            await stage.play(stage.frames[key : key + 2])
        assert await stage.page.evaluate("failures") == []
        await stage.page.evaluate("screen.close()")
        await stage.page.wait_for_function("closings === returned")


async def test_shows_pixels_that_are_not_square(chromium: Browser) -> None:
    """Not every decoder finds their shape in the coded picture."""
    async with stage_of(chromium, "-bf", "0", "-vf", "setsar=0") as stage:
        init = stage.init
        wide = InitSection.of_tracks([replace(init.video, width=427)])
        await stage.begin(wide)
        await stage.play(stage.frames[:1])
        size = await stage.page.evaluate(
            "[screen.element.width, screen.element.height]"
        )
        assert size == [427, 180]


async def test_fails_with_a_decoder_that_returns_nothing(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.page.evaluate(_STOP_DECODING)
        await stage.begin()
        await stage.page.clock.install()
        for frame in stage.frames:
            await stage.append([frame])
            await stage.page.clock.run_for(500)
            if await stage.page.evaluate("failures.length"):
                break
        assert await stage.failure() == "decoder_slow"


async def test_continues_with_a_keyframe_after_a_lag(chromium: Browser) -> None:
    async with stage_of(chromium) as stage:
        await stage.begin()
        await stage.play(stage.frames[:2])
        await stage.page.evaluate(
            """() => {
              const { decode } = VideoDecoder.prototype;
              VideoDecoder.prototype.decode = () => {};
              window.goOn = () => { VideoDecoder.prototype.decode = decode; };
            }"""
        )
        await stage.append(stage.frames[2:20])
        await stage.page.wait_for_timeout(2000)  # as long as a lag may last
        await stage.append(stage.frames[20:21])
        await stage.page.evaluate("goOn()")
        await stage.append(stage.frames[21:25])
        await stage.play(stage.frames[25:27])
        assert await stage.page.evaluate("failures") == []


# The card's player, on the live feed of the core

_BREAK: Final = """
window.decoders = 0;
const Decoder = window.VideoDecoder;
window.VideoDecoder = class extends Decoder {
  #error;
  constructor(init) {
    super(init);
    this.#error = init.error;
    window.decoders += 1;
  }
  decode(chunk) {
    super.decode(chunk);
    if (window.isBroken) this.#error(new DOMException("broken", "EncodingError"));
  }
};
"""


@asynccontextmanager
async def playing(
    browser: Browser, feed: Feed, script: str = ""
) -> AsyncIterator[LivePlayer]:
    """Play a camera's live feed."""
    async with (
        TestCamera(feed) as camera,
        CoreServer(camera.url) as server,
        live_player(browser, script) as player,
    ):
        await player.watch(server.address)
        await player.wait_played(0.5)
        yield player


async def way(player: LivePlayer) -> str:
    """Return how the browser plays."""
    return str((await player.report()).statistics["way"])


async def reasons(player: LivePlayer) -> Sequence[Any]:
    """Return the states of the player so far, with their reasons.

    Stalls are left out: they depend on what else the machine does.
    """
    states = (await player.report()).states
    found = [(each["state"], each["reason"]) for each in states]
    return [each for each, _ in groupby(each for each in found if each[0] != "stalled")]


async def test_plays_and_changes_for_sound_and_for_the_browser_s_own_player(
    chromium: Browser,
) -> None:
    """And back again, each time with a picture before the next one is there."""
    async with playing(chromium, Feed(audio="aac")) as player:
        report = await player.report()
        assert report.statistics["way"] == "webcodecs"
        assert 0 < report.statistics["delay"] < 2
        assert report.statistics["bitrate"] > 10_000
        # It begins with a burst, of which only the newest frame is shown.
        await player.wait_for("Math.abs(player.statistics().frameRate - 15) < 5")
        before = await player.report()
        after = await player.play(1.0)
        assert after.dropped - before.dropped < 5
        await player.page.evaluate("video.muted = false")
        await player.wait_for("video.webkitAudioDecodedByteCount > 0")
        await player.wait_state("playing")
        assert await way(player) == "mse"
        await player.page.evaluate("video.muted = true")
        await player.wait_for("player.statistics().way === 'webcodecs'")
        await player.wait_state("playing")
        await player.page.evaluate(
            "player.withVideo(() => { window.entered = video.readyState; })"
        )
        assert await player.page.evaluate("entered") >= 2, "a picture to show there"
        assert await way(player) == "mse"
        leave = "video.dispatchEvent(new Event('leavepictureinpicture'))"
        await player.page.evaluate(leave)
        await player.wait_for("player.statistics().way === 'webcodecs'")
        await player.wait_played(0.5)
        one = [("connecting", None), ("playing", None)]
        assert await reasons(player) == one * 5
        assert (
            await player.page.evaluate("document.querySelectorAll('.live').length") == 1
        )


async def test_falls_back_and_says_why_if_the_decoder_breaks(chromium: Browser) -> None:
    """Silently, and for as long as the page is open."""
    async with playing(chromium, Feed(), _BREAK) as player:
        assert await way(player) == "webcodecs"
        await player.page.evaluate("window.isBroken = true")
        await player.wait_for("player.detail.reason === 'decoder_error'")
        await player.wait_played(0.5)
        assert await way(player) == "mse"
        await player.page.evaluate("window.isBroken = false, decoders = 0")
        await player.page.evaluate("player.stop(), player.start()")
        await player.wait_state("playing")
        assert await way(player) == "mse"
        assert await player.page.evaluate("decoders") == 0
        assert [state for state, _ in await reasons(player)] == [
            *("connecting", "playing", "connecting", "playing"),
            *("stopped", "connecting", "playing"),
        ]


async def test_the_canvas_returns_when_the_browser_s_own_player_closes_meanwhile(
    chromium: Browser,
) -> None:
    """Between two feeds, while the server cannot be reached."""
    async with playing(chromium, Feed()) as player:
        address = await player.page.evaluate("window.address")
        await player.page.evaluate("player.withVideo(() => {})")
        await player.wait_for("player.statistics().way === 'mse'")
        await player.go_to("http://127.0.0.1:9/")
        await player.page.evaluate("player.setQuality('small')")
        await player.wait_state("reconnecting")
        leave = "video.dispatchEvent(new Event('leavepictureinpicture'))"
        await player.page.evaluate(leave)
        await player.go_to(address)
        await player.wait_state("playing")
        assert await way(player) == "webcodecs"


async def test_b_frames_play_in_order(chromium: Browser) -> None:
    async with playing(chromium, Feed(bframes=2)) as player:
        report = await player.play(1)
        assert report.statistics["way"] == "mse"
        assert report.states[-1]["reason"] == "picture_order"
        # On a busy machine, the player runs out of media, and then begins again a frame earlier.
        back = [
            (frame.at, following.at)
            for frame, following in pairwise(report.frames)
            if following.media_time < frame.media_time
        ]
        seeks = report.seeks
        assert all(any(a <= seek <= b for seek in seeks) for a, b in back)


async def test_a_page_over_plain_http_uses_media_source(chromium: Browser) -> None:
    """Browsers have WebCodecs on secure pages only."""
    insecure = "Object.defineProperty(window, 'isSecureContext', { value: false });"
    async with playing(chromium, Feed(), insecure) as player:
        assert await way(player) == "mse"
        assert await reasons(player) == [("connecting", None), ("playing", None)]
