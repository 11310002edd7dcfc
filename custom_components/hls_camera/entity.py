"""The base class of all entities."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, unique_id
from .coordinator import HlsCameraCoordinator, StreamStatus
from .providers.registry import provider_of


class HlsCameraEntity(CoordinatorEntity[HlsCameraCoordinator]):
    """An entity of one camera's device."""

    _attr_has_entity_name = True
    _is_figure = False
    """Whether the entity is unavailable while the stream fails."""
    _written: tuple[bool, object] | None = None

    def __init__(self, coordinator: HlsCameraCoordinator, key: str) -> None:
        """Create an entity; its key is the same for all cameras."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = unique_id(entry.entry_id, key)
        self._attr_device_info = DeviceInfo(
            **provider_of(entry.data).device_info(coordinator.hass, entry.data),
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

    def _shown(self) -> object:
        """Return the value that determines the entity's state."""
        return None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write the state if it has changed: each write wakes all listeners."""
        now = (self.available, self._shown())
        if now != self._written:
            self._written = now
            super()._handle_coordinator_update()
