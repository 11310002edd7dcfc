"""The entities of a converter."""

from collections.abc import Callable
from typing import ClassVar, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.const import CONF_ADDRESS, EntityCategory
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo

from .changing_entity import ChangingEntity
from .const import DOMAIN, unique_id
from .converter_entry import ConverterConfigEntry

type AddListener = Callable[[Callable[[], None]], Callable[[], None]]


class ConverterEntity(ChangingEntity):
    """An entity of one converter, written when a host changes."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _key: ClassVar[str]
    """The same for all converters."""

    def __init__(self, entry: ConverterConfigEntry, add_listener: AddListener) -> None:
        """Create an entity of an entry."""
        self._host = entry.runtime_data
        self._add_listener = add_listener
        self._attr_unique_id = unique_id(entry.entry_id, self._key)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, entry.entry_id)},
            name=entry.title,
            manufacturer="go2rtc",
            entry_type=DeviceEntryType.SERVICE,
            configuration_url=entry.data[CONF_ADDRESS],
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the host."""
        self.async_on_remove(self._add_listener(self._write_change))


class ConverterConnectivity(ConverterEntity, BinarySensorEntity):
    """Whether the host converts."""

    _key = "connectivity"
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY

    @property
    @override
    def is_on(self) -> bool:
        """Whether it has answered and is well."""
        return self._host.is_connected

    @override
    def _shown(self) -> object:
        return self.is_on


class ConverterConversions(ConverterEntity, SensorEntity):
    """The number of conversions on the host."""

    _key = "conversions"
    _attr_translation_key = "conversions"
    _attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> int:
        """The number of conversions."""
        return len(self._host.converter.running)

    @override
    def _shown(self) -> object:
        return self.native_value
