"""An event entity for starts, ends, failures and recoveries of the stream."""

from typing import override

from homeassistant.components.event import EventEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .bus_event import event_details
from .coordinator import HlsCameraConfigEntry
from .entity import HlsCameraEntity
from .streaming.camera.events import EventType, StreamEvent

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the event entity of one camera."""
    async_add_entities([HlsCameraEvent(entry.runtime_data, "event")])


class HlsCameraEvent(HlsCameraEntity, EventEntity):
    """The camera's starts, ends, failures and recoveries."""

    _attr_translation_key = "stream"
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    # The bus event is the same, and has a line of its own in the logbook.
    _attr_entity_registry_enabled_default = False
    _attr_event_types = list(EventType)  # noqa: RUF012 - Home Assistant's is a list

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the camera's events."""
        await super().async_added_to_hass()
        camera = self.coordinator.camera
        self.async_on_remove(camera.add_event_listener(self._show))

    @callback
    def _show(self, event: StreamEvent) -> None:
        self._trigger_event(event.type, event_details(event))
        self.async_write_ha_state()
