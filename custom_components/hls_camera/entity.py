"""What all entities of a camera have in common."""

from typing import override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN, unique_id
from .coordinator import HlsCameraCoordinator, StreamStatus
from .source import other_device


class HlsCameraEntity(CoordinatorEntity[HlsCameraCoordinator]):
    """An entity of one camera's device."""

    _attr_has_entity_name = True
    _is_figure = False
    """Whether there is nothing to show while the stream fails."""
    _written: tuple[bool, object] | None = None

    def __init__(self, coordinator: HlsCameraCoordinator, key: str) -> None:
        """Make the entity of a key, which is the same for all cameras."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = unique_id(entry.entry_id, key)
        # A stream address tells nothing of the machine behind it; another integration
        # that knows the camera does.
        known = other_device(coordinator.hass, entry.data)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            manufacturer=known.manufacturer if known else None,
            model=known.model if known else None,
            model_id=known.model_id if known else None,
            hw_version=known.hw_version if known else None,
            sw_version=known.sw_version if known else None,
            configuration_url=known.configuration_url if known else None,
        )

    @property
    @override
    def available(self) -> bool:
        """Whether there is something to show."""
        return not (self._is_figure and self.status.is_failing)

    @property
    def status(self) -> StreamStatus:
        """What is known of the stream."""
        return self.coordinator.data

    def _shown(self) -> object:
        """Return what the entity's state is made of."""
        return None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        """Write what has changed: each write wakes whoever listens."""
        now = (self.available, self._shown())
        if now != self._written:
            self._written = now
            super()._handle_coordinator_update()
