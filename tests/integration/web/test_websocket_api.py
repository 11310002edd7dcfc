"""Our card's commands over Home Assistant's WebSocket."""

import time
from typing import Any

import pytest
from aiohttp import WSMsgType
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    WebSocketGenerator,
)

from tests.camera import Feed, TestCamera

from .. import CAMERA, SOURCE_INFO, STATUS, call, make_entry, set_up


class TestLive:
    async def ask(self, hass_ws_client: WebSocketGenerator, **options: Any) -> Any:
        """Ask for a live feed, as the card does."""
        client = await hass_ws_client()
        command = {"type": "hls_camera/live", "entity_id": CAMERA, **options}
        await client.send_json_auto_id(command)
        return await client.receive_json()

    async def test_returns_the_feeds_path_and_the_servers_time(
        self,
        loaded: MockConfigEntry,
        hass_client_no_auth: ClientSessionGenerator,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        player = await hass_client_no_auth()
        before = time.time()
        answer = (await self.ask(hass_ws_client))["result"]
        assert before <= answer["now"] <= time.time()
        async with player.ws_connect(answer["url"]) as socket:
            message = await socket.receive(timeout=30)
            assert message.type is WSMsgType.TEXT
            assert message.json()["type"] == "status"
            assert loaded.runtime_data.camera.viewers.watching == 1

    async def test_each_quality_is_a_stream_of_its_own(
        self,
        hass: HomeAssistant,
        camera: TestCamera,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        async with TestCamera(Feed(size=(160, 90))) as second:
            small = {"url": second.plain_url, "source_info": SOURCE_INFO}
            entry = await set_up(hass, make_entry(camera.plain_url, small=small))
            ours = entry.runtime_data.camera
            await self.ask(hass_ws_client, quality="small")
            assert [each.is_running for each in ours.renditions] == [False, True]
            await self.ask(hass_ws_client, quality="main")
            assert [each.is_running for each in ours.renditions] == [True, True]
            await hass.config_entries.async_unload(entry.entry_id)

    async def test_a_camera_of_one_quality_has_no_small_one(
        self, loaded: MockConfigEntry, hass_ws_client: WebSocketGenerator
    ) -> None:
        assert (await self.ask(hass_ws_client, quality="small"))["success"]
        assert loaded.runtime_data.camera.main.is_running

    async def test_wakes_nothing_that_somebody_stopped(
        self,
        hass: HomeAssistant,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        await call(hass, "stop_stream")
        error = (await self.ask(hass_ws_client))["error"]
        assert error["code"] == "stream_stopped"
        assert error["translation_key"] == "stream_stopped"

    @pytest.mark.parametrize("entity_id", ["camera.nowhere", "camera.other"])
    async def test_other_cameras_have_no_live_feed(
        self,
        hass: HomeAssistant,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
        entity_id: str,
    ) -> None:
        hass.states.async_set("camera.other", "idle")
        answer = await self.ask(hass_ws_client, entity_id=entity_id)
        assert answer["error"]["code"] == "not_found"

    async def test_access_to_the_status_is_no_access_to_the_pictures(
        self,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
        hass_admin_user: MockUser,
    ) -> None:
        hass_admin_user.groups = []
        hass_admin_user.mock_policy({"entities": {"entity_ids": {STATUS: True}}})
        answer = await self.ask(hass_ws_client, entity_id=STATUS)
        assert answer["error"]["code"] == "not_found"
        assert not loaded.runtime_data.camera.main.is_running

    async def test_a_disabled_camera_has_none(
        self,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
        entity_registry: er.EntityRegistry,
    ) -> None:
        by_user = er.RegistryEntryDisabler.USER
        entity_registry.async_update_entity(CAMERA, disabled_by=by_user)
        answer = await self.ask(hass_ws_client)
        assert answer["error"]["code"] == "not_found"

    async def test_an_unloaded_camera_has_none_yet(
        self,
        hass: HomeAssistant,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        await hass.config_entries.async_unload(loaded.entry_id)
        answer = await self.ask(hass_ws_client)
        assert answer["error"]["code"] == "not_ready"

    async def test_tells_when_as_many_streams_run_as_may(
        self,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
    ) -> None:
        manager = loaded.runtime_data.manager
        manager.limits = type(manager.limits)(max_concurrent_streams=0)
        answer = await self.ask(hass_ws_client)
        assert answer["error"]["code"] == "stream_limit"

    @pytest.mark.parametrize("may_control", [True, False])
    async def test_returns_whether_the_user_may_start_and_stop_the_stream(
        self,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
        hass_admin_user: MockUser,
        may_control: bool,
    ) -> None:
        hass_admin_user.groups = []
        policy = {POLICY_READ: True, POLICY_CONTROL: may_control}
        hass_admin_user.mock_policy({"entities": {"entity_ids": {CAMERA: policy}}})
        answer = await self.ask(hass_ws_client)
        assert answer["result"]["may_control"] is may_control

    @pytest.mark.parametrize("may_read", [True, False])
    async def test_requires_access_to_the_camera(
        self,
        loaded: MockConfigEntry,
        hass_ws_client: WebSocketGenerator,
        hass_admin_user: MockUser,
        may_read: bool,
    ) -> None:
        hass_admin_user.groups = []
        entities = {CAMERA: {POLICY_READ: True}} if may_read else {}
        hass_admin_user.mock_policy({"entities": {"entity_ids": entities}})
        answer = await self.ask(hass_ws_client)
        assert answer["success"] is may_read
        if not may_read:
            assert answer["error"]["code"] == "unauthorized"
            assert not loaded.runtime_data.camera.main.is_running
