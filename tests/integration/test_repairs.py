"""The button of a repair: it searches the camera for its streams, and uses them."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera import repairs
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.finding import onvif, path_search
from tests.camera import Feed, TestCamera, faults
from tests.onvif import PASSWORD, OnvifCamera, Quality, one_channel

from . import CAMERA, call, eventually, issues, make_entry, set_up, streaming
from .flows import ServeCamera

LOGIN = {"username": "admin", "password": PASSWORD}


class Dialog:
    """The dialog of a repair, as the frontend shows it."""

    def __init__(self, hass: HomeAssistant, connect: ClientSessionGenerator) -> None:
        self._hass = hass
        self._connect = connect
        self._client: Any = None
        self._flow = ""

    async def open(self) -> Any:
        [issue] = [
            each
            for each in ir.async_get(self._hass).issues.values()
            if each.translation_key == "stream_not_found"
        ]
        assert issue.is_fixable
        self._client = await self._connect()
        step = await self._post("", {"handler": DOMAIN, "issue_id": issue.issue_id})
        self._flow = f"/{step['flow_id']}"
        return step

    async def submit(self) -> Any:
        """Submit the form; return the step after the search."""
        step = await self.begin()
        if step["type"] == "progress":
            assert step["progress_action"] == "searching"
            return await self.after_search()
        return step

    async def after_search(self) -> Any:
        """Return the step after the search."""
        await self._hass.async_block_till_done()
        answer = await self._client.get(f"/api/repairs/issues/fix{self._flow}")
        return await answer.json()

    async def begin(self) -> Any:
        """Submit the form."""
        return await self._post(self._flow, {})

    async def close(self) -> None:
        await self._client.delete(f"/api/repairs/issues/fix{self._flow}")

    async def _post(self, path: str, content: dict[str, Any]) -> Any:
        url = f"/api/repairs/issues/fix{path}"
        answer = await self._client.post(url, json=content)
        assert answer.status == HTTPStatus.OK
        return await answer.json()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repairs, "_MIN_PROGRESS_S", 0.0)


@pytest.fixture
async def dialog(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Dialog:
    assert await async_setup_component(hass, "repairs", {})
    return Dialog(hass, hass_client)


@pytest.fixture
async def stream(serve: ServeCamera) -> TestCamera:
    """The camera's stream, where it is since the firmware update."""
    return await serve(Feed(), **LOGIN)


@pytest.fixture
async def device(stream: TestCamera) -> AsyncIterator[OnvifCamera]:
    quality = Quality(url=stream.plain_url, size=stream.feed.size)
    async with OnvifCamera(one_channel(quality)) as camera:
        yield camera


async def lost(hass: HomeAssistant, stream: TestCamera, **data: Any) -> MockConfigEntry:
    """Set up a camera whose stream is not at its old address any more."""
    url = stream.plain_url.replace("/camera", "/old")
    entry = await set_up(hass, make_entry(url, **LOGIN, **data))
    await call(hass, "start_stream")
    await eventually(lambda: "stream_not_found" in issues(hass))
    return entry


async def test_the_streams_that_are_found_replace_the_lost_ones(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera, device: OnvifCamera
) -> None:
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    entity = er.async_get(hass).async_get(CAMERA)
    step = await dialog.open()
    assert (step["type"], step["step_id"], step["errors"]) == ("form", "search", {})
    assert step["description_placeholders"]["name"] == entry.title
    assert not device.calls  # Nothing is sent before the user submits the form.

    assert (await dialog.submit())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert entry.data["url"] == stream.plain_url
    assert entry.unique_id == "ac:cc:8e:12:34:56"
    assert entry.data["onvif"]["port"] == device.port
    assert er.async_get(hass).async_get(CAMERA) == entity
    await call(hass, "start_stream")
    await streaming(hass)
    assert "stream_not_found" not in issues(hass)


async def test_a_search_that_finds_nothing_says_what_to_do(
    hass: HomeAssistant,
    dialog: Dialog,
    stream: TestCamera,
    device: OnvifCamera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(path_search, "PORTS", ())
    monkeypatch.setattr(onvif, "PORTS", ())
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    before = dict(entry.data)
    device.change_password("another")
    await dialog.open()
    step = await dialog.submit()
    assert step["errors"] == {"base": "find_onvif_user"}
    assert PASSWORD not in str(step)
    assert entry.data == before
    assert "stream_not_found" in issues(hass)

    # The form is there for another try.
    device.change_password(PASSWORD)
    assert (await dialog.submit())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert entry.data["url"] == stream.plain_url


async def test_streams_that_do_not_play_are_not_used(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera, device: OnvifCamera
) -> None:
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    before = dict(entry.data)
    stream.inject(faults.Status(404))
    await dialog.open()
    step = await dialog.submit()
    assert step["errors"] == {"base": "not_found"}
    assert entry.data == before


async def test_the_stream_of_another_entry_is_not_used_twice(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera, device: OnvifCamera
) -> None:
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    other = make_entry(stream.plain_url, title="Other")
    other.add_to_hass(hass)
    before = dict(entry.data)
    await dialog.open()
    step = await dialog.submit()
    assert step["errors"] == {"base": "in_use"}
    assert step["description_placeholders"]["detail"] == "Other"
    assert entry.data == before


async def test_a_camera_that_was_removed_meanwhile(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera
) -> None:
    entry = await lost(hass, stream)
    await dialog.open()
    await hass.config_entries.async_remove(entry.entry_id)
    step = await dialog.submit()
    assert (step["type"], step["reason"]) == ("abort", "camera_removed")


async def test_a_camera_that_is_removed_during_the_search(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera, device: OnvifCamera
) -> None:
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    await dialog.open()
    step = await dialog.begin()
    assert step["type"] == "progress"
    await hass.config_entries.async_remove(entry.entry_id)
    step = await dialog.after_search()
    assert (step["type"], step["reason"]) == ("abort", "camera_removed")


async def test_closing_the_dialog_ends_the_search(
    hass: HomeAssistant, dialog: Dialog, stream: TestCamera, device: OnvifCamera
) -> None:
    entry = await lost(hass, stream, onvif={"port": device.port, "events": []})
    before = dict(entry.data)
    stream.inject(faults.Silent())
    connections = stream.total_connections
    await dialog.open()
    await dialog.begin()
    await eventually(lambda: stream.total_connections > connections)
    name = f"{DOMAIN} search"
    [searching] = [each for each in asyncio.all_tasks() if each.get_name() == name]
    await dialog.close()
    await asyncio.wait({searching})
    assert searching.cancelled()
    assert entry.data == before
    assert "stream_not_found" in issues(hass)
