"""Connected or not, well or not; and nothing is claimed that nobody knows."""

import logging

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import TestCamera

from . import CONNECTIVITY, SetFigures, call, failing, refresh, state_of, streaming

PROBLEM = "binary_sensor.front_door_problem"


def both(hass: HomeAssistant) -> tuple[str, str]:
    return state_of(hass, CONNECTIVITY).state, state_of(hass, PROBLEM).state


async def test_they_follow_the_stream(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert both(hass) == ("unknown", "off")
    await call(hass, "start_stream")
    assert both(hass) == ("unknown", "off")
    await streaming(hass)
    assert both(hass) == ("on", "off")

    caplog.set_level(logging.INFO, "custom_components.hls_camera")
    await failing(hass, camera)
    assert both(hass) == ("off", "on")
    # Retries change nothing.
    main = loaded.runtime_data.camera.main
    restarts = main.statistics().restarts
    while main.statistics().restarts < restarts + 2:
        await hass.async_block_till_done()
        assert both(hass) == ("off", "on")

    await camera.accept_connections()
    await streaming(hass)
    assert both(hass) == ("on", "off")

    told = [
        record.getMessage() for record in caplog.records if record.levelname == "INFO"
    ]
    assert sum("Front door is unavailable: " in message for message in told) == 1
    assert sum("Front door is back after " in message for message in told) == 1

    await call(hass, "stop_stream")
    assert both(hass) == ("unknown", "off")


async def test_a_stream_that_falls_behind_is_a_problem(
    hass: HomeAssistant, loaded: MockConfigEntry, set_figures: SetFigures
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    set_figures(loaded, speed=0.5)
    await refresh(loaded, 6)
    assert both(hass) == ("on", "on")
    set_figures(loaded, speed=1.0)
    await refresh(loaded, 6)
    assert both(hass) == ("on", "off")
