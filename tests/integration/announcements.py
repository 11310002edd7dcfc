"""Cameras that announce themselves by zeroconf, as Home Assistant hears them."""

from ipaddress import ip_address
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

from custom_components.hls_camera.const import DOMAIN

from .flows import Result

TYPE = "_rtsp._tcp.local."
AXIS: dict[str, Any] = {"macaddress": "ACCC8E123456", "path": "axis-media/media.amp"}


def announcement(
    *hosts: str,
    port: int | None = 554,
    name: str = "Front door",
    hostname: str = "front-door.local.",
    kind: str = TYPE,
    **properties: Any,
) -> ZeroconfServiceInfo:
    """Return a camera's announcement."""
    addresses = [ip_address(host) for host in hosts]
    return ZeroconfServiceInfo(
        ip_address=addresses[0],
        ip_addresses=addresses,
        port=port,
        hostname=hostname,
        type=kind,
        name=f"{name}.{kind}",
        properties=properties,
    )


async def hear(hass: HomeAssistant, heard: ZeroconfServiceInfo) -> Result:
    return await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "zeroconf"}, data=heard
    )


def is_known(result: Result) -> bool:
    return (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )
