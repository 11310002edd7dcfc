"""The entry of a converter: a host with go2rtc that converts for cameras.

Entries of cameras have no `kind`.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_ADDRESS,
    CONF_PASSWORD,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import instance_id
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from .const import DOMAIN
from .converters.converter import Converter, ConverterSettings
from .converters.go2rtc import Address
from .converters.host import Host

CONF_KIND: Final = "kind"
CONVERTER: Final = "converter"
"""The kind of a converter's entry."""
CONF_HARDWARE: Final = "hardware"
CONF_MAX_CONVERSIONS: Final = "max_conversions"

type ConverterConfigEntry = ConfigEntry[Host]


def is_converter(data: Mapping[str, Any]) -> bool:
    """Return whether an entry is that of a converter; otherwise it is a camera's."""
    return data.get(CONF_KIND) == CONVERTER


@callback
def converter_names(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of all converters, by their entries' ids."""
    return {
        entry.entry_id: entry.title
        for entry in hass.config_entries.async_entries(DOMAIN, include_ignore=False)
        if is_converter(entry.data)
    }


async def async_converter(
    hass: HomeAssistant, data: Mapping[str, Any], *, key: str, name: str
) -> Converter:
    """Return the converter that an entry's data describe."""
    settings = ConverterSettings(
        key=key,
        name=name,
        address=Address(
            url=URL(data[CONF_ADDRESS]),
            username=data.get(CONF_USERNAME, ""),
            password=data.get(CONF_PASSWORD, ""),
        ),
        max_conversions=int(data[CONF_MAX_CONVERSIONS]),
        use_hardware=data.get(CONF_HARDWARE, False),
    )
    # The id itself is no secret, but nobody else needs it.
    instance = await instance_id.async_get(hass)
    return Converter(
        settings,
        async_get_clientsession(hass, verify_ssl=data.get(CONF_VERIFY_SSL, True)),
        ffmpeg=get_ffmpeg_manager(hass).binary,
        owner=sha256(instance.encode()).hexdigest()[:12],
    )
