"""HLS Camera: any camera, live in Home Assistant with low delay."""

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers.typing import ConfigType

from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator
from .manager import async_setup_manager
from .services import async_setup_services
from .settings import CONFIG_SCHEMA as CONFIG_SCHEMA, Settings
from .streaming.errors import HlsCameraError
from .translate import translation_of
from .views import async_setup_views

PLATFORMS = (Platform.CAMERA, Platform.SENSOR)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up what all cameras share."""
    async_setup_manager(hass, Settings.load(config))
    async_setup_services(hass)
    async_setup_views(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HlsCameraConfigEntry) -> bool:
    """Set up one camera."""
    try:
        entry.runtime_data = HlsCameraCoordinator(hass, entry)
        await entry.runtime_data.async_begin()
    except HlsCameraError as err:
        raise ConfigEntryNotReady(**translation_of(err)) from err
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: HlsCameraConfigEntry) -> bool:
    """Unload one camera; its coordinator ends the stream."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
