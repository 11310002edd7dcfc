"""Stored entries: of other versions, and after a removal."""

import json
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import restore_state
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.config_flow import HlsCameraConfigFlow
from tests.camera import TestCamera

from . import CAMERA, SOURCE_INFO, call, make_entry, set_up, streaming

PASSWORD = "hunter2"


def of_version(camera: TestCamera, version: int, minor_version: int) -> MockConfigEntry:
    """Return an entry as another version of the integration keeps it."""
    entry = make_entry(
        camera.plain_url,
        options={"always_on": False, "from_the_future": {"nobody": "knows"}},
        from_the_future=[1, 2, 3],
        source_info={
            "video": {**SOURCE_INFO["video"], "from_the_future": True},
            "audio": {**SOURCE_INFO["audio"], "from_the_future": True},
            "from_the_future": None,
        },
    )
    return MockConfigEntry(
        domain=entry.domain,
        title=entry.title,
        data=entry.data,
        options=entry.options,
        version=version,
        minor_version=minor_version,
    )


async def test_a_newer_minor_version_is_understood(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    """After a downgrade: unknown data stays as it is."""
    newer = HlsCameraConfigFlow.MINOR_VERSION + 1
    entry = of_version(camera, HlsCameraConfigFlow.VERSION, newer)
    await set_up(hass, entry)
    await call(hass, "start_stream")
    await streaming(hass)
    assert entry.minor_version == newer
    assert entry.data["from_the_future"] == [1, 2, 3]
    assert "from_the_future" in entry.options


async def test_a_newer_major_version_is_refused(
    hass: HomeAssistant, camera: TestCamera, caplog: pytest.LogCaptureFixture
) -> None:
    version = HlsCameraConfigFlow.VERSION + 1
    entry = of_version(camera, version, 1)
    before = dict(entry.data)
    await set_up(hass, entry, ConfigEntryState.MIGRATION_ERROR)
    assert f"has version {version} which is higher" in caplog.text
    # The next upgrade finds it as it was.
    assert entry.data == before
    assert (entry.version, entry.minor_version) == (version, 1)
    assert hass.states.get(CAMERA) is None
    assert camera.total_connections == 0


async def stored(hass: HomeAssistant, hass_storage: dict[str, Any]) -> dict[str, Any]:
    """Return the content of `.storage` when Home Assistant stops."""
    await restore_state.async_get(hass).async_dump_states()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    return dict(hass_storage)


async def test_a_removal_leaves_what_belongs_there(
    hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    async with TestCamera(username="admin", password=PASSWORD) as camera:
        entry = make_entry(
            camera.plain_url,
            username="admin",
            password=PASSWORD,
            unique_id="axis-77",
            # The result of its probe makes Home Assistant store the entry.
            source_info=None,
        )
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await streaming(hass)

        def mentions(content: object) -> bool:
            text = json.dumps(content, default=str)
            traces = (entry.entry_id, "front_door", "axis-77", camera.plain_url)
            return any(trace in text for trace in traces)

        before = await stored(hass, hass_storage)
        assert mentions(before["core.config_entries"])
        assert mentions(before["core.restore_state"])
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
    after = await stored(hass, hass_storage)
    # Home Assistant keeps the latest states for a week.
    restored = after.pop("core.restore_state")
    # A camera that is added again has its entity ids and its history back.
    after["core.device_registry"]["data"].pop("deleted_devices")
    after["core.entity_registry"]["data"].pop("deleted_entities")
    assert not [key for key, content in after.items() if mentions(content)]
    assert PASSWORD not in json.dumps([after, restored], default=str)
    assert hass.states.async_all() == []
