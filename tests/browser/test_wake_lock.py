"""The screen stays on while a canvas shows video: `wake_lock.js`, in Chromium."""

from playwright.async_api import Browser, Page

from .live_player import live_player

_FAKE = """
window.requests = 0;
window.held = 0;
const wakeLock = {
  async request() {
    requests += 1;
    await window.answer;
    if (window.refuses) throw new DOMException("", "NotAllowedError");
    held += 1;
    return {
      released: false,
      async release() {
        if (!this.released) held -= 1;
        this.released = true;
      },
    };
  },
};
Object.defineProperty(Navigator.prototype, "wakeLock", { value: wakeLock, configurable: true });
"""
_MAKE = """async () => {
  const { WakeLock } = await import("./frontend/wake_lock.js");
  const picture = document.createElement("div");
  document.body.replaceChildren(picture);
  window.resize = (share) =>
    Object.assign(picture.style, { height: "100vh", width: `${share * 100}vw` });
  window.lock = new WakeLock(picture);
}"""


async def make(page: Page, share: float) -> None:
    """Make a lock for a picture that covers this share of the window."""
    await page.evaluate(_MAKE)
    await page.evaluate("(share) => resize(share)", share)


async def held_after(page: Page, action: str) -> int:
    """Return the number of locks that are held after an action."""
    held: int = await page.evaluate(
        f"async () => {{ {action}; await new Promise(setTimeout); return held; }}"
    )
    return held


async def test_holds_the_lock_while_a_large_picture_plays(chromium: Browser) -> None:
    async with live_player(chromium, _FAKE) as player:
        await make(player.page, 0.25)
        assert await held_after(player.page, "lock.note(0)") == 1
        assert await held_after(player.page, "lock.note(6), lock.note(60)") == 1
        assert await held_after(player.page, "lock.release()") == 0
        assert await held_after(player.page, "lock.note(61)") == 1
        assert await player.page.evaluate("requests") == 2


async def test_a_small_picture_lets_the_screen_turn_off(chromium: Browser) -> None:
    """As a silent video of this size does; its size is looked at every few seconds."""
    async with live_player(chromium, _FAKE) as player:
        await make(player.page, 0.1)
        assert await held_after(player.page, "lock.note(0)") == 0
        assert await held_after(player.page, "resize(1), lock.note(6)") == 1
        assert await held_after(player.page, "resize(0.1), lock.note(12)") == 0


async def test_a_lock_that_comes_too_late_is_released(chromium: Browser) -> None:
    async with live_player(chromium, _FAKE) as player:
        await make(player.page, 1)
        late = "window.answer = new Promise((grant) => { window.grant = grant; })"
        assert await held_after(player.page, f"{late}, lock.note(0)") == 0
        assert await held_after(player.page, "lock.release(), grant()") == 0
        assert await player.page.evaluate("requests") == 1


async def test_a_refusal_is_not_final(chromium: Browser) -> None:
    async with live_player(chromium, _FAKE) as player:
        await make(player.page, 1)
        assert await held_after(player.page, "window.refuses = true, lock.note(0)") == 0
        assert (
            await held_after(player.page, "window.refuses = false, lock.note(6)") == 1
        )


async def test_does_without_locks(chromium: Browser) -> None:
    missing = "delete Navigator.prototype.wakeLock;"
    async with live_player(chromium, missing) as player:
        await make(player.page, 1)
        assert not await player.page.evaluate("'wakeLock' in navigator")
        await player.page.evaluate("lock.note(0), lock.release()")
