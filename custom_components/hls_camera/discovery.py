"""Announcements of cameras on the network, and the changes that an entry takes from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, Final, Protocol, Self
from urllib.parse import urlsplit

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntry
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.service_info.ssdp import (
    ATTR_UPNP_FRIENDLY_NAME,
    ATTR_UPNP_SERIAL,
    SsdpServiceInfo,
)
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .const import CONF_DEVICE, CONF_DISCOVERED_HOST
from .finding.found import Device, display_text, mac_in_uuid, mac_of
from .finding.search import is_ip_address
from .finding.ws_discovery import MAX_NAME, NearbyCamera
from .providers.registry import is_known, provider_of

RTSP_SERVICE: Final = "_rtsp._tcp.local."
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A camera that has announced itself, or has answered a search."""

    host: str
    addresses: Sequence[str]
    identity: str
    """Its MAC address, serial number or another name, whatever its host."""
    name: str
    """For people."""
    host_names: frozenset[str] = frozenset()

    @classmethod
    def of_service(cls, service: ZeroconfServiceInfo) -> Self:
        """Return the camera that announces a service."""
        return cls(
            host=service.host,
            addresses=service.addresses,
            identity=identity(service),
            name=_name(service),
            host_names=frozenset({service.hostname.removesuffix(".").lower()}),
        )

    @classmethod
    def of_answer(cls, camera: NearbyCamera) -> Self:
        """Return the camera that has answered a search in the network."""
        return cls(
            host=camera.host,
            addresses=(camera.host,),
            identity=camera.identity or camera.host,
            name=str(camera),
        )

    @classmethod
    def of_upnp(cls, device: SsdpServiceInfo) -> Self | None:
        """Return the camera that announces itself by SSDP; None without an address."""
        host = urlsplit(device.ssdp_location or "").hostname
        if host is None or not is_ip_address(host):
            return None
        name = device.ssdp_udn or device.ssdp_usn
        mac = mac_of(str(device.upnp.get(ATTR_UPNP_SERIAL, ""))) or mac_in_uuid(name)
        return cls(
            host=host,
            addresses=(host,),
            identity=mac or name,
            name=display_text(
                str(device.upnp.get(ATTR_UPNP_FRIENDLY_NAME, "")), MAX_NAME
            )
            or host,
        )

    @property
    def page(self) -> str:
        """The address of the camera's own page."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}/"


def mac_of_entry(entry: ConfigEntry) -> str:
    """Return the MAC address of an entry's camera, or of its recorder, if it is known."""
    mac = Device.from_dict(entry.data.get(CONF_DEVICE)).mac
    return mac or mac_of(entry.unique_id or "")


def has_mac(entry: ConfigEntry, mac: str) -> bool:
    """Return whether an entry's camera, or its recorder, has a MAC address."""
    return mac_of_entry(entry) == format_mac(mac)


def identity(service: ZeroconfServiceInfo) -> str:
    """Return a camera's MAC address, serial number or service name, whatever its host."""
    known = {key.lower(): value for key, value in service.properties.items()}
    values = (known.get(key) or "" for key in _IDENTITIES)
    # Devices without one announce only zeros.
    named = next((each for each in values if each.strip("0:-. ")), service.name)
    return format_mac(named)


def _name(service: ZeroconfServiceInfo) -> str:
    """Return the name of a service for people."""
    name = service.name.removesuffix(f".{service.type}")
    return display_text(name, MAX_NAME) or service.host


def suggested_form(service: ZeroconfServiceInfo) -> dict[str, Any]:
    """Return the values with which the form for a new address begins."""
    is_ipv6 = isinstance(service.ip_address, IPv6Address)
    host = f"[{service.host}]" if is_ipv6 else service.host
    if service.port not in (None, _RTSP_PORT):
        host = f"{host}:{service.port}"
    path = (service.properties.get("path") or "").removeprefix("/")
    return {
        CONF_NAME: _name(service),
        CONF_URL: f"rtsp://{host}/{path}",
    }


def is_camera_of(sighting: Sighting, data: Mapping[str, Any]) -> bool:
    """Return whether an entry has a source at the announced host."""
    return not _hosts(data).isdisjoint(sighting.host_names.union(sighting.addresses))


def has_page(data: Mapping[str, Any], page: str) -> bool:
    """Return whether an entry's camera has a page at an address."""
    return urlsplit(page).hostname in _hosts(data)


def _hosts(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the hosts of an entry's sources, and where its camera is."""
    if not is_known(data):
        return frozenset()
    discovered = data.get(CONF_DISCOVERED_HOST)
    return provider_of(data).hosts(data).union([discovered] if discovered else [])


def is_ignored_at(sighting: Sighting, entry: ConfigEntry) -> bool:
    """Return whether a camera at the announced host is ignored."""
    host = entry.data.get(CONF_DISCOVERED_HOST)
    return entry.source == SOURCE_IGNORE and host in sighting.addresses


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
    if moved and CONF_DEVICE in data:
        # A person confirms new addresses of streams, so that of the page follows them.
        device = Device.from_dict(data[CONF_DEVICE]).moved(before, service.host)
        moved[CONF_DEVICE] = device.as_dict()
    return {CONF_DISCOVERED_HOST: service.host, **moved}
