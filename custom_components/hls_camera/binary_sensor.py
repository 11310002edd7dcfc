"""Binary sensors: connectivity and problems of the stream, and the camera's own events."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .camera_events import CameraEvents, async_camera_events, async_offered_kinds
from .converter_entities import ConverterConnectivity
from .converter_entry import is_converter
from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator, StreamStatus
from .entity import HlsCameraEntity
from .manager import CONVERTERS
from .onvif_events.topics import EventKind
from .publication_entity import PublicationEntity
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


def _detection(
    kind: EventKind, device_class: BinarySensorDeviceClass
) -> BinarySensorEntityDescription:
    """Return the description of a kind of event; all but motion are disabled at first."""
    return BinarySensorEntityDescription(
        key=kind,
        translation_key=kind,
        device_class=device_class,
        entity_registry_enabled_default=kind is EventKind.MOTION,
    )


DETECTIONS = (
    _detection(EventKind.MOTION, BinarySensorDeviceClass.MOTION),
    _detection(EventKind.PERSON, BinarySensorDeviceClass.OCCUPANCY),
    _detection(EventKind.VEHICLE, BinarySensorDeviceClass.OCCUPANCY),
    _detection(EventKind.ANIMAL, BinarySensorDeviceClass.OCCUPANCY),
    _detection(EventKind.PACKAGE, BinarySensorDeviceClass.OCCUPANCY),
    _detection(EventKind.VISITOR, BinarySensorDeviceClass.OCCUPANCY),
    _detection(EventKind.INTRUSION, BinarySensorDeviceClass.MOTION),
    _detection(EventKind.LINE_CROSSING, BinarySensorDeviceClass.MOTION),
    _detection(EventKind.SOUND, BinarySensorDeviceClass.SOUND),
    _detection(EventKind.TAMPER, BinarySensorDeviceClass.TAMPER),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the binary sensors of one camera and its publications.

    The camera may have to be asked for its events.
    """
    if is_converter(entry.data):
        add_listener = hass.data[CONVERTERS].add_listener
        async_add_entities([ConverterConnectivity(entry, add_listener)])
        return
    async_add_entities(
        HlsCameraBinarySensor(entry.runtime_data, description)
        for description in BINARY_SENSORS
    )

    @callback
    def add(subentry: ConfigSubentry) -> None:
        async_add_entities(
            [PublicationProblemSensor(entry.runtime_data, subentry)],
            config_subentry_id=subentry.subentry_id,
        )

    entry.async_on_unload(entry.runtime_data.publications.async_follow(add))
    if events := async_camera_events(hass, entry):
        _ = entry.async_create_background_task(
            hass,
            _async_add_detections(hass, entry, events, async_add_entities),
            f"{entry.title} events",
        )


async def _async_add_detections(
    hass: HomeAssistant,
    entry: HlsCameraConfigEntry,
    events: CameraEvents,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add a binary sensor for each kind of event that the camera offers."""
    kinds = await async_offered_kinds(hass, entry)
    async_add_entities(
        HlsCameraDetection(entry.runtime_data, events, description)
        for description in DETECTIONS
        if description.key in kinds
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


class HlsCameraDetection(HlsCameraEntity, BinarySensorEntity):
    """A kind of event that the camera reports, whether its stream runs or not."""

    def __init__(
        self,
        coordinator: HlsCameraCoordinator,
        events: CameraEvents,
        description: BinarySensorEntityDescription,
    ) -> None:
        """Create the binary sensor of a description."""
        super().__init__(coordinator, description.key)
        self.entity_description = description
        self._events = events
        self._leave: Callable[[], Awaitable[None]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Listen to the camera."""
        await super().async_added_to_hass()
        kind = EventKind(self.entity_description.key)
        self._leave = self._events.listen(kind, self._show_state)

    @override
    async def async_will_remove_from_hass(self) -> None:
        """Listen no more; the last one ends the subscription."""
        await super().async_will_remove_from_hass()
        if self._leave is not None:
            await self._leave()

    @callback
    def _show_state(self, is_on: bool | None) -> None:
        self._attr_is_on = is_on
        self.async_write_ha_state()


class PublicationProblemSensor(PublicationEntity, BinarySensorEntity):
    """Whether a publication has a problem."""

    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(
        self, coordinator: HlsCameraCoordinator, subentry: ConfigSubentry
    ) -> None:
        """Create the binary sensor of a publication."""
        super().__init__(coordinator, subentry, "problem")

    @property
    @override
    def is_on(self) -> bool | None:
        """The current value."""
        found = self.publication
        return found.problem is not None if found else None

    @override
    def _shown(self) -> object:
        return self.is_on
