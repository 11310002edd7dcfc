"""What the camera sends is remembered; wrong credentials are asked for."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import Feed, TestCamera

from . import call, eventually, make_entry, set_up, state_of, streaming


async def test_what_the_camera_sends_is_remembered(
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
