"""Binary sensors: connectivity and problems."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator, StreamStatus
from .entity import HlsCameraEntity
from .streaming.camera.state import StreamState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HlsCameraBinarySensorDescription(BinarySensorEntityDescription):
    """A binary sensor and the function that returns its value."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[StreamStatus], bool | None]


def _is_connected(status: StreamStatus) -> bool | None:
    """Return None if unknown: an idle camera has no connection to judge by."""
    if status.state is StreamState.STREAMING:
        return True
    return False if status.is_failing else None


# Both have Home Assistant's names for their device classes.
BINARY_SENSORS = (
    HlsCameraBinarySensorDescription(
        key="connectivity",
        device_class=BinarySensorDeviceClass.CONNECTIVITY,
        value_fn=_is_connected,
    ),
    HlsCameraBinarySensorDescription(
        key="problem",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda status: status.is_failing or status.is_slow,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of one camera."""
    async_add_entities(
        HlsCameraBinarySensor(entry.runtime_data, description)
        for description in BINARY_SENSORS
    )


class HlsCameraBinarySensor(HlsCameraEntity, BinarySensorEntity):
    """A binary sensor of one camera; it stays available while the stream fails."""

    entity_description: HlsCameraBinarySensorDescription

    def __init__(
        self,
        coordinator: HlsCameraCoordinator,
        description: HlsCameraBinarySensorDescription,
    ) -> None:
        """Create the binary sensor of a description."""
        super().__init__(coordinator, description.key)
        self.entity_description = description

    @property
    @override
    def is_on(self) -> bool | None:
        """The current value."""
        return self.entity_description.value_fn(self.status)

    @override
    def _shown(self) -> object:
        return self.is_on
