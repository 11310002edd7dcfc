"""The base class of all entities."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import CONNECTION_NETWORK_MAC, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .changing_entity import ChangingEntity
from .const import CONF_SOURCE_INFO, DOMAIN, unique_id
from .coordinator import HlsCameraCoordinator, StreamStatus
from .describe import codec_name
from .discovery import mac_of_entry
from .providers.registry import provider_of
from .recorder_device import async_recorder_id
from .streaming.sources.source_info import SourceInfo


def _media(data: Mapping[str, Any]) -> str | None:
    """Return a camera's video, which describes a device of an unknown model."""
    info = SourceInfo.from_dict(data.get(CONF_SOURCE_INFO))
    if info is None:
        return None
    return f"{codec_name(info.video.codec)} {info.video.width}x{info.video.height}"


class HlsCameraEntity(ChangingEntity, CoordinatorEntity[HlsCameraCoordinator]):
    """An entity of one camera's device."""

    _attr_has_entity_name = True
    _is_figure = False
    """Whether the entity is unavailable while the stream fails."""

    def __init__(self, coordinator: HlsCameraCoordinator, key: str) -> None:
        """Create an entity; its key is the same for all cameras."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = unique_id(entry.entry_id, key)
        device = provider_of(entry.data).device_info(coordinator.hass, entry.data)
        device["model"] = device.get("model") or _media(entry.data)
        recorder_id = async_recorder_id(coordinator.hass, entry)
        if not recorder_id and (mac := mac_of_entry(entry)):
            # By it, Home Assistant notices a new IP address.
            device["connections"] = {(CONNECTION_NETWORK_MAC, mac)}
        above = DeviceInfo(via_device_id=recorder_id) if recorder_id else DeviceInfo()
        self._attr_device_info = DeviceInfo(
            **device,
            **above,
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the entity has a value."""
        return not (self._is_figure and self.status.is_failing)

    @property
    def status(self) -> StreamStatus:
        """The stream's status."""
        return self.coordinator.data

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._write_change()
