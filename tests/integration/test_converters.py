"""Converters in Home Assistant: entries, entities, repairs, and the option of a camera."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.converters.errors import ConverterProblem
from custom_components.hls_camera.diagnostics import async_get_config_entry_diagnostics
from custom_components.hls_camera.manager import CONVERTERS
from tests.camera import Feed
from tests.converters.go2rtc import VERSION, Go2rtcHost
from tests.waiting import eventually

from . import CAMERA, call, make_entry, set_up, streaming
from .flows import ServeCamera, open_options

CONNECTIVITY = "binary_sensor.shed_connectivity"
CONVERSIONS = "sensor.shed_conversions"


@pytest.fixture
async def host() -> AsyncIterator[Go2rtcHost]:
    async with Go2rtcHost(username="me", password="secret") as host:
        await host.add("door", "rtsp://192.0.2.1/")
        yield host


@pytest.fixture
async def shed(hass: HomeAssistant, host: Go2rtcHost) -> MockConfigEntry:
    """Return the entry of a converter, set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        title="Shed",
        minor_version=2,
        data={
            "kind": "converter",
            "address": host.url,
            "username": "me",
            "password": "secret",
            "max_conversions": 3.0,
            "hardware": False,
            "verify_ssl": True,
        },
    )
    await set_up(hass, entry)
    return entry


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


def issues(hass: HomeAssistant) -> set[str]:
    return {key for domain, key in ir.async_get(hass).issues if domain == DOMAIN}


async def test_a_converter_has_entities_of_its_own(
    hass: HomeAssistant, shed: MockConfigEntry
) -> None:
    await eventually(lambda: state_of(hass, CONNECTIVITY) == "on")
    assert state_of(hass, CONVERSIONS) == "0"
    assert len(hass.states.async_all()) == 2
    assert not shed.supports_options


async def test_a_camera_is_converted_on_the_converter(
    hass: HomeAssistant, shed: MockConfigEntry, host: Go2rtcHost, serve: ServeCamera
) -> None:
    camera = await serve(Feed(video="hevc", size=(96, 64)))
    entry = await set_up(hass, make_entry(camera.plain_url))
    await call(hass, "start_stream")
    await streaming(hass)
    assert entry.runtime_data.camera.main.supervisor.converted.host == "Shed"
    answer = await call(hass, "get_status", return_response=True)
    assert answer[CAMERA]["converted_on"] == "Shed"
    assert state_of(hass, CONVERSIONS) == "1"
    # The owner takes the converter away: this machine goes on.
    assert await hass.config_entries.async_unload(shed.entry_id)
    assert set(host.streams) == {"door"}
    await eventually(
        lambda: entry.runtime_data.camera.main.supervisor.conversion is not None
    )
    await streaming(hass)


async def test_a_converter_that_is_down_makes_a_repair_until_it_is_back(
    hass: HomeAssistant, shed: MockConfigEntry, host: Go2rtcHost
) -> None:
    await eventually(lambda: state_of(hass, CONNECTIVITY) == "on")
    await host.kill()
    shed.runtime_data.wake()
    issue = f"converter_unreachable_{shed.entry_id}"
    await eventually(lambda: issue in issues(hass))
    assert state_of(hass, CONNECTIVITY) == "off"
    assert await hass.config_entries.async_unload(shed.entry_id)
    assert issues(hass) == set()


@pytest.mark.parametrize(
    ("problem", "issue"),
    [
        (ConverterProblem.LOGIN_REJECTED, "converter_login_rejected"),
        (ConverterProblem.STALLED, "converter_fails"),
        (ConverterProblem.TOO_SLOW, "converter_too_slow"),
        (ConverterProblem.NO_RTSP, "converter_unreachable"),
    ],
)
async def test_each_problem_has_its_repair(
    hass: HomeAssistant, shed: MockConfigEntry, problem: ConverterProblem, issue: str
) -> None:
    shed.runtime_data.fail(problem)
    assert issues(hass) == {f"{issue}_{shed.entry_id}"}


async def test_diagnostics_of_a_converter_have_no_credentials(
    hass: HomeAssistant, shed: MockConfigEntry
) -> None:
    await eventually(lambda: shed.runtime_data.is_connected)
    diagnostics = await async_get_config_entry_diagnostics(hass, shed)
    assert diagnostics["host"] == {
        "version": VERSION,
        "problem": None,
        "detail": "",
        "conversions": 0,
        "limit": 3,
    }
    assert "secret" not in json.dumps(diagnostics)


async def test_the_options_offer_the_converters(
    hass: HomeAssistant, shed: MockConfigEntry, loaded: MockConfigEntry
) -> None:
    result: Any = await open_options(hass, loaded)
    picture = result["data_schema"].schema["picture"].schema.schema
    assert picture["convert_on"].config["options"] == [
        {"value": "automatic", "label": "automatic"},
        {"value": "here", "label": "here"},
        {"value": shed.entry_id, "label": "Shed"},
    ]


async def test_without_converters_the_options_do_not_ask(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result: Any = await open_options(hass, loaded)
    assert "convert_on" not in result["data_schema"].schema["picture"].schema.schema


@pytest.mark.parametrize(("stored", "shown"), [("here", "here"), ("gone", "automatic")])
async def test_a_camera_whose_converter_is_gone_is_automatic(
    hass: HomeAssistant,
    shed: MockConfigEntry,
    loaded: MockConfigEntry,
    stored: str,
    shown: str,
) -> None:
    hass.config_entries.async_update_entry(loaded, options={"convert_on": stored})
    result: Any = await open_options(hass, loaded)
    schema = result["data_schema"].schema["picture"].schema.schema
    marker = next(each for each in schema if each == "convert_on")
    assert marker.description == {"suggested_value": shown}


async def test_entries_of_cameras_and_converters_load_side_by_side(
    hass: HomeAssistant, shed: MockConfigEntry, loaded: MockConfigEntry
) -> None:
    assert shed.state is loaded.state is ConfigEntryState.LOADED
    assert [host.name for host in hass.data[CONVERTERS].hosts] == ["Shed"]
    assert await hass.config_entries.async_remove(shed.entry_id)
    assert hass.states.get(CONNECTIVITY) is None
    assert loaded.state is ConfigEntryState.LOADED
