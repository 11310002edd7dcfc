"""The stream manager of a Home Assistant."""

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .converters.pool import ConverterPool
from .issues import Issue, async_set_issue
from .settings import Settings
from .streaming.camera.manager import StreamManager

MANAGER: HassKey[StreamManager] = HassKey(DOMAIN)
CONVERTERS: HassKey[ConverterPool] = HassKey(f"{DOMAIN}_converters")


@callback
def async_setup_manager(hass: HomeAssistant, settings: Settings) -> None:
    """Create the manager; it stops all streams when Home Assistant stops."""

    @callback
    def show_full(is_full: bool) -> None:
        limit = str(manager.limits.stream_limit)
        async_set_issue(hass, Issue.STREAM_LIMIT, is_full, limit=limit)

    async_set_issue(
        hass,
        Issue.SETTING_IGNORED,
        bool(settings.ignored),
        variables=", ".join(settings.ignored),
    )
    converters = hass.data[CONVERTERS] = ConverterPool()
    manager = StreamManager(
        get_ffmpeg_manager(hass).binary, settings, show_full, converters
    )
    hass.data[MANAGER] = manager

    async def stop_all(_event: Event) -> None:
        await manager.shutdown()
        await converters.close()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop_all)
