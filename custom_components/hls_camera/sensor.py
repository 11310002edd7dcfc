"""Sensors: is the stream running, and how well."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, UnitOfDataRate
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator, StreamStatus
from .entity import HlsCameraEntity
from .streaming.session import SessionState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class HlsCameraSensorDescription(SensorEntityDescription):
    """A sensor, and where its value comes from."""

    value_fn: Callable[[StreamStatus], str | float | int | datetime | None]


SENSORS = (
    HlsCameraSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        entity_category=EntityCategory.DIAGNOSTIC,
        options=list(SessionState),
        value_fn=lambda status: status.state,
    ),
    HlsCameraSensorDescription(
        key="bitrate",
        translation_key="bitrate",
        device_class=SensorDeviceClass.DATA_RATE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        native_unit_of_measurement=UnitOfDataRate.BITS_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABITS_PER_SECOND,
        suggested_display_precision=2,
        value_fn=lambda status: round(status.bitrate),
    ),
    HlsCameraSensorDescription(
        key="frames",
        translation_key="frames",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.statistics.frames,
    ),
    # The time of the start, not a duration: that would change with every look.
    HlsCameraSensorDescription(
        key="uptime",
        translation_key="uptime",
        device_class=SensorDeviceClass.UPTIME,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.statistics.started_at,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,  # noqa: ARG001
    entry: HlsCameraConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of one camera."""
    async_add_entities(
        HlsCameraSensor(entry.runtime_data, description) for description in SENSORS
    )


class HlsCameraSensor(HlsCameraEntity, SensorEntity):
    """A figure of one camera's stream."""

    entity_description: HlsCameraSensorDescription

    def __init__(
        self, coordinator: HlsCameraCoordinator, description: HlsCameraSensorDescription
    ) -> None:
        """Make the sensor of a description."""
        super().__init__(coordinator, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> str | float | int | datetime | None:
        """The figure now."""
        return self.entity_description.value_fn(self.coordinator.data)
