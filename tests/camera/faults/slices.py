"""Faults in the division of pictures into packets."""

from dataclasses import replace
from typing import override

from ..rtp import MediaPacket, RtpPacket, TrackKind
from .base import Client, Fault, Forward, PacketFilter

_IDR_SLICE = 5
_FU_A = 28
_FRAGMENT_START = 0x80
_FRAGMENT_END = 0x40
_ACCESS_UNIT_DELIMITER = b"\x09\x10"


def _begins_idr_slice(payload: bytes) -> bool:
    if payload[0] & 0x1F == _FU_A:
        return payload[1] & 0x9F == _FRAGMENT_START | _IDR_SLICE
    return payload[0] & 0x1F == _IDR_SLICE


def _ends_idr_slice(payload: bytes) -> bool:
    if payload[0] & 0x1F == _FU_A:
        return payload[1] & 0x5F == _FRAGMENT_END | _IDR_SLICE
    return payload[0] & 0x1F == _IDR_SLICE


class SplitKeyframes(Fault):
    """Sends each slice of a keyframe like a whole picture (H.264).

    The slices share a timestamp, but each has a marker, and all except the first have a
    delimiter: FFmpeg interprets them as several keyframes. Needs at least two slices.
    """

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        keyframe: int | None = None
        inserted = 0

        def number(packet: RtpPacket) -> RtpPacket:
            return replace(packet, sequence=(packet.sequence + inserted) & 0xFFFF)

        def split(packet: MediaPacket, forward: Forward) -> None:
            nonlocal keyframe, inserted
            if not isinstance(packet, RtpPacket) or packet.track is not TrackKind.VIDEO:
                forward(packet)
                return
            if _begins_idr_slice(packet.payload):
                if packet.timestamp == keyframe:
                    delimiter = replace(packet, payload=_ACCESS_UNIT_DELIMITER)
                    forward(number(delimiter))
                    inserted += 1
                keyframe = packet.timestamp
            marker = packet.marker or _ends_idr_slice(packet.payload)
            forward(replace(number(packet), marker=marker))

        return split
