"""The streams of a found camera, as an entry keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_HOST,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SSL,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant, callback

from .camera_events import without_known_kinds
from .const import (
    CONF_CHANNEL,
    CONF_DEVICE,
    CONF_DISCOVERED_HOST,
    CONF_EVENTS,
    CONF_ONVIF,
    CONF_SMALL,
    DOMAIN,
)
from .finding.credentials import Credentials
from .finding.errors import FindingError, FindingProblem
from .finding.found import Device, FoundCamera, FoundChannel
from .finding.search import Search, Target, is_ip_address
from .probe_form import ProbeResult, async_probe_beside_stream, async_probe_sources
from .providers.address import CONF_TRANSPORT
from .providers.provider import FormError
from .providers.registry import source_keys
from .sources_in_use import async_sources_in_use
from .stream_options import stream_options
from .streaming.sources.source import Transport

_ABOUT_LOGIN: Final = frozenset(
    {
        FindingProblem.CLOCK_WRONG,
        FindingProblem.LOGIN_MISSING,
        FindingProblem.LOGIN_REJECTED,
        FindingProblem.ONVIF_USER,
    }
)


def field_of(problem: FindingProblem) -> str:
    """Return the field of a form that shows a problem."""
    if problem is FindingProblem.NOBODY_ANSWERS:
        return CONF_HOST
    return CONF_PASSWORD if problem in _ABOUT_LOGIN else "base"


@dataclass(frozen=True, slots=True)
class FoundStreams:
    """A channel of a camera that was found at a host with a login."""

    camera: FoundCamera
    channel: FoundChannel
    host: str
    login: Mapping[str, str | None]

    def data(self, main: str, sub: str | None) -> dict[str, Any]:
        """Return an entry's data with two of its streams."""
        data: dict[str, Any] = {
            CONF_URL: main,
            **self.login,
            CONF_TRANSPORT: Transport.AUTOMATIC,
            CONF_DEVICE: self.camera.device.as_dict(),
        }
        if sub is not None:
            data[CONF_SMALL] = {CONF_URL: sub}
        if len(self.camera.channels) > 1:
            data[CONF_CHANNEL] = self.channel.key
        if is_ip_address(self.host):
            data[CONF_DISCOVERED_HOST] = self.host
        if onvif := self.camera.onvif:
            data[CONF_ONVIF] = {CONF_PORT: onvif.number}
            if onvif.has_tls:
                data[CONF_ONVIF][CONF_SSL] = True
        return data

    def usual_data(self) -> dict[str, Any]:
        """Return an entry's data with the streams that suit best."""
        sub = self.channel.sub
        return self.data(self.channel.main.url, sub.url if sub else None)


def unique_id_of(data: Mapping[str, Any]) -> str | None:
    """Return the unique id of an entry with these data, None if nothing identifies it."""
    identity = Device.from_dict(data.get(CONF_DEVICE)).identity
    channel = data.get(CONF_CHANNEL)
    return f"{identity} {channel}" if identity and channel else identity or None


def are_different_devices(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether the devices of two entries' data have different serial numbers."""
    numbers = {
        Device.from_dict(data.get(CONF_DEVICE)).serial_number for data in (one, other)
    }
    return len(numbers - {""}) > 1


async def async_probe_found(
    hass: HomeAssistant,
    data: dict[str, Any],
    allowed_hosts: frozenset[str] = frozenset(),
) -> tuple[dict[str, Any], ProbeResult]:
    """Probe the streams; return the data without a sub-stream that is unusable.

    Raises:
        FormError: the main stream does not play.

    """
    try:
        return data, await async_probe_sources(hass, data, allowed_hosts)
    except FormError as err:
        if err.field != CONF_SMALL:
            raise
    alone = {key: data[key] for key in data if key != CONF_SMALL}
    return alone, await async_probe_sources(hass, alone, allowed_hosts)


async def async_find_again(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data with the streams that its camera has now.

    The camera is at the host of the stream's address, and has the entry's login.

    Raises:
        FormError: it is not found, or does not have the channel of the entry.

    """
    host = urlsplit(data[CONF_URL]).hostname
    assert host is not None
    target = Target(host, data.get(CONF_ONVIF, {}).get(CONF_PORT))
    login = {key: data.get(key) for key in (CONF_USERNAME, CONF_PASSWORD)}
    search = Search(target, Credentials(**login))
    try:
        camera = await search.by_onvif() or await search.by_path()
        channel = _same_channel(camera, data.get(CONF_CHANNEL))
    except FindingError as err:
        raise FormError(field_of(err.problem), err.problem, err.detail) from err
    found = FoundStreams(camera, channel, host, login).usual_data()
    if onvif := data.get(CONF_ONVIF):
        known = {CONF_EVENTS: onvif[CONF_EVENTS]} if CONF_EVENTS in onvif else {}
        found[CONF_ONVIF] = known | found[CONF_ONVIF] if CONF_ONVIF in found else onvif
    return found


def _same_channel(camera: FoundCamera, key: str | None) -> FoundChannel:
    """Return the channel with a key, or the only one.

    Raises:
        FindingError: there is none.

    """
    if len(camera.channels) == 1:
        return camera.channels[0]
    for channel in camera.channels:
        if channel.key == key:
            return channel
    raise FindingError(FindingProblem.NO_CHANNEL, camera.device.name)


@callback
def async_unique_id_for(
    hass: HomeAssistant, entry: ConfigEntry, data: Mapping[str, Any]
) -> str | None:
    """Return the unique id of an entry; the search may have found its first one."""
    unique_id = entry.unique_id or unique_id_of(data)
    entries = hass.config_entries
    known = unique_id and entries.async_entry_for_domain_unique_id(DOMAIN, unique_id)
    return unique_id if known in {None, entry} else None


async def async_replace_streams(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Search the camera of an entry for its streams, and let the entry use them.

    Raises:
        FormError: there are none that play, and the entry stays as it is.

    """
    hosts = stream_options(entry.options).allowed_hosts
    data = await async_find_again(without_known_kinds(entry.data))
    in_use = async_sources_in_use(hass, besides=entry.entry_id)
    for key in source_keys(data):
        if key in in_use:
            raise FormError(CONF_URL, "in_use", in_use[key])

    async def probe() -> ProbeResult:
        nonlocal data
        data, found = await async_probe_found(hass, data, hosts)
        return found

    found = await async_probe_beside_stream(entry, probe)
    hass.config_entries.async_update_entry(
        entry,
        data=found.kept_in(data),
        unique_id=async_unique_id_for(hass, entry, data),
    )
    hass.config_entries.async_schedule_reload(entry.entry_id)
