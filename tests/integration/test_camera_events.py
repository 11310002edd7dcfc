"""Motion and other events that the camera itself reports, in Home Assistant."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera import camera_events
from custom_components.hls_camera.const import DOMAIN, MINOR_VERSION, unique_id
from custom_components.hls_camera.onvif_events.topics import EventKind
from tests.onvif import PASSWORD, Channel, EventService, Message, OnvifCamera, Quality

from . import eventually, make_entry, set_up, state_of

pytestmark = pytest.mark.usefixtures("socket_enabled")

MOTION = "binary_sensor.front_door_motion"
PERSON = "binary_sensor.front_door_person"
REOLINK = "tns1:RuleEngine/MyRuleDetector"
TOPICS = (
    ("tns1:VideoSource/MotionAlarm", "State"),
    (f"{REOLINK}/PeopleDetect", "State"),
    (f"{REOLINK}/Visitor", "State"),
)
PERSON_SEEN = Message(topic=f"{REOLINK}/PeopleDetect", item="State")
H265 = Quality(url="rtsp://127.0.0.1:9/live", codec="H265")

type Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start cameras with events that run until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(service: EventService, **options: Any) -> OnvifCamera:
            channels = options.pop("channels", [Channel(qualities=(H265,))])
            camera = OnvifCamera(channels, events=service, **options)
            return await stack.enter_async_context(camera)

        yield start


def entry_of(camera: OnvifCamera, **data: Any) -> MockConfigEntry:
    """Return the entry of a camera that the search has found."""
    options = {
        "url": H265.url,
        "username": "admin",
        "password": PASSWORD,
        "onvif": {"port": camera.port},
        **data,
    }
    return make_entry(**options)


async def set_up_with_events(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set up an entry, and wait until the camera has told its events."""
    await set_up(hass, entry)
    await eventually(lambda: "events" in entry.data["onvif"])
    await hass.async_block_till_done()


async def test_a_camera_offers_its_events(
    hass: HomeAssistant, serve: Serve, entity_registry: er.EntityRegistry
) -> None:
    camera = await serve(EventService(*TOPICS))
    entry = entry_of(camera)
    await set_up_with_events(hass, entry)
    assert entry.data["onvif"]["events"] == ["motion", "person", "visitor"]
    kinds = {
        kind: entity_registry.async_get_entity_id(
            "binary_sensor", DOMAIN, unique_id(entry.entry_id, kind)
        )
        for kind in EventKind
    }
    assert {kind for kind, entity_id in kinds.items() if entity_id} == {
        "motion",
        "person",
        "visitor",
    }
    entity = entity_registry.async_get(PERSON)
    assert entity
    assert entity.disabled_by is er.RegistryEntryDisabler.INTEGRATION
    attributes = state_of(hass, MOTION).attributes
    assert attributes["device_class"] == "motion"
    assert attributes["friendly_name"] == "Front door Motion"

    # Nobody asks again.
    asked = camera.calls["GetEventProperties"]
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert camera.calls["GetEventProperties"] == asked
    assert hass.states.get(MOTION)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_motion_of_a_camera_whose_stream_nobody_watches(
    hass: HomeAssistant, serve: Serve
) -> None:
    service = EventService()
    camera = await serve(service)
    entry = entry_of(camera)
    await set_up_with_events(hass, entry)
    await eventually(lambda: bool(service.subscriptions))
    assert state_of(hass, MOTION).state == "unknown"
    shown = []

    @callback
    def note(event: Event[Any]) -> None:
        if event.data["entity_id"] == MOTION:
            shown.append(event.data["new_state"].state)

    hass.bus.async_listen("state_changed", note)
    service.report(Message(value="false"))
    await eventually(lambda: shown == ["off"])
    service.report(Message(), Message(value="false"))
    await eventually(lambda: shown == ["off", "on", "off"])
    assert state_of(hass, "camera.front_door").state == "idle"

    # Unloading leaves nothing at the camera.
    await hass.config_entries.async_unload(entry.entry_id)
    assert not service.subscriptions
    assert camera.rejections == 0


async def test_states_are_unknown_while_the_camera_is_away(
    hass: HomeAssistant, serve: Serve
) -> None:
    service = EventService()
    service.report(Message())
    camera = await serve(service)
    entry = entry_of(camera)
    await set_up_with_events(hass, entry)
    await eventually(lambda: state_of(hass, MOTION).state == "on")
    camera.answer = lambda operation, text: "page"
    service.reboot()
    await eventually(lambda: state_of(hass, MOTION).state == "unknown")
    camera.answer = lambda operation, text: None
    await eventually(lambda: state_of(hass, MOTION).state == "on")
    await hass.config_entries.async_unload(entry.entry_id)


async def test_events_that_nobody_has_enabled_cost_nothing(
    hass: HomeAssistant, serve: Serve, entity_registry: er.EntityRegistry
) -> None:
    service = EventService(*TOPICS)
    camera = await serve(service)
    entry = entry_of(
        camera, onvif={"port": camera.port, "events": ["motion", "person"]}
    )
    entry.add_to_hass(hass)
    entity_registry.async_get_or_create(
        "binary_sensor",
        DOMAIN,
        unique_id(entry.entry_id, "motion"),
        config_entry=entry,
        disabled_by=er.RegistryEntryDisabler.USER,
    )
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert not camera.calls
    # A single one that is enabled subscribes.
    service.report(PERSON_SEEN)
    entity_registry.async_update_entity(PERSON, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await eventually(lambda: hass.states.get(PERSON) is not None)
    await eventually(lambda: state_of(hass, PERSON).state == "on")
    assert state_of(hass, PERSON).attributes["device_class"] == "occupancy"
    # Disabling it again ends the subscription.
    entity_registry.async_update_entity(
        PERSON, disabled_by=er.RegistryEntryDisabler.USER
    )
    await eventually(lambda: not service.subscriptions)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_channels_of_a_recorder_share_a_subscription(
    hass: HomeAssistant, serve: Serve
) -> None:
    service = EventService()
    channels = [
        Channel(
            source=f"S{each}", qualities=(Quality(url=f"rtsp://127.0.0.1:9/{each}"),)
        )
        for each in (1, 2)
    ]
    camera = await serve(service, channels=channels)
    entries = [
        entry_of(
            camera, url=channel.qualities[0].url, channel=channel.source, title=name
        )
        for channel, name in zip(channels, ("Yard", "Shed"), strict=True)
    ]
    for entry in entries:
        await set_up_with_events(hass, entry)
    yard, shed = "binary_sensor.yard_motion", "binary_sensor.shed_motion"
    await eventually(lambda: bool(service.subscriptions))
    for channel, value in zip(channels, ("true", "false"), strict=True):
        source = (("VideoSourceConfigurationToken", channel.configuration),)
        service.report(Message(source=source, value=value))
    await eventually(lambda: state_of(hass, shed).state == "off")
    assert state_of(hass, yard).state == "on"
    assert (service.created, len(service.subscriptions)) == (1, 1)
    # The other channel goes on.
    await hass.config_entries.async_unload(entries[0].entry_id)
    assert len(service.subscriptions) == 1
    await hass.config_entries.async_unload(entries[1].entry_id)
    assert not service.subscriptions


async def test_home_assistants_stop_leaves_nothing_at_the_camera(
    hass: HomeAssistant, serve: Serve
) -> None:
    service = EventService()
    service.report(Message())
    entry = entry_of(await serve(service))
    await set_up_with_events(hass, entry)
    await eventually(lambda: state_of(hass, MOTION).state == "on")
    await hass.async_stop(force=True)
    assert not service.subscriptions


async def test_a_camera_that_is_away_is_asked_for_its_events_later(
    hass: HomeAssistant, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(camera_events, "_FIRST_DELAY_S", 0.01)
    camera = await serve(EventService())
    camera.answer = lambda operation, text: "page"
    entry = entry_of(camera)
    await set_up(hass, entry)
    await eventually(lambda: camera.calls["GetSystemDateAndTime"] >= 2)
    assert "events" not in entry.data["onvif"]
    camera.answer = lambda operation, text: None
    await eventually(lambda: hass.states.get(MOTION) is not None)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_rejected_login_does_not_lock_the_account(
    hass: HomeAssistant, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next question follows after an hour, not soon."""
    monkeypatch.setattr(camera_events, "_FIRST_DELAY_S", 0.0)
    delays: list[float] = []
    waits = asyncio.Event()

    async def wait(delay: float) -> None:
        delays.append(delay)
        await waits.wait()

    monkeypatch.setattr(camera_events, "sleep", wait)
    camera = await serve(EventService())
    entry = entry_of(camera, password="wrong")
    entry.add_to_hass(hass)
    question = asyncio.create_task(camera_events.async_offered_kinds(hass, entry))
    await eventually(lambda: bool(delays))
    assert delays == [3600.0]
    assert camera.rejections == 1
    camera.change_password("wrong")
    waits.set()
    assert await question == {EventKind.MOTION}


def test_a_new_address_asks_again_for_the_events() -> None:
    """The camera there may be another one, or have another firmware."""
    data = {"url": "a", "onvif": {"port": 80, "events": ["motion"]}}
    assert camera_events.without_known_kinds(data) == {
        "url": "a",
        "onvif": {"port": 80},
    }
    assert camera_events.without_known_kinds({"url": "a"}) == {"url": "a"}


@pytest.mark.parametrize("onvif", [None, "text", {}, {"port": "80"}])
async def test_a_camera_without_onvif_has_no_events(
    hass: HomeAssistant, onvif: object
) -> None:
    entry = await set_up(hass, make_entry("rtsp://127.0.0.1:9/live", onvif=onvif))
    assert camera_events.async_camera_events(hass, entry) is None
    assert await camera_events.async_offered_kinds(hass, entry) == set()
    assert hass.states.get(MOTION) is None


@pytest.mark.parametrize("events", [None, "motion", {"motion": 1}])
async def test_a_damaged_list_of_events_is_asked_for_again(
    hass: HomeAssistant, serve: Serve, events: object
) -> None:
    camera = await serve(EventService())
    entry = entry_of(camera, onvif={"port": camera.port, "events": events})
    await set_up(hass, entry)
    await eventually(lambda: entry.data["onvif"]["events"] == ["motion"])
    await hass.config_entries.async_unload(entry.entry_id)


async def test_diagnostics_tell_the_subscription(
    hass: HomeAssistant, serve: Serve, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    service = EventService()
    service.report(Message(topic="tns1:Monitoring/Fan"), Message())
    camera = await serve(service)
    entry = entry_of(camera)
    await set_up_with_events(hass, entry)
    await eventually(lambda: state_of(hass, MOTION).state == "on")
    diagnostics: Any = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert diagnostics["events"] == {
        "state": "active",
        "problem": None,
        "port": camera.port,
        "listeners": 1,
        "subscriptions": 1,
        "messages": 2,
        "ignored_topics": ["Monitoring/Fan"],
    }
    text = json.dumps(diagnostics)
    assert PASSWORD not in text
    assert "admin" not in text
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://192.0.2.1:8000/", 8000),
        ("http://192.0.2.1/", 80),
        ("http://192.0.2.1:x/", None),
        (None, None),
    ],
)
async def test_an_entry_of_version_1_1_gets_the_port_of_onvif(
    hass: HomeAssistant, url: str | None, port: int | None
) -> None:
    device = {} if url is None else {"configuration_url": url}
    entry = make_entry("rtsp://127.0.0.1:9/live", device=device)
    assert entry.minor_version == 1
    await set_up(hass, entry)
    assert entry.minor_version == MINOR_VERSION
    assert entry.data.get("onvif", {}).get("port") == port
    await hass.config_entries.async_unload(entry.entry_id)
