"""Cameras that answer a search in the network."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from homeassistant.components import network
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.hls_camera import find_flow
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.finding import ws_discovery
from tests.onvif import OnvifCamera, Quality, one_channel
from tests.onvif.discovery import SCOPES, Network, match

from . import eventually, make_entry, set_up
from .announcements import announcement, hear, is_known
from .flows import Result, ServeCamera, open_menu, submit, suggested

HOST = "127.0.0.2"
MAC = "ac:cc:8e:12:34:56"
WITH_MAC = match(scopes=(*SCOPES, f"onvif://www.onvif.org/MAC/{MAC}"))


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_discovery, "INTERVAL_S", 0.05)
    monkeypatch.setattr(find_flow, "_MIN_PROGRESS_S", 0.0)


@pytest.fixture
async def nearby(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Network]:
    """A network in which one camera answers."""
    [adapter] = [
        {"name": "lo", "enabled": True, "ipv6": [], "ipv4": [{"address": "127.0.0.1"}]}
    ]

    async def adapters(_hass: HomeAssistant) -> list[Any]:
        return [adapter]

    monkeypatch.setattr(network, "async_get_adapters", adapters)
    async with Network({HOST: match()}) as devices:
        monkeypatch.setattr(ws_discovery, "GROUP", devices.group)
        yield devices


def offers(hass: HomeAssistant) -> list[Result]:
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return [each for each in flows if each["context"]["source"] != "user"]


async def offered(hass: HomeAssistant) -> list[Result]:
    """Return the offers once Home Assistant has searched the network."""
    await hass.async_block_till_done(wait_background_tasks=True)
    return offers(hass)


async def search(hass: HomeAssistant) -> list[Result]:
    """Search the network as after a start; return the offers."""
    await set_up(hass, make_entry("rtsp://192.0.2.1/live"))
    return await offered(hass)


async def ignore(hass: HomeAssistant, offer: Result) -> None:
    ignored = {"unique_id": offer["context"]["unique_id"], "title": "Camera"}
    await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "ignore"}, data=ignored
    )


async def again(hass: HomeAssistant, **changes: Any) -> Result:
    """Let the camera answer another search."""
    camera = ws_discovery.NearbyCamera(**{"host": HOST, **changes})
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "integration_discovery"}, data=camera.as_dict()
    )


async def test_a_camera_in_the_network_is_offered_after_the_start(
    hass: HomeAssistant, nearby: Network
) -> None:
    hass.set_state(CoreState.starting)
    await set_up(hass, make_entry("rtsp://192.0.2.1/live"))
    assert await offered(hass) == []
    assert nearby.probes == []
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    [offer] = await offered(hass)
    context = offer["context"]
    assert context["title_placeholders"] == {"name": f"ACME Dome 4 ({HOST})"}
    assert context["configuration_url"] == f"http://{HOST}/"
    assert offer["step_id"] == "find"
    # A further entry is no further start.
    asked = len(nearby.probes)
    await set_up(hass, make_entry("rtsp://192.0.2.3/live"))
    assert await offered(hass) == [offer]
    assert len(nearby.probes) == asked


async def test_an_offered_camera_is_added_by_its_login(
    hass: HomeAssistant, nearby: Network, serve: ServeCamera
) -> None:
    stream = await serve(username="admin", password="secret")
    async with OnvifCamera(one_channel(Quality(url=stream.plain_url))) as camera:
        xaddrs = f"http://192.0.2.9:{camera.port}/onvif/device_service"
        nearby.answers = {"127.0.0.1": match(xaddrs=xaddrs)}
        [offer] = await search(hass)
        form = await hass.config_entries.flow.async_configure(offer["flow_id"])
        assert suggested(form) == {"host": f"127.0.0.1:{camera.port}"}
        login = {"username": "admin", "password": "secret"}
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], {**suggested(form), **login}
        )
        await hass.async_block_till_done()
        result = await hass.config_entries.flow.async_configure(form["flow_id"])
        assert result["step_id"] == "found"
        result = await submit(hass, result, {})
        # The camera has said which events it offers.
        await eventually(lambda: "events" in result["result"].data["onvif"])
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == MAC
    await hass.async_block_till_done()
    assert result["result"].state is ConfigEntryState.LOADED
    # Its endpoint is unknown to the entry, but not its host.
    assert is_known(await again(hass, host="127.0.0.1", endpoint="urn:uuid:2"))


@pytest.mark.parametrize(
    "entry",
    [
        make_entry(f"rtsp://{HOST}:8554/live"),
        make_entry("rtsp://relay/live", discovered_host=HOST),
    ],
)
async def test_a_camera_at_the_host_of_an_entry_is_not_offered(
    hass: HomeAssistant, nearby: Network, entry: Any
) -> None:
    await set_up(hass, entry)
    assert await offered(hass) == []


async def test_a_channel_of_a_recorder_with_its_mac_address_is_its_entry(
    hass: HomeAssistant, nearby: Network
) -> None:
    nearby.answers = {HOST: WITH_MAC}
    entry = make_entry(
        "rtsp://recorder/1", unique_id=f"{MAC} S1", channel="S1", device={"mac": MAC}
    )
    await set_up(hass, entry)
    assert await offered(hass) == []


@pytest.mark.parametrize("unique_id", [MAC, f"{MAC} S1"])
async def test_a_camera_that_answers_elsewhere_may_have_moved(
    hass: HomeAssistant, nearby: Network, unique_id: str
) -> None:
    nearby.answers = {HOST: WITH_MAC}
    entry = make_entry(
        "rtsp://192.0.2.8/live",
        unique_id=unique_id,
        discovered_host="192.0.2.8",
        device={"mac": MAC},
    )
    entry.add_to_hass(hass)
    result = await again(hass, mac=MAC)
    assert result["step_id"] == "moved"
    assert result["description_placeholders"]["now"] == HOST


async def test_an_ignored_camera_is_not_offered_again(
    hass: HomeAssistant, nearby: Network
) -> None:
    [offer] = await search(hass)
    await ignore(hass, offer)
    assert offers(hass) == []
    endpoint = offer["context"]["unique_id"]
    assert is_known(await again(hass, endpoint=endpoint))
    # Nor if it announces itself in another way.
    assert is_known(await hear(hass, announcement(HOST)))


async def test_an_ignored_camera_is_known_where_it_moved(
    hass: HomeAssistant, nearby: Network
) -> None:
    [offer] = await search(hass)
    await ignore(hass, offer)
    endpoint = offer["context"]["unique_id"]
    assert is_known(await again(hass, host="127.0.0.3", endpoint=endpoint))
    assert is_known(await hear(hass, announcement("127.0.0.3")))
    # Its old address may be that of another camera.
    assert (await hear(hass, announcement(HOST)))["step_id"] == "address"


async def test_a_camera_that_announces_itself_in_two_ways_is_offered_once(
    hass: HomeAssistant, nearby: Network
) -> None:
    await hear(hass, announcement(HOST))
    await search(hass)
    [offer] = offers(hass)
    assert offer["context"]["source"] == "zeroconf"
    assert (await again(hass))["reason"] == "already_in_progress"


async def test_the_offer_ends_when_the_camera_is_added_otherwise(
    hass: HomeAssistant, nearby: Network
) -> None:
    nearby.answers |= {"127.0.0.3": match(endpoint="urn:uuid:2")}
    assert len(await search(hass)) == 2
    await set_up(hass, make_entry(f"rtsp://{HOST}/live"))
    [offer] = offers(hass)
    assert offer["context"]["unique_id"] == "urn:uuid:2"


# On request


async def find(hass: HomeAssistant) -> Result:
    menu = await open_menu(hass)
    return await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "find"}
    )


async def listed(hass: HomeAssistant, form: Result) -> Result:
    """Submit a form without a host, and return the form after the search."""
    result = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"username": "admin"}
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    assert result["progress_action"] == "find_nearby"
    await hass.async_block_till_done(wait_background_tasks=True)
    return await hass.config_entries.flow.async_configure(form["flow_id"])


def choices(form: Result) -> dict[str, str]:
    """Return the cameras that the form offers, by what they put into the field."""
    [field] = [
        each for key, each in form["data_schema"].schema.items() if key == "host"
    ]
    options = field.config.get("options", [])
    assert not options or field.config["custom_value"]
    return {each["value"]: each["label"] for each in options}


async def test_the_form_lists_the_cameras_that_have_answered(
    hass: HomeAssistant, nearby: Network
) -> None:
    menu = await open_menu(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await hass.config_entries.flow.async_configure(
        menu["flow_id"], {"next_step_id": "find"}
    )
    assert choices(form) == {HOST: f"ACME Dome 4 ({HOST})"}


async def test_cameras_are_listed_on_request(
    hass: HomeAssistant, nearby: Network
) -> None:
    nearby.answers |= {"127.0.0.3": match(), "127.0.0.4": match(), "127.0.0.5": match()}
    await set_up(hass, make_entry("rtsp://127.0.0.3/live"))
    await set_up(hass, make_entry("rtsp://127.0.0.4/1", channel="S1"))
    form = await find(hass)
    assert choices(form) == {}
    form = await listed(hass, form)
    assert form["errors"] == {}
    assert suggested(form) == {"username": "admin"}
    # A recorder may have further channels.
    assert list(choices(form)) == [HOST, "127.0.0.4", "127.0.0.5"]


async def test_no_camera_answers(hass: HomeAssistant, nearby: Network) -> None:
    nearby.answers = {}
    form = await listed(hass, await find(hass))
    assert form["errors"] == {"host": "find_nobody_answers"}
    assert "port" not in form["data_schema"].schema
    # It was switched on meanwhile.
    nearby.answers = {HOST: match()}
    assert list(choices(await listed(hass, form))) == [HOST]


async def test_an_offered_form_lists_cameras_as_well(
    hass: HomeAssistant, nearby: Network
) -> None:
    form = await again(hass)
    assert list(choices(await listed(hass, form))) == [HOST]


async def test_leaving_the_menu_ends_the_search(
    hass: HomeAssistant, nearby: Network
) -> None:
    menu = await open_menu(hass)
    await nearby.was_asked.wait()
    name = f"{DOMAIN} network search"
    [searching] = [each for each in asyncio.all_tasks() if each.get_name() == name]
    hass.config_entries.flow.async_abort(menu["flow_id"])
    await asyncio.wait({searching})
    assert searching.cancelled()
    await eventually(lambda: not hass.config_entries.flow.async_progress())
