"""The stream limit, raised in the UI: at once, after a restart, and until the last camera goes."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.manager import MANAGER
from custom_components.hls_camera.stream_limit import (
    async_cameras,
    async_raise_limit,
    async_raised_limit,
    async_settings,
)

from . import issues, set_up


async def test_a_raised_limit_counts_at_once_and_is_kept(
    hass: HomeAssistant, loaded: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    manager = hass.data[MANAGER]
    assert manager.limits.stream_limit == 16
    converter = MockConfigEntry(domain=DOMAIN, data={"kind": "converter"})
    converter.add_to_hass(hass)
    assert async_cameras(hass) == 1
    await async_raise_limit(hass, 17)
    assert manager.limits.stream_limit == 17
    assert await async_raised_limit(hass) == 17

    # A lower one is no request to lower it.
    await async_raise_limit(hass, 3)
    assert manager.limits.stream_limit == 17
    assert await async_raised_limit(hass) == 17

    await hass.config_entries.async_remove(converter.entry_id)
    assert f"{DOMAIN}.limits" in hass_storage
    await hass.config_entries.async_remove(loaded.entry_id)
    assert f"{DOMAIN}.limits" not in hass_storage


async def test_the_repair_names_the_raised_limit(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await async_raise_limit(hass, 17)
    manager = hass.data[MANAGER]
    manager._on_full(True)
    shown = issues(hass)["stream_limit"].translation_placeholders
    assert shown == {"limit": "17"}
    manager._on_full(False)


async def test_a_configured_limit_is_not_raised(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    await async_raise_limit(hass, 17)
    assert (await async_settings(hass)).stream_limit == 1
    await set_up(hass, entry)
    await async_raise_limit(hass, 17)
    assert hass.data[MANAGER].limits.stream_limit == 1
    assert await async_raised_limit(hass) == 0


async def test_a_limit_that_is_raised_before_the_first_camera_counts_for_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_raise_limit(hass, 17)
    assert (await async_settings(hass)).stream_limit == 17
    await set_up(hass, entry)
    assert hass.data[MANAGER].limits.stream_limit == 17
