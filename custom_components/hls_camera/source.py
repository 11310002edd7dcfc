"""Where a camera's stream comes from: an address, or another integration's camera."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from homeassistant.components.camera import async_get_stream_source
from homeassistant.components.camera.const import (
    CAMERA_STREAM_SOURCE_TIMEOUT,
    DOMAIN as CAMERA_DOMAIN,
    CameraEntityFeature,
)
from homeassistant.const import (
    ATTR_SUPPORTED_FEATURES,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
    STATE_UNAVAILABLE,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.event import TrackStates, async_track_state_change_filtered

from .const import CONF_CAMERA, CONF_SMALL, CONF_TRANSPORT, DOMAIN
from .streaming.errors import InvalidSourceError, SourceError
from .streaming.reasons import EndReason
from .streaming.redact import Redactor
from .streaming.sources.source import Source, Transport, address_key


def source_key(data: Mapping[str, Any]) -> str:
    """Return what tells an entry's source from all others."""
    camera: str | None = data.get(CONF_CAMERA)
    return camera or address_key(data[CONF_URL])


def small_source(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the data of an entry's sub-stream, in the form of the entry's own.

    What it has no credentials for has those of the first stream.
    """
    small: Mapping[str, Any] | None = data.get(CONF_SMALL)
    if small is None or CONF_URL not in small:
        return small
    signs_in = bool(small.get(CONF_USERNAME) or small.get(CONF_PASSWORD))
    credentials = small if signs_in else data
    return {
        **small,
        CONF_USERNAME: credentials.get(CONF_USERNAME),
        CONF_PASSWORD: credentials.get(CONF_PASSWORD),
        CONF_TRANSPORT: data[CONF_TRANSPORT],
    }


def source_keys(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what tells an entry's sources from all others, the main stream's first."""
    small = small_source(data)
    return tuple(source_key(each) for each in (data, small) if each is not None)


def source_finder(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> Callable[[], Awaitable[Source]]:
    """Return a function that finds an entry's source, as it is at that time."""

    async def find() -> Source:
        return await async_find_source(hass, data)

    return find


async def async_find_source(hass: HomeAssistant, data: Mapping[str, Any]) -> Source:
    """Return an entry's source.

    Another camera's address may have changed since the last time: it may hold a token.

    Raises:
        SourceError: the other camera is not there, or has no address that can be used.
        InvalidSourceError: the entry's own address cannot be used.

    """
    if CONF_CAMERA not in data:
        return Source.parse(
            data[CONF_URL],
            data.get(CONF_USERNAME),
            data.get(CONF_PASSWORD),
            Transport(data[CONF_TRANSPORT]),
        )
    address = await _ask_other_camera(hass, data)
    if not address:
        raise SourceError(EndReason.NO_SOURCE)
    try:
        source = Source.parse(address)
    except InvalidSourceError as err:
        raise SourceError(EndReason.NO_SOURCE, str(err)) from err
    # UniFi Protect's path, for one, is all that it asks for.
    return replace(source, has_secret_path=True)


async def _ask_other_camera(hass: HomeAssistant, data: Mapping[str, Any]) -> str | None:
    """Return the address that another camera hands out, if it does.

    Its integration may raise anything, and wait for its device as long as it likes.
    """
    entity_id = other_camera(hass, data)
    if entity_id is None:
        return None
    try:
        async with asyncio.timeout(CAMERA_STREAM_SOURCE_TIMEOUT):
            return await async_get_stream_source(hass, entity_id)
    except HomeAssistantError as err:
        raise SourceError(EndReason.NO_SOURCE, Redactor()(str(err))) from err
    except Exception as err:
        # Not its text, which was not meant for people: there may be a password in it.
        raise SourceError(EndReason.NO_SOURCE, type(err).__name__) from err


@callback
def other_camera(hass: HomeAssistant, data: Mapping[str, Any]) -> str | None:
    """Return the other camera's entity id; None where it was removed."""
    key = data.get(CONF_CAMERA)
    if key is None:
        return None
    return er.async_resolve_entity_id(er.async_get(hass), key)


@callback
def other_device(hass: HomeAssistant, data: Mapping[str, Any]) -> DeviceEntry | None:
    """Return the device of the other camera; None where there is none."""
    entity_id = other_camera(hass, data)
    entity = er.async_get(hass).async_get(entity_id) if entity_id else None
    device_id = entity.device_id if entity else None
    if device_id is None:
        return None
    return dr.async_get(hass).async_get(device_id, include_child_devices=False)


@callback
def async_track_return(
    hass: HomeAssistant, data: Mapping[str, Any], returned: Callable[[], None]
) -> Callable[[], None]:
    """Call `returned` when a camera is there again that an entry takes a stream of.

    It was gone, or was set up anew: it may have another address. Returns what ends that.
    """
    sources = [each for each in (data, small_source(data)) if each is not None]

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        before, now = event.data["old_state"], event.data["new_state"]
        if (
            now is not None
            and now.state != STATE_UNAVAILABLE
            and (before is None or before.state == STATE_UNAVAILABLE)
            and now.entity_id in {other_camera(hass, each) for each in sources}
        ):
            returned()

    if not any(CONF_CAMERA in each for each in sources):
        return lambda: None
    # All cameras are followed: this one may be renamed.
    cameras = TrackStates(False, set(), {CAMERA_DOMAIN})
    return async_track_state_change_filtered(hass, cameras, changed).async_remove


@callback
def camera_key(hass: HomeAssistant, entity_id: str) -> str:
    """Return how to remember another camera: so that it may be renamed, if it can be."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity.id if entity else entity_id


@callback
def async_other_cameras(hass: HomeAssistant) -> list[str]:
    """Return the entity ids of those cameras whose stream could be taken."""
    registry = er.async_get(hass)

    def is_ours(entity_id: str) -> bool:
        entity = registry.async_get(entity_id)
        return entity is not None and entity.platform == DOMAIN

    return [
        state.entity_id
        for state in hass.states.async_all(CAMERA_DOMAIN)
        if state.attributes.get(ATTR_SUPPORTED_FEATURES, 0) & CameraEntityFeature.STREAM
        and not is_ours(state.entity_id)
    ]
