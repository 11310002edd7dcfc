"""Announcements of cameras on the network, and the changes that an entry takes from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, Final, Protocol

from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .const import CONF_DEVICE, CONF_DISCOVERED_HOST
from .finding.found import Device
from .providers.registry import is_known, provider_of

_RTSP_PORT: Final = 554
# Properties that identify a camera; the first one that it announces counts. The keys are
# those of Axis and others: RFC 6763 leaves them to the announcer.
_IDENTITIES: Final = ("macaddress", "mac", "serialnumber", "serial", "sn")


class Announcement(Protocol):
    """A message from a camera about its addresses."""

    @property
    def host(self) -> str:
        """The address to use."""

    @property
    def addresses(self) -> Sequence[str]:
        """All addresses."""


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that a camera has got from the router, seen in its DHCP request."""

    host: str

    @property
    def addresses(self) -> tuple[str]:
        """The address."""
        return (self.host,)


def has_mac(data: Mapping[str, Any], mac: str) -> bool:
    """Return whether an entry's camera, or its recorder, has a MAC address."""
    return Device.from_dict(data.get(CONF_DEVICE)).mac == format_mac(mac)


def identity(service: ZeroconfServiceInfo) -> str:
    """Return a camera's MAC address, serial number or service name, whatever its host."""
    known = {key.lower(): value for key, value in service.properties.items()}
    return format_mac(next(filter(None, map(known.get, _IDENTITIES)), service.name))


def suggested_form(service: ZeroconfServiceInfo) -> dict[str, Any]:
    """Return the values with which the form for a new address begins."""
    is_ipv6 = isinstance(service.ip_address, IPv6Address)
    host = f"[{service.host}]" if is_ipv6 else service.host
    if service.port not in (None, _RTSP_PORT):
        host = f"{host}:{service.port}"
    path = (service.properties.get("path") or "").removeprefix("/")
    return {
        CONF_NAME: service.name.removesuffix(f".{service.type}"),
        CONF_URL: f"rtsp://{host}/{path}",
    }


def is_camera_of(service: ZeroconfServiceInfo, data: Mapping[str, Any]) -> bool:
    """Return whether an entry has a source at the announced host."""
    names = {service.hostname.removesuffix(".").lower(), *service.addresses}
    return is_known(data) and not names.isdisjoint(provider_of(data).hosts(data))


def is_moved(changed: Mapping[str, Any]) -> bool:
    """Return whether changes of an entry's data affect its sources."""
    return not changed.keys() <= {CONF_DISCOVERED_HOST}


def changes(service: Announcement, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of an entry's data when its camera is at the announced host."""
    before = data.get(CONF_DISCOVERED_HOST)
    # One of several addresses is as good as another.
    if before is None or before in service.addresses or not is_known(data):
        return {}
    moved = provider_of(data).moved(data, before, service.host)
    return {CONF_DISCOVERED_HOST: service.host, **moved}
