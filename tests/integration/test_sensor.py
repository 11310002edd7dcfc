"""The sensors follow the stream."""

from datetime import UTC, datetime, timedelta

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import TestCamera

from . import call, eventually, state_of, streaming


def sensor(hass: HomeAssistant, name: str) -> str:
    return state_of(hass, f"sensor.front_door_{name}").state


async def test_sensors_follow_the_stream(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    assert sensor(hass, "status") == "idle"
    assert float(sensor(hass, "bitrate")) == 0
    assert int(sensor(hass, "frames")) == 0
    assert sensor(hass, "uptime") == "unknown"

    await call(hass, "start_stream")
    assert sensor(hass, "status") == "starting"
    await streaming(hass)
    assert sensor(hass, "status") == "streaming"
    started = datetime.fromisoformat(sensor(hass, "uptime"))
    assert datetime.now(UTC) - started < timedelta(seconds=5)

    await eventually(lambda: float(sensor(hass, "bitrate")) > 0, within=10)
    await eventually(lambda: int(sensor(hass, "frames")) > 30, within=10)

    await call(hass, "stop_stream")
    assert sensor(hass, "status") == "stopped"
    assert float(sensor(hass, "bitrate")) == 0
    assert sensor(hass, "uptime") == "unknown"


async def test_units(hass: HomeAssistant, loaded: MockConfigEntry) -> None:
    bitrate = state_of(hass, "sensor.front_door_bitrate").attributes
    assert bitrate["unit_of_measurement"] == "Mbit/s"
    assert bitrate["device_class"] == "data_rate"
    frames = state_of(hass, "sensor.front_door_frames").attributes
    assert frames["unit_of_measurement"] == "frames"
    assert frames["state_class"] == "total_increasing"


async def test_a_camera_that_goes_away(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    await camera.stop()
    await eventually(lambda: sensor(hass, "status") != "streaming")
    assert sensor(hass, "uptime") == "unknown"
    assert state_of(hass, "camera.front_door").state == "idle"
