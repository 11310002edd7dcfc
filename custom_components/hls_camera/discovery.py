"""What a camera tells of itself on the network, and how its entry follows it."""

from collections.abc import Mapping
from ipaddress import IPv6Address
from typing import Any, Final
from urllib.parse import urlsplit

from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.helpers.device_registry import format_mac
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from .const import CONF_DISCOVERED_HOST, CONF_SMALL

_RTSP_PORT: Final = 554
# What stays a camera's own; the first one that it tells is taken. The keys are those of
# Axis and others: RFC 6763 leaves them to whoever announces.
_IDENTITIES: Final = ("macaddress", "mac", "serialnumber", "serial", "sn")


def identity(service: ZeroconfServiceInfo) -> str:
    """Return what tells a camera from all others, wherever it is."""
    told = {key.lower(): value for key, value in service.properties.items()}
    return format_mac(next(filter(None, map(told.get, _IDENTITIES)), service.name))


def suggested_form(service: ZeroconfServiceInfo) -> dict[str, Any]:
    """Return what the form for a new camera is filled with."""
    host = _in_address(service)
    if service.port not in (None, _RTSP_PORT):
        host = f"{host}:{service.port}"
    path = (service.properties.get("path") or "").removeprefix("/")
    return {
        CONF_NAME: service.name.removesuffix(f".{service.type}"),
        CONF_URL: f"rtsp://{host}/{path}",
    }


def is_camera_of(service: ZeroconfServiceInfo, data: Mapping[str, Any]) -> bool:
    """Whether an entry has an address at the host that announces itself."""
    names = {service.hostname.removesuffix(".").lower(), *service.addresses}
    return any(_host(each) in names for each in _sources(data))


def is_moved(changed: Mapping[str, Any]) -> bool:
    """Whether changes of an entry's data have another address for a source of its."""
    return CONF_URL in changed or CONF_SMALL in changed


def changes(service: ZeroconfServiceInfo, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes in an entry's data as its camera is where it says to be.

    An address that a person has given another host, such as a relay's, stays as it is.
    """
    before = data.get(CONF_DISCOVERED_HOST)
    # One of several addresses is as good as another.
    if before is None or before in service.addresses:
        return {}
    changed: dict[str, Any] = {CONF_DISCOVERED_HOST: service.host}
    for source in _sources(data):
        if _host(source) != before:
            continue
        moved = {CONF_URL: _moved(source[CONF_URL], _in_address(service))}
        changed |= moved if source is data else {CONF_SMALL: {**source, **moved}}
    return changed


def _sources(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return those of an entry's two sources that have an address."""
    return [each for each in (data, data.get(CONF_SMALL, {})) if CONF_URL in each]


def _host(source: Mapping[str, Any]) -> str | None:
    url: str = source[CONF_URL]
    return urlsplit(url).hostname


def _moved(url: str, host: str) -> str:
    """Return an address at another host; the port and all else stay."""
    parts = urlsplit(url)
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    return parts._replace(netloc=netloc).geturl()


def _in_address(service: ZeroconfServiceInfo) -> str:
    """Return the host as addresses have it."""
    is_ipv6 = isinstance(service.ip_address, IPv6Address)
    return f"[{service.host}]" if is_ipv6 else service.host
