"""The actions, as automations call them."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
import voluptuous as vol
from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
    UnknownUser,
)
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.web.address_urls import AddressFormat
from tests.camera import Feed, TestCamera

from . import CAMERA, STATUS, call, eventually, make_entry, set_up, state_of, streaming
from .addresses import get_url

INTERNAL = "http://192.0.2.4:8123"
EXTERNAL = "https://home.example.com"


async def status(hass: HomeAssistant) -> Any:
    answer = await call(hass, "get_status", return_response=True)
    return answer[CAMERA]


async def test_get_status_returns_everything(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    idle = await status(hass)
    assert idle["state"] == "idle"
    assert idle["statistics"]["started_at"] is None

    await call(hass, "start_stream")
    await streaming(hass)
    await eventually(
        lambda: loaded.runtime_data.camera.main.statistics().frames > 0, within=5
    )
    running = await status(hass)
    assert running["state"] == "streaming"
    assert running["reason"] is None
    assert running["source"]["video"]["codec"] == "h264"
    assert running["plan"]["video"] == {
        "action": "copy",
        "reason": "plays_everywhere",
        "tag": "",
        "track": 0,
    }
    assert running["statistics"]["frames"] > 0
    assert isinstance(running["statistics"]["started_at"], str)

    await call(hass, "stop_stream")
    stopped = await status(hass)
    assert (stopped["state"], stopped["reason"]) == ("stopped", "stopped")


async def test_restart_connects_again(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    first = (await status(hass))["statistics"]["started_at"]
    await call(hass, "restart_stream")
    await eventually(lambda: state_of(hass, CAMERA).state != "streaming", within=1)
    await streaming(hass)
    assert (await status(hass))["statistics"]["started_at"] > first
    assert len(camera.connections) == 1


async def test_a_stopped_stream_starts_again_but_not_for_a_restart(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    """An automation that restarts all cameras at night turns on none that is off."""
    await call(hass, "stop_stream")
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "restart_stream")
    assert refused.value.translation_key == "stream_stopped"
    await call(hass, "start_stream")
    await streaming(hass)


async def test_an_automation_changes_the_camera(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    def automation(event: str) -> dict[str, Any]:
        return {
            "triggers": {"trigger": "event", "event_type": event},
            "actions": {
                "action": f"hls_camera.{event}",
                "target": {"entity_id": CAMERA},
            },
        }

    def is_reached(status: str, connections: int) -> bool:
        sensor = state_of(hass, "sensor.front_door_status")
        return (sensor.state, len(camera.connections)) == (status, connections)

    events = ["restart_stream", "stop_stream", "start_stream"]
    assert await async_setup_component(
        hass, "automation", {"automation": [automation(event) for event in events]}
    )
    for event, expected, connections in (
        ("restart_stream", "streaming", 1),
        ("stop_stream", "stopped", 0),
        ("start_stream", "streaming", 1),
    ):
        hass.bus.async_fire(event)
        await eventually(partial(is_reached, expected, connections), within=10)


@pytest.mark.parametrize("target", ["device_id", "area_id", "floor_id", "label_id"])
@pytest.mark.parametrize("action", ["start_stream", "restart_stream", "stop_stream"])
async def test_cameras_can_be_targeted_by_device_and_area(
    hass: HomeAssistant, loaded: MockConfigEntry, target: str, action: str
) -> None:
    device_id = er.async_get(hass).entities[CAMERA].device_id
    assert device_id is not None
    floor = fr.async_get(hass).async_create("Ground")
    area = ar.async_get(hass).async_create("Door", floor_id=floor.floor_id)
    label = lr.async_get(hass).async_create("Outside")
    dr.async_get(hass).async_update_device(
        device_id, area_id=area.id, labels={label.label_id}
    )
    ids = {
        "device_id": device_id,
        "area_id": area.id,
        "floor_id": floor.floor_id,
        "label_id": label.label_id,
    }
    await hass.services.async_call(DOMAIN, action, {target: ids[target]}, blocking=True)
    is_running = loaded.runtime_data.camera.main.is_running
    assert is_running is (action != "stop_stream")
    answer = await hass.services.async_call(
        DOMAIN,
        "get_status",
        {target: ids[target]},
        blocking=True,
        return_response=True,
    )
    assert list(answer or ()) == [CAMERA]


class TestGetUrl:
    @pytest.fixture(autouse=True)
    async def own_urls(self, hass: HomeAssistant) -> None:
        """Home Assistant as its owner has set it up."""
        urls = {"internal_url": INTERNAL, "external_url": EXTERNAL}
        await async_process_ha_core_config(hass, urls)

    async def test_returns_an_address_that_can_be_watched(
        self,
        hass: HomeAssistant,
        hass_client_no_auth: ClientSessionGenerator,
        loaded: MockConfigEntry,
    ) -> None:
        client = await hass_client_no_auth()
        for wanted in AddressFormat:
            answer = (await get_url(hass, format=wanted))[CAMERA]
            async with client.get(answer["url"].removeprefix(INTERNAL)) as response:
                assert response.status == 200
                assert await response.content.readany()

    async def test_the_fields_choose_the_address(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        cases: list[tuple[dict[str, str], str]] = [
            ({}, "/index.m3u8"),
            ({"format": "mpeg_ts"}, "/index.ts"),
            ({"format": "mp4", "quality": "main"}, "/media.mp4"),
            ({"format": "still", "base": "internal"}, "/index.jpg"),
        ]
        for fields, ending in cases:
            url = (await get_url(hass, **fields))[CAMERA]["url"]
            assert url.startswith(f"{INTERNAL}/api/hls/hls_camera/address/")
            assert url.endswith(ending)

    async def test_the_base_may_be_external(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        url = (await get_url(hass, base="external"))[CAMERA]["url"]
        assert url.startswith(f"{EXTERNAL}/api/")
        await async_process_ha_core_config(hass, {"internal_url": INTERNAL})
        hass.config.external_url = None
        with pytest.raises(HomeAssistantError) as refused:
            await get_url(hass, base="external")
        assert refused.value.translation_key == "no_external_url"

    async def test_says_when_it_expires(
        self,
        hass: HomeAssistant,
        loaded: MockConfigEntry,
        freezer: FrozenDateTimeFactory,
    ) -> None:
        freezer.move_to("2026-11-28T12:00:00+00:00")
        cases: list[tuple[dict[str, Any], timedelta]] = [
            ({}, timedelta(hours=1)),
            ({"duration": 60}, timedelta(minutes=1)),
            ({"duration": {"days": 7}}, timedelta(days=7)),
            ({"duration": "02:30:00"}, timedelta(hours=2, minutes=30)),
        ]
        for fields, expected in cases:
            expires = (await get_url(hass, **fields))[CAMERA]["expires"]
            assert datetime.fromisoformat(expires) == utcnow() + expected

    async def test_other_values_are_refused(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        wrong: list[dict[str, Any]] = [
            {"format": "rtsp"},
            {"quality": "best"},
            {"base": "cloud"},
            {"duration": 59},
            {"duration": {"days": 7, "seconds": 1}},
            {"duration": -60},
            {"token": "mine"},
        ]
        for fields in wrong:
            with pytest.raises(vol.Invalid):
                await get_url(hass, **fields)

    async def test_a_camera_without_a_sub_stream_has_no_address_of_it(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        with pytest.raises(ServiceValidationError) as refused:
            await get_url(hass, quality="small")
        assert refused.value.translation_key == "no_sub_stream"

    async def test_each_targeted_camera_has_an_address_of_its_own(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        async with TestCamera(Feed()) as garden:
            other = await set_up(hass, make_entry(garden.plain_url, title="Garden"))
            answer = await get_url(hass, "all")
            assert set(answer) == {CAMERA, "camera.garden"}
            assert len({each["url"] for each in answer.values()}) == 2
            await hass.config_entries.async_unload(other.entry_id)

    async def test_other_cameras_have_none(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        with pytest.raises(ServiceValidationError) as refused:
            await get_url(hass, "camera.of_another_integration")
        assert refused.value.translation_key == "no_camera"

    async def test_who_may_see_the_camera_may_have_its_address(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        """Permission to control it is not needed, as for the card."""
        viewer = MockUser().add_to_hass(hass)
        rights = {CAMERA: {POLICY_READ: True}}
        viewer.mock_policy({"entities": {"entity_ids": rights}})
        assert set(await get_url(hass, user_id=viewer.id)) == {CAMERA}
        assert set(await get_url(hass, "all", viewer.id)) == {CAMERA}

    async def test_nobody_else_may(
        self, hass: HomeAssistant, loaded: MockConfigEntry
    ) -> None:
        stranger = MockUser().add_to_hass(hass)
        stranger.mock_policy(
            {"entities": {"entity_ids": {STATUS: {POLICY_READ: True}}}}
        )
        with pytest.raises(Unauthorized):
            await get_url(hass, user_id=stranger.id)
        with pytest.raises(ServiceValidationError):
            await get_url(hass, "all", stranger.id)
        with pytest.raises(UnknownUser):
            await get_url(hass, user_id="no user")
