"""Cameras that announce themselves on the network, by zeroconf."""

from ipaddress import ip_address
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.loader import async_get_zeroconf
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from tests.camera import TestCamera

from . import SOURCE_INFO, call, make_entry, set_up, streaming
from .flows import Result, ServeCamera, a_form, begin, submit, suggested

TYPE = "_rtsp._tcp.local."
AXIS: dict[str, Any] = {"macaddress": "ACCC8E123456", "path": "axis-media/media.amp"}


def announcement(
    *hosts: str,
    port: int | None = 554,
    name: str = "Front door",
    hostname: str = "front-door.local.",
    **properties: Any,
) -> ZeroconfServiceInfo:
    """Return what Home Assistant hears of a camera."""
    addresses = [ip_address(host) for host in hosts]
    return ZeroconfServiceInfo(
        ip_address=addresses[0],
        ip_addresses=addresses,
        port=port,
        hostname=hostname,
        type=TYPE,
        name=f"{name}.{TYPE}",
        properties=properties,
    )


async def hear(hass: HomeAssistant, heard: ZeroconfServiceInfo) -> Result:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "zeroconf"}, data=heard
    )


def is_known(result: Result) -> bool:
    return (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


def port_of(camera: TestCamera) -> int:
    return int(camera.plain_url.rpartition(":")[2].partition("/")[0])


async def test_home_assistant_listens_for_cameras(hass: HomeAssistant) -> None:
    listeners = (await async_get_zeroconf(hass))[TYPE]
    assert DOMAIN in {each["domain"] for each in listeners}


async def test_a_camera_that_announces_itself_is_added(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="admin", password="secret")
    heard = announcement(
        "127.0.0.1", port=port_of(camera), path="/camera", macaddress="ACCC8E123456"
    )
    result = await hear(hass, heard)
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["title_placeholders"] == {"name": "Front door"}
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "address")
    assert suggested(result) == {"name": "Front door", "url": camera.plain_url}
    # Nobody has said yet that the camera is wanted.
    assert camera.total_connections == 0

    form = a_form(camera.plain_url, username="admin", password="secret")
    result = await submit(hass, result, form)
    result = await submit(hass, result, {})
    assert result["result"].unique_id == "ac:cc:8e:12:34:56"
    await hass.async_block_till_done()
    await call(hass, "start_stream")
    await streaming(hass)


@pytest.mark.parametrize(
    ("heard", "url", "identity"),
    [
        (announcement("192.0.2.7", **AXIS), "rtsp://192.0.2.7/axis-media/media.amp", "ac:cc:8e:12:34:56"),
        (announcement("192.0.2.7", port=8554, SN="A1-77"), "rtsp://192.0.2.7:8554/", "A1-77"),
        (announcement("2001:db8::7", port=None, path=None, mac=""), "rtsp://[2001:db8::7]/", f"Front door.{TYPE}"),
    ],
)  # fmt: skip
async def test_what_is_made_of_an_announcement(
    hass: HomeAssistant, heard: ZeroconfServiceInfo, url: str, identity: str
) -> None:
    result = await hear(hass, heard)
    assert suggested(result)["url"] == url
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["unique_id"] == identity


async def test_a_camera_is_offered_once(hass: HomeAssistant) -> None:
    await hear(hass, announcement("192.0.2.7", **AXIS))
    again = await hear(hass, announcement("192.0.2.8", name="Again", **AXIS))
    assert again["reason"] == "already_in_progress"


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://192.0.2.7/live",
        "rtsp://[2001:db8::7]:8554/live",
        "http://Front-Door.local/video.mjpg",
    ],
)
async def test_a_camera_that_was_added_by_hand_is_not_offered(
    hass: HomeAssistant, url: str
) -> None:
    make_entry(url).add_to_hass(hass)
    assert is_known(await hear(hass, announcement("192.0.2.7", "2001:db8::7")))


async def test_other_cameras_are_in_nobodys_way(hass: HomeAssistant) -> None:
    make_entry("rtsp://192.0.2.6/live").add_to_hass(hass)
    assert (await hear(hass, announcement("192.0.2.7")))["step_id"] == "address"


async def test_a_second_stream_is_not_another_camera(hass: HomeAssistant) -> None:
    small = {"url": "rtsp://192.0.2.7/sub", "source_info": SOURCE_INFO}
    make_entry("rtsp://relay/front-door", small=small).add_to_hass(hass)
    assert is_known(await hear(hass, announcement("192.0.2.7")))


async def test_what_is_ignored_is_not_offered_again(hass: HomeAssistant) -> None:
    await hear(hass, announcement("192.0.2.7", **AXIS))
    [flow] = hass.config_entries.flow.async_progress()
    ignored = {"unique_id": flow["context"]["unique_id"], "title": "Front door"}
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "ignore"}, data=ignored
    )
    assert is_known(await hear(hass, announcement("192.0.2.8", **AXIS)))
    # Nor is it in the way of others.
    other = announcement("192.0.2.9", name="Garden", macaddress="ACCC8E654321")
    assert (await hear(hass, other))["step_id"] == "address"


@pytest.fixture
def discovered(hass: HomeAssistant) -> MockConfigEntry:
    """An entry that came of an announcement."""
    entry = make_entry(
        "rtsp://192.0.2.7:8554/main",
        unique_id="ac:cc:8e:12:34:56",
        username="admin",
        password="secret",
        discovered_host="192.0.2.7",
        small={"url": "rtsp://192.0.2.7:8554/sub", "source_info": SOURCE_INFO},
    )
    entry.add_to_hass(hass)
    return entry


async def test_an_entry_follows_its_camera(
    hass: HomeAssistant, discovered: MockConfigEntry
) -> None:
    await hass.config_entries.async_setup(discovered.entry_id)
    coordinator = discovered.runtime_data
    assert is_known(await hear(hass, announcement("2001:db8::8", **AXIS)))
    await hass.async_block_till_done()
    data = discovered.data
    assert data["url"] == "rtsp://[2001:db8::8]:8554/main"
    assert data["small"]["url"] == "rtsp://[2001:db8::8]:8554/sub"
    assert "source_info" in data["small"]
    assert (data["username"], data["password"]) == ("admin", "secret")
    # It was set up anew.
    assert discovered.state is ConfigEntryState.LOADED
    assert discovered.runtime_data is not coordinator


async def test_another_address_of_the_same_camera_is_no_news(
    hass: HomeAssistant, discovered: MockConfigEntry
) -> None:
    before = dict(discovered.data)
    assert is_known(await hear(hass, announcement("192.0.2.9", "192.0.2.7", **AXIS)))
    assert discovered.data == before


async def test_an_address_that_a_person_chose_stays(
    hass: HomeAssistant, discovered: MockConfigEntry, serve: ServeCamera
) -> None:
    """Such as that of a relay, which is not where the camera is."""
    relay = await serve()
    await set_up(hass, discovered)
    result = await discovered.start_reconfigure_flow(hass)
    result = await submit(hass, result, {"url": relay.plain_url, "transport": "tcp"})
    await submit(hass, result, {})
    await hass.async_block_till_done()
    assert is_known(await hear(hass, announcement("192.0.2.8", **AXIS)))
    assert discovered.data["url"] == relay.plain_url
    # It is the camera's own again.
    assert discovered.data["discovered_host"] == "192.0.2.8"


async def test_an_entry_from_before_it_announced_itself_is_left_alone(
    hass: HomeAssistant,
) -> None:
    entry = make_entry("rtsp://192.0.2.7/main", unique_id="ac:cc:8e:12:34:56")
    entry.add_to_hass(hass)
    assert is_known(await hear(hass, announcement("192.0.2.8", **AXIS)))
    assert entry.data["url"] == "rtsp://192.0.2.7/main"


async def test_an_announced_camera_that_was_added_meanwhile(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve()
    heard = announcement("127.0.0.1", port=port_of(camera), path="camera")
    offered = await hear(hass, heard)
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    await submit(hass, result, {})
    assert is_known(await submit(hass, offered, a_form(camera.plain_url)))
