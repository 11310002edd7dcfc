"""RTP data packets and RTCP sender reports (RFC 3550) of a camera."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

NTP_EPOCH = 2_208_988_800
"""Seconds from the epoch of NTP (1900) to that of Unix (1970)."""

_RTP_HEADER = struct.Struct("!BBHII")
_SENDER_REPORT = struct.Struct("!BBHIIIIII")
_VERSION = 2 << 6
_MARKER = 0x80
_PACKET_TYPE_SENDER_REPORT = 200
_PACKET_TYPE_SOURCE_DESCRIPTION = 202
_ITEM_CNAME = 1


class TrackKind(StrEnum):
    """The kind of a track; a camera has at most one track of each kind."""

    VIDEO = "video"
    AUDIO = "audio"
    DATA = "application"


def wrap(timestamp: float) -> int:
    """Return a timestamp in 32 bits, wrapped after 2**32."""
    return round(timestamp) & 0xFFFFFFFF


def distance(later: int, earlier: int) -> int:
    """Return the distance from one RTP timestamp to another, negative if it is earlier."""
    return ((later - earlier + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpPacket:
    """One RTP data packet of a track."""

    track: TrackKind
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    keyframe: bool = False
    """Whether a picture begins here that can be decoded without earlier ones."""

    @classmethod
    def parse(cls, track: TrackKind, data: bytes) -> Self:
        """Read a packet with a plain header: no CSRC, no extension, no padding."""
        flags, second, sequence, timestamp, ssrc = _RTP_HEADER.unpack_from(data)
        if flags != _VERSION:
            raise ValueError(f"not a plain RTP header: {data[:12].hex()}")
        return cls(
            track=track,
            payload_type=second & 0x7F,
            marker=bool(second & _MARKER),
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=data[_RTP_HEADER.size :],
        )

    def to_bytes(self) -> bytes:
        """Return the packet's bytes."""
        second = self.payload_type | (_MARKER if self.marker else 0)
        header = _RTP_HEADER.pack(
            _VERSION, second, self.sequence, self.timestamp, self.ssrc
        )
        return header + self.payload


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderReport:
    """The wall-clock time of an RTP timestamp, with which clients align the tracks."""

    track: TrackKind
    ssrc: int
    ntp: float
    """Seconds since 1970."""
    timestamp: int
    packets: int = 0
    octets: int = 0

    @classmethod
    def parse(cls, track: TrackKind, data: bytes) -> Self:
        """Read the sender report at the start of a compound RTCP packet."""
        fields = _SENDER_REPORT.unpack_from(data)
        _, packet_type, _, ssrc, seconds, fraction, timestamp, packets, octets = fields
        if packet_type != _PACKET_TYPE_SENDER_REPORT:
            raise ValueError(f"not a sender report: RTCP packet type {packet_type}")
        return cls(
            track=track,
            ssrc=ssrc,
            ntp=seconds - NTP_EPOCH + fraction / 2**32,
            timestamp=timestamp,
            packets=packets,
            octets=octets,
        )

    def to_bytes(self) -> bytes:
        """Return the report's bytes, with the name of its sender."""
        ntp = round((self.ntp + NTP_EPOCH) * 2**32)
        report = _SENDER_REPORT.pack(
            _VERSION,
            _PACKET_TYPE_SENDER_REPORT,
            _SENDER_REPORT.size // 4 - 1,
            self.ssrc,
            ntp >> 32 & 0xFFFFFFFF,
            ntp & 0xFFFFFFFF,
            self.timestamp,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )
        # One chunk with one item, ended and padded to 32 bits by zeros.
        items = bytes([_ITEM_CNAME, 6]) + b"camera"
        chunk = struct.pack("!I", self.ssrc) + items + bytes(4 - len(items) % 4)
        description = struct.pack(
            "!BBH", _VERSION | 1, _PACKET_TYPE_SOURCE_DESCRIPTION, len(chunk) // 4
        )
        return report + description + chunk


type MediaPacket = RtpPacket | SenderReport


def is_rtcp(data: bytes) -> bool:
    """Return whether a packet is RTCP, on a socket for RTP and RTCP (RFC 5761)."""
    return 192 <= data[1] <= 223


def is_sender_report(data: bytes) -> bool:
    """Return whether an RTCP packet begins with a sender report."""
    return data[1] == _PACKET_TYPE_SENDER_REPORT


@dataclass(frozen=True, slots=True)
class RtpClock:
    """The relation of a track's timestamps to wall-clock time, from a sender report."""

    report: SenderReport
    rate: int

    def timestamp_at(self, ntp: float) -> int:
        """Return the RTP timestamp of a wall-clock time."""
        return wrap(self.report.timestamp + (ntp - self.report.ntp) * self.rate)

    def ntp_at(self, timestamp: int) -> float:
        """Return the wall-clock time of an RTP timestamp."""
        return self.report.ntp + distance(timestamp, self.report.timestamp) / self.rate

    def report_at(self, ntp: float) -> SenderReport:
        """Return the sender's report for a time."""
        return replace(self.report, ntp=ntp, timestamp=self.timestamp_at(ntp))


def aggregated(payload: bytes, offset: int) -> Iterator[bytes]:
    """Yield the units of an aggregation packet, each after its size in 16 bits."""
    while offset + 2 < len(payload):
        size = int.from_bytes(payload[offset : offset + 2])
        yield payload[offset + 2 : offset + 2 + size]
        offset += 2 + size
