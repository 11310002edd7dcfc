"""The base class of the entities of publications."""

from typing import override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from .changing_entity import ChangingEntity
from .const import DOMAIN, unique_id
from .coordinator import HlsCameraCoordinator
from .naming import camera_device
from .publishing.publication import Publication


class PublicationEntity(ChangingEntity, CoordinatorEntity[HlsCameraCoordinator]):
    """An entity of the device of one publication; it stays when its settings change."""

    _attr_has_entity_name = True

    def __init__(
        self, coordinator: HlsCameraCoordinator, subentry: ConfigSubentry, key: str
    ) -> None:
        """Create an entity; its key is the same for all publications."""
        super().__init__(coordinator)
        entry = coordinator.config_entry
        self._subentry_id = subentry.subentry_id
        self._attr_unique_id = unique_id(subentry.subentry_id, key)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            entry_type=DeviceEntryType.SERVICE,
            name=f"{entry.title} {subentry.title}",
        )
        if device := camera_device(coordinator.hass, entry):
            self._attr_device_info["via_device_id"] = device.id

    @property
    def publication(self) -> Publication | None:
        """The publication; None while it is replaced."""
        return self.coordinator.publications.find(self._subentry_id)

    @override
    async def async_added_to_hass(self) -> None:
        """Show each change."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self.coordinator.publications.add_listener(self._write_change)
        )

    @property
    @override
    def available(self) -> bool:
        """Whether the entity has a value."""
        return self.publication is not None

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        self._write_change()
