"""Adding a camera in the UI, and changing it: the steps."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from PIL import Image
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera import probe_form
from custom_components.hls_camera.const import DOMAIN
from tests.camera import Feed, TestCamera, faults

from . import SOURCE_INFO, call, eventually, make_entry, set_up, streaming
from .flows import (
    PASSWORD,
    TCP,
    ServeCamera,
    a_form,
    begin,
    closed_port,
    give_name,
    submit,
    suggested,
)


async def test_a_camera_is_found_and_added(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(Feed(audio="aac"))
    result = await begin(hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "address")
    assert not result["errors"]

    result = await submit(hass, result, a_form(camera.plain_url))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
    found = result["description_placeholders"]
    assert found["video"].startswith("H.264, 320x180, 1")
    assert found["video"].endswith("fps. Plays everywhere.")
    assert found["audio"] == "AAC. Plays everywhere."
    assert found["details"].startswith("A keyframe every 1")
    assert found["name"] == "127.0.0.1"

    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "127.0.0.1"
    entry = result["result"]
    assert entry.unique_id is None
    assert entry.data["url"] == camera.plain_url
    assert entry.data["source_info"]["video"]["width"] == 320

    await hass.async_block_till_done()
    await give_name(hass, entry)
    await call(hass, "start_stream")
    await streaming(hass)


async def test_a_picture_of_the_camera_is_shown_before_it_is_added(
    hass: HomeAssistant,
    serve: ServeCamera,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    camera = await serve(username="admin", password=PASSWORD)
    form = a_form(camera.plain_url, username="admin", password=PASSWORD)
    result = await submit(hass, await begin(hass), form)
    found = result["description_placeholders"]
    # A picture from the same connection, for this login and a while
    path = found["still"].removeprefix("![](").removesuffix(")\n\n")
    assert path.startswith("/api/hls_camera/found/")
    assert camera.total_connections == 1
    client = await hass_client_no_auth()
    response = await client.get(path)
    assert response.content_type == "image/jpeg"
    assert Image.open(BytesIO(await response.read())).size == (320, 180)
    unsigned, _, _ = path.partition("?")
    assert (await client.get(unsigned)).status == HTTPStatus.UNAUTHORIZED


async def test_a_camera_whose_keyframe_cannot_be_decoded_is_added_without_a_picture(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_form, "KEYFRAME_FORMAT", "nut")
    camera = await serve()
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["step_id"] == "confirm"
    assert not result["description_placeholders"]["still"]


async def test_a_camera_may_lead_to_hosts_that_are_allowed(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    other = await serve()
    host = urlsplit(other.url).netloc
    camera = await serve(faults=[faults.Redirect(other.url)])
    form = a_form(camera.plain_url)
    flow = await begin(hass)
    assert "allowed_hosts" not in flow["data_schema"].schema
    result = await submit(hass, flow, form)
    assert result["errors"] == {"base": "redirected"}
    assert result["description_placeholders"]["detail"] == host
    assert other.total_connections == 0

    result = await submit(hass, result, {**form, "allowed_hosts": f"rtsp://{host}"})
    assert result["errors"] == {"allowed_hosts": "not_a_host"}
    result = await submit(hass, result, form)
    assert result["errors"] == {"base": "redirected"}
    result = await submit(hass, result, {**form, "allowed_hosts": host})
    assert result["step_id"] == "confirm"
    result = await submit(hass, result, {})
    entry = result["result"]
    assert entry.options == {"allowed_hosts": host}
    await hass.async_block_till_done()
    await give_name(hass, entry)
    await call(hass, "start_stream")
    await streaming(hass)

    # The form that changes the address respects the allowed hosts in the options.
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    result = await submit(hass, result, {"url": camera.url, **TCP})
    assert result["step_id"] == "confirm"


async def test_a_conversion_is_described(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(Feed(video="hevc", audio="pcmu"))
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    found = result["description_placeholders"]
    assert "H.265" in found["video"]
    assert "converted to H.264" in found["video"]
    assert (
        found["audio"] == "G.711. Browsers cannot play it, so it is converted to AAC."
    )


async def test_the_same_address_is_not_added_twice(
    hass: HomeAssistant, entry: MockConfigEntry, camera: TestCamera
) -> None:
    entry.add_to_hass(hass)
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    # It is known without asking the camera.
    assert camera.total_connections == 0


async def test_a_fast_probe_needs_no_progress_step(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    form = a_form(await closed_port(serve))
    flow = await begin(hass)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"url": "refused"}


async def test_a_progress_step_is_not_over_before_the_browser_listens(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that misses the event of the end would show the step for ever."""
    monkeypatch.setattr(probe_form, "PROBE_TIMEOUT_S", 0.6)
    progressed = async_capture_events(hass, "data_entry_flow_progressed")
    camera = await serve(faults=[faults.Silent()])
    flow, form = await begin(hass), a_form(camera.plain_url)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    shown = hass.loop.time()
    await eventually(lambda: bool(progressed))
    assert hass.loop.time() - shown > 0.9
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["errors"] == {"url": "timed_out"}


async def test_an_error_stays_until_the_next_input(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    """A browser fetches the form again for each event of the probe's progress."""
    camera = await serve()
    form = await begin(hass)
    result = await submit(hass, form, a_form(await closed_port(serve)))
    assert result["errors"] == {"url": "refused"}
    again = await hass.config_entries.flow.async_configure(form["flow_id"])
    assert again["errors"] == result["errors"]
    result = await submit(hass, again, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_two_people_add_the_same_camera(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve()
    forms = [
        await submit(hass, await begin(hass), a_form(camera.plain_url)) for _ in "12"
    ]
    first, second = [await submit(hass, form, {}) for form in forms]
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert second["reason"] == "already_configured"


async def test_leaving_the_flow_ends_the_look_at_the_camera(
    hass: HomeAssistant, serve: ServeCamera, ffmpegs: Callable[[], int]
) -> None:
    camera = await serve(faults=[faults.Silent()])
    result = await begin(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], a_form(camera.plain_url)
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await camera.wait_connections(1)
    assert ffmpegs() == 1
    # A browser may ask how far it is.
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS

    [looking] = [
        task for task in asyncio.all_tasks() if task.get_name() == f"{DOMAIN} probe"
    ]
    hass.config_entries.flow.async_abort(result["flow_id"])
    await asyncio.wait({looking})
    assert ffmpegs() == 0


async def test_a_camera_moves(
    hass: HomeAssistant, loaded: MockConfigEntry, serve: ServeCamera
) -> None:
    elsewhere = await serve(Feed(size=(640, 360)))
    result = await loaded.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert suggested(result)["url"] == loaded.data["url"]

    # A wrong address is no reason to type everything again.
    wrong = {"url": "rtsp:///", "advanced": {"transport": "udp"}}
    result = await submit(hass, result, wrong)
    assert result["errors"] == {"url": "host_missing"}
    assert suggested(result) == wrong

    result = await submit(hass, result, {"url": elsewhere.plain_url, **TCP})
    assert "640x360" in result["description_placeholders"]["video"]
    result = await submit(hass, result, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert loaded.data["url"] == elsewhere.plain_url
    assert loaded.title == "Front door"
    await call(hass, "start_stream")
    await streaming(hass)
    assert len(elsewhere.connections) == 1


async def test_new_credentials_are_those_of_both_streams(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    main = await serve(username="admin", password="new")
    small = await serve(username="admin", password="new")
    entry = make_entry(
        main.plain_url,
        username="admin",
        password="old",
        small={"url": small.plain_url, "source_info": SOURCE_INFO},
    )
    await set_up(hass, entry)
    result = await entry.start_reauth_flow(hass)
    result = await submit(hass, result, {"username": "admin", "password": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    streams = entry.runtime_data.camera
    streams.sub.wake()
    await eventually(lambda: streams.sub.state == "streaming")


async def test_new_credentials(hass: HomeAssistant, serve: ServeCamera) -> None:
    camera = await serve(username="admin", password="new")
    entry = make_entry(camera.plain_url, username="admin", password="old")
    await set_up(hass, entry)
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"

    result = await submit(hass, result, {"username": "admin", "password": "wrong"})
    assert result["errors"] == {"password": "unauthorized"}
    result = await submit(hass, result, {"username": "admin", "password": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data["password"] == "new"
    assert entry.data["url"] == camera.plain_url
    assert entry.state is ConfigEntryState.LOADED
