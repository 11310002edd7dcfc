"""HLS Camera: any camera, live in Home Assistant with low delay."""

from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers.typing import ConfigType

from .addresses import async_load_addresses
from .camera_events import with_onvif_port
from .card import async_setup_card
from .const import MINOR_VERSION
from .converter_entry import is_converter
from .converter_setup import async_setup_converter, async_unload_converter
from .coordinator import HlsCameraConfigEntry, HlsCameraCoordinator
from .error_translation import translation_of
from .issues import async_check_ffmpeg
from .logins import async_setup_logins
from .manager import async_setup_manager
from .naming import async_follow_device_name
from .network_search import async_setup_network_search, async_withdraw_offers
from .providers.registry import UnknownSourceError
from .publications import async_remove_published
from .services import async_setup_services
from .settings import CONFIG_SCHEMA as CONFIG_SCHEMA, Settings
from .stream_limit import async_forget_limit, async_raised_limit
from .streaming.camera.manager import SourceInUseError
from .web.views import async_setup_views
from .web.websocket_api import async_setup_websocket_api
from .webrtc import with_webrtc_choice

PLATFORMS = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CAMERA,
    Platform.EVENT,
    Platform.SENSOR,
    Platform.SWITCH,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Set up the manager, actions, views and card for all cameras."""
    raised_limit = await async_raised_limit(hass)
    async_setup_manager(hass, Settings.load(config, raised_limit=raised_limit))
    async_setup_logins(hass)
    await async_load_addresses(hass)
    async_setup_services(hass)
    async_setup_views(hass)
    async_setup_websocket_api(hass)
    await async_setup_card(hass)
    await async_check_ffmpeg(hass)
    async_setup_network_search(hass)
    return True


async def async_migrate_entry(hass: HomeAssistant, entry: HlsCameraConfigEntry) -> bool:
    """Migrate the entry of an earlier minor version; a later one stays as it is."""
    if entry.minor_version < MINOR_VERSION:
        hass.config_entries.async_update_entry(
            entry,
            data=with_onvif_port(entry.data),
            options=with_webrtc_choice(entry.options),
            minor_version=MINOR_VERSION,
        )
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Set up one camera, or one converter."""
    if is_converter(entry.data):
        await async_setup_converter(hass, entry)
        return True
    try:
        coordinator = HlsCameraCoordinator(hass, entry)
    except SourceInUseError as err:
        raise ConfigEntryNotReady(**translation_of(err)) from err
    except UnknownSourceError as err:
        raise ConfigEntryError(**translation_of(err)) from None
    entry.runtime_data = coordinator
    coordinator.async_arm()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(async_follow_device_name(hass, entry))
    coordinator.async_begin()
    async_withdraw_offers(hass, entry)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> bool:
    """Unload one camera, whose coordinator stops the streams, or one converter."""
    if is_converter(entry.data):
        return await async_unload_converter(hass, entry)
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove what is stored of one camera outside its entry, and of all after the last."""
    await async_remove_published(hass, entry)
    await (await async_load_addresses(hass)).async_forget(entry.entry_id)
    await async_forget_limit(hass, entry.entry_id)
