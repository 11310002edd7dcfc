"""The decisions of the card's modules without a page, in Chromium."""

from collections.abc import Sequence
from typing import Any, Final

import pytest
from playwright.async_api import Browser

from custom_components.hls_camera.card import ENTRY, FOLDER

from .page import page_server

_CALL_ALL: Final = """
async ([module, name, calls]) => {
  const { [name]: called } = await import(`/frontend/${module}`);
  const results = [];
  for (const call of calls) {
    try {
      results.push(called(...call));
    } catch (error) {
      results.push({ error: error.message });
    }
  }
  return results;
}
"""


async def call_all(
    browser: Browser, module: str, function: str, calls: Sequence[Sequence[Any]]
) -> list[Any]:
    """Call a function that a module exports; return its result, or its error."""
    page = await browser.new_page()
    try:
        async with page_server(FOLDER / ENTRY, FOLDER) as address:
            await page.goto(address)
            results: list[Any] = await page.evaluate(
                _CALL_ALL, [module, function, calls]
            )
            return results
    finally:
        await page.close()


async def test_a_wall_has_rows_as_even_as_can_be(chromium: Browser) -> None:
    columns = {
        (1, 1000): 1,
        (4, 1000): 2,  # not three and one
        (5, 1000): 3,
        (9, 1000): 3,
        (4, 500): 1,
        (6, 3000): 6,
        (2, 0): 1,
        # Where the height is given as well, pictures are as large as can be.
        (4, 1600, 900): 2,
        (6, 1100, 840): 2,
        (6, 1920, 600): 3,
        (3, 400, 1200): 1,
        (4, 2000, 250): 4,
    }
    calls = list(columns)
    found = await call_all(chromium, "layout.js", "columnsFor", calls)
    assert dict(zip(calls, found, strict=True)) == columns


async def test_a_wall_has_no_empty_places(chromium: Browser) -> None:
    """If the cameras do not fill all rows, the first row has fewer and larger pictures."""
    calls = [(count, columns) for columns in range(1, 7) for count in range(1, 14)]
    found = await call_all(chromium, "layout.js", "fillRows", calls)
    for (count, columns), rows in zip(calls, found, strict=True):
        in_first, in_others = rows["spans"]
        first = rows["first"]
        assert first * in_first == rows["tracks"]
        assert columns * in_others == rows["tracks"]
        assert 0 < first <= columns
        assert (count - first) % columns == 0


async def test_what_is_shown(chromium: Browser) -> None:
    backoff = {"status": "backoff", "lastError": "refused"}
    failed = {"status": "failed", "lastError": "unauthorized"}
    rejected = {"status": "backoff", "lastError": "unauthorized"}
    lost = {"state": "reconnecting", "reason": "connection_lost"}
    cases: list[tuple[dict[str, Any], dict[str, Any], str, str | None]] = [
        ({"exists": False}, {"state": "playing"}, "missing", None),
        ({"isForeign": True}, {"state": "playing"}, "foreign", None),
        ({"isAvailable": False}, {"state": "playing"}, "unavailable", None),
        ({"status": "stopped"}, {"state": "playing"}, "stopped", None),
        ({}, {"state": "stopped", "reason": "stopped"}, "stopped", None),
        ({}, {"state": "stopped", "reason": None}, "loading", None),
        ({}, {"state": "connecting"}, "loading", None),
        ({}, {"state": "playing"}, "playing", None),
        # A playing picture stays visible in any next state.
        ({"status": "backoff"}, {"state": "playing"}, "playing", None),
        (backoff, {"state": "reconnecting"}, "offline", "refused"),
        (failed, {"state": "failed"}, "failed", "unauthorized"),
        # Another try with the same password does not help, so it is no mere interruption.
        (rejected, {"state": "reconnecting"}, "failed", "unauthorized"),
        ({}, {"state": "failed", "reason": "not_found"}, "failed", "not_found"),
        ({}, {"state": "stalled"}, "reconnecting", None),
        ({}, lost, "reconnecting", "connection_lost"),
        # The sensor of the status is disabled.
        ({"status": None}, {"state": "playing"}, "playing", None),
    ]
    ready = {"exists": True, "isAvailable": True, "status": "streaming"}
    calls = [({**ready, **camera}, player) for camera, player, _, _ in cases]
    found = await call_all(chromium, "view_state.js", "viewState", calls)
    for state, (_, _, kind, reason) in zip(found, cases, strict=True):
        assert (state["kind"], state.get("reason")) == (kind, reason)


async def test_the_meaning_of_the_yaml(chromium: Browser) -> None:
    shapes = {"16:9": 16 / 9, "4/3": 4 / 3, "1.5": 1.5, "50%": 2.0}
    written: list[dict[str, Any]] = [
        {"entity": "camera.a"},
        {"entity": "camera.a", "entities": ["camera.b", {"entity": "camera.c"}]},
        *({"aspect_ratio": shape} for shape in shapes),
    ]
    calls = [[yaml] for yaml in written]
    least, both, *shaped = await call_all(chromium, "config.js", "readConfig", calls)
    assert least["cameras"] == [{"entity": "camera.a", "name": None}]
    assert (least["quality"], least["controls"], least["fit"]) == (
        "auto",
        "all",
        "contain",
    )
    assert least["sound"] is False
    assert least["showName"] is True
    assert least["ratio"] is None
    assert [each["entity"] for each in both["cameras"]] == [
        "camera.a",
        "camera.b",
        "camera.c",
    ]
    assert [each["ratio"] for each in shaped] == pytest.approx(list(shapes.values()))


async def test_mistakes_in_the_yaml(chromium: Browser) -> None:
    said = {
        ("entity", "Garden"): "Not an entity ID: Garden",
        ("quality", "best"): "quality has to be one of: auto, main, small",
        ("controls", "some"): "controls has to be one of: all, view, none",
        ("fit", "crop"): "fit has to be one of: contain, cover, fill",
        ("columns", 0): "columns has to be a whole number above 0",
        ("aspect_ratio", "wide"): "aspect_ratio has to be like 16:9",
        ("aspect_ratio", "0:0"): "aspect_ratio has to be like 16:9",
    }
    calls = [[{option: value}] for option, value in said]
    found = await call_all(chromium, "config.js", "readConfig", calls)
    assert [each.get("error") for each in found] == list(said.values())


_READ_DETAILS: Final = """
async (statistics) => {
  const { Details } = await import("/frontend/details.js");
  const details = new Details({ statistics: () => statistics }, {});
  document.body.append(details.panel);
  details.toggle();
  details.update({
    hass: { localize: (key) => key.split(".").at(-1), locale: { language: "en" } },
    camera: { isAvailable: true },
    state: { kind: "playing" },
    playerState: { state: "playing", mode: "hls", reason: null },
    mayCommand: false,
  });
  const values = [...details.panel.querySelectorAll("dd:not([hidden])")];
  details.toggle();
  return values.map((value) => value.textContent);
}
"""


@pytest.mark.parametrize(
    ("statistics", "figures"),
    [
        ({"delay": None, "bitrate": None, "frameRate": None}, []),
        (
            {"delay": 0.312, "bitrate": 2_345_678, "frameRate": 25},
            ["0.31 s", "2.35 Mbit/s", "25 fps"],
        ),
    ],
)
async def test_details_leave_out_unknown_figures(
    chromium: Browser, statistics: dict[str, float | None], figures: list[str]
) -> None:
    """The browser's own player of HLS has no bit rate, which is not 0 Mbit/s."""
    page = await chromium.new_page()
    try:
        async with page_server(FOLDER / ENTRY, FOLDER) as address:
            await page.goto(address)
            shown = await page.evaluate(_READ_DETAILS, statistics)
    finally:
        await page.close()
    assert shown == ["playing", "hls", *figures]


async def test_the_editor_shows_defaults_and_writes_only_what_differs(
    chromium: Browser,
) -> None:
    written = {
        "type": "custom:hls-camera-card",
        "entity": "camera.a",
        "entities": ["camera.b", {"entity": "camera.c", "name": "Garage"}],
        "fit": "cover",
        "visibility": [],
    }
    shown = await call_all(chromium, "editor.js", "formData", [[written]])
    defaults = {"quality": "auto", "controls": "all", "show_name": True, "sound": False}
    [data] = shown
    assert data == {
        "type": "custom:hls-camera-card",
        "cameras": ["camera.a", "camera.b", "camera.c"],
        "fit": "cover",
        "visibility": [],
        **defaults,
    }
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"quality": "small"}, {"quality": "small"}),
        ({"title": "Outside", "columns": 2}, {"title": "Outside", "columns": 2}),
        ({"title": "", "columns": None}, {}),
        (
            {"cameras": ["camera.c", "camera.a"]},
            {"entity": None, "entities": [written["entities"][1], "camera.a"]},
        ),
        ({"cameras": ["camera.b"]}, {"entity": "camera.b", "entities": None}),
        (
            {"cameras": ["camera.c"]},
            {"entity": None, "entities": written["entities"][1:]},
        ),
        ({"cameras": []}, {"entity": None, "entities": None}),
    ]
    calls = [[written, {**data, **change}] for change, _ in changes]
    found = await call_all(chromium, "editor.js", "changedYaml", calls)
    for yaml, (_, change) in zip(found, changes, strict=True):
        wanted = {**written, **change}
        assert {key: yaml.get(key) for key in wanted} == wanted
        assert yaml.keys() == {
            key for key, value in wanted.items() if value is not None
        }
