"""The settings of a publication: the data of a subentry as a destination and its options."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import CONF_PASSWORD, CONF_PATH, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from homeassistant.util.package import is_installed
from yarl import URL

from .const import DOMAIN
from .publishing.deferred_destination import DeferredDestination
from .publishing.destination import Destination
from .publishing.errors import PublishError, PublishProblem
from .publishing.hls_publisher import HlsOptions, HlsPublisher
from .publishing.kinds import DestinationKind, HlsKind, open_destination
from .publishing.publisher import Publisher
from .publishing.rtmp_address import parse_rtmp_address
from .publishing.rtmp_publisher import RtmpPublisher
from .publishing.trial import try_out

PUBLICATION: Final = "publication"
"""The type of the subentries."""

CONF_TO: Final = "to"
"""The kind of destination."""
CONF_STREAM: Final = "stream"
"""What is published; absent for the main stream."""
SUB_STREAM: Final = "sub"
CONF_SEGMENT_DURATION: Final = "segment_duration"
CONF_LISTED: Final = "listed"
CONF_ADDRESS: Final = "address"
CONF_BUCKET: Final = "bucket"
CONF_PREFIX: Final = "prefix"
CONF_ENDPOINT: Final = "endpoint"
CONF_REGION: Final = "region"
CONF_ACCESS_KEY_ID: Final = "access_key_id"
CONF_SERVER: Final = "server"
CONF_STREAM_KEY: Final = "stream_key"
CONF_SECRET_ACCESS_KEY: Final = "secret_access_key"  # noqa: S105 - a key

SECRETS: Final = frozenset(
    {
        *(CONF_USERNAME, CONF_PASSWORD),
        *(CONF_ACCESS_KEY_ID, CONF_SECRET_ACCESS_KEY),
        CONF_STREAM_KEY,
    }
)
"""The keys whose values diagnostics do not show."""

_REQUIREMENTS: Final[Mapping[DestinationKind, list[str]]] = {
    # Home Assistant's own constraints choose the version.
    DestinationKind.S3: ["aiobotocore>=3.7.0"],
}
"""Libraries that only one kind of destination needs, and that the manifest does not name."""


def kind_of(data: Mapping[str, Any]) -> DestinationKind:
    """Return the kind of destination of a publication."""
    return DestinationKind(data[CONF_TO])


def is_of_sub_stream(data: Mapping[str, Any]) -> bool:
    """Return whether the sub-stream is published, if there is one."""
    return data.get(CONF_STREAM) == SUB_STREAM


def destination_key(data: Mapping[str, Any]) -> str:
    """Return what only publications to the same place have in common; it may be secret."""
    kind = kind_of(data)
    match kind:
        case DestinationKind.FOLDER:
            return f"{kind} {data[CONF_PATH].rstrip('/')}"
        case DestinationKind.WEB_SERVER:
            return f"{kind} {str(URL(data[CONF_ADDRESS])).rstrip('/')}"
        case DestinationKind.S3:
            endpoint = str(data.get(CONF_ENDPOINT) or "").rstrip("/")
            return f"{kind} {endpoint} {data[CONF_BUCKET]} {data.get(CONF_PREFIX, '')}"
        case DestinationKind.RTMP:
            return f"{kind} {data[CONF_SERVER]} {data[CONF_STREAM_KEY]}"


async def async_try_out(hass: HomeAssistant, data: Mapping[str, Any]) -> None:
    """Try the destination of a publication out.

    Raises:
        PublishError: it cannot be used.

    """
    kind = kind_of(data)
    if kind is DestinationKind.RTMP:
        await _rtmp_publisher(hass, data).try_out()
        return
    destination = await _async_open_destination(hass, kind, data)
    try:
        await try_out(destination)
    finally:
        await destination.close()


async def async_needs_library(hass: HomeAssistant, kind: DestinationKind) -> bool:
    """Return whether a kind of destination needs a library that is not installed."""
    return any(
        [
            not await hass.async_add_executor_job(is_installed, requirement)
            for requirement in _REQUIREMENTS.get(kind, ())
        ]
    )


async def async_install_library(hass: HomeAssistant, kind: DestinationKind) -> None:
    """Install the library of a kind of destination, if it needs one.

    Raises:
        PublishError: it cannot be installed.

    """
    if requirements := _REQUIREMENTS.get(kind):
        try:
            await async_process_requirements(
                hass, DOMAIN, requirements, is_built_in=False
            )
        except RequirementsNotFound as err:
            raise PublishError(PublishProblem.LIBRARY_MISSING) from err


def open_publisher(hass: HomeAssistant, data: Mapping[str, Any]) -> Publisher:
    """Return the publisher of a publication, which opens its destination when it starts."""
    kind = kind_of(data)
    if kind is DestinationKind.RTMP:
        return _rtmp_publisher(hass, data)
    options = HlsOptions(
        segment_duration=data[CONF_SEGMENT_DURATION], listed=data[CONF_LISTED]
    )
    open_ = partial(_async_open_destination, hass, kind, data)
    return HlsPublisher(DeferredDestination(open_), options)


def _rtmp_publisher(hass: HomeAssistant, data: Mapping[str, Any]) -> RtmpPublisher:
    address = parse_rtmp_address(data[CONF_SERVER])
    ffmpeg = get_ffmpeg_manager(hass).binary
    return RtmpPublisher(address, data[CONF_STREAM_KEY], ffmpeg)


async def _async_open_destination(
    hass: HomeAssistant, kind: HlsKind, data: Mapping[str, Any]
) -> Destination:
    """Open the destination of a publication; install its library first.

    Raises:
        PublishError: it cannot be opened.

    """
    await async_install_library(hass, kind)
    if kind is DestinationKind.FOLDER and not await hass.async_add_executor_job(
        hass.config.is_allowed_path, data[CONF_PATH]
    ):
        raise PublishError(PublishProblem.NOT_ALLOWED)
    return await open_destination(kind, data, async_get_clientsession(hass))
