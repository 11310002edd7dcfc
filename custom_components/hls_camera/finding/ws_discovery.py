"""WS-Discovery: the cameras in the network that answer a probe.

Nothing in an answer is trusted: a camera is at the address from which its answer comes,
not at one that the answer names.
"""

import asyncio
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from typing import Any, Final, override
from urllib.parse import unquote, urlsplit
from uuid import uuid4
from xml.etree.ElementTree import Element

from .found import display_text, mac_in_uuid, mac_of
from .search import Target
from .xml import XmlError, parse

GROUP: tuple[str, int] = ("239.255.255.250", 3702)
INTERVAL_S: float = 1.0
_PROBES: Final = 3
"""Datagrams get lost."""
MAX_ANSWER_BYTES: Final = 32 * 1024
_MAX_ANSWERS: Final = 1000
"""All cameras of a large network answer six times."""
MAX_CAMERAS: Final = 128
MAX_NAME: Final = 60
_MAX_ENDPOINT: Final = 100
_SCOPE: Final = "onvif://www.onvif.org/"
_VIDEO: Final = frozenset(
    {"profile/streaming", "profile/s", "profile/t", "type/video_encoder"}
)
"""Scopes of devices that offer video."""
_TYPES: Final = (
    ("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
    ("http://www.onvif.org/ver10/device/wsdl", "Device"),
)
"""Some cameras answer a probe for one of them only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearbyCamera:
    """A camera that has answered."""

    host: str
    """The IP address from which it has answered."""
    port: int | None = None
    """Its port for ONVIF."""
    endpoint: str = ""
    """The name that it keeps for good; some makers use one name for many cameras."""
    name: str = ""
    mac: str = ""

    @property
    def identity(self) -> str:
        """The camera's identity at any address; empty if it has none."""
        return self.mac or self.endpoint

    @property
    def address(self) -> str:
        """The address as a person types it."""
        return str(Target(self.host, self.port))

    def __str__(self) -> str:
        """Return a text for people."""
        return f"{self.name} ({self.host})" if self.name else self.host

    def as_dict(self) -> dict[str, Any]:
        """Return the arguments of an equal one, for JSON."""
        return asdict(self)


async def search_network(sources: Iterable[str]) -> tuple[NearbyCamera, ...]:
    """Return the cameras that answer probes from some of our IPv4 addresses."""
    listener = _Listener()
    transports: list[asyncio.DatagramTransport] = []
    try:
        for source in sources:
            transports += await _open(source, listener)
        for _ in range(_PROBES if transports else 0):
            for transport in transports:
                for message in listener.probes:
                    transport.sendto(message, GROUP)
            await asyncio.sleep(INTERVAL_S)
    finally:
        for transport in transports:
            transport.close()
    return listener.cameras


async def _open(source: str, listener: _Listener) -> list[asyncio.DatagramTransport]:
    """Return an endpoint at one of our addresses; none if it is gone."""
    probing = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probing.setblocking(False)
        probing.bind((source, 0))
        interface = socket.inet_aton(source)
        probing.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, interface)
    except OSError:
        probing.close()
        return []
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: listener, sock=probing)
    return [transport]


class _Listener(asyncio.DatagramProtocol):
    """Collects the answers to probes, within limits."""

    def __init__(self) -> None:
        self._ids = [f"urn:uuid:{uuid4()}" for _ in _TYPES]
        self._answers = 0
        self._cameras: dict[str, NearbyCamera] = {}

    @property
    def probes(self) -> list[bytes]:
        """The messages to send."""
        pairs = zip(self._ids, _TYPES, strict=True)
        return [_probe(message_id, *kind) for message_id, kind in pairs]

    @property
    def cameras(self) -> tuple[NearbyCamera, ...]:
        """The cameras, in the order of their addresses."""
        return tuple(
            sorted(self._cameras.values(), key=lambda each: ip_address(each.host))
        )

    @override
    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Add the camera that has answered."""
        self._answers += 1
        is_ours = any(each.encode() in data for each in self._ids)
        if not is_ours or self._answers > _MAX_ANSWERS:
            return
        if len(self._cameras) < MAX_CAMERAS and (camera := read_match(data, addr[0])):
            self._cameras.setdefault(camera.host, camera)


def _probe(message_id: str, namespace: str, kind: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
        'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
        'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        f'xmlns:t="{namespace}"><s:Header>'
        "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>"
        f"<a:MessageID>{message_id}</a:MessageID>"
        "<a:ReplyTo><a:Address>"
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
        "</a:Address></a:ReplyTo>"
        "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>"
        f"<s:Body><d:Probe><d:Types>t:{kind}</d:Types></d:Probe></s:Body></s:Envelope>"
    ).encode()


def read_match(datagram: bytes, host: str) -> NearbyCamera | None:
    """Return the camera that has answered from a host; None if it is no camera."""
    if len(datagram) > MAX_ANSWER_BYTES:
        return None
    try:
        match = parse(datagram).find(".//{*}ProbeMatch")
    except XmlError:
        return None
    if match is None:
        return None
    scopes = [
        scope[len(_SCOPE) :].strip("/")
        for scope in _text(match, "{*}Scopes").split()
        if scope.lower().startswith(_SCOPE)
    ]
    types = {name.rpartition(":")[2] for name in _text(match, "{*}Types").split()}
    is_camera = "NetworkVideoTransmitter" in types
    if not is_camera and _VIDEO.isdisjoint(map(str.lower, scopes)):
        return None
    values = {
        key.lower(): display_text(unquote(value), MAX_NAME)
        for key, _, value in (scope.partition("/") for scope in scopes)
        if value
    }
    endpoint = _text(match, "{*}EndpointReference/{*}Address").strip().lower()
    if len(endpoint) > _MAX_ENDPOINT or not endpoint.isprintable():
        endpoint = ""
    return NearbyCamera(
        host=host,
        port=_port(_text(match, "{*}XAddrs").split(), host),
        endpoint=endpoint,
        name=_name(values.get("name", ""), values.get("hardware", "")),
        mac=mac_of(values.get("mac", "")) or mac_in_uuid(endpoint),
    )


def _text(match: Element, path: str) -> str:
    return match.findtext(path) or ""


def _name(name: str, model: str) -> str:
    """Return name and model in one text, without repetition."""
    return name if model.lower() in name.lower() else f"{name} {model}".strip()


def _port(addresses: Iterable[str], host: str) -> int | None:
    """Return the port for ONVIF, if the camera names one.

    The address at the camera's own host counts, otherwise the first one.
    """
    ports: dict[str | None, int | None] = {}
    for address in addresses:
        with suppress(ValueError):
            parts = urlsplit(address)
            ports.setdefault(parts.hostname, parts.port)
    return ports.get(host, next(iter(ports.values()), None))
