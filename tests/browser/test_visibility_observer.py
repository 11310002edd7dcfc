"""Which views are visible to a user: `visibility_observer.js`, in Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page

from .chromium import set_hidden
from .live_player import live_player

# Two cards with two views each, as deep in shadow roots as Home Assistant's.
_MAKE = """async () => {
  const { VisibilityObserver } = await import("./frontend/visibility_observer.js");
  const add = (parent, name) => {
    const made = document.createElement("div");
    made.id = name;
    made.style.minHeight = "50px";
    parent.append(made);
    return made;
  };
  const page = add(document.body, "page").attachShadow({ mode: "open" });
  window.visible = {};
  window.views = {};
  for (const card of ["first", "second"]) {
    const root = add(page, card).attachShadow({ mode: "open" });
    for (const place of ["left", "right"]) {
      const view = add(root, `${card}-${place}`);
      view.attachShadow({ mode: "open" }).append(document.createElement("video"));
      views[view.id] = view;
      const observer = new VisibilityObserver(view, (isVisible) => {
        visible[view.id] = isVisible;
      });
      observer.connect();
    }
  }
}"""
_ALL = {"first-left", "first-right", "second-left", "second-right"}


@asynccontextmanager
async def views(browser: Browser) -> AsyncIterator[Page]:
    """Open a page with views."""
    async with live_player(browser) as player:
        await player.page.evaluate(_MAKE)
        yield player.page


async def wait_visible(page: Page, names: set[str]) -> None:
    """Wait until exactly these views are visible."""
    await page.wait_for_function(
        """(names) => Object.entries(visible).length === 4
          && Object.entries(visible).every(([name, is]) => is === names.includes(name))""",
        arg=sorted(names),
    )


async def test_a_view_in_full_screen_covers_all_others(chromium: Browser) -> None:
    """Its own card's, and other cards'. They return when it ends."""
    async with views(chromium) as page:
        await wait_visible(page, _ALL)
        # As after a user's click: a browser refuses otherwise.
        await page.evaluate(
            "document.body.addEventListener("
            "'click', () => views['first-left'].requestFullscreen(), { once: true })"
        )
        await page.mouse.click(5, 5)
        await wait_visible(page, {"first-left"})
        await page.evaluate("document.exitFullscreen()")
        await wait_visible(page, _ALL)


async def test_the_whole_page_in_full_screen_covers_nothing(chromium: Browser) -> None:
    """Home Assistant on a tablet on the wall."""
    async with views(chromium) as page:
        await wait_visible(page, _ALL)
        await page.clock.install()
        await page.evaluate(
            "document.body.addEventListener("
            "'click', () => document.documentElement.requestFullscreen(), { once: true })"
        )
        await page.mouse.click(5, 5)
        await page.wait_for_function("document.fullscreenElement !== null")
        await page.clock.run_for(5000)  # longer than a view takes to leave
        await wait_visible(page, _ALL)


async def test_a_hidden_page_shows_none(chromium: Browser) -> None:
    async with views(chromium) as page:
        await wait_visible(page, _ALL)
        await set_hidden(page, True)
        await wait_visible(page, set())
        await set_hidden(page, False)
        await wait_visible(page, _ALL)
