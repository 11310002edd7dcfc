"""Transports of packets: inside the RTSP connection, or as datagrams."""

import asyncio
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from .rtp import MediaPacket, RtpPacket
from .rtsp import INTERLEAVED

_PORT_ATTEMPTS = 50


class Lower(StrEnum):
    """The lower transport of RTP, in the terms of the standard."""

    TCP = "tcp"
    UDP = "udp"


class TrackTransport(Protocol):
    """The transport of one track."""

    @property
    def header(self) -> str:
        """The header Transport of the response to SETUP."""

    def send(self, packet: MediaPacket) -> None:
        """Send a packet."""

    def close(self) -> None:
        """Release the transport's resources."""


class InterleavedTransport:
    """Sends the packets of a track between the responses, on two numbered channels."""

    def __init__(self, channel: int, send: Callable[[bytes], None]) -> None:
        self._channel = channel
        self._send = send

    @property
    def header(self) -> str:
        """The header Transport of the response to SETUP."""
        channels = f"{self._channel}-{self._channel + 1}"
        return f"RTP/AVP/TCP;unicast;interleaved={channels}"

    def send(self, packet: MediaPacket) -> None:
        """Send a packet."""
        data = packet.to_bytes()
        channel = self._channel + (not isinstance(packet, RtpPacket))
        header = INTERLEAVED + bytes([channel]) + len(data).to_bytes(2)
        self._send(header + data)

    def close(self) -> None:
        """Do nothing: the connection does not belong to the transport."""


class UdpTransport:
    """Sends the packets of a track as datagrams, from a pair of ports to a pair of ports."""

    def __init__(
        self,
        ports: tuple[int, int],
        rtp: asyncio.DatagramTransport,
        rtcp: asyncio.DatagramTransport,
    ) -> None:
        self._ports = ports
        self._rtp = rtp
        self._rtcp = rtcp

    @classmethod
    async def create(
        cls, host: str, client: str, ports: tuple[int, int]
    ) -> UdpTransport:
        """Bind an even port and the next odd one, as the standard requires."""
        for _ in range(_PORT_ATTEMPTS):
            rtp = await _endpoint(host, 0, client, ports[0])
            port = rtp.get_extra_info("sockname")[1]
            try:
                if port % 2 == 0:
                    rtcp = await _endpoint(host, port + 1, client, ports[1])
                    return cls(ports, rtp, rtcp)
            except OSError:
                pass
            rtp.close()
        raise OSError("no pair of UDP ports is free")

    @property
    def header(self) -> str:
        """The header Transport of the response to SETUP."""
        port = self._rtp.get_extra_info("sockname")[1]
        client = f"{self._ports[0]}-{self._ports[1]}"
        return f"RTP/AVP;unicast;client_port={client};server_port={port}-{port + 1}"

    def send(self, packet: MediaPacket) -> None:
        """Send a packet."""
        channel = self._rtp if isinstance(packet, RtpPacket) else self._rtcp
        channel.sendto(packet.to_bytes())

    def close(self) -> None:
        """Free the ports."""
        self._rtp.close()
        self._rtcp.close()


async def _endpoint(
    host: str, port: int, client: str, client_port: int
) -> asyncio.DatagramTransport:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol,
        local_addr=(host, port),
        remote_addr=(client, client_port),
    )
    return transport


def numbers(header: str, name: str) -> tuple[int, int] | None:
    """Return the requested pair of channels or ports of a Transport header."""
    if match := re.search(rf"\b{name}=(\d+)(?:-(\d+))?", header):
        first = int(match[1])
        return first, int(match[2] or first + 1)
    return None
