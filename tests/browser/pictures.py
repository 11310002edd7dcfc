"""The frames that all pictures of a page show, and their longest pauses."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from playwright.async_api import Page

# When each canvas, and each video that plays, shows a frame later than the one before.
_OBSERVE: Final = """
(() => {
  window.pictures = new Map();
  const begin = (element, last) => {
    const picture = { frames: 0, longest: 0, last };
    window.pictures.set(element, picture);
    return picture;
  };
  const show = (picture, now) => {
    if (picture.last !== null) picture.longest = Math.max(picture.longest, now - picture.last);
    picture.last = now;
    picture.frames += 1;
  };
  window.addEventListener("canvasframe", ({ detail: { canvas } }) => {
    const now = performance.now();
    show(window.pictures.get(canvas) ?? begin(canvas, now), now);
  });
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    if (!window.pictures.has(this)) {
      const picture = begin(this, null);
      const shown = (now) => {
        show(picture, now);
        this.requestVideoFrameCallback(shown);
      };
      this.requestVideoFrameCallback(shown);
    }
    return play.call(this);
  };
})();
"""
_FORGET: Final = """() => {
  for (const picture of window.pictures.values()) Object.assign(picture, { frames: 0, longest: 0 });
}"""
_REPORT: Final = """() => {
  const now = performance.now();
  return [...window.pictures.values()].map(({ frames, longest, last }) =>
    [frames, Math.max(longest, now - last) / 1000]);
}"""


class Shown(NamedTuple):
    """One picture, since the last call of `forget`."""

    frames: int
    longest_pause: float
    """Seconds between two frames."""


async def observe(page: Page) -> None:
    """Observe the pictures of a page from its next load on."""
    await page.add_init_script(_OBSERVE)


async def forget(page: Page) -> None:
    """Begin to count."""
    await page.evaluate(_FORGET)


async def shown(page: Page) -> Sequence[Shown]:
    """Return all pictures since `forget`."""
    return [Shown(*each) for each in await page.evaluate(_REPORT)]
