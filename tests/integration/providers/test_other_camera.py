"""Another integration's camera as the source of a stream."""

import asyncio
import json
from typing import Any

import pytest
from homeassistant.components.camera.webrtc import async_register_webrtc_provider
from homeassistant.components.generic.camera import GenericCamera
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.coordinator import HlsCameraConfigEntry
from custom_components.hls_camera.providers import other_camera
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.redact import REDACTED
from tests.camera import Feed, TestCamera, faults

from .. import (
    CAMERA,
    LAST_ERROR,
    STATUS,
    call,
    eventually,
    issues,
    set_up,
    state_of,
    streaming,
)
from ..flows import give_name, open_menu, submit
from ..go2rtc import Go2rtc

PORCH = "camera.porch"


@pytest.fixture
async def porch(hass: HomeAssistant, camera: TestCamera) -> MockConfigEntry:
    """Home Assistant's generic camera; its address is the state of a sensor."""
    hass.states.async_set("sensor.address", camera.plain_url)
    entry = MockConfigEntry(
        domain="generic",
        title="Porch",
        version=2,
        options={
            "stream_source": "{{ states('sensor.address') }}",
            "content_type": "image/jpeg",
            "advanced": {"framerate": 2, "verify_ssl": True},
        },
    )
    await set_up(hass, entry)
    return entry


async def add(hass: HomeAssistant, entity_id: str = PORCH) -> Any:
    """Choose another camera in the form for a new one; return the next step."""
    menu = await open_menu(hass)
    form = await submit(hass, menu, {"next_step_id": "camera"})
    assert form["step_id"] == "camera"
    return await submit(hass, form, {"camera": entity_id})


async def reconfigure(hass: HomeAssistant, entry: HlsCameraConfigEntry) -> Any:
    """Return the form for another camera to take."""
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )


@pytest.fixture
async def taken(hass: HomeAssistant, porch: MockConfigEntry) -> HlsCameraConfigEntry:
    """Our entry that takes the porch camera's stream."""
    confirm = await add(hass)
    assert confirm["step_id"] == "confirm", confirm["errors"]
    result = await submit(hass, confirm, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    [entry] = hass.config_entries.async_entries(DOMAIN)
    assert entry.state is ConfigEntryState.LOADED
    await give_name(hass, entry)
    return entry


async def test_there_is_a_choice_where_there_is_another_camera(
    hass: HomeAssistant, porch: MockConfigEntry
) -> None:
    menu = await open_menu(hass)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["find", "address", "camera", "converter"]
    form = await submit(hass, menu, {"next_step_id": "camera"})
    selector = form["data_schema"].schema["camera"]
    assert selector.config["include_entities"] == [PORCH]


async def test_another_cameras_stream_plays(
    hass: HomeAssistant, camera: TestCamera, taken: HlsCameraConfigEntry
) -> None:
    assert "url" not in taken.data
    await call(hass, "start_stream")
    await streaming(hass)
    assert len(camera.connections) == 1


async def test_the_device_has_the_other_integrations_details(
    hass: HomeAssistant,
    porch: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    told: dict[str, Any] = {
        "manufacturer": "Sharp Eyes",
        "model": "Owl 4",
        "model_id": "OWL-4",
        "hw_version": "B",
        "sw_version": "1.2.3",
        "configuration_url": "http://owl.example",
    }
    [other] = dr.async_entries_for_config_entry(device_registry, porch.entry_id)
    device_registry.async_update_device(other.id, **told)
    await submit(hass, await add(hass), {})
    await hass.async_block_till_done()

    [entry] = hass.config_entries.async_entries(DOMAIN)
    [ours] = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert {key: getattr(ours, key) for key in told} == told
    assert ours.name == "Porch HLS"


async def test_the_device_of_a_removed_camera_is_not_known(
    hass: HomeAssistant,
    porch: MockConfigEntry,
    taken: HlsCameraConfigEntry,
    device_registry: dr.DeviceRegistry,
) -> None:
    await hass.config_entries.async_remove(porch.entry_id)
    await hass.config_entries.async_reload(taken.entry_id)
    [ours] = dr.async_entries_for_config_entry(device_registry, taken.entry_id)
    assert (ours.name, ours.manufacturer) == ("Front door", None)


async def test_our_own_cameras_are_not_offered(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    menu = await open_menu(hass)
    form = await submit(hass, menu, {"next_step_id": "camera"})
    assert form["data_schema"].schema["camera"].config["include_entities"] == [PORCH]


async def test_a_camera_is_taken_once(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    result = await add(hass)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


async def test_the_address_is_asked_for_at_each_start(
    hass: HomeAssistant, camera: TestCamera, taken: HlsCameraConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    async with TestCamera() as moved:
        hass.states.async_set("sensor.address", moved.plain_url)
        # As after a reboot: the old address leads nowhere any more.
        camera.refuse_connections()
        for connection in camera.connections:
            connection.reset()
        await eventually(lambda: len(moved.connections) == 1)
        await streaming(hass)
        await hass.config_entries.async_unload(taken.entry_id)


async def test_a_renamed_camera_stays_the_source(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    er.async_get(hass).async_update_entity(PORCH, new_entity_id="camera.terrace")
    await hass.async_block_till_done()
    await call(hass, "start_stream")
    await streaming(hass)


async def test_a_removed_camera_is_missed_until_it_is_back(
    hass: HomeAssistant, porch: MockConfigEntry, taken: HlsCameraConfigEntry
) -> None:
    await hass.config_entries.async_unload(porch.entry_id)
    await call(hass, "start_stream")
    await eventually(lambda: "source_gone" in issues(hass))
    assert state_of(hass, LAST_ERROR).state == "no_source"
    assert state_of(hass, STATUS).state == "backoff"

    # It is not waited for the next try.
    await hass.config_entries.async_setup(porch.entry_id)
    await streaming(hass)
    assert "source_gone" not in issues(hass)


async def test_a_camera_without_a_stream_is_reported(
    hass: HomeAssistant, porch: MockConfigEntry
) -> None:
    menu = await open_menu(hass)
    form = await submit(hass, menu, {"next_step_id": "camera"})
    await hass.config_entries.async_unload(porch.entry_id)
    user_input = {"camera": PORCH}
    result = await submit(hass, form, user_input)
    assert (result["step_id"], result["errors"]) == ("camera", {"camera": "no_source"})

    await hass.config_entries.async_setup(porch.entry_id)
    result = await submit(hass, result, user_input)
    assert result["step_id"] == "confirm"


async def test_a_camera_whose_stream_is_of_no_kind_that_we_take(
    hass: HomeAssistant, porch: MockConfigEntry
) -> None:
    hass.states.async_set("sensor.address", "ftp://camera/film.mp4")
    result = await add(hass)
    assert (result["step_id"], result["errors"]) == ("camera", {"camera": "no_source"})


NO_PORT = "rtsp://me:s3cret@camera:port/live"
"""An address at which the generic camera raises a ValueError."""


async def test_whatever_another_integration_raises_is_no_stream(
    hass: HomeAssistant, camera: TestCamera, taken: HlsCameraConfigEntry
) -> None:
    hass.states.async_set("sensor.address", NO_PORT)
    await call(hass, "start_stream")
    await eventually(lambda: state_of(hass, STATUS).state == "backoff")
    assert state_of(hass, LAST_ERROR).state == "no_source"
    assert taken.runtime_data.camera.main.detail == "ValueError"

    hass.states.async_set("sensor.address", camera.plain_url)
    await streaming(hass)
    await hass.config_entries.async_unload(taken.entry_id)


async def test_the_form_reports_another_integration_that_raises(
    hass: HomeAssistant, porch: MockConfigEntry
) -> None:
    hass.states.async_set("sensor.address", NO_PORT)
    result = await add(hass)
    assert (result["step_id"], result["errors"]) == ("camera", {"camera": "no_source"})


async def test_our_camera_is_there_whatever_another_integration_raises(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    """Home Assistant asks for the address while it adds a camera."""
    remove_provider = async_register_webrtc_provider(hass, Go2rtc(hass))
    await hass.async_block_till_done()
    hass.states.async_set("sensor.address", NO_PORT)
    hass.config_entries.async_update_entry(taken, options={"webrtc": "on"})
    await hass.config_entries.async_reload(taken.entry_id)
    assert state_of(hass, CAMERA).state == "idle"
    # The other camera is asked once more, by Home Assistant.
    hass.states.async_set("sensor.address", "")
    remove_provider()
    await hass.async_block_till_done()


async def test_another_integration_that_does_not_answer_is_not_waited_for(
    hass: HomeAssistant,
    taken: HlsCameraConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asyncio.Event()

    async def hang(_camera: GenericCamera) -> str:
        asked.set()
        return await asyncio.Future[str]()

    monkeypatch.setattr(other_camera, "CAMERA_STREAM_SOURCE_TIMEOUT", 0.1)
    monkeypatch.setattr(GenericCamera, "stream_source", hang)
    await call(hass, "start_stream")
    await asked.wait()
    await eventually(lambda: state_of(hass, STATUS).state == "backoff")
    assert state_of(hass, LAST_ERROR).state == "no_source"
    monkeypatch.undo()
    await streaming(hass)


async def test_the_address_that_is_handed_out_is_not_shown(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    taken: HlsCameraConfigEntry,
) -> None:
    """UniFi Protect asks for nothing but its path."""
    assert await async_setup_component(hass, "diagnostics", {})
    async with TestCamera(path="Xo3aLk29QwErTy71") as secret:
        secret.inject(faults.Status(404))
        hass.states.async_set("sensor.address", f"{secret.plain_url}?enableSrtp")
        await call(hass, "start_stream")
        # The first retry comes at once, and its log is empty at first; the next one waits.
        main = taken.runtime_data.camera.main
        await eventually(
            lambda: main.state is StreamState.BACKOFF and main.statistics().restarts > 0
        )
        diagnostics: Any = await get_diagnostics_for_config_entry(
            hass, hass_client, taken
        )
        assert any(REDACTED in line for line in diagnostics["stream"]["log"])
        assert "Xo3aLk29QwErTy71" not in json.dumps(diagnostics)
        await hass.config_entries.async_unload(taken.entry_id)


async def test_another_camera_can_be_taken_instead(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    form = await reconfigure(hass, taken)
    assert form["step_id"] == "reconfigure_camera"
    first, small = form["data_schema"].schema
    assert first.description == {"suggested_value": PORCH}
    assert small.description is None
    confirm = await submit(hass, form, {"camera": PORCH})
    result = await submit(hass, confirm, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()


def give_address(hass: HomeAssistant, camera: TestCamera) -> None:
    """Have the porch camera hand out the address of another one."""
    hass.states.async_set("sensor.address", camera.url)


async def test_rejected_credentials_are_a_matter_of_the_other_integration(
    hass: HomeAssistant, porch: MockConfigEntry, taken: HlsCameraConfigEntry
) -> None:
    async with TestCamera(username="me", password="secret") as locked:
        hass.states.async_set("sensor.address", locked.plain_url)
        await call(hass, "start_stream")
        await eventually(lambda: "source_rejected" in issues(hass))
        assert state_of(hass, LAST_ERROR).state == "unauthorized"
        form = await submit(hass, await reconfigure(hass, taken), {"camera": PORCH})
        assert form["errors"] == {"camera": "source_rejected"}
        # The card leads from this camera to the integration that has the password.
        assert state_of(hass, CAMERA).attributes["source"] == PORCH
        # A form of ours would not help.
        assert not list(taken.async_get_active_flows(hass, {"reauth"}))
        placeholders = issues(hass)["source_rejected"].translation_placeholders
        assert placeholders == {"name": "Front door", "camera": "Porch"}
        # Tries go on, but rarely.
        assert state_of(hass, STATUS).state == "backoff"
        tries = locked.total_connections
        for _ in range(3):
            taken.runtime_data.camera.arm()
            taken.runtime_data.camera.main.wake()
            await hass.async_block_till_done()
        assert locked.total_connections == tries

        # The other integration is set up again, with the right password.
        give_address(hass, locked)
        await hass.config_entries.async_reload(porch.entry_id)
        await streaming(hass)
        assert "source_rejected" not in issues(hass)
        await hass.config_entries.async_unload(taken.entry_id)


async def test_a_person_may_try_rejected_credentials_again(
    hass: HomeAssistant, camera: TestCamera, taken: HlsCameraConfigEntry
) -> None:
    """The camera has other credentials now; its stream address is the same."""
    camera.inject(faults.Status(401))
    await call(hass, "start_stream")
    await eventually(lambda: "source_rejected" in issues(hass))
    camera.clear()
    await call(hass, "restart_stream")
    await streaming(hass)
    assert "source_rejected" not in issues(hass)


# Its preview waits for a viewer when the form is closed already.
@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_the_other_cameras_options_change_the_address(
    hass: HomeAssistant, porch: MockConfigEntry, taken: HlsCameraConfigEntry
) -> None:
    """As a person does it, in the form of Home Assistant's generic camera."""
    await call(hass, "start_stream")
    await streaming(hass)
    async with TestCamera(Feed(size=(160, 90), audio="aac")) as moved:
        options = hass.config_entries.options
        form = await options.async_init(porch.entry_id)
        filled_in = dict(porch.options) | {"stream_source": moved.plain_url}
        filled_in.pop("content_type")
        confirm = await options.async_configure(form["flow_id"], filled_in)
        assert confirm["step_id"] == "user_confirm", confirm
        await options.async_configure(form["flow_id"], {"confirmed_ok": True})
        await hass.async_block_till_done()
        await call(hass, "restart_stream")
        await eventually(lambda: bool(moved.connections))
        await streaming(hass)
        await hass.config_entries.async_unload(taken.entry_id)


async def test_a_camera_that_is_removed_for_good(
    hass: HomeAssistant, porch: MockConfigEntry, taken: HlsCameraConfigEntry
) -> None:
    await hass.config_entries.async_remove(porch.entry_id)
    await call(hass, "start_stream")
    await eventually(lambda: "source_gone" in issues(hass))
    # Another one can be taken instead, and nothing of the old one is suggested.
    form = await reconfigure(hass, taken)
    assert form["step_id"] == "reconfigure_camera"
    first, _ = form["data_schema"].schema
    assert first.description is None


async def test_another_camera_has_the_second_stream(
    hass: HomeAssistant, taken: HlsCameraConfigEntry
) -> None:
    """An integration has an entity for each of a camera's streams, as a rule."""
    async with TestCamera(Feed(size=(160, 90), audio="aac")) as small:
        sub = MockConfigEntry(
            domain="generic",
            title="Porch sub",
            version=2,
            options={
                "stream_source": small.plain_url,
                "content_type": "image/jpeg",
                "advanced": {"framerate": 2, "verify_ssl": True},
            },
        )
        await set_up(hass, sub)
        both = {"camera": PORCH, "small": "camera.porch_sub"}
        form = await reconfigure(hass, taken)
        confirm = await submit(hass, form, both)
        assert "160x90" in confirm["description_placeholders"]["small"]
        await submit(hass, confirm, {})
        await hass.async_block_till_done()
        streams = taken.runtime_data.camera
        assert streams.sub is not None
        streams.sub.wake()
        await eventually(lambda: len(small.connections) == 1)

        form = await reconfigure(hass, taken)
        fields = form["data_schema"].schema
        assert [field.description["suggested_value"] for field in fields] == [
            *both.values()
        ]
        result = await submit(hass, form, {"camera": PORCH, "small": PORCH})
        assert result["errors"] == {"small": "same_stream"}
        await hass.config_entries.async_unload(taken.entry_id)
