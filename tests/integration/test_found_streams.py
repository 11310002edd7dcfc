"""The streams of a found camera, and the search for those of a camera that has an entry."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.finding import onvif, path_search
from tests.camera import Feed, TestCamera, faults
from tests.camera.certificates import server_tls
from tests.onvif import (
    PASSWORD,
    Channel,
    EventService,
    OnvifCamera,
    Quality,
    one_channel,
)

from . import CAMERA, call, eventually, issues, make_entry, set_up, streaming
from .flows import Result, ServeCamera, submit

LOGIN = {"username": "admin", "password": PASSWORD}
MAC = "ac:cc:8e:12:34:56"


def quality(camera: TestCamera) -> Quality:
    return Quality(url=camera.plain_url, size=camera.feed.size)


@dataclass(slots=True, kw_only=True)
class Updated:
    """A camera whose streams have other addresses since a firmware update."""

    main: TestCamera
    sub: TestCamera
    onvif: OnvifCamera

    @property
    def old_url(self) -> str:
        return self.main.plain_url.replace("/camera", "/old")

    def entry(self, **changes: Any) -> MockConfigEntry:
        port = {"port": self.onvif.port, "events": []}
        return make_entry(self.old_url, **{**LOGIN, "onvif": port, **changes})


@pytest.fixture
async def updated(serve: ServeCamera) -> AsyncIterator[Updated]:
    main = await serve(Feed(size=(640, 360), live=False), **LOGIN)
    sub = await serve(Feed(live=False), **LOGIN)
    async with OnvifCamera(one_channel(quality(main), quality(sub))) as camera:
        yield Updated(main=main, sub=sub, onvif=camera)


async def search(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    """Search the streams of a camera again; return the step after the search."""
    form = await entry.start_reconfigure_flow(hass)
    data = {key: entry.data[key] for key in ("url", *LOGIN)}
    return await submit(hass, form, {**data, "search": True})


async def test_a_camera_is_asked_for_its_streams_again(
    hass: HomeAssistant, updated: Updated
) -> None:
    entry = await set_up(hass, updated.entry(options={"idle_timeout": 60}))
    entity = er.async_get(hass).async_get(CAMERA)
    await call(hass, "start_stream")
    await eventually(lambda: "stream_not_found" in issues(hass))

    result = await search(hass, entry)
    assert result["step_id"] == "confirm"
    assert result["description_placeholders"]["video"].startswith("H.264, 640x360")
    assert entry.data["url"] == updated.old_url
    result = await submit(hass, result, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["url"] == updated.main.plain_url
    assert entry.data["small"]["url"] == updated.sub.plain_url
    assert entry.data["device"]["mac"] == MAC
    assert entry.data["discovered_host"] == "127.0.0.1"
    assert entry.data["onvif"]["port"] == updated.onvif.port
    assert "search" not in entry.data
    assert entry.unique_id == MAC
    # What a person has set up stays.
    assert entry.options == {"idle_timeout": 60}
    assert er.async_get(hass).async_get(CAMERA) == entity
    await call(hass, "start_stream")
    await streaming(hass)
    assert "stream_not_found" not in issues(hass)


async def test_a_camera_that_answers_by_https_only_now(
    hass: HomeAssistant,
    updated: Updated,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = await set_up(hass, updated.entry())
    async with OnvifCamera(
        updated.onvif.channels, tls=server_tls(tmp_path), events=EventService()
    ) as camera:
        monkeypatch.setattr(onvif, "_HTTPS_PORT", camera.port)
        port = {"port": camera.port, "events": ["motion"]}
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, "onvif": port}
        )
        await submit(hass, await search(hass, entry), {})
        await eventually(lambda: "events" in entry.data["onvif"])
        await hass.async_block_till_done()
        assert entry.data["onvif"] == {**port, "ssl": True}
        page = f"https://127.0.0.1:{camera.port}/"
        assert entry.data["device"]["configuration_url"] == page
        await hass.config_entries.async_unload(entry.entry_id)

    # And by HTTP again
    data = {**entry.data, "onvif": {**entry.data["onvif"], "port": updated.onvif.port}}
    hass.config_entries.async_update_entry(entry, data=data)
    await submit(hass, await search(hass, entry), {})
    await hass.async_block_till_done()
    assert "ssl" not in entry.data["onvif"]


async def test_a_sub_stream_that_does_not_play_is_left_out(
    hass: HomeAssistant, updated: Updated
) -> None:
    updated.sub.inject(faults.Status(404))
    entry = await set_up(hass, updated.entry())
    await submit(hass, await search(hass, entry), {})
    await hass.async_block_till_done()
    assert entry.data["url"] == updated.main.plain_url
    assert "small" not in entry.data


@pytest.mark.parametrize("unique_id", ["its own", None])
async def test_the_unique_id_of_an_entry_stays(
    hass: HomeAssistant, updated: Updated, unique_id: str | None
) -> None:
    """Another entry has that of the camera, such as one of a relay."""
    make_entry("rtsp://192.0.2.1/live", unique_id=MAC).add_to_hass(hass)
    entry = await set_up(hass, updated.entry(unique_id=unique_id))
    await submit(hass, await search(hass, entry), {})
    await hass.async_block_till_done()
    assert entry.data["url"] == updated.main.plain_url
    assert entry.unique_id == unique_id


async def test_a_channel_is_found_among_the_others(
    hass: HomeAssistant, updated: Updated
) -> None:
    updated.onvif.channels = (
        Channel(source="S1", name="Yard", qualities=(quality(updated.sub),)),
        Channel(source="S2", name="Door", qualities=(quality(updated.main),)),
    )
    entry = await set_up(hass, updated.entry(channel="S2", unique_id=f"{MAC} S2"))
    await submit(hass, await search(hass, entry), {})
    await hass.async_block_till_done()
    assert entry.data["url"] == updated.main.plain_url
    assert entry.data["channel"] == "S2"

    other = await set_up(hass, make_entry(updated.old_url, **LOGIN, onvif={"port": updated.onvif.port}))  # fmt: skip
    result = await search(hass, other)
    assert result["errors"] == {"base": "find_no_channel"}
    assert result["description_placeholders"]["detail"] == "ACME Dome 4"


@pytest.mark.parametrize(
    ("login", "errors"),
    [
        ({"password": "wrong"}, {"password": "find_onvif_user"}),
        ({"username": None, "password": None}, {"password": "find_login_missing"}),
        ({"onvif": {"port": 1}}, {"base": "find_no_answer"}),
    ],
)
async def test_a_search_that_fails_leaves_the_entry(
    hass: HomeAssistant,
    updated: Updated,
    monkeypatch: pytest.MonkeyPatch,
    login: dict[str, Any],
    errors: dict[str, str],
) -> None:
    monkeypatch.setattr(onvif, "PORTS", ())
    monkeypatch.setattr(path_search, "PORTS", ())
    entry = await set_up(hass, updated.entry(**login))
    form: Result = await entry.start_reconfigure_flow(hass)
    data: dict[str, Any] = {key: entry.data[key] or "" for key in ("url", *LOGIN)}
    result = await submit(hass, form, {**data, "search": True})
    assert (result["step_id"], result["errors"]) == ("reconfigure", errors)
    assert entry.data["url"] == updated.old_url
    # Without the search, the address counts again.
    corrected = {**data, **LOGIN, "url": updated.main.plain_url, "search": False}
    assert (await submit(hass, result, corrected))["step_id"] == "confirm"


async def test_a_camera_that_is_there_again_has_no_issue(
    hass: HomeAssistant, updated: Updated
) -> None:
    entry = await set_up(hass, updated.entry())
    await call(hass, "start_stream")
    await eventually(lambda: "stream_not_found" in issues(hass))
    await hass.config_entries.async_unload(entry.entry_id)
    assert "stream_not_found" not in issues(hass)


async def test_a_camera_without_onvif_is_found_at_its_makers_paths(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = await serve(Feed(live=False), path="stream1", **LOGIN)
    port = urlsplit(camera.plain_url).port
    monkeypatch.setattr(onvif, "PORTS", ())
    monkeypatch.setattr(path_search, "PORTS", (port,))
    entry = make_entry(f"rtsp://127.0.0.1:{port}/old", **LOGIN)
    await set_up(hass, entry)
    await submit(hass, await search(hass, entry), {})
    await hass.async_block_till_done()
    assert entry.data["url"] == camera.plain_url
    assert "onvif" not in entry.data
