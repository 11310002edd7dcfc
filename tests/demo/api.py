"""The requests of a browser to Home Assistant, without a browser."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import Any, Final, Self

import aiohttp

_CONFIG_FLOWS: Final = "/api/config/config_entries/flow"
_SUBENTRY_FLOWS: Final = "/api/config/config_entries/subentries/flow"
_TEXTS: Final = (
    Path(__file__).parents[2] / "custom_components/hls_camera/translations/en.json"
)


class ApiError(Exception):
    """Home Assistant rejected a request."""


@dataclass(frozen=True, slots=True)
class User:
    """The user for the login."""

    username: str = "demo"
    password: str = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSettings:
    """The name of a new camera, and the fields of its form."""

    name: str
    url: str = field(repr=False)
    """The address, which may contain credentials: the config flow separates them."""
    username: str = ""
    password: str = field(default="", repr=False)
    transport: str = "tcp"
    small_url: str = field(default="", repr=False)
    """The address of the camera's sub-stream."""

    def as_form(self) -> dict[str, Any]:
        """Return the filled fields of the form, except those of the sub-stream."""
        fields = {
            "url": self.url,
            "username": self.username,
            "password": self.password,
            "advanced": {"transport": self.transport},
        }
        return {key: value for key, value in fields.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedCamera:
    """A camera in Home Assistant, with its entities."""

    name: str
    entity_id: str
    entry_id: str = ""
    sensors: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, entry_id: str, entity_ids: Sequence[str]) -> Self:
        """Sort the entities of a config entry by their kind."""
        cameras = [each for each in entity_ids if each.startswith("camera.")]
        if not cameras:
            raise ApiError(f"{name} was added, but did not start: see the log")
        sensors = tuple(each for each in entity_ids if each.startswith("sensor."))
        return cls(name=name, entity_id=cameras[0], entry_id=entry_id, sensors=sensors)


class Api:
    """Home Assistant's HTTP and WebSocket interfaces, for a logged-in user."""

    def __init__(
        self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session = session
        self._socket = socket
        self._ids = count(1)
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def log_in(cls, address: str, user: User) -> AsyncIterator[Self]:
        """Log in like the login page."""
        async with aiohttp.ClientSession(address) as session:
            token = (await _tokens(session, f"{address}/", user))["access_token"]
            session.headers["Authorization"] = f"Bearer {token}"
            async with session.ws_connect("/api/websocket") as socket:
                await socket.receive_json()
                await socket.send_json({"type": "auth", "access_token": token})
                await socket.receive_json()
                yield cls(session, socket)

    async def command(self, command: str, **arguments: Any) -> Any:
        """Send a command over the WebSocket and return its result."""
        async with self._one_at_a_time:
            number = next(self._ids)
            await self._socket.send_json({"id": number, "type": command, **arguments})
            answer = await self._socket.receive_json()
        if not answer["success"]:
            raise ApiError(f"{command}: {answer['error']['message']}")
        return answer["result"]

    async def wait_running(self) -> None:
        """Wait until Home Assistant has started everything."""
        while (await self.command("get_config"))["state"] != "RUNNING":  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # there is no event for it

    async def add_camera(self, camera: CameraSettings) -> AddedCamera:
        """Add a camera with the config flow."""
        small = {"small": {"url": camera.small_url}} if camera.small_url else {}
        flow = await self.flow(form={"handler": "hls_camera"})
        flow = await self.flow(flow, {"next_step_id": "address"})
        flow = await self.flow(flow, {**camera.as_form(), **small})
        while flow["type"] == "progress":
            await asyncio.sleep(0.1)
            flow = await self.flow(flow)
        if flow.get("step_id") == "confirm":
            flow = await self.flow(flow, {})
        if flow["type"] != "create_entry":
            raise ApiError(f"{camera.name} was not added: {_problem(flow)}")
        entry_id = flow["result"]["entry_id"]
        await self._give_name(entry_id, camera.name)
        return await self.added(camera.name, entry_id)

    async def publish(self, entry_id: str, kind: str, form: Mapping[str, Any]) -> None:
        """Publish a camera, with the flow of its subentry."""
        start = {"handler": [entry_id, "publication"]}
        flow = await _post(self._session, _SUBENTRY_FLOWS, start)
        path = f"{_SUBENTRY_FLOWS}/{flow['flow_id']}"
        await _post(self._session, path, {"next_step_id": kind})
        flow = await _post(self._session, path, form)
        if flow["type"] != "create_entry":
            raise ApiError(f"nothing is published: {flow.get('errors')}")

    async def _give_name(self, entry_id: str, name: str) -> None:
        """Name a new camera and its entities, as the last page of the dialog does."""
        for device in await self.command("config/device_registry/list"):
            if device["primary_config_entry"] == entry_id:
                await self.command(
                    "config/device_registry/update",
                    device_id=device["id"],
                    name_by_user=name,
                )
        entities = await self.command("config/entity_registry/list")
        entity_ids = await self.command(
            "config/entity_registry/get_automatic_entity_ids",
            entity_ids=[
                each["entity_id"]
                for each in entities
                if each["config_entry_id"] == entry_id
            ],
        )
        for entity_id, new in entity_ids.items():
            await self.command(
                "config/entity_registry/update", entity_id=entity_id, new_entity_id=new
            )

    async def added(self, name: str, entry_id: str) -> AddedCamera:
        """Return the camera of a config entry."""
        entities = await self.command("config/entity_registry/list")
        return AddedCamera.of(
            name,
            entry_id,
            [
                entity["entity_id"]
                for entity in entities
                if entity["config_entry_id"] == entry_id and not entity["disabled_by"]
            ],
        )

    async def remove_entry(self, entry_id: str) -> None:
        """Delete a config entry."""
        path = f"/api/config/config_entries/entry/{entry_id}"
        async with self._session.delete(path) as response:
            await _json(response)

    async def still_image(self, entity_id: str) -> bytes:
        """Return a camera's picture."""
        async with self._session.get(f"/api/camera_proxy/{entity_id}") as response:
            response.raise_for_status()
            return await response.read()

    async def diagnostics(self, entry_id: str) -> dict[str, Any]:
        """Return the diagnostics of an entry."""
        path = f"/api/diagnostics/config_entry/{entry_id}"
        async with self._session.get(path) as response:
            return await _json(response)

    async def system_information(self) -> dict[str, Any]:
        """Return the first system information of each integration."""
        async with self._one_at_a_time:
            number = next(self._ids)
            await self._socket.send_json({"id": number, "type": "system_health/info"})
            told: dict[str, Any] = {}
            while True:
                match await self._socket.receive_json():
                    case {"event": {"type": "initial", "data": told}}:
                        pass
                    case {"event": {"type": "finish"}}:
                        return told

    async def flow(
        self,
        flow: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Start a config flow, submit one of its forms, or return its state."""
        path = f"{_CONFIG_FLOWS}/{flow['flow_id']}" if flow else _CONFIG_FLOWS
        if form is not None:
            return await _post(self._session, path, form)
        async with self._session.get(path) as response:
            return await _json(response)


def _problem(flow: Mapping[str, Any]) -> str:
    """Return the error messages of a form, as shown to a person."""
    texts = json.loads(_TEXTS.read_text(encoding="utf-8"))["config"]
    placeholders = flow.get("description_placeholders") or {}
    if flow["type"] == "abort":
        text: str = texts["abort"].get(flow["reason"], flow["reason"])
    else:
        errors = flow.get("errors") or {}
        text = " ".join(texts["error"].get(key, key) for key in errors.values())
    return text.format_map(placeholders)


async def create_first_user(address: str, user: User) -> None:
    """Complete the first step of onboarding."""
    async with aiohttp.ClientSession(address) as session:
        await _post(
            session,
            "/api/onboarding/users",
            {
                "name": user.username.title(),
                "username": user.username,
                "password": user.password,
                "client_id": f"{address}/",
                "language": "en",
            },
        )


async def frontend_login(address: str, user: User) -> dict[str, Any]:
    """Log in like the login page; return the tokens for the frontend.

    The frontend keeps them in the browser's local storage, as `hassTokens`.
    """
    client_id = f"{address}/"
    async with aiohttp.ClientSession(address) as session:
        tokens = await _tokens(session, client_id, user)
    expires = 1000 * (time.time() + tokens["expires_in"])
    return {**tokens, "hassUrl": address, "clientId": client_id, "expires": expires}


async def _tokens(
    session: aiohttp.ClientSession, client_id: str, user: User
) -> dict[str, Any]:
    """Log in, and return an access token and a refresh token."""
    flow = await _post(
        session,
        "/auth/login_flow",
        {
            "client_id": client_id,
            "redirect_uri": client_id,
            "handler": ["homeassistant", None],
        },
    )
    done = await _post(
        session,
        f"/auth/login_flow/{flow['flow_id']}",
        {
            "client_id": client_id,
            "username": user.username,
            "password": user.password,
        },
    )
    grant = {
        "client_id": client_id,
        "grant_type": "authorization_code",
        "code": done["result"],
    }
    async with session.post("/auth/token", data=grant) as response:
        return await _json(response)


async def _post(
    session: aiohttp.ClientSession, path: str, content: Mapping[str, Any]
) -> dict[str, Any]:
    async with session.post(path, json=content) as response:
        return await _json(response)


async def _json(response: aiohttp.ClientResponse) -> dict[str, Any]:
    if response.status >= HTTPStatus.BAD_REQUEST:
        # Not the body: it may repeat a camera's password.
        raise ApiError(f"{response.url.path}: {response.status} {response.reason}")
    answer: dict[str, Any] = await response.json()
    return answer
