"""Our card in a page of its own, with a `hass` that answers what a test says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, Page

from tests.browser.live_player import live_player

_MAKE: Final = """
async () => {
  const { HlsCameraCard } = await import("./frontend/card.js");
  const { CameraView } = await import("./frontend/camera_view.js");
  customElements.define("hls-camera-view", CameraView);
  customElements.define("hls-camera-card", HlsCameraCard);
  const camera = { state: "idle", attributes: { friendly_name: "A", access_token: "t" } };
  window.asked = 0;
  window.hass = {
    language: "en",
    localize: () => "",
    loadBackendTranslation: async () => hass.localize,
    hassUrl: (path) => path,
    entities: {},
    states: { "camera.a": camera },
    callWS: async () => {
      window.asked += 1;
      throw { code: "stream_stopped" };
    },
  };
  window.card = document.createElement("hls-camera-card");
  window.view = () => card.shadowRoot.querySelector("hls-camera-view").shadowRoot;
  document.body.append(card);
}
"""
_SHOW: Final = "card.setConfig({ entity: 'camera.a' }), card.hass = window.hass, 0"


@asynccontextmanager
async def page_of_card(browser: Browser) -> AsyncIterator[Page]:
    """A page with a card that has no configuration yet."""
    async with live_player(browser) as player:
        await player.page.evaluate(_MAKE)
        yield player.page


async def test_says_so_where_somebody_has_turned_the_camera_off(
    chromium: Browser,
) -> None:
    """Also where only the server tells: the status's entity may be disabled."""
    async with page_of_card(chromium) as page:
        await page.evaluate(_SHOW)
        await page.wait_for_function("asked === 1")
        kind = "view().querySelector('.view').dataset.kind"
        await page.wait_for_function(f"{kind} === 'stopped'")


async def test_plays_once_the_camera_is_turned_on(chromium: Browser) -> None:
    async with page_of_card(chromium) as page:
        await page.evaluate(_SHOW)
        kind = "view().querySelector('.view').dataset.kind"
        await page.wait_for_function(f"{kind} === 'stopped'")
        await page.evaluate(
            """hass.callService = () => new Promise((resolve) => { window.turnedOn = resolve; }),
            view().querySelector(".message button").click()"""
        )
        assert await page.evaluate("asked") == 1
        await page.evaluate("turnedOn()")
        await page.wait_for_function("asked === 2")


async def test_keeps_the_picture_s_shape_when_something_else_is_edited(
    chromium: Browser,
) -> None:
    async with page_of_card(chromium) as page:
        await page.evaluate("card.setConfig({ entity: 'camera.a' })")
        await page.evaluate(
            """() => {
              const canvas = document.createElement("canvas");
              [canvas.width, canvas.height] = [40, 30];
              setInterval(() => canvas.getContext("2d").fillRect(0, 0, 9, 9), 50);
              view().querySelector("video").srcObject = canvas.captureStream();
            }"""
        )
        shape = "Number(card.style.getPropertyValue('--hls-camera-ratio'))"
        await page.wait_for_function(f"{shape} === 40 / 30")
        await page.evaluate("card.setConfig({ entity: 'camera.a', title: 'Outside' })")
        assert await page.evaluate(shape) == 40 / 30
        await page.evaluate("card.setConfig({ entity: 'camera.a', aspect_ratio: 2 })")
        assert await page.evaluate(shape) == 2


async def test_asks_for_its_texts_until_they_are_there(chromium: Browser) -> None:
    async with page_of_card(chromium) as page:
        errors = []

        def complained(error: Exception) -> None:
            errors.append(error)

        page.on("pageerror", complained)
        await page.evaluate(
            """() => {
              window.loads = 0;
              hass.loadBackendTranslation = async () => {
                if ((loads += 1) < 3) throw new Error("Connection lost");
                hass.localize = () => "Words";
                return hass.localize;
              };
              card.setConfig({});
            }"""
        )
        for _ in range(5):
            await page.evaluate("card.hass = { ...window.hass }, 0")
        assert await page.evaluate("loads") == 3
        empty = "card.shadowRoot.querySelector('.empty').textContent"
        assert await page.evaluate(empty) == "Words"
    assert errors == []
