"""Cameras that announce themselves on the network, by zeroconf."""

import socket
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.loader import async_get_ssdp, async_get_zeroconf
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera import announcement_flow
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.discovery import changes
from custom_components.hls_camera.streaming.sources.address_input import static_source
from custom_components.hls_camera.streaming.sources.source import Source
from tests.camera import TestCamera

from . import (
    SOURCE_INFO,
    STATUS,
    call,
    eventually,
    make_entry,
    set_up,
    state_of,
    streaming,
)
from .announcements import AXIS, TYPE, announcement, hear, is_known
from .flows import TCP, Result, ServeCamera, a_form, begin, open_menu, submit, suggested

OLD = "old.lan"
"""A name that is looked up instead of the address that a camera had."""


def port_of(camera: TestCamera) -> int:
    return int(camera.plain_url.rpartition(":")[2].partition("/")[0])


async def test_home_assistant_listens_for_cameras(hass: HomeAssistant) -> None:
    listeners = (await async_get_zeroconf(hass))[TYPE]
    assert DOMAIN in {each["domain"] for each in listeners}
    assert {"manufacturer": "AXIS"} in (await async_get_ssdp(hass))[DOMAIN]


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
    assert suggested(result) == {"url": camera.plain_url}
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
async def test_the_result_of_an_announcement(
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


async def test_names_of_announced_cameras_have_no_markup(hass: HomeAssistant) -> None:
    hostile = "\x1b<img src=x>\n[a](http://192.0.2.9)"
    await hear(hass, announcement("192.0.2.7", name=hostile))
    [flow] = hass.config_entries.flow.async_progress()
    name = "(img src=x) (a)(http://192.0.2.9)"
    assert flow["context"]["title_placeholders"] == {"name": name}
    await hear(hass, announcement("192.0.2.8", name="\x07"))
    names = [
        each["context"]["title_placeholders"]["name"]
        for each in hass.config_entries.flow.async_progress()
    ]
    assert names == [name, "192.0.2.8"]


async def test_a_mac_address_of_zeros_identifies_nothing(hass: HomeAssistant) -> None:
    for number in (7, 8):
        heard = announcement(
            f"192.0.2.{number}", name=f"Camera {number}", mac="00:00:00:00:00:00"
        )
        assert (await hear(hass, heard))["step_id"] == "address"


async def test_a_flood_of_announcements_ends(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcement_flow, "MAX_CAMERAS", 3)
    results = [
        await hear(hass, announcement(f"192.0.2.{number}", name=f"Camera {number}"))
        for number in range(1, 6)
    ]
    reasons = [result.get("reason") for result in results]
    assert reasons == [None, None, None, "too_many_cameras", "too_many_cameras"]
    # A known camera still counts as known, and one may be added by hand.
    assert (await open_menu(hass))["type"] is FlowResultType.MENU


async def test_an_ignored_camera_is_not_offered_again(hass: HomeAssistant) -> None:
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


getaddrinfo = socket.getaddrinfo


class Moved:
    """A camera whose entry has an address at which it may no longer be."""

    def __init__(self, camera: TestCamera, entry: MockConfigEntry) -> None:
        self.camera = camera
        self.entry = entry
        self.is_at_old_address = False

    def look_up(self, host: str, *more: Any, **options: Any) -> Any:
        """Return the address of the old name, as long as it has one."""
        if host != OLD:
            return getaddrinfo(host, *more, **options)
        if not self.is_at_old_address:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]


@pytest.fixture
async def moved(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> Moved:
    """A camera that has left the address that its entry has."""
    camera = await serve(username="admin", password="secret")
    old = camera.plain_url.replace("127.0.0.1", OLD)
    entry = make_entry(
        old,
        unique_id="ac:cc:8e:12:34:56",
        username="admin",
        password="secret",
        discovered_host=OLD,
    )
    moved = Moved(camera, entry)
    monkeypatch.setattr(socket, "getaddrinfo", moved.look_up)
    await set_up(hass, entry)
    return moved


async def test_a_camera_that_has_moved_is_asked_for(
    hass: HomeAssistant, moved: Moved
) -> None:
    coordinator = moved.entry.runtime_data
    before = dict(moved.entry.data)
    result = await hear(hass, announcement("127.0.0.1", **AXIS))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "moved")
    expected = {"name": "Front door", "before": OLD, "now": "127.0.0.1"}
    assert expected.items() <= result["description_placeholders"].items()
    # The announced host has got nothing yet, not even a connection.
    assert moved.camera.total_connections == 0
    assert moved.entry.data == before

    result = await submit(hass, result, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "moved")
    await hass.async_block_till_done()
    data = moved.entry.data
    assert data["url"] == moved.camera.plain_url
    assert data["discovered_host"] == "127.0.0.1"
    assert (data["username"], data["password"]) == ("admin", "secret")
    assert moved.entry.state is ConfigEntryState.LOADED
    assert moved.entry.runtime_data is not coordinator
    await call(hass, "start_stream")
    await streaming(hass)


async def test_a_camera_that_answers_where_it_was_has_not_moved(
    hass: HomeAssistant, moved: Moved
) -> None:
    """Any device can repeat what it announces."""
    moved.is_at_old_address = True
    before = dict(moved.entry.data)
    assert is_known(await hear(hass, announcement("192.0.2.66", **AXIS)))
    assert moved.entry.data == before
    assert not hass.config_entries.flow.async_progress()


async def test_a_camera_that_streams_has_not_moved(
    hass: HomeAssistant, moved: Moved
) -> None:
    main = moved.entry.runtime_data.camera.main
    main.supervisor.find_source = static_source(Source.parse(moved.camera.url))
    await call(hass, "start_stream")
    await streaming(hass)
    assert is_known(await hear(hass, announcement("192.0.2.66", **AXIS)))


async def test_a_camera_that_fails_where_it_was_may_have_moved(
    hass: HomeAssistant, moved: Moved
) -> None:
    """Its address may be another device's by now, whose port is open."""
    main = moved.entry.runtime_data.camera.main
    main.supervisor.find_source = static_source(Source.parse(moved.camera.plain_url))
    await call(hass, "start_stream")
    await eventually(lambda: state_of(hass, STATUS).state == "failed")
    moved.is_at_old_address = True
    result = await hear(hass, announcement("127.0.0.1", **AXIS))
    assert result["step_id"] == "moved"


async def test_a_camera_that_is_back_before_the_answer_stays(
    hass: HomeAssistant, moved: Moved
) -> None:
    before = dict(moved.entry.data)
    result = await hear(hass, announcement("127.0.0.1", **AXIS))
    moved.is_at_old_address = True
    result = await submit(hass, result, {})
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "still_there")
    assert moved.entry.data == before


async def test_the_question_goes_when_the_camera_streams(
    hass: HomeAssistant, moved: Moved
) -> None:
    await hear(hass, announcement("192.0.2.66", **AXIS))
    main = moved.entry.runtime_data.camera.main
    main.supervisor.find_source = static_source(Source.parse(moved.camera.url))
    await call(hass, "start_stream")
    await streaming(hass)
    assert not hass.config_entries.flow.async_progress()


async def test_a_host_that_does_not_answer_as_the_camera_is_rejected(
    hass: HomeAssistant, moved: Moved
) -> None:
    before = dict(moved.entry.data)
    result = await hear(hass, announcement("127.0.0.1", **AXIS))
    moved.camera.refuse_connections()
    result = await submit(hass, result, {})
    assert (result["step_id"], result["errors"]) == ("moved", {"base": "refused"})
    assert moved.entry.data == before


async def test_to_ignore_the_question_leaves_the_camera(
    hass: HomeAssistant, moved: Moved
) -> None:
    await hear(hass, announcement("192.0.2.66", **AXIS))
    [flow] = hass.config_entries.flow.async_progress()
    ignored = {"unique_id": flow["context"]["unique_id"], "title": "Front door"}
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "ignore"}, data=ignored
    )
    assert moved.entry.state is ConfigEntryState.LOADED
    assert is_known(await hear(hass, announcement("192.0.2.66", **AXIS)))
    # Another address is another question.
    again = await hear(hass, announcement("192.0.2.67", **AXIS))
    assert again["step_id"] == "moved"


async def test_a_camera_that_was_removed_meanwhile(
    hass: HomeAssistant, moved: Moved
) -> None:
    result = await hear(hass, announcement("127.0.0.1", **AXIS))
    await hass.config_entries.async_remove(moved.entry.entry_id)
    result = await submit(hass, result, {})
    assert result["reason"] == "camera_removed"


async def test_both_streams_move(
    hass: HomeAssistant, discovered: MockConfigEntry
) -> None:
    """An entry that is not set up cannot say where its camera is."""
    result = await hear(hass, announcement("2001:db8::8", **AXIS))
    assert result["step_id"] == "moved"
    data = changes(announcement("2001:db8::8", **AXIS), discovered.data)
    assert data["url"] == "rtsp://[2001:db8::8]:8554/main"
    assert data["small"]["url"] == "rtsp://[2001:db8::8]:8554/sub"
    assert "source_info" in data["small"]


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
    result = await submit(hass, result, {"url": relay.plain_url, **TCP})
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


async def lease(hass: HomeAssistant, ip: str, mac: str = "accc8e123456") -> Result:
    """Let Home Assistant see a DHCP request of a camera."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": "dhcp"},
        data=DhcpServiceInfo(ip=ip, hostname="cam", macaddress=mac),
    )


async def test_a_camera_with_a_known_mac_address_is_followed(
    hass: HomeAssistant, moved: Moved
) -> None:
    device = {"mac": "ac:cc:8e:12:34:56", "model": "Dome 4"}
    hass.config_entries.async_update_entry(
        moved.entry, data={**moved.entry.data, "device": device}
    )
    for ip, mac in ((OLD, "accc8e123456"), ("127.0.0.1", "accc8e654321")):
        result = await lease(hass, ip, mac)
        assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "not_moved")
    result = await lease(hass, "127.0.0.1")
    assert result["step_id"] == "moved"
    result = await submit(hass, result, {})
    assert result["reason"] == "moved"
    assert moved.entry.data["url"] == moved.camera.plain_url
    assert moved.entry.data["device"] == device
    await hass.async_block_till_done()


async def test_a_lease_is_followed_by_the_mac_address_that_was_announced(
    hass: HomeAssistant, moved: Moved
) -> None:
    [device] = dr.async_entries_for_config_entry(
        dr.async_get(hass), moved.entry.entry_id
    )
    assert device.connections == {("mac", "ac:cc:8e:12:34:56")}
    assert (await lease(hass, "127.0.0.1"))["step_id"] == "moved"


async def test_one_answer_moves_all_channels_of_a_recorder(
    hass: HomeAssistant, moved: Moved, serve: ServeCamera
) -> None:
    other = await serve()
    device = {
        "mac": "ac:cc:8e:12:34:56",
        "configuration_url": f"http://{OLD}:8000/page",
    }
    entries = [
        make_entry(
            camera.plain_url.replace("127.0.0.1", OLD),
            unique_id=f"ac:cc:8e:12:34:56 {channel}",
            discovered_host=OLD,
            username="admin",
            password="secret",
            channel=channel,
            device=device,
        )
        for channel, camera in (("S1", moved.camera), ("S2", other))
    ]
    await hass.config_entries.async_remove(moved.entry.entry_id)
    bystander = make_entry(f"rtsp://{OLD}/live", discovered_host=OLD)
    relayed = make_entry("rtsp://relay/3", channel="S3", device=device)
    for entry in (*entries, bystander, relayed):
        await set_up(hass, entry)
    await submit(hass, await lease(hass, "127.0.0.1"), {})
    await hass.async_block_till_done()
    assert [each.data["url"] for each in entries] == [
        moved.camera.plain_url,
        other.plain_url,
    ]
    assert bystander.data["discovered_host"] == OLD
    assert relayed.data["url"] == "rtsp://relay/3"
    registry = dr.async_get(hass)
    pages = {
        device.configuration_url
        for each in entries
        for device in dr.async_entries_for_config_entry(registry, each.entry_id)
    }
    assert pages == {"http://127.0.0.1:8000/page"}
    assert (await lease(hass, "127.0.0.1"))["reason"] == "not_moved"


def upnp(location: str | None, **described: str) -> SsdpServiceInfo:
    """Return the announcement of a UPnP device."""
    return SsdpServiceInfo(
        ssdp_usn="uuid:1::upnp:rootdevice",
        ssdp_st="upnp:rootdevice",
        ssdp_location=location,
        upnp={"friendlyName": "AXIS P3265", **described},
    )


async def hear_upnp(hass: HomeAssistant, heard: SsdpServiceInfo) -> Result:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "ssdp"}, data=heard
    )


async def test_a_upnp_device_is_asked_for_its_streams(hass: HomeAssistant) -> None:
    location = "http://192.0.2.7:49152/rootdesc1.xml"
    heard = upnp(location, serialNumber="ACCC8E123456")
    result = await hear_upnp(hass, heard)
    assert (result["step_id"], suggested(result)) == ("find", {"host": "192.0.2.7"})
    [flow] = hass.config_entries.flow.async_progress()
    assert flow["context"]["unique_id"] == "ac:cc:8e:12:34:56"
    assert flow["context"]["title_placeholders"] == {"name": "AXIS P3265"}
    # Axis announces itself by zeroconf as well.
    again = await hear(hass, announcement("192.0.2.7", **AXIS))
    assert again["reason"] == "already_in_progress"
    # So does one whose MAC address is unknown.
    again = await hear_upnp(hass, upnp(location))
    assert again["reason"] == "already_in_progress"


async def test_a_upnp_device_that_is_known(hass: HomeAssistant) -> None:
    make_entry("rtsp://192.0.2.6/live").add_to_hass(hass)
    make_entry("rtsp://relay/live", device={"mac": "ac:cc:8e:12:34:56"}).add_to_hass(
        hass
    )
    assert is_known(await hear_upnp(hass, upnp("http://192.0.2.6/")))
    heard = upnp("http://192.0.2.7/", serialNumber="ACCC8E123456")
    assert is_known(await hear_upnp(hass, heard))


async def test_a_upnp_device_that_has_moved(
    hass: HomeAssistant, discovered: MockConfigEntry
) -> None:
    heard = upnp("http://192.0.2.8/", serialNumber="ACCC8E123456")
    assert (await hear_upnp(hass, heard))["step_id"] == "moved"


@pytest.mark.parametrize("location", [None, "", "http://camera.example/", "http:///"])
async def test_a_upnp_device_without_an_ip_address(
    hass: HomeAssistant, location: str | None
) -> None:
    result = await hear_upnp(hass, upnp(location))
    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "no_address")


@pytest.mark.parametrize(
    ("port", "host"), [(80, "192.0.2.7"), (None, "192.0.2.7"), (81, "192.0.2.7:81")]
)
async def test_a_camera_that_announces_no_stream_is_asked_for_them(
    hass: HomeAssistant, port: int | None, host: str
) -> None:
    heard = announcement("192.0.2.7", port=port, kind="_psia._tcp.local.")
    result = await hear(hass, heard)
    assert (result["step_id"], suggested(result)) == ("find", {"host": host})
