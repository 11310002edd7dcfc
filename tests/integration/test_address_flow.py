"""Addresses for other programs in the dialog of a camera's options."""

from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.addresses import ADDRESSES, Address
from custom_components.hls_camera.web.address_urls import AddressFormat
from tests.camera import TestCamera

from . import make_entry, set_up
from .addresses import named, path_of
from .flows import Result, open_options, suggested

HOME = "http://192.168.1.5:8123"
ABROAD = "https://home.example.com"


async def open_addresses(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    return await open_options(hass, entry, "addresses")


async def submit(hass: HomeAssistant, page: Result, **form: Any) -> Result:
    return await hass.config_entries.options.async_configure(
        page["flow_id"], {"base_address": "internal", **form}
    )


def listed(page: Result) -> dict[str, str]:
    """Return the addresses that can be revoked: their texts, by their ids."""
    for field, selector in page["data_schema"].schema.items():
        if field == "revoked":
            return {each["value"]: each["label"] for each in selector.config["options"]}
    return {}


def fields(page: Result) -> list[str]:
    return [str(field) for field in page["data_schema"].schema]


def addresses_of(hass: HomeAssistant, entry: MockConfigEntry) -> list[Address]:
    return list(hass.data[ADDRESSES].async_of(entry.entry_id))


@pytest.fixture(autouse=True)
async def home(hass: HomeAssistant) -> None:
    await hass.config.async_update(internal_url=HOME, external_url=ABROAD)


async def test_a_new_address_is_shown_once_in_each_format(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    page = await open_addresses(hass, loaded)
    assert page["description_placeholders"] == {"name": "Front door"}
    # Nothing to revoke yet, and no sub-stream to choose
    assert fields(page) == ["name", "base_address"]

    shown = await submit(hass, page, name="  Living   room TV ")
    assert shown["step_id"] == "address"
    placeholders = {"name": "Front door", "program": "Living room TV"}
    assert shown["description_placeholders"] == placeholders
    [address] = addresses_of(hass, loaded)
    assert address.name == "Living room TV"
    urls = suggested(shown)
    assert urls == {each: HOME + path_of(address.token, each) for each in AddressFormat}
    client = await hass_client_no_auth()
    for url in urls.values():
        response = await client.head(urlsplit(url).path)
        assert response.status == HTTPStatus.OK

    # An edited field changes nothing.
    end = await hass.config_entries.options.async_configure(
        shown["flow_id"], {"hls": "http://elsewhere/"}
    )
    assert end["type"] is FlowResultType.CREATE_ENTRY
    page = await open_addresses(hass, loaded)
    assert address.token not in str(page)


async def test_the_dialog_leaves_the_options_and_the_stream_alone(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    options = {"idle_timeout": 77.0, "enabled": False}
    entry = await set_up(hass, make_entry(camera.plain_url, options=options))
    coordinator = entry.runtime_data
    end = await submit(hass, await open_addresses(hass, entry))
    assert end["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == options
    assert entry.runtime_data is coordinator
    assert addresses_of(hass, entry) == []


async def test_an_address_outside_the_network(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    page = await open_addresses(hass, loaded)
    shown = await submit(hass, page, name="Phone", base_address="external")
    for url in suggested(shown).values():
        assert url.startswith(ABROAD)


async def test_an_address_of_the_sub_stream(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    options = {"small_height": "180"}
    entry = await set_up(hass, make_entry(camera.plain_url, options=options))
    page = await open_addresses(hass, entry)
    assert fields(page) == ["name", "quality", "base_address"]
    shown = await submit(hass, page, name="Frigate", quality="small")
    names = [url.rpartition("/")[2] for url in suggested(shown).values()]
    assert names == ["small.m3u8", "small.ts", "small.mp4", "small.jpg"]


@pytest.mark.parametrize(
    ("base", "error"),
    [("internal", "no_internal_url"), ("external", "no_external_url")],
)
async def test_without_a_url_of_home_assistant_nothing_changes(
    hass: HomeAssistant, loaded: MockConfigEntry, base: str, error: str
) -> None:
    tv = await named(hass, loaded.entry_id)
    await hass.config.async_update(internal_url=None, external_url=None)
    hass.config.api = None
    page = await open_addresses(hass, loaded)
    form = {"name": "Phone", "base_address": base, "revoked": [tv.id]}
    again = await submit(hass, page, **form)
    assert again["errors"] == {"base_address": error}
    assert suggested(again) == form
    assert addresses_of(hass, loaded) == [tv]


async def test_two_addresses_of_a_camera_have_different_names(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    tv = await named(hass, loaded.entry_id)
    page = await open_addresses(hass, loaded)
    again = await submit(hass, page, name="tv")
    assert again["errors"] == {"name": "name_taken"}
    assert addresses_of(hass, loaded) == [tv]
    # The name of one that is revoked at the same time is free.
    shown = await submit(hass, again, name="TV", revoked=[tv.id])
    [address] = addresses_of(hass, loaded)
    assert address.token in suggested(shown)["hls"]
    assert address.token != tv.token


async def test_the_list_names_the_readers_and_the_last_use_of_each_address(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await hass.config.async_update(time_zone="Europe/Berlin")
    tv, vlc, brackets = [
        await named(hass, loaded.entry_id, name) for name in ("TV", "VLC", "{x}")
    ]
    vlc.last_used = 1_795_000_000.0  # 2026-11-18 11:06:40 UTC
    client = await hass_client_no_auth()
    async with client.get(path_of(tv.token, AddressFormat.MPEG_TS)) as response:
        await response.content.readany()
        page = await open_addresses(hass, loaded)
        assert listed(page) == {
            tv.id: "TV (reading now: 1)",
            vlc.id: "VLC (last used 2026-11-18 12:06)",
            brackets.id: "{x} (not used yet)",
        }


async def test_a_revoked_address_disconnects_its_readers(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    tv, vlc = [await named(hass, loaded.entry_id, name) for name in ("TV", "VLC")]
    client = await hass_client_no_auth()
    path = path_of(tv.token, AddressFormat.MPEG_TS)
    async with client.get(path) as response:
        await response.content.readany()
        page = await open_addresses(hass, loaded)
        end = await submit(hass, page, revoked=[tv.id])
        assert end["type"] is FlowResultType.CREATE_ENTRY
        while await response.content.readany():
            pass
    assert (await client.get(path)).status == HTTPStatus.NOT_FOUND
    assert addresses_of(hass, loaded) == [vlc]


async def test_a_camera_of_an_unknown_kind_gets_no_address(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    data = {"hologram": "of a later version"}
    hass.config_entries.async_update_entry(loaded, data=data)
    end = await open_addresses(hass, loaded)
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "unknown_source")
    form = await open_options(hass, loaded)
    assert form["type"] is FlowResultType.FORM


async def test_addresses_of_a_camera_that_is_not_loaded(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    tv = await named(hass, loaded.entry_id)
    await hass.config_entries.async_unload(loaded.entry_id)
    page = await open_addresses(hass, loaded)
    assert listed(page) == {tv.id: "TV (not used yet)"}
    await submit(hass, page, revoked=[tv.id])
    assert addresses_of(hass, loaded) == []
