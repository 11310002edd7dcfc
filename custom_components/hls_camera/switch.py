"""A switch that keeps the camera disconnected until it is turned on again."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HlsCameraConfigEntry
from .entity import HlsCameraEntity
from .error_translation import translated
from .streaming.camera.state import StreamState

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the switch of one camera."""
    async_add_entities([HlsCameraSwitch(entry.runtime_data, "stream")])


class HlsCameraSwitch(HlsCameraEntity, SwitchEntity):
    """A switch for the stream, the same as turning the camera entity on and off."""

    _attr_translation_key = "stream"

    @property
    @override
    def is_on(self) -> bool:
        """Whether the stream runs, or starts for a viewer."""
        return self.status.state is not StreamState.STOPPED

    @override
    def _shown(self) -> object:
        return self.is_on

    @override
    @translated
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Start the stream."""
        await self.coordinator.async_start()

    @override
    @translated
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Stop the stream and disconnect from the camera."""
        await self.coordinator.async_stop()
