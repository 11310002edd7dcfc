"""The sensors follow the stream, and say nothing where there is nothing to say."""

from datetime import UTC, datetime, timedelta

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import TestCamera

from . import call, eventually, failing, state_of, streaming

FIGURES = (
    "behind_live",
    "bitrate",
    "dropped_frames",
    "frame_rate",
    "keyframe_interval",
    "speed",
    "uptime",
)
ALWAYS_THERE = ("frames", "last_error", "outages", "status", "viewers")
NOT_WHILE_IDLE = ("bitrate", "frame_rate", "speed", "uptime")


pytestmark = pytest.mark.usefixtures("all_enabled")


def sensor(hass: HomeAssistant, name: str) -> str:
    return state_of(hass, f"sensor.front_door_{name}").state


async def test_sensors_follow_the_stream(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    assert sensor(hass, "status") == "idle"
    for name in ("frames", "outages", "viewers"):
        assert float(sensor(hass, name)) == 0
    for name in (*NOT_WHILE_IDLE, "behind_live", "keyframe_interval"):
        assert sensor(hass, name) == "unknown"
    assert sensor(hass, "last_error") == "none"

    await call(hass, "start_stream")
    assert sensor(hass, "status") == "starting"
    await streaming(hass)
    assert sensor(hass, "status") == "streaming"
    started = datetime.fromisoformat(sensor(hass, "uptime"))
    assert datetime.now(UTC) - started < timedelta(seconds=5)

    loaded.runtime_data.camera.open_viewer()
    # Rates that are of a moment are none.
    assert sensor(hass, "bitrate") == sensor(hass, "frame_rate") == "unknown"
    await eventually(lambda: sensor(hass, "bitrate") != "unknown", within=10)
    assert 0.01 < float(sensor(hass, "bitrate")) < 5
    assert 10 <= float(sensor(hass, "frame_rate")) <= 20
    # The first reading is of the first two seconds, at 15 frames per second.
    assert 20 <= int(sensor(hass, "frames")) <= 60
    assert 0.8 <= float(sensor(hass, "keyframe_interval")) <= 1.2
    assert 0.5 < float(sensor(hass, "speed")) < 2
    assert float(sensor(hass, "behind_live")) < 2
    assert sensor(hass, "dropped_frames") == "0"
    assert sensor(hass, "viewers") == "1"

    await call(hass, "stop_stream")
    assert sensor(hass, "status") == "stopped"
    assert float(sensor(hass, "viewers")) == 0
    # A graph would fall to zero at the end of each visit.
    for name in NOT_WHILE_IDLE:
        assert sensor(hass, name) == "unknown"
    assert sensor(hass, "last_error") == "none"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("behind_live", {"unit_of_measurement": "s", "device_class": "duration"}),
        ("bitrate", {"unit_of_measurement": "Mbit/s", "device_class": "data_rate"}),
        ("frame_rate", {"unit_of_measurement": "fps", "state_class": "measurement"}),
        ("keyframe_interval", {"unit_of_measurement": "s", "device_class": "duration"}),
        ("last_error", {"device_class": "enum"}),
        ("speed", {"unit_of_measurement": "x", "state_class": "measurement"}),
        ("status", {"device_class": "enum"}),
        ("uptime", {"device_class": "uptime"}),
    ],
)
async def test_units(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    name: str,
    expected: dict[str, str],
) -> None:
    attributes = state_of(hass, f"sensor.front_door_{name}").attributes
    assert expected.items() <= attributes.items()


@pytest.mark.parametrize(
    ("name", "state_class"),
    [
        ("dropped_frames", "total_increasing"),
        ("frames", "total_increasing"),
        ("outages", "total_increasing"),
        ("viewers", "measurement"),
    ],
)
async def test_counts_have_no_unit(
    hass: HomeAssistant, loaded: MockConfigEntry, name: str, state_class: str
) -> None:
    """It would have to be singular for one, and plural for two."""
    attributes = state_of(hass, f"sensor.front_door_{name}").attributes
    assert attributes["state_class"] == state_class
    assert "unit_of_measurement" not in attributes


async def test_figures_of_a_stream_that_fails_are_unavailable(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    await failing(hass, camera)
    for name in FIGURES:
        assert sensor(hass, name) == "unavailable"
    for name in ALWAYS_THERE:
        assert sensor(hass, name) != "unavailable"
    assert sensor(hass, "last_error") in {"disconnected", "refused"}
    assert sensor(hass, "status") in {"backoff", "starting"}
    # The end of the problem is there, too.
    for entity in ("camera.front_door", "switch.front_door_enabled"):
        assert state_of(hass, entity).state != "unavailable"
    assert state_of(hass, "button.front_door_restart").state != "unavailable"
    await eventually(lambda: sensor(hass, "last_error") == "refused")

    await camera.accept_connections()
    await streaming(hass)
    for name in (*FIGURES, *ALWAYS_THERE):
        assert sensor(hass, name) != "unavailable"
    # It is the last one, not one of now.
    assert sensor(hass, "last_error") == "refused"
    shown = state_of(hass, "sensor.front_door_last_error")
    assert datetime.now(UTC) - shown.attributes["time"] < timedelta(minutes=1)
    # However many retries it took
    assert sensor(hass, "outages") == "1"


async def test_a_stream_that_does_not_run_has_no_viewers(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    camera = loaded.runtime_data.camera
    camera.open_viewer()
    await streaming(hass)
    await loaded.runtime_data.async_refresh()
    assert sensor(hass, "viewers") == "1"
    await camera.stop()
    camera.arm()
    assert sensor(hass, "viewers") == "0"
