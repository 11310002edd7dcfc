"""All providers, and the provider of an entry."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback

from ..streaming.errors import HlsCameraError
from .address import ADDRESS
from .other_camera import OTHER_CAMERA
from .provider import SourceProvider

PROVIDERS: tuple[SourceProvider, ...] = (ADDRESS, OTHER_CAMERA)
"""In the order of the menu for a new camera."""


class UnknownSourceError(HlsCameraError, LookupError):
    """The entry's kind of source has no provider; a later version may have one."""


def provider_of(data: Mapping[str, Any]) -> SourceProvider:
    """Return the provider of an entry.

    Raises:
        UnknownSourceError: the entry has no source of a known kind.

    """
    for provider in PROVIDERS:
        if provider.field in data:
            return provider
    raise UnknownSourceError("The entry has no source of a known kind")


def is_known(data: Mapping[str, Any]) -> bool:
    """Return whether an entry's source is of a known kind."""
    return any(provider.field in data for provider in PROVIDERS)


def sources(data: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return an entry's sources, the main stream's first."""
    small = provider_of(data).sub_source(data)
    return (data,) if small is None else (data, small)


def source_keys(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys of an entry's sources, the main stream's first."""
    return tuple(map(provider_of(data).source_key, sources(data)))


@callback
def async_track_return(
    hass: HomeAssistant, data: Mapping[str, Any], returned: Callable[[], None]
) -> Callable[[], None]:
    """Call `returned` when one of an entry's sources is available again.

    Returns an unsubscriber.
    """
    track = provider_of(data).async_track_return
    unsubscribers = [track(hass, source, returned) for source in sources(data)]

    @callback
    def unsubscribe() -> None:
        for each in unsubscribers:
            each()

    return unsubscribe
