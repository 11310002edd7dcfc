"""What all entities of a camera have in common."""

from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .const import DOMAIN
from .coordinator import HlsCameraCoordinator


class HlsCameraEntity(CoordinatorEntity[HlsCameraCoordinator]):
    """An entity of one camera's device."""

    _attr_has_entity_name = True

    def __init__(self, coordinator: HlsCameraCoordinator, key: str) -> None:
        """Build the unique id from the entry: addresses of cameras change."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._attr_unique_id = f"{entry.entry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)}, name=entry.title
        )
