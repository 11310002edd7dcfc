"""A button that restarts the stream."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HlsCameraConfigEntry
from .entity import HlsCameraEntity
from .error_translation import translated

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the button of one camera."""
    async_add_entities([HlsCameraRestartButton(entry.runtime_data, "restart")])


class HlsCameraRestartButton(HlsCameraEntity, ButtonEntity):
    """Restart the stream; its name is that of the device class."""

    _attr_device_class = ButtonDeviceClass.RESTART
    _attr_entity_category = EntityCategory.CONFIG

    @override
    @translated
    async def async_press(self) -> None:
        """Restart the stream."""
        await self.coordinator.async_restart()
