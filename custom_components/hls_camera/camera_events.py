"""The events that the camera of an entry reports by ONVIF."""

from asyncio import sleep
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_PASSWORD,
    CONF_PORT,
    CONF_SSL,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import CONF_CHANNEL, CONF_DEVICE, CONF_EVENTS, CONF_ONVIF, DOMAIN, LOGGER
from .finding.errors import FindingError
from .finding.found import Device
from .finding.soap import SoapFaultError
from .onvif_events.detections import Show
from .onvif_events.device_events import (
    REJECTED_DELAY_S,
    DeviceEvents,
    DeviceLogin,
    offered_kinds,
)
from .onvif_events.topics import EventKind

_FIRST_DELAY_S: Final = 30.0
_MAX_DELAY_S: Final = 3600.0
"""Between two questions for the events that a camera offers, which may be away."""
_DEFAULT_PORT: Final = 80

type _Devices = WeakValueDictionary[DeviceLogin, DeviceEvents]
_DEVICES: HassKey[_Devices] = HassKey(f"{DOMAIN}_events")
"""The devices of all entries: the channels of a recorder share one."""


@dataclass(frozen=True, slots=True)
class CameraEvents:
    """The events of one camera: those of its channel, if its device has several."""

    device: DeviceEvents
    channel: str | None

    def listen(self, kind: EventKind, show: Show) -> Callable[[], Awaitable[None]]:
        """Listen to a kind of event, see `DeviceEvents.listen()`."""
        return self.device.listen(kind, self.channel, show)


@callback
def async_camera_events(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> CameraEvents | None:
    """Return the events of an entry's camera; None if it was found without ONVIF."""
    login = _login(entry.data)
    if login is None:
        return None
    devices = hass.data.setdefault(_DEVICES, WeakValueDictionary())
    device = devices.get(login)
    if device is None:
        device = DeviceEvents(login, hass.async_create_background_task)
        devices[login] = device
    return CameraEvents(device, entry.data.get(CONF_CHANNEL))


def _login(data: Mapping[str, Any]) -> DeviceLogin | None:
    """Return the login at a camera's host, to which its stream moves with it."""
    onvif = data.get(CONF_ONVIF)
    if not isinstance(onvif, Mapping):
        return None
    port = onvif.get(CONF_PORT)
    host = urlsplit(data.get(CONF_URL, "")).hostname
    if not isinstance(port, int) or not host:
        return None
    return DeviceLogin(
        host,
        port,
        data.get(CONF_USERNAME),
        data.get(CONF_PASSWORD),
        has_tls=onvif.get(CONF_SSL) is True,
    )


async def async_offered_kinds(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> set[EventKind]:
    """Return the kinds of events that an entry's camera offers, as the entry keeps them.

    The first time, the camera is asked until it answers.
    """
    login = _login(entry.data)
    if login is None:
        return set()
    if (known := _known_kinds(entry.data)) is not None:
        return known
    delays = _delays()
    while isinstance(kinds := await _answer(login), Exception):
        is_login = isinstance(kinds, FindingError) and kinds.is_about_login
        await sleep(REJECTED_DELAY_S if is_login else next(delays))
    onvif = {**entry.data[CONF_ONVIF], CONF_EVENTS: sorted(kinds)}
    data = {**entry.data, CONF_ONVIF: onvif}
    hass.config_entries.async_update_entry(entry, data=data)
    return kinds


async def _answer(
    login: DeviceLogin,
) -> set[EventKind] | FindingError | SoapFaultError:
    """Return the kinds that a device offers, or the error if it does not answer."""
    try:
        return await offered_kinds(login)
    except (FindingError, SoapFaultError) as err:
        text = login.redacted(str(err))
        LOGGER.debug("%s does not say which events it offers: %s", login.host, text)
        return err


def _delays() -> Iterator[float]:
    """Yield the seconds between two questions."""
    delay = _FIRST_DELAY_S
    while True:
        yield delay
        delay = min(2 * delay, _MAX_DELAY_S)


def _known_kinds(data: Mapping[str, Any]) -> set[EventKind] | None:
    """Return the kinds that an entry keeps; None if it keeps none yet.

    Those of a later version, and damaged ones, are left out.
    """
    known = data[CONF_ONVIF].get(CONF_EVENTS)
    return (
        {each for each in EventKind if each in known}
        if isinstance(known, list)
        else None
    )


def with_onvif_port(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data of version 1.1 with the port by which ONVIF was found."""
    address = Device.from_dict(data.get(CONF_DEVICE)).configuration_url
    with suppress(ValueError):
        if address and CONF_ONVIF not in data:
            port = urlsplit(address).port or _DEFAULT_PORT
            return {**data, CONF_ONVIF: {CONF_PORT: port}}
    return dict(data)


def without_known_kinds(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's data without the kinds of events, so that the camera is asked again."""
    onvif = data.get(CONF_ONVIF)
    if not isinstance(onvif, Mapping):
        return dict(data)
    kept = {key: onvif[key] for key in onvif if key != CONF_EVENTS}
    return {**data, CONF_ONVIF: kept}
