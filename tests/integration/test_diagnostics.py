"""Diagnostics help, and give nothing away."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.const import DOMAIN
from tests.camera import Feed, TestCamera

from . import CAMERA, call, eventually, make_entry, set_up, state_of, streaming

PASSWORD = "p@ss:w/o?r#d %41"


async def test_diagnostics_have_no_credentials(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    async with TestCamera(Feed(), username="operator", password=PASSWORD) as camera:
        entry = make_entry(camera.plain_url, username="operator", password=PASSWORD)
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await streaming(hass)

        diagnostics: Any = await get_diagnostics_for_config_entry(
            hass, hass_client, entry
        )

        assert diagnostics["stream"]["state"] == "streaming"
        assert diagnostics["stream"]["plan"]["video"]["action"] == "copy"
        assert diagnostics["manager"]["running"] == 1
        assert diagnostics["entry"]["data"]["url"] == camera.plain_url
        text = json.dumps(diagnostics)
        assert PASSWORD not in text
        assert "operator" not in text
        await hass.config_entries.async_unload(entry.entry_id)


async def test_secrets_in_the_address_are_taken_out(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    address = "rtsp://camera.example/live?user=operator&password=secret&channel=1"
    entry: MockConfigEntry = await set_up(hass, make_entry(address))
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(diagnostics)
    assert "secret" not in text
    assert "channel=1" in text


async def test_a_camera_that_is_not_set_up_has_diagnostics(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    await set_up(hass, make_entry("rtsp://camera.example/live"))
    second = make_entry("rtsp://camera.example/live")
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)

    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, second)

    assert diagnostics["entry"]["state"] == "setup_retry"
    assert diagnostics["entry"]["data"]["url"] == "rtsp://camera.example/live"


async def test_an_entry_of_an_unknown_kind_shows_its_fields_without_values(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    entry = MockConfigEntry(domain=DOMAIN, data={"hologram": "owl.lan"})
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["entry"]["data"] == {"hologram": "**REDACTED**"}


async def test_a_devices_diagnostics_are_the_same_with_its_entities(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    device_registry: dr.DeviceRegistry,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    async with TestCamera(Feed(), username="operator", password=PASSWORD) as camera:
        entry = make_entry(camera.plain_url, username="operator", password="wr0ng")
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await eventually(lambda: entry.runtime_data.camera.main.state == "failed")
        [device] = dr.async_entries_for_config_entry(device_registry, entry.entry_id)

        diagnostics: Any = await get_diagnostics_for_device(
            hass, hass_client, entry, device
        )

        assert diagnostics["device"]["name"] == "Front door"
        assert diagnostics["entities"][CAMERA] == {"state": "idle", "disabled_by": None}
        hidden = diagnostics["entities"]["sensor.front_door_speed"]
        assert hidden == {"state": None, "disabled_by": "integration"}
        # FFmpeg's last messages, with the reason.
        assert diagnostics["stream"]["reason"] == "unauthorized"
        assert any("401" in line for line in diagnostics["stream"]["log"])
        text = json.dumps(diagnostics)
        assert "wr0ng" not in text
        assert "operator" not in text
        # That token gives access to the camera's pictures.
        assert state_of(hass, CAMERA).attributes["access_token"] not in text
        await hass.config_entries.async_unload(entry.entry_id)
