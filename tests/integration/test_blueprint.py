"""The blueprint that power-cycles a camera, as Home Assistant runs it."""

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockToggleEntity,
    async_capture_events,
    async_fire_time_changed,
    setup_test_component_platform,
)

from tests.camera import TestCamera

from . import eventually, failing, make_entry, set_up, state_of, streaming

BLUEPRINTS: Final = Path(__file__).parents[2] / "blueprints"
PLUG: Final = "switch.plug"
AUTOMATION: Final = "automation.power_cycle"

FAILING: Final = timedelta(minutes=2)
OFF: Final = timedelta(seconds=20)
BOOT: Final = timedelta(minutes=3)
TRIES: Final = 2


@pytest.fixture
async def loaded(hass: HomeAssistant, camera: TestCamera) -> MockConfigEntry:
    """A camera that is always connected."""
    entry = make_entry(camera.plain_url, options={"always_on": True})
    return await set_up(hass, entry)


@pytest.fixture
async def plug(hass: HomeAssistant) -> MockToggleEntity:
    """A smart plug; the camera hangs on it."""
    plug = MockToggleEntity("Plug", "on")
    setup_test_component_platform(hass, "switch", [plug])
    assert await async_setup_component(hass, "switch", {"switch": {"platform": "test"}})
    return plug


@pytest.fixture
async def watched(
    hass: HomeAssistant,
    plug: MockToggleEntity,
    loaded: MockConfigEntry,
    tmp_path: Path,
) -> None:
    """An automation that somebody made of the blueprint, and a live picture."""
    hass.config.config_dir = str(tmp_path)
    shutil.copytree(BLUEPRINTS, tmp_path / "blueprints")
    automation = {
        "alias": "Power cycle",
        "use_blueprint": {
            "path": "hls_camera/power_cycle.yaml",
            "input": {
                "connectivity": "binary_sensor.front_door_connectivity",
                "power": PLUG,
                "failing_minutes": FAILING.total_seconds() / 60,
                "off_seconds": OFF.total_seconds(),
                "boot_minutes": BOOT.total_seconds() / 60,
                "tries": TRIES,
            },
        },
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    assert state_of(hass, AUTOMATION).state == "on"
    await streaming(hass)


async def later(hass: HomeAssistant, delay: timedelta) -> None:
    """Let Home Assistant believe that time has passed."""
    async_fire_time_changed(hass, dt_util.utcnow() + delay)
    await asyncio.sleep(0.05)


async def plug_is(hass: HomeAssistant, state: str) -> None:
    await eventually(lambda: state_of(hass, PLUG).state == state, within=5)


def runs(hass: HomeAssistant) -> int:
    current: int = state_of(hass, AUTOMATION).attributes["current"]
    return current


async def test_the_power_goes_off_and_on_until_the_camera_is_back(
    hass: HomeAssistant, watched: None, camera: TestCamera
) -> None:
    await failing(hass, camera)
    await later(hass, FAILING * 0.9)
    assert runs(hass) == 0
    assert state_of(hass, PLUG).state == "on"

    await later(hass, FAILING)
    await plug_is(hass, "off")
    await later(hass, OFF)
    await plug_is(hass, "on")
    assert runs(hass) == 1

    await camera.accept_connections()
    await streaming(hass)
    await eventually(lambda: runs(hass) == 0)
    assert state_of(hass, PLUG).state == "on"


async def test_it_gives_up_with_the_power_on(
    hass: HomeAssistant, watched: None, camera: TestCamera
) -> None:
    await failing(hass, camera)
    switched: list[Event[Any]] = async_capture_events(hass, "call_service")
    await later(hass, FAILING)
    for _ in range(TRIES):
        await plug_is(hass, "off")
        await later(hass, OFF)
        await plug_is(hass, "on")
        await later(hass, BOOT)
    await eventually(lambda: runs(hass) == 0)
    actions = [event.data["service"] for event in switched]
    assert actions == ["turn_off", "turn_on"] * TRIES


async def test_a_camera_that_comes_back_by_itself_keeps_its_power(
    hass: HomeAssistant, watched: None, camera: TestCamera
) -> None:
    await failing(hass, camera)
    await camera.accept_connections()
    await streaming(hass)
    await later(hass, FAILING)
    assert runs(hass) == 0
    assert state_of(hass, PLUG).state == "on"


async def test_a_camera_that_was_switched_off_stays_off(
    hass: HomeAssistant, watched: None, camera: TestCamera
) -> None:
    await hass.services.async_call(
        "switch", "turn_off", {"entity_id": "switch.front_door_enabled"}, blocking=True
    )
    await later(hass, FAILING)
    assert runs(hass) == 0
