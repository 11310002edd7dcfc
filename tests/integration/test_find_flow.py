"""Adding a camera by its host, username and password."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr

from custom_components.hls_camera import find_flow
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.finding import onvif, path_search
from custom_components.hls_camera.finding.ws_discovery import NearbyCamera
from custom_components.hls_camera.manager import MANAGER
from custom_components.hls_camera.stream_limit import async_raised_limit
from tests.camera import Feed, TestCamera, faults
from tests.finding.maker_server import MakerServer
from tests.onvif import (
    PASSWORD,
    Channel,
    EventService,
    Message,
    OnvifCamera,
    Quality,
    one_channel,
)
from tests.streaming.servers import MjpegServer

from . import eventually, make_entry
from .flows import Result, ServeCamera, open_menu, suggested

LARGE = Feed(size=(640, 360), live=False)
SMALL = Feed(live=False)
LOGIN = {"username": "admin", "password": PASSWORD}


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find_flow, "_MIN_PROGRESS_S", 0.0)


async def start(hass: HomeAssistant) -> Result:
    menu = await open_menu(hass)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["find", "address", "converter"]
    return await submit(hass, menu, {"next_step_id": "find"})


async def submit(hass: HomeAssistant, flow: Result, form: dict[str, Any]) -> Result:
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    result = await finish(hass, result)
    if result["type"] in {FlowResultType.CREATE_ENTRY, FlowResultType.ABORT}:
        await settle(hass)
    return result


async def settle(hass: HomeAssistant) -> None:
    """Wait until each camera has said which events it offers."""
    await hass.async_block_till_done()
    entries = hass.config_entries.async_entries(DOMAIN)
    await eventually(
        lambda: all("events" in each.data.get("onvif", ["events"]) for each in entries)
    )


async def finish(hass: HomeAssistant, result: Result) -> Result:
    """Wait for the end of the search."""
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        await hass.async_block_till_done()
        result = await hass.config_entries.flow.async_configure(result["flow_id"])
    return result


def note_stages(hass: HomeAssistant, flow: Result) -> list[str]:
    """Return a list to which each stage of the search is added as it is shown."""
    stages: list[str] = []

    @callback
    def note(event: Event[Any]) -> None:
        shown = hass.config_entries.flow._progress[flow["flow_id"]].cur_step
        if shown and "progress_action" in shown:
            stages.append(shown["progress_action"])

    hass.bus.async_listen("data_entry_flow_progressed", note)
    return stages


def host_of(camera: OnvifCamera | MakerServer) -> dict[str, Any]:
    return {"host": f"127.0.0.1:{camera.port}", **LOGIN}


def quality(camera: TestCamera, **options: Any) -> Quality:
    return Quality(url=camera.plain_url, size=camera.feed.size, **options)


type ServePair = Callable[[], Any]


@pytest.fixture
def pair(serve: ServeCamera) -> ServePair:
    """A camera with ONVIF, a main stream and a sub-stream."""

    @asynccontextmanager
    async def start() -> AsyncIterator[OnvifCamera]:
        main = await serve(LARGE, **LOGIN)
        sub = await serve(SMALL, **LOGIN)
        channels = one_channel(quality(main), quality(sub))
        async with OnvifCamera(channels) as camera:
            yield camera

    return start


async def test_a_camera_is_found_and_added(
    hass: HomeAssistant, pair: ServePair
) -> None:
    async with pair() as camera:
        form = await start(hass)
        assert (form["step_id"], form["errors"]) == ("find", {})
        result = await hass.config_entries.flow.async_configure(
            form["flow_id"], host_of(camera)
        )
        assert result["description_placeholders"] == {"host": "127.0.0.1"}
        assert result["progress_action"] == "find_onvif"
        stages = note_stages(hass, form)
        result = await finish(hass, result)
        assert stages == ["find_play"]
        assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "found")
        shown = result["description_placeholders"]
        assert shown["name"] == "ACME Dome 4"
        assert shown["video"].startswith("H.264, 640x360")
        assert "320x180" in shown["small"]
        assert shown["still"].startswith("![](/api/hls_camera/found/")
        assert suggested(result) == {}

        result = await submit(hass, result, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["title"] == "ACME Dome 4"
        entry = result["result"]
        [channel] = camera.channels
        main, sub = channel.qualities
        assert entry.unique_id == "ac:cc:8e:12:34:56"
        assert entry.data["url"] == main.url
        assert entry.data["small"]["url"] == sub.url
        assert entry.data["discovered_host"] == "127.0.0.1"
        assert entry.data["onvif"]["port"] == camera.port
        assert entry.data["source_info"]["video"]["width"] == 640
        assert PASSWORD not in entry.data["url"]
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED

        [device] = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
        assert (device.manufacturer, device.model) == ("ACME", "Dome 4")
        assert (device.sw_version, device.serial_number) == ("V5.7.3", "C12345678")
        assert device.configuration_url == f"http://127.0.0.1:{camera.port}/"
        assert device.connections == {("mac", "ac:cc:8e:12:34:56")}

        # The same camera is not added again.
        result = await submit(hass, await start(hass), host_of(camera))
        assert (result["type"], result["reason"]) == (
            FlowResultType.ABORT,
            "already_configured",
        )

        # A new address keeps the description of the device.
        result = await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
        )
        form = {**LOGIN, "url": sub.url}
        result = await submit(hass, result, form)
        result = await submit(hass, result, {})
        assert result["reason"] == "reconfigure_successful"
        assert entry.data["device"]["model"] == "Dome 4"
        await hass.async_block_till_done()


async def test_a_found_camera_shows_its_motion(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    events = EventService()
    stream = await serve(SMALL, **LOGIN)
    async with OnvifCamera(one_channel(quality(stream)), events=events) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
        result = await submit(hass, result, {})
        await eventually(lambda: bool(events.subscriptions))
        events.report(Message())
        motion = "binary_sensor.acme_dome_4_motion"
        await eventually(lambda: hass.states.is_state(motion, "on"))
        await hass.config_entries.async_unload(result["result"].entry_id)
        assert not events.subscriptions


async def test_two_people_find_the_same_camera(
    hass: HomeAssistant, pair: ServePair
) -> None:
    """Home Assistant closes the form of the second one when the first one adds it."""
    async with pair() as camera:
        first, second = [
            await submit(hass, await start(hass), host_of(camera)) for _ in "12"
        ]
        assert first["step_id"] == second["step_id"] == "found"
        added = await submit(hass, first, {})
        assert added["type"] is FlowResultType.CREATE_ENTRY
        assert hass.config_entries.flow.async_progress() == []
        again = await submit(hass, await start(hass), host_of(camera))
    assert again["reason"] == "already_configured"


async def test_a_camera_with_another_address_but_the_same_mac_is_known(
    hass: HomeAssistant, pair: ServePair
) -> None:
    make_entry("rtsp://192.0.2.1/live", unique_id="ac:cc:8e:12:34:56").add_to_hass(hass)
    async with pair() as camera:
        result = await submit(hass, await start(hass), host_of(camera))
    assert result["reason"] == "already_configured"


async def test_another_camera_with_the_same_mac_is_added(
    hass: HomeAssistant, pair: ServePair
) -> None:
    """Some makers give one MAC address to many cameras."""
    device = {"mac": "ac:cc:8e:12:34:56", "serial_number": "another"}
    other = make_entry("rtsp://192.0.2.1/live", unique_id=device["mac"], device=device)
    other.add_to_hass(hass)
    async with pair() as camera:
        result = await submit(hass, await start(hass), host_of(camera))
        result = await submit(hass, result, {})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].unique_id is None
        # It is known by its stream from now on.
        result = await submit(hass, await start(hass), host_of(camera))
        assert result["reason"] == "already_configured"
    assert other.unique_id == device["mac"]
    await hass.async_block_till_done()


async def test_an_ignored_camera_can_be_added(
    hass: HomeAssistant, pair: ServePair
) -> None:
    await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": "ignore"},
        data={"unique_id": "ac:cc:8e:12:34:56", "title": "Front door"},
    )
    async with pair() as camera:
        result = await submit(hass, await start(hass), host_of(camera))
        result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_another_choice_of_streams_is_tried_as_well(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    cameras = [await serve(feed, **LOGIN) for feed in (LARGE, SMALL, SMALL)]
    qualities = [
        quality(camera, codec=codec)
        for camera, codec in zip(cameras, ("H265", "H264", "H264"), strict=True)
    ]
    async with OnvifCamera(one_channel(*qualities)) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
        assert suggested(result) == {
            "main": cameras[0].plain_url,
            "sub": cameras[2].plain_url,
        }
        choice = {
            "main": cameras[0].plain_url,
            "sub": cameras[1].plain_url,
        }
        result = await submit(hass, result, choice)
        assert (result["step_id"], suggested(result)) == ("found", choice)
        choice = {"main": cameras[1].plain_url}
        result = await submit(hass, result, choice)
        assert suggested(result)["main"] == cameras[1].plain_url
        result = await submit(hass, result, choice)
    entry = result["result"]
    assert entry.data["url"] == cameras[1].plain_url
    assert "small" not in entry.data
    await hass.async_block_till_done()


async def test_a_sub_stream_that_does_not_play_is_left_out(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    main = await serve(LARGE, **LOGIN)
    broken = await serve(SMALL, faults=[faults.Status(404)], **LOGIN)
    async with OnvifCamera(one_channel(quality(main), quality(broken))) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
    assert result["step_id"] == "found"
    assert result["description_placeholders"]["small"] == ""


async def test_a_found_camera_whose_stream_does_not_play(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    broken = await serve(SMALL, faults=[faults.Status(404)], **LOGIN)
    async with OnvifCamera(one_channel(quality(broken))) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
    assert result["errors"] == {"base": "find_nothing_plays"}
    detail = result["description_placeholders"]["detail"]
    assert detail.startswith("The camera has no stream at this path.")
    assert suggested(result)["username"] == "admin"


async def test_the_network_can_be_searched_after_a_camera_that_does_not_play(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(hass: HomeAssistant) -> tuple[NearbyCamera, ...]:
        return ()

    monkeypatch.setattr(find_flow, "async_new_cameras", nobody)
    broken = await serve(SMALL, faults=[faults.Status(404)], **LOGIN)
    async with OnvifCamera(one_channel(quality(broken))) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
    assert result["errors"] == {"base": "find_nothing_plays"}
    result = await submit(hass, result, {"username": "admin"})
    assert (result["step_id"], result["errors"]) == (
        "find",
        {"host": "find_nobody_answers"},
    )


async def test_a_recorder_becomes_a_camera_for_each_chosen_channel(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    cameras = [await serve(LARGE, **LOGIN) for _ in range(4)]
    channels = [
        Channel(source=f"S{number}", name=name, qualities=(quality(each),))
        for number, (name, each) in enumerate(
            zip(("Door", "Yard", "Yard", "Shed"), cameras, strict=True), 1
        )
    ]
    async with OnvifCamera(channels) as camera:
        result = await submit(hass, await start(hass), host_of(camera))
        assert result["step_id"] == "channels"
        assert suggested(result) == {"channels": ["1", "2", "3", "4"]}
        result = await submit(hass, result, {"channels": []})
        assert result["errors"] == {"channels": "no_channel"}
        result = await submit(hass, result, {"channels": ["1", "3"]})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        entries = hass.config_entries.async_entries(DOMAIN)
        assert {each.title: each.data["url"] for each in entries} == {
            "Door 1": cameras[0].plain_url,
            "Yard 3": cameras[2].plain_url,
        }
        assert {each.unique_id for each in entries} == {
            "ac:cc:8e:12:34:56 S1",
            "ac:cc:8e:12:34:56 S3",
        }
        registry = dr.async_get(hass)
        devices = [
            device
            for each in entries
            for device in dr.async_entries_for_config_entry(registry, each.entry_id)
        ]
        [recorder] = [each for each in devices if each.serial_number]
        assert recorder.connections == {("mac", "ac:cc:8e:12:34:56")}
        assert [each.via_device_id for each in devices if each is not recorder] == [
            recorder.id,
            recorder.id,
        ]

        # The others can be added later, even without the first.
        result = await submit(hass, await start(hass), host_of(camera))
        assert suggested(result) == {"channels": ["2", "4"]}
        result = await submit(hass, result, {"channels": ["2", "4"]})
        await hass.async_block_till_done()
        assert len(hass.config_entries.async_entries(DOMAIN)) == 4
        result = await submit(hass, await start(hass), host_of(camera))
        assert result["reason"] == "already_configured"


async def test_more_channels_than_streams_may_run(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(SMALL, **LOGIN)
    # Only the stream of the first channel is tried.
    urls = [camera.plain_url, *(f"{camera.plain_url}?{each}" for each in range(16))]
    channels = [
        Channel(
            source=f"S{number}",
            name=f"Channel {number}",
            qualities=(Quality(url=url),),
        )
        for number, url in enumerate(urls, 1)
    ]
    async with OnvifCamera(channels) as recorder:
        flow = await start(hass)
        result = await submit(hass, flow, host_of(recorder))
        shown = result["description_placeholders"]
        assert (shown["limit"], shown["cameras"]) == ("16", "17")
        fields = {str(field): field for field in result["data_schema"].schema}
        assert fields["raise_limit"].default() is False
        chosen = {"channels": ["1", "2"]}
        await submit(hass, result, {**chosen, "raise_limit": False})
        assert hass.data[MANAGER].limits.stream_limit == 16

        # Now there are two cameras, and a limit for two more is not needed.
        result = await submit(hass, await start(hass), host_of(recorder))
        everything = [str(number) for number in range(3, 18)]
        result = await submit(
            hass, result, {"channels": everything, "raise_limit": True}
        )
        assert hass.data[MANAGER].limits.stream_limit == 17
        assert await async_raised_limit(hass) == 17

        result = await submit(hass, await start(hass), host_of(recorder))
        assert result["reason"] == "already_configured"


async def test_a_few_channels_need_no_other_limit(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(SMALL, **LOGIN)
    channels = [
        Channel(source=url, qualities=(Quality(url=url),))
        for url in (camera.plain_url, f"{camera.plain_url}?2")
    ]
    async with OnvifCamera(channels) as recorder:
        result = await submit(hass, await start(hass), host_of(recorder))
        assert result["step_id"] == "channels"
        assert "raise_limit" not in result["data_schema"].schema
        hass.config_entries.flow.async_abort(result["flow_id"])


async def test_a_camera_without_onvif_is_found_at_its_makers_paths(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(SMALL, path="stream1", **LOGIN)
    port = camera.plain_url.rpartition(":")[2].partition("/")[0]
    flow = await start(hass)
    result = await submit(
        hass, flow, {"host": f"127.0.0.1:{port}", **LOGIN, "password": "wrong"}
    )
    assert result["errors"] == {"password": "find_login_rejected"}
    # A browser fetches the form once for each event of the search.
    again = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert again["errors"] == result["errors"]
    result = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"host": f"127.0.0.1:{port}", **LOGIN}
    )
    stages = note_stages(hass, flow)
    result = await finish(hass, result)
    assert stages == ["find_paths", "find_play"]
    assert result["description_placeholders"]["name"] == "TP-Link Tapo"
    result = await submit(hass, result, {})
    assert result["result"].unique_id is None
    assert result["result"].data["url"] == camera.plain_url
    assert "onvif" not in result["result"].data
    await hass.async_block_till_done()


async def test_the_port_is_asked_for_where_nothing_answers(
    hass: HomeAssistant, pair: ServePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onvif, "PORTS", ())
    monkeypatch.setattr(path_search, "PORTS", ())
    async with pair() as camera:
        flow = await start(hass)
        assert "port" not in flow["data_schema"].schema
        result = await submit(hass, flow, {"host": "127.0.0.1", **LOGIN})
        assert result["errors"] == {"base": "find_no_answer"}
        assert "port" in result["data_schema"].schema
        form = {"host": "127.0.0.1", "port": camera.port, **LOGIN}
        assert (await submit(hass, result, form))["step_id"] == "found"


async def test_a_stream_address_is_added_in_two_steps(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    """The last page shows the result of the probe: there is no other page before it."""
    camera = await serve(SMALL, **LOGIN)
    form = {"host": f" {camera.plain_url} ", **LOGIN}
    result = await submit(hass, await start(hass), form)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "found"
    shown = result["description_placeholders"]
    assert shown["video"].startswith("H.264, 320x180")
    assert shown["still"].startswith("![](/api/hls_camera/found/")
    entry = result["result"]
    assert result["title"] == "127.0.0.1"
    assert entry.data == {
        "url": camera.plain_url,
        **LOGIN,
        "transport": "automatic",
        "source_info": entry.data["source_info"],
    }
    result = await submit(hass, await start(hass), form)
    assert result["reason"] == "already_configured"


async def test_a_stream_address_that_does_not_play_leads_to_its_form(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(SMALL, **LOGIN)
    form = {"host": f"{camera.plain_url}s", **LOGIN}
    result = await submit(hass, await start(hass), form)
    assert (result["step_id"], result["errors"]) == ("address", {"url": "not_found"})
    assert suggested(result) == {"url": f"{camera.plain_url}s", **LOGIN}
    result = await submit(hass, result, {"url": camera.plain_url, **LOGIN})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_stream_address_that_is_none_leads_to_its_form(
    hass: HomeAssistant,
) -> None:
    result = await submit(hass, await start(hass), {"host": "srt://192.0.2.1"})
    assert (result["step_id"], result["errors"]) == ("address", {"url": "port_missing"})


async def test_a_stream_over_http_is_added(hass: HomeAssistant) -> None:
    camera = MjpegServer()
    await camera.start()
    try:
        result = await submit(hass, await start(hass), {"host": camera.url})
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["result"].data["url"] == camera.url
    finally:
        await camera.stop()


async def test_the_address_of_a_page_leads_to_its_camera(
    hass: HomeAssistant, pair: ServePair
) -> None:
    async with pair() as camera:
        for path in ("doc/login.asp", "onvif/device_service", "?lang=en"):
            page = f"http://127.0.0.1:{camera.port}/{path}"
            form = {**LOGIN, "host": page}
            result = await submit(hass, await start(hass), form)
            result = await finish(hass, result)
            assert result["step_id"] == "found", path
            hass.config_entries.flow.async_abort(result["flow_id"])


@pytest.mark.parametrize("text", ["no host", "rtsp://[", "http://[/video"])
async def test_a_text_that_is_no_host(hass: HomeAssistant, text: str) -> None:
    result = await submit(hass, await start(hass), {"host": text})
    assert result["errors"] == {"host": "not_a_host"}
    assert result["description_placeholders"]["detail"] == text


async def test_a_host_name_is_not_followed(
    hass: HomeAssistant, pair: ServePair
) -> None:
    async with pair() as camera:
        form = {**host_of(camera), "host": f"localhost:{camera.port}"}
        result = await submit(hass, await start(hass), form)
        result = await submit(hass, result, {})
    assert "discovered_host" not in result["result"].data
    await hass.async_block_till_done()


async def test_leaving_the_flow_ends_the_search(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    silent = await serve(SMALL, faults=[faults.Silent()], **LOGIN)
    async with OnvifCamera(one_channel(quality(silent))) as camera:
        flow = await start(hass)
        await hass.config_entries.flow.async_configure(flow["flow_id"], host_of(camera))
        await silent.wait_connections(1)
        [searching] = [
            task
            for task in asyncio.all_tasks()
            if task.get_name() == f"{DOMAIN} search" and not task.done()
        ]
        hass.config_entries.flow.async_abort(flow["flow_id"])
        await asyncio.wait({searching})
        assert searching.cancelled()
