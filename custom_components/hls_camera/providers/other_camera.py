"""A camera of another integration: its stream address, requested at each start."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar, Final, override

import voluptuous as vol
from homeassistant.components.camera import async_get_stream_source
from homeassistant.components.camera.const import (
    CAMERA_STREAM_SOURCE_TIMEOUT,
    DOMAIN as CAMERA_DOMAIN,
    CameraEntityFeature,
)
from homeassistant.const import ATTR_SUPPORTED_FEATURES, STATE_UNAVAILABLE
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry, DeviceInfo
from homeassistant.helpers.event import TrackStates, async_track_state_change_filtered
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ..const import CONF_SMALL, DOMAIN
from ..streaming.errors import InvalidSourceError, SourceError
from ..streaming.reasons import EndReason
from ..streaming.redact import Redactor
from ..streaming.sources.address_input import AddressInput
from ..streaming.sources.source import Source
from .provider import Data, Fields, FormPurpose, SourceProvider

CONF_CAMERA: Final = "camera"
"""The other camera's id in the entity registry, or its entity id if it has none there."""


class OtherCameraProvider(SourceProvider):
    """Another integration's camera entity, and the one of its sub-stream."""

    field: ClassVar = CONF_CAMERA
    credentials_field: ClassVar = CONF_CAMERA
    steps: ClassVar = {
        FormPurpose.NEW: "camera",
        FormPurpose.RECONFIGURE: "reconfigure_camera",
    }
    is_dynamic: ClassVar = True

    @override
    def is_available(self, hass: HomeAssistant) -> bool:
        return bool(_streaming_cameras(hass))

    @override
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        camera = EntitySelector(
            EntitySelectorConfig(
                domain=CAMERA_DOMAIN, include_entities=_streaming_cameras(hass)
            )
        )
        return {vol.Required(CONF_CAMERA): camera, vol.Optional(CONF_SMALL): camera}

    @override
    def suggested(self, hass: HomeAssistant, data: Data) -> dict[str, Any]:
        """Return the entity ids of an entry's cameras, without those that were removed."""
        sources = {CONF_CAMERA: data, CONF_SMALL: self.sub_source(data)}
        return {
            field: entity_id
            for field, source in sources.items()
            if source and (entity_id := _entity_id(hass, source))
        }

    @override
    async def async_read(
        self, hass: HomeAssistant, purpose: FormPurpose, form: Data, data: Data
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {CONF_CAMERA: _camera_key(hass, form[CONF_CAMERA])}
        if CONF_SMALL in form:
            kept[CONF_SMALL] = {CONF_CAMERA: _camera_key(hass, form[CONF_SMALL])}
        return kept

    @override
    def source_key(self, source: Data) -> str:
        key: str = source[CONF_CAMERA]
        return key

    @override
    async def async_find(self, hass: HomeAssistant, source: Data) -> AddressInput:
        """Return the other camera's source; its address may hold a token that changes."""
        address = await _stream_source(hass, source)
        if not address:
            raise SourceError(EndReason.NO_SOURCE)
        try:
            found = Source.parse(address)
        except InvalidSourceError as err:
            raise SourceError(EndReason.NO_SOURCE, str(err)) from err
        # UniFi Protect, for one, protects a stream by a secret path alone.
        return AddressInput(replace(found, has_secret_path=True))

    @override
    @callback
    def async_track_return(
        self, hass: HomeAssistant, source: Data, returned: Callable[[], None]
    ) -> Callable[[], None]:
        """Call `returned` when the other camera is available again.

        It was unavailable or set up again, so its address may have changed.
        """

        @callback
        def changed(event: Event[EventStateChangedData]) -> None:
            before, now = event.data["old_state"], event.data["new_state"]
            if (
                now is not None
                and now.state != STATE_UNAVAILABLE
                and (before is None or before.state == STATE_UNAVAILABLE)
                and now.entity_id == _entity_id(hass, source)
            ):
                returned()

        # All cameras are tracked: this one may be renamed.
        cameras = TrackStates(False, set(), {CAMERA_DOMAIN})
        return async_track_state_change_filtered(hass, cameras, changed).async_remove

    @override
    def title(self, hass: HomeAssistant, data: Data) -> str:
        """Return the other camera's name, with a suffix that keeps both apart."""
        entity_id = _entity_id(hass, data) or ""
        state = hass.states.get(entity_id)
        return f"{state.name if state else entity_id} HLS"

    @override
    def device_info(self, hass: HomeAssistant, data: Data) -> DeviceInfo:
        """Return the device's details from the other integration."""
        device = _device(hass, data)
        return DeviceInfo(
            manufacturer=device.manufacturer if device else None,
            model=device.model if device else None,
            model_id=device.model_id if device else None,
            hw_version=device.hw_version if device else None,
            sw_version=device.sw_version if device else None,
            configuration_url=device.configuration_url if device else None,
        )

    @override
    def credentials_owner(self, hass: HomeAssistant, data: Data) -> str | None:
        return _entity_id(hass, data)


OTHER_CAMERA: Final = OtherCameraProvider()


async def _stream_source(hass: HomeAssistant, source: Data) -> str | None:
    """Return the other camera's stream address, if it has one.

    Its integration may raise any error, and wait for its device without a limit.
    """
    entity_id = _entity_id(hass, source)
    if entity_id is None:
        return None
    try:
        async with asyncio.timeout(CAMERA_STREAM_SOURCE_TIMEOUT):
            return await async_get_stream_source(hass, entity_id)
    except HomeAssistantError as err:
        raise SourceError(EndReason.NO_SOURCE, Redactor()(str(err))) from err
    except Exception as err:
        # Without its text, which is not for users: it may contain a password.
        raise SourceError(EndReason.NO_SOURCE, type(err).__name__) from err


@callback
def _entity_id(hass: HomeAssistant, source: Data) -> str | None:
    """Return the other camera's entity id, None if it was removed."""
    return er.async_resolve_entity_id(er.async_get(hass), source[CONF_CAMERA])


@callback
def _camera_key(hass: HomeAssistant, entity_id: str) -> str:
    """Return a camera's id in the entity registry, which a new entity id leaves."""
    entity = er.async_get(hass).async_get(entity_id)
    return entity.id if entity else entity_id


@callback
def _device(hass: HomeAssistant, source: Data) -> DeviceEntry | None:
    """Return the other camera's device, None if it has none."""
    entity_id = _entity_id(hass, source)
    entity = er.async_get(hass).async_get(entity_id) if entity_id else None
    if entity is None or entity.device_id is None:
        return None
    return dr.async_get(hass).async_get(entity.device_id, include_child_devices=False)


@callback
def _streaming_cameras(hass: HomeAssistant) -> list[str]:
    """Return the entity ids of other integrations' cameras that have a stream."""
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
