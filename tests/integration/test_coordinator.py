"""The coordinator remembers the camera's media, and asks for new credentials."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from tests.camera import Feed, TestCamera, faults
from tests.camera.auth import Authenticator, Credentials

from . import (
    SOURCE_INFO,
    call,
    eventually,
    issues,
    make_entry,
    set_up,
    state_of,
    streaming,
)
from .flows import TCP, submit


async def test_the_description_of_the_media_is_stored(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    entry = await set_up(hass, make_entry(camera.plain_url, source_info=None))
    await call(hass, "start_stream")
    await streaming(hass)
    assert entry.data["source_info"]["video"]["codec"] == "h264"
    assert entry.data["source_info"]["audio"]["codec"] == "aac"
    # Keeping it is no reason to reload, which would end the stream.
    await hass.async_block_till_done()
    assert state_of(hass, "camera.front_door").state == "streaming"


HEVC = {**SOURCE_INFO, "video": {**SOURCE_INFO["video"], "codec": "hevc"}}
"""The camera's media before somebody set it to H.264."""


async def reconfigure(
    hass: HomeAssistant, entry: MockConfigEntry, filled_in: dict[str, Any]
) -> None:
    """Submit the form for other addresses, and the result of its probe."""
    form = await entry.start_reconfigure_flow(hass)
    confirm = await submit(hass, form, {**TCP, **filled_in})
    result = await submit(hass, confirm, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()


async def test_the_result_of_reconfigure_is_stored(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    entry = await set_up(hass, make_entry(camera.plain_url, source_info=HEVC))
    await call(hass, "start_stream")
    await streaming(hass)
    assert entry.runtime_data.camera.main.planner.is_converting

    await reconfigure(hass, entry, {"url": camera.plain_url})
    assert entry.data["source_info"]["video"]["codec"] == "h264"
    await call(hass, "start_stream")
    await streaming(hass)
    assert not entry.runtime_data.camera.main.planner.is_converting


async def test_a_camera_that_serves_one_client_is_left_to_be_looked_at(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    camera.inject(faults.OneClient(busy=0.5))
    entry = await set_up(hass, make_entry(camera.plain_url, source_info=HEVC))
    await call(hass, "start_stream")
    await streaming(hass)
    await reconfigure(hass, entry, {"url": camera.plain_url})
    assert entry.data["source_info"]["video"]["codec"] == "h264"


async def test_the_result_of_reconfigure_is_stored_if_both_streams_are_exchanged(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    async with TestCamera(Feed(size=(640, 360), audio="aac")) as larger:
        small = {"url": larger.plain_url, "source_info": SOURCE_INFO}
        entry = await set_up(hass, make_entry(camera.plain_url, small=small))
        both = {"url": larger.plain_url, "small": {"url": camera.plain_url}}
        await reconfigure(hass, entry, both)
        assert entry.data["source_info"]["video"]["width"] == 640
        assert entry.data["small"]["source_info"]["video"]["width"] == 320
        main, second = entry.runtime_data.camera.renditions
        assert main.planner.source_info.video.width == 640
        assert second.planner.source_info.video.width == 320


async def test_a_restart_finds_what_was_set_otherwise_in_the_camera(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    entry = await set_up(hass, make_entry(camera.plain_url, source_info=HEVC))
    await call(hass, "start_stream")
    await streaming(hass)
    await call(hass, "restart_stream")
    main = entry.runtime_data.camera.main
    await eventually(
        lambda: main.planner.plan is not None and main.planner.plan.copies_all
    )
    assert entry.data["source_info"]["video"]["codec"] == "h264"
    await streaming(hass)


OTHER_PASSWORD = Authenticator(Credentials("admin", "new"))


def reauth_flows(hass: HomeAssistant, entry: MockConfigEntry) -> int:
    """Return how many forms ask for the entry's credentials."""
    return len(list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})))


async def test_wrong_credentials_are_asked_for(hass: HomeAssistant) -> None:
    async with TestCamera(Feed(), username="admin", password="right") as camera:
        entry = make_entry(camera.plain_url, username="admin", password="wrong")
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await eventually(
            lambda: state_of(hass, "sensor.front_door_status").state == "failed"
        )
        [flow] = hass.config_entries.flow.async_progress()
        assert flow["context"]["source"] == SOURCE_REAUTH
        assert flow["context"]["entry_id"] == entry.entry_id


async def test_credentials_are_asked_for_at_the_first_rejection(
    hass: HomeAssistant,
) -> None:
    """A camera that boots may not know its users yet, so tries go on meanwhile."""
    async with TestCamera(Feed(), username="admin", password="right") as camera:
        entry = make_entry(camera.plain_url, username="admin", password="right")
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await streaming(hass)
        right, camera.authenticator = camera.authenticator, OTHER_PASSWORD
        for connection in camera.connections:
            connection.reset()
        await eventually(lambda: reauth_flows(hass, entry) == 1)
        assert state_of(hass, "sensor.front_door_status").state == "backoff"
        assert state_of(hass, "sensor.front_door_last_error").state == "unauthorized"

        camera.authenticator = right
        await call(hass, "restart_stream")
        await streaming(hass)
        assert reauth_flows(hass, entry) == 0


async def test_credentials_are_asked_for_despite_a_reconfigure_dialog_left_open(
    hass: HomeAssistant,
) -> None:
    async with TestCamera(Feed(), username="admin", password="right") as camera:
        entry = make_entry(camera.plain_url, username="admin", password="wrong")
        await set_up(hass, entry)
        left_open = await entry.start_reconfigure_flow(hass)
        await call(hass, "start_stream")
        await eventually(lambda: "credentials_rejected" in issues(hass))
        placeholders = issues(hass)["credentials_rejected"].translation_placeholders
        assert placeholders == {"name": "Front door"}
        assert reauth_flows(hass, entry) == 0

        # The dialog is closed without a change.
        hass.config_entries.flow.async_abort(left_open["flow_id"])
        async_fire_time_changed(hass, utcnow() + timedelta(seconds=11))
        await hass.async_block_till_done()
        assert reauth_flows(hass, entry) == 1
        assert set(issues(hass)) == {"config_entry_reauth"}


async def test_the_figures_are_not_polled_while_nothing_runs(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    def is_polled() -> bool:
        return loaded.runtime_data.update_interval is not None

    assert not is_polled()
    await call(hass, "start_stream")
    assert is_polled()
    await call(hass, "stop_stream")
    assert not is_polled()


async def test_the_figures_are_computed_once_for_each_notification(
    hass: HomeAssistant, loaded: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = loaded.runtime_data
    computed = Mock(wraps=coordinator.camera.statistics)
    monkeypatch.setattr(coordinator.camera, "statistics", computed)
    notified = Mock()
    remove = coordinator.camera.add_listener(notified)
    await call(hass, "start_stream")
    await call(hass, "stop_stream")
    remove()
    assert computed.call_count == notified.call_count > 0
    computed.reset_mock()
    await coordinator.async_refresh()
    assert computed.call_count == 1
