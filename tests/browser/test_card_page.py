"""Our card in a page of its own, with a `hass` whose answers a test decides."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.live_player import live_player
from tests.browser.page import FRONTEND, barriers

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
    entities: { "camera.a": { platform: "hls_camera", device_id: "device" } },
    devices: { device: { config_entries: ["entry"] } },
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


_SPEAK: Final = """
(texts) => {
  hass.localize = (key, values = {}) => {
    const text = key.split(".").reduce((found, each) => found?.[each], texts) ?? "";
    return text.replace(/\\{(\\w+)\\}/g, (_, name) => values[name]);
  };
  hass.loadBackendTranslation = async () => hass.localize;
}
"""
# A camera whose stream has an end reason, as its sensors show it.
_END: Final = """
([status, lastError]) => {
  hass.entities = { ...hass.entities };
  for (const [key, state] of Object.entries({ status, last_error: lastError })) {
    const entity_id = `sensor.a_${key}`;
    hass.states[entity_id] = { state, attributes: {} };
    hass.entities[entity_id] = {
      ...hass.entities["camera.a"], entity_id, translation_key: key,
    };
  }
}
"""
PHONE: Final = 360
"""Width of a card on a phone."""


@asynccontextmanager
async def page_of_card(
    browser: Browser, *, is_phone: bool = False
) -> AsyncIterator[Page]:
    """A page with a card that has no configuration yet."""
    async with live_player(browser, is_phone=is_phone) as player:
        await player.page.evaluate(_MAKE)
        yield player.page


async def test_says_so_where_somebody_has_turned_the_camera_off(
    chromium: Browser,
) -> None:
    """Also by the server alone: the status's entity may be disabled."""
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


async def speak(page: Page) -> None:
    """Give the page the card's English texts."""
    english = json.loads((FRONTEND.parent / "translations/en.json").read_text("utf-8"))
    texts = {"component": {"hls_camera": english}}
    await page.evaluate(_SPEAK, texts)


async def show(page: Page, **config: Any) -> None:
    """Show the camera "A" as a card of a phone's width does."""
    await page.evaluate(
        """([config, width]) => {
          document.body.style.width = `${width}px`;
          card.setConfig({ entity: "camera.a", ...config });
          card.hass = { ...hass };
        }""",
        [config, PHONE],
    )


@pytest.mark.parametrize("status", ["backoff", "failed"])
@pytest.mark.parametrize("is_admin", [True, False])
async def test_a_rejected_password_leads_to_where_it_is_entered(
    chromium: Browser, status: str, *, is_admin: bool
) -> None:
    """Another try with the same password would not help, so none is offered."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate("(is_admin) => { hass.user = { is_admin }; }", is_admin)
        await page.evaluate(_END, [status, "unauthorized"])
        await show(page)
        view = page.locator("hls-camera-view")
        await expect(view.locator(".view")).to_have_attribute("data-kind", "failed")
        said = view.locator(".message")
        await expect(
            said.get_by_text("The camera rejected the password")
        ).to_be_visible()
        await expect(said.get_by_text("does not answer")).to_have_count(0)
        await expect(said.get_by_role("button")).to_have_count(0)
        link = said.get_by_role("link", name="Enter the new password")
        asked = said.get_by_text("An administrator has to enter the new password")
        await expect(link).to_be_visible(visible=is_admin)
        await expect(asked).to_be_visible(visible=not is_admin)
        if is_admin:
            await expect(link).to_have_attribute(
                "href", "/config/integrations/integration/hls_camera?config_entry=entry"
            )


_BORROW: Final = """
(isRegistered) => {
  hass.states["camera.a"].attributes.source = "camera.porch";
  if (!isRegistered) return;
  hass.entities["camera.porch"] = { platform: "onvif", device_id: "porch" };
  hass.devices.porch = { config_entries: ["other"] };
}
"""


@pytest.mark.parametrize("is_registered", [True, False])
async def test_a_rejected_password_of_another_integration_leads_there(
    chromium: Browser, *, is_registered: bool
) -> None:
    """A camera from YAML has no page with its password."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate("() => { hass.user = { is_admin: true }; }")
        await page.evaluate(_END, ["backoff", "unauthorized"])
        await page.evaluate(_BORROW, is_registered)
        await show(page)
        said = page.locator("hls-camera-view .message")
        await expect(
            said.get_by_text("The integration of camera.porch has the password")
        ).to_be_visible()
        link = said.get_by_role("link")
        await expect(link).to_be_visible(visible=is_registered)
        if is_registered:
            await expect(link).to_have_attribute(
                "href", "/config/integrations/integration/onvif?config_entry=other"
            )


_ANSWER: Final = """(isThere) => {
  window.fetch = async () => new Response(new Blob(["jpeg"]), { status: isThere ? 200 : 503 });
}"""


@pytest.mark.parametrize(
    ("is_there", "note"), [(True, "Saved"), (False, "There is no picture yet")]
)
async def test_a_note_confirms_a_saved_picture(
    chromium: Browser, note: str, *, is_there: bool
) -> None:
    """Screen readers read it, and it disappears."""
    async with page_of_card(chromium) as page:
        await page.clock.install()
        await speak(page)
        await page.evaluate(_ANSWER, is_there)
        await show(page)
        view = page.locator("hls-camera-view")
        await view.hover()
        await view.get_by_role("button", name="Save picture").click()
        shown = view.locator("[aria-live=polite].note")
        await expect(shown).to_have_text(note)
        await expect(shown).to_be_visible()
        await page.clock.run_for(3000)
        await expect(shown).to_have_text("")


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        ("camera.nowhere", "camera.nowhere was not found"),
        ("camera.other", "camera.other belongs to another integration"),
        ("light.a", "light.a is not a camera"),
    ],
)
async def test_says_why_it_cannot_show_an_entity(
    chromium: Browser, entity: str, reason: str
) -> None:
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate(
            """() => {
              for (const id of ["camera.other", "light.a"])
                hass.states[id] = { state: "idle", attributes: {} };
              hass.entities["camera.other"] = { platform: "generic" };
            }"""
        )
        await show(page, entity=entity)
        said = page.locator("hls-camera-view").get_by_role("status").first
        await expect(said).to_contain_text(reason)
        await expect(said.locator(".hint")).to_contain_text("hoose")  # what to do
        await expect(page.get_by_role("button")).to_have_count(0)


async def test_all_of_the_details_are_seen_on_a_phone(chromium: Browser) -> None:
    """Nothing is below a fold, and no focus scrolls the first figures away."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate(_END, ["streaming", "unknown"])
        await page.evaluate("hass.callWS = () => new Promise(() => {}), 0")
        await show(page)
        view = page.locator("hls-camera-view")
        await view.get_by_role("button", name="Details").focus()
        await page.keyboard.press("Enter")
        details = view.get_by_role("region", name="Details")
        await details.evaluate(
            """(panel) => panel.querySelectorAll("dt, dd").forEach((each) => {
              each.hidden = false;
              each.textContent ||= "12.34 Mbit/s";
            })"""
        )
        stop = details.get_by_role("button", name="Turn off")
        await stop.focus()
        for shown in (details.get_by_text("State", exact=True), stop):
            await expect(shown).to_be_in_viewport(ratio=1)
            assert await is_within(shown, view)
        await details.get_by_role("button", name="Close").click()
        await expect(details).to_be_hidden()
        await expect(view.get_by_role("button", name="Details")).to_be_focused()


async def is_within(inner: Locator, outer: Locator) -> bool:
    """Whether an element is in another one's box, and nothing covers its middle."""
    box, around = await inner.bounding_box(), await outer.bounding_box()
    assert box
    assert around
    is_uncovered = await inner.evaluate(
        """(element) => {
          const { left, top, width, height } = element.getBoundingClientRect();
          const root = element.getRootNode();
          return element.contains(root.elementFromPoint(left + width / 2, top + height / 2));
        }"""
    )
    return bool(is_uncovered) and (
        around["y"] <= box["y"]
        and box["y"] + box["height"] <= around["y"] + around["height"]
    )


async def test_the_buttons_of_the_smallest_picture_of_a_wall(chromium: Browser) -> None:
    """All of them, clear of the edges where cameras write the time."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await show(page)
        await page.evaluate("document.body.style.width = '260px'")
        view = page.locator("hls-camera-view")
        await view.locator(".view").evaluate(
            "(view) => { view.dataset.kind = 'playing'; }"
        )
        await view.hover()
        around = await view.bounding_box()
        assert around
        for name in (
            *("Details", "Sound on", "Save picture", "Picture in picture"),
            "Full screen",
        ):
            button = view.get_by_role("button", name=name, exact=True)
            await expect(button).to_be_visible()
            box = await button.bounding_box()
            assert box
            assert box["x"] >= around["x"]
            below = around["y"] + around["height"] - (box["y"] + box["height"])
            assert below >= 0.13 * around["height"]


async def test_three_dots_show_and_hide_the_buttons_on_a_touch_screen(
    chromium: Browser,
) -> None:
    """A finger cannot hover, and a tap elsewhere opens the camera."""
    async with page_of_card(chromium, is_phone=True) as page:
        await speak(page)
        await show(page)
        view = page.locator("hls-camera-view")
        dots = view.get_by_role("button", name="Controls", exact=True)
        for opacity, is_shown in (("1", "true"), ("0", "false")):
            await dots.tap()
            await expect(dots).to_have_attribute("aria-expanded", is_shown)
            await expect(view.locator(".bar")).to_have_css("opacity", opacity)


_RECORD_ACTIONS: Final = """() => {
  window.actions = [];
  document.body.addEventListener("hass-action", ({ detail: { action, config } }) =>
    actions.push([action, config.entity, config[`${action}_action`]?.action ?? null]));
  HTMLElement.prototype.requestFullscreen = async () => actions.push(["full screen"]);
}"""


async def test_gestures_have_actions_like_those_of_home_assistant_s_cards(
    chromium: Browser,
) -> None:
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate(_RECORD_ACTIONS)
        await show(page)
        picture = page.get_by_role("button", name="A", exact=True)
        await picture.dblclick(position={"x": 90, "y": 60})
        await picture.click(position={"x": 90, "y": 60})
        await page.wait_for_function("actions.length === 2")
        hold = {"hold_action": {"action": "navigate"}}
        await show(page, **hold, double_tap_action={"action": "toggle"})
        await picture.click(position={"x": 90, "y": 60}, delay=700)
        await page.wait_for_function("actions.length === 3")
        await picture.dblclick(position={"x": 90, "y": 60})
        await page.wait_for_function("actions.length === 4")
        await picture.press("Enter")
        await show(page, tap_action={"action": "none"})
        await picture.click(position={"x": 90, "y": 60}, delay=700)
        await page.wait_for_timeout(300)  # a second tap might still follow
        assert await page.evaluate("actions") == [
            ["full screen"],
            ["tap", "camera.a", None],  # more-info, which is Home Assistant's default
            ["hold", "camera.a", "navigate"],
            ["double_tap", "camera.a", "toggle"],
            ["tap", "camera.a", None],
        ]
        await expect(picture).to_have_attribute("tabindex", "-1")


async def test_a_button_performs_no_action_of_the_picture(chromium: Browser) -> None:
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate(_RECORD_ACTIONS)
        await show(page, hold_action={"action": "toggle"})
        view = page.locator("hls-camera-view")
        await view.hover()
        details = view.get_by_role("button", name="Details")
        await details.click(delay=700)
        await view.get_by_role("button", name="Close").click()
        await view.get_by_role("button", name="Turn on").click()
        await page.wait_for_timeout(300)  # a second tap might still follow
        assert await page.evaluate("actions") == []


async def test_the_keyboard_reaches_everything_in_a_natural_order(
    chromium: Browser,
) -> None:
    """The picture, its buttons, then the details that one of them opens."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate("hass.callWS = () => new Promise(() => {}), 0")
        await show(page)
        view = page.locator("hls-camera-view")
        group = view.get_by_role("group", name="A, Connecting")
        await expect(group).to_be_visible()
        await view.get_by_role("button", name="Details").press("Enter")
        await view.locator(".view").evaluate(
            "(view) => { view.dataset.kind = 'playing'; }"
        )
        await page.evaluate(
            """() => {
              const before = document.createElement("button");
              document.body.prepend(before);
              before.focus();
            }"""
        )
        reached = []
        for _ in range(9):
            await page.keyboard.press("Tab")
            reached.append(
                await page.evaluate(
                    "view().activeElement?.ariaLabel ?? view().activeElement?.textContent"
                )
            )
        assert reached == [
            *("A", "Details", "Sound on", "Save picture", "Picture in picture"),
            *("Full screen", "Restart", "Turn off", "Close"),
        ]


async def test_the_focus_stays_in_the_view_when_a_button_disappears(
    chromium: Browser,
) -> None:
    """Otherwise, the keyboard begins again at the top of the page."""
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate(_END, ["streaming", "none"])
        await page.evaluate("hass.callWS = () => new Promise(() => {}), 0")
        await page.evaluate("hass.callService = async () => {}, 0")
        await page.evaluate("() => { hass.user = { is_admin: true }; }")
        await show(page)
        view = page.locator("hls-camera-view")

        async def become(status: str, reason: str = "none") -> None:
            await page.evaluate(_END, [status, reason])
            await show(page)

        await view.get_by_role("button", name="Sound on").focus()
        await become("stopped")
        turn_on = view.locator(".message").get_by_role("button", name="Turn on")
        await expect(turn_on).to_be_focused()
        await page.keyboard.press("Enter")
        await become("streaming")
        await expect(view.get_by_role("button", name="A", exact=True)).to_be_focused()
        await view.get_by_role("button", name="Details").press("Enter")
        close = view.get_by_role("button", name="Close")
        await expect(close).to_be_focused()  # the details may cover the other buttons
        await page.keyboard.press("Enter")
        await expect(view.get_by_role("button", name="Details")).to_be_focused()
        await page.keyboard.press("Enter")
        await view.get_by_role("button", name="Turn off").focus()
        await become("stopped")
        await expect(turn_on).to_be_focused()
        assert await is_within(turn_on, view), "the details cover it"
        await become("failed", "unauthorized")
        link = view.get_by_role("link", name="Enter the new password")
        await expect(link).to_be_focused()


async def test_axe_finds_no_barrier_in_the_card_and_its_details(
    chromium: Browser,
) -> None:
    async with page_of_card(chromium) as page:
        await speak(page)
        await page.evaluate("hass.user = { is_admin: true }, 0")
        await page.evaluate("document.documentElement.lang = 'en'")
        await show(page, title="Outside")
        card = page.locator("hls-camera-card")
        await card.get_by_role("button", name="Turn on").wait_for()
        assert await barriers(card) == []
        await card.get_by_role("button", name="Details").press("Enter")
        await expect(card.get_by_role("region", name="Details")).to_be_visible()
        assert await barriers(card) == []
        await page.evaluate(_END, ["failed", "unauthorized"])
        await show(page, entities=["camera.nowhere"])
        await card.get_by_role("link", name="Enter the new password").wait_for()
        assert await barriers(card) == []
