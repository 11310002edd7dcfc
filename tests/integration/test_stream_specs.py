"""An entry's streams as the core's specifications, and the keys of their sources."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import LOGGER
from custom_components.hls_camera.providers.registry import source_keys
from custom_components.hls_camera.stream_specs import options_of_streams, stream_specs
from custom_components.hls_camera.streaming.camera.manager import KeyedSpec
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.options import VideoMode

from . import SOURCE_INFO, make_entry

URL = "rtsp://camera.lan/stream1"
SUB = {"url": "rtsp://camera.lan/stream2", "source_info": SOURCE_INFO}


def specs(hass: HomeAssistant, **data: Any) -> tuple[KeyedSpec, ...]:
    return stream_specs(hass, make_entry(URL, **data))


async def test_an_address_is_one_stream(hass: HomeAssistant) -> None:
    [main] = specs(hass, username="me", password="secret")
    assert main.spec.find_source is not None
    found = await main.spec.find_source()
    assert found.tcp_address == ("camera.lan", 554)
    assert isinstance(found, AddressInput)
    assert found.source.url_with_credentials() == "rtsp://me:secret@camera.lan/stream1"
    assert main.spec.source_info == SourceInfo.from_dict(SOURCE_INFO)
    assert not main.spec.is_dynamic


async def test_the_cameras_own_sub_stream(hass: HomeAssistant) -> None:
    main, sub = specs(hass, username="me", password="secret", small=SUB)
    assert sub.spec.find_source is not None
    found = await sub.spec.find_source()
    assert isinstance(found, AddressInput)
    assert found.source.url_with_credentials() == "rtsp://me:secret@camera.lan/stream2"
    assert main.key != sub.key


def test_another_integrations_camera_may_have_another_address_each_time(
    hass: HomeAssistant,
) -> None:
    entry = MockConfigEntry(data={"camera": "camera.porch"}, title="Porch")
    [main] = stream_specs(hass, entry)
    assert main.spec.is_dynamic


def test_a_sub_stream_is_made_on_request(hass: HomeAssistant) -> None:
    main, sub = specs(hass, options={"small_height": "360"})
    assert sub.spec.find_source is None, "the main stream is its source"
    assert sub.spec.options.conversion.mode is VideoMode.CONVERT
    assert sub.spec.options.conversion.max_height == 360
    assert main.spec.options.conversion.max_height is None
    assert main.key != sub.key


def test_the_cameras_own_sub_stream_is_preferred(hass: HomeAssistant) -> None:
    _, sub = specs(hass, small=SUB, options={"small_height": "360"})
    assert sub.spec.find_source is not None
    assert sub.spec.options.conversion.max_height is None


@pytest.mark.parametrize("data", [{"small": SUB}, {}])
def test_a_sub_stream_is_for_viewers_only(
    hass: HomeAssistant, data: dict[str, Any]
) -> None:
    options = {"always_on": True, "lookback": 30.0, "small_height": "360"}
    main, sub = specs(hass, options=options, **data)
    assert (main.spec.options.on_demand, main.spec.options.lookback) == (False, 30.0)
    assert (sub.spec.options.on_demand, sub.spec.options.lookback) == (True, 0.0)


@pytest.mark.parametrize(
    "data", [{}, {"small": SUB}, {"options": {"small_height": "360"}}]
)
def test_options_that_change_later_are_those_of_the_same_streams(
    hass: HomeAssistant, data: dict[str, Any]
) -> None:
    entry = make_entry(URL, **data)
    expected = tuple(each.spec.options for each in stream_specs(hass, entry))
    assert options_of_streams(entry) == expected


@pytest.mark.parametrize("data", [{}, {"small": SUB}])
def test_keys_are_those_that_forms_compare(
    hass: HomeAssistant, data: dict[str, Any]
) -> None:
    entry = make_entry(URL, **data)
    keys = tuple(each.key for each in stream_specs(hass, entry))
    assert keys == source_keys(entry.data)


def test_each_stream_logs_by_the_cameras_name(hass: HomeAssistant) -> None:
    main, sub = specs(hass, title="Front Door", small=SUB)
    assert main.spec.logger.name == f"{LOGGER.name}.front_door"
    assert sub.spec.logger.name == f"{LOGGER.name}.front_door.small"
