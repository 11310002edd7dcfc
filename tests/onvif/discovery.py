"""Cameras that answer WS-Discovery on the loopback interface."""

import asyncio
import re
import socket
from collections.abc import Callable
from typing import Self, override
from xml.sax.saxutils import escape

type Answer = Callable[[str], bytes]
"""Returns a datagram that answers a message."""

CAMERA_TYPES = "dn:NetworkVideoTransmitter tds:Device"
SCOPES = (
    "onvif://www.onvif.org/type/video_encoder",
    "onvif://www.onvif.org/name/ACME",
    "onvif://www.onvif.org/hardware/Dome%204",
    "onvif://www.onvif.org/Profile/Streaming",
)


def match(
    *,
    endpoint: str = "urn:uuid:5f5a69c2-e0ae-504f-829b-00fa7bf1d2b2",
    types: str = CAMERA_TYPES,
    scopes: tuple[str, ...] = SCOPES,
    xaddrs: str = "http://127.0.0.1/onvif/device_service",
) -> Answer:
    """Return the answer of a camera."""

    def answer(message_id: str) -> bytes:
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
            f"<s:Header><a:RelatesTo>{message_id}</a:RelatesTo></s:Header><s:Body>"
            "<d:ProbeMatches><d:ProbeMatch><a:EndpointReference>"
            f"<a:Address>{escape(endpoint)}</a:Address></a:EndpointReference>"
            f"<d:Types>{escape(types)}</d:Types>"
            f"<d:Scopes>{escape(' '.join(scopes))}</d:Scopes>"
            f"<d:XAddrs>{escape(xaddrs)}</d:XAddrs>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        ).encode()

    return answer


class Network(asyncio.DatagramProtocol):
    """Devices that get the probes which are sent to one address.

    async with Network({"127.0.0.2": match()}) as network:
        ...  # send probes to network.group
    """

    def __init__(
        self, answers: dict[str, Answer], group: str = "127.0.0.1", port: int = 0
    ) -> None:
        """Answer from each of some hosts; join a group if it is one."""
        self.answers = answers
        self.group = (group, port)
        self.probes: list[str] = []
        """The types for which somebody has asked."""
        self.was_asked = asyncio.Event()
        self._listening: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # Another test may listen at the port of the standard as well.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(self.group)
        self.group = listening.getsockname()
        if not self.group[0].startswith("127."):
            membership = socket.inet_aton(self.group[0]) + socket.inet_aton("127.0.0.1")
            listening.setsockopt(
                socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership
            )
        listening.setblocking(False)
        loop = asyncio.get_running_loop()
        self._listening, _ = await loop.create_datagram_endpoint(
            lambda: self, sock=listening
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._listening is not None
        self._listening.close()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        text = data.decode()
        message_id = re.search("<a:MessageID>(.*)</a:MessageID>", text)
        types = re.search("<d:Types>t:(.*)</d:Types>", text)
        assert message_id
        assert types
        self.probes.append(types[1])
        self.was_asked.set()
        for host, answer in self.answers.items():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
                answering.bind((host, 0))
                answering.sendto(answer(message_id[1]), addr)
