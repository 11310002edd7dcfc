"""Sensors: the stream's state and figures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, override

from homeassistant.components.sensor import (
    ATTR_STATE_CLASS,
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import EntityCategory, UnitOfDataRate, UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import PUBLISHING_KEY
from .converter_entities import ConverterConversions
from .converter_entry import is_converter
from .coordinator import HlsCameraCoordinator, StreamStatus
from .entity import HlsCameraEntity
from .manager import CONVERTERS
from .publication_entity import PublicationEntity
from .publishing.publication import Publication, PublicationState
from .streaming.camera.state import StreamState
from .streaming.reasons import EndReason

PARALLEL_UPDATES = 0

_NO_ERROR: Final = "none"
"""The state without an error; "unknown" would read as an error that is not known."""
_NOT_IN_LOGBOOK: Final = {ATTR_STATE_CLASS: None}
"""Home Assistant's logbook leaves out sensors with this attribute, whatever its value."""


@dataclass(frozen=True, kw_only=True)
class HlsCameraSensorDescription(SensorEntityDescription):
    """A sensor and the function that returns its value."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[StreamStatus], str | float | int | datetime | None]
    attributes_fn: Callable[[StreamStatus], dict[str, Any]] = lambda _status: {}
    is_figure: bool = False
    """Whether the sensor is unavailable while the stream fails."""


def _rounded(value: float | None) -> float | None:
    """Return a value with two digits: the third would add a row to the database each minute."""
    return None if value is None else float(f"{value:.2g}")


SENSORS = (
    HlsCameraSensorDescription(
        key="status",
        translation_key="status",
        device_class=SensorDeviceClass.ENUM,
        options=list(StreamState),
        value_fn=lambda status: status.state,
        # The logbook has the camera's state and event: one start would be five lines.
        attributes_fn=lambda _status: _NOT_IN_LOGBOOK,
    ),
    HlsCameraSensorDescription(
        key="last_error",
        translation_key="last_error",
        device_class=SensorDeviceClass.ENUM,
        options=[_NO_ERROR, *(reason for reason in EndReason if reason.is_failure)],
        value_fn=lambda status: status.last_error or _NO_ERROR,
        attributes_fn=lambda status: {"time": status.last_error_at},
    ),
    HlsCameraSensorDescription(
        key="viewers",
        translation_key="viewers",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda status: status.viewers,
    ),
    HlsCameraSensorDescription(
        key="restarts",
        translation_key="restarts",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda status: status.outages,
    ),
    HlsCameraSensorDescription(
        key="bitrate",
        translation_key="bitrate",
        device_class=SensorDeviceClass.DATA_RATE,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfDataRate.BITS_PER_SECOND,
        suggested_unit_of_measurement=UnitOfDataRate.MEGABITS_PER_SECOND,
        suggested_display_precision=2,
        value_fn=lambda status: _rounded(status.bitrate),
        is_figure=True,
    ),
    HlsCameraSensorDescription(
        key="frame_rate",
        translation_key="frame_rate",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda status: _rounded(status.frame_rate),
        is_figure=True,
    ),
    # Disabled by default
    # The time of the start; a duration would change with every reading.
    HlsCameraSensorDescription(
        key="uptime",
        translation_key="uptime",
        device_class=SensorDeviceClass.UPTIME,
        entity_registry_enabled_default=False,
        value_fn=lambda status: status.figures.started_at,
        is_figure=True,
    ),
    HlsCameraSensorDescription(
        key="frames",
        translation_key="frames",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        value_fn=lambda status: status.figures.frames,
    ),
    HlsCameraSensorDescription(
        key="dropped_frames",
        translation_key="dropped_frames",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        value_fn=lambda status: status.figures.dropped_frames,
        is_figure=True,
    ),
    HlsCameraSensorDescription(
        key="keyframe_interval",
        translation_key="keyframe_interval",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        value_fn=lambda status: _rounded(status.figures.keyframe_interval),
        is_figure=True,
    ),
    HlsCameraSensorDescription(
        key="speed",
        translation_key="speed",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        entity_registry_enabled_default=False,
        value_fn=lambda status: _rounded(status.speed),
        is_figure=True,
    ),
    HlsCameraSensorDescription(
        key="seconds_behind_live",
        translation_key="seconds_behind_live",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,
        value_fn=lambda status: _rounded(status.figures.seconds_behind_live),
        is_figure=True,
    ),
)


@dataclass(frozen=True, kw_only=True)
class PublicationSensorDescription(SensorEntityDescription):
    """A sensor of a publication and the function that returns its value."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC
    value_fn: Callable[[Publication], str | int]
    attributes_fn: Callable[[Publication], dict[str, Any]] = lambda _publication: {}


PUBLICATION_SENSORS = (
    PublicationSensorDescription(
        key=PUBLISHING_KEY,
        translation_key="publishing",
        device_class=SensorDeviceClass.ENUM,
        options=list(PublicationState),
        value_fn=lambda publication: publication.state,
        attributes_fn=lambda publication: {"problem": publication.problem},
    ),
    PublicationSensorDescription(
        key="dropped_segments",
        translation_key="dropped_segments",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_registry_enabled_default=False,
        value_fn=lambda publication: publication.dropped,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the sensors of one camera and of its publications."""
    if is_converter(entry.data):
        add_listener = hass.data[CONVERTERS].add_listener
        async_add_entities([ConverterConversions(entry, add_listener)])
        return
    async_add_entities(
        HlsCameraSensor(entry.runtime_data, description) for description in SENSORS
    )

    @callback
    def add(subentry: ConfigSubentry) -> None:
        async_add_entities(
            (
                PublicationSensor(entry.runtime_data, subentry, description)
                for description in PUBLICATION_SENSORS
            ),
            config_subentry_id=subentry.subentry_id,
        )

    entry.async_on_unload(entry.runtime_data.publications.async_follow(add))


class HlsCameraSensor(HlsCameraEntity, SensorEntity):
    """A sensor of one camera's stream."""

    entity_description: HlsCameraSensorDescription

    def __init__(
        self, coordinator: HlsCameraCoordinator, description: HlsCameraSensorDescription
    ) -> None:
        """Create the sensor of a description."""
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._is_figure = description.is_figure

    @property
    @override
    def native_value(self) -> str | float | int | datetime | None:
        """The current value."""
        return self.entity_description.value_fn(self.status)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """More about the value."""
        return self.entity_description.attributes_fn(self.status)

    @override
    def _shown(self) -> object:
        return self.native_value, self.extra_state_attributes


class PublicationSensor(PublicationEntity, SensorEntity):
    """A sensor of one publication."""

    entity_description: PublicationSensorDescription

    def __init__(
        self,
        coordinator: HlsCameraCoordinator,
        subentry: ConfigSubentry,
        description: PublicationSensorDescription,
    ) -> None:
        """Create the sensor of a description."""
        super().__init__(coordinator, subentry, description.key)
        self.entity_description = description

    @property
    @override
    def native_value(self) -> str | int | None:
        """The current value."""
        found = self.publication
        return self.entity_description.value_fn(found) if found else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """More about the value."""
        found = self.publication
        return self.entity_description.attributes_fn(found) if found else {}

    @override
    def _shown(self) -> object:
        return self.native_value, self.extra_state_attributes
