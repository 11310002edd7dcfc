"""The URLs of an address: one for each format, quality and base."""

from enum import StrEnum
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.network import NoURLAvailableError, get_url

from ..const import DOMAIN
from ..streaming.camera.camera import Quality

# Cast receivers need a path below /api/hls/ for a live stream of fMP4.
ADDRESS_PATH: Final = "/api/hls/hls_camera/address/{token}/{resource}"


class AddressFormat(StrEnum):
    """The format in which a program reads a camera."""

    HLS = "hls"
    MPEG_TS = "mpeg_ts"
    MP4 = "mp4"
    STILL = "still"


class Base(StrEnum):
    """The base of a URL: the network from which Home Assistant is reached."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Resource(NamedTuple):
    """What a program reads of a camera."""

    format: AddressFormat
    quality: Quality | None
    """None is the multivariant playlist, or the best quality that every program can take."""


_ENDINGS: Final = {
    AddressFormat.HLS: "m3u8",
    AddressFormat.MPEG_TS: "ts",
    AddressFormat.MP4: "mp4",
    AddressFormat.STILL: "jpg",
}
# The playlists of a camera have these names.
_STEMS: Final = {None: "index", Quality.MAIN: "media", Quality.SUB: "small"}
RESOURCES: Final = {
    f"{stem}.{ending}": Resource(file_format, quality)
    for file_format, ending in _ENDINGS.items()
    for quality, stem in _STEMS.items()
}
"""By the last part of the path."""
_NAMES: Final = {resource: name for name, resource in RESOURCES.items()}


def address_path(token: str, resource: Resource) -> str:
    """Return the path of a resource."""
    return ADDRESS_PATH.format(token=token, resource=_NAMES[resource])


@callback
def async_base_url(hass: HomeAssistant, base: Base) -> str:
    """Return Home Assistant's own URL, without a slash at the end.

    Raises:
        HomeAssistantError: Home Assistant has none of this kind.

    """
    is_internal = base is Base.INTERNAL
    try:
        return get_url(
            hass,
            allow_internal=is_internal,
            allow_external=not is_internal,
            allow_cloud=not is_internal,
            prefer_external=not is_internal,
        )
    except NoURLAvailableError:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="no_internal_url" if is_internal else "no_external_url",
        ) from None
