"""Faults in the timestamps of a stream."""

from collections.abc import Callable
from dataclasses import replace
from typing import override

from ..rtp import MediaPacket, RtpPacket, SenderReport, TrackKind, distance, wrap
from ..rtsp import Request, Response
from .base import Answer, Client, Fault, Forward, PacketFilter, Proceed


def _moved(
    packet: MediaPacket, timestamp: float, ntp: Callable[[float], float]
) -> MediaPacket:
    """Return a packet with another timestamp; a report also with another time."""
    if isinstance(packet, SenderReport):
        return replace(packet, timestamp=wrap(timestamp), ntp=ntp(packet.ntp))
    return replace(packet, timestamp=wrap(timestamp))


class _ClockFault(Fault):
    """A fault of the camera's clock: its response to PLAY contains no timestamps."""

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        answer = await proceed()
        if isinstance(answer, Response) and "RTP-Info" in answer.headers:
            headers = {**answer.headers}
            del headers["RTP-Info"]
            return replace(answer, headers=headers)
        return answer


class TimestampJump(_ClockFault):
    """Sets the camera's clock: all timestamps jump, forward or (below zero) backward."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        def jump(packet: MediaPacket, forward: Forward) -> None:
            shift = self._seconds * client.clock_rate(packet.track)
            timestamp = packet.timestamp + shift
            forward(_moved(packet, timestamp, lambda ntp: ntp + self._seconds))

        return jump


class FrozenTimestamps(_ClockFault):
    """Gives every packet the timestamp of the first, and sends no more reports."""

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        frozen: dict[TrackKind, int] = {}

        def freeze(packet: MediaPacket, forward: Forward) -> None:
            if isinstance(packet, RtpPacket):
                timestamp = frozen.setdefault(packet.track, packet.timestamp)
                forward(replace(packet, timestamp=timestamp))

        return freeze


class TimestampWrap(_ClockFault):
    """Starts with timestamps whose 32 bits overflow after some seconds.

    It must act from the start: in a playing stream, it would first be a jump.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        shifts: dict[TrackKind, int] = {}

        def shift(packet: MediaPacket, forward: Forward) -> None:
            if packet.track not in shifts:
                lead = self._seconds * client.clock_rate(packet.track)
                shifts[packet.track] = wrap(-lead) - packet.timestamp
            timestamp = packet.timestamp + shifts[packet.track]
            forward(replace(packet, timestamp=wrap(timestamp)))

        return shift


class ClockDrift(_ClockFault):
    """Runs the camera's clock at another speed: 1.01 gains 36 seconds per hour.

    With a track, this affects only the clock of that track.
    """

    def __init__(self, factor: float, track: TrackKind | None = None) -> None:
        self._factor = factor
        self._track = track

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        origin: float | None = None
        first: dict[TrackKind, int] = {}

        def drift_time(ntp: float) -> float:
            nonlocal origin
            origin = ntp if origin is None else origin
            return origin + (ntp - origin) * self._factor

        def drift(packet: MediaPacket, forward: Forward) -> None:
            if self._track not in {None, packet.track}:
                forward(packet)
                return
            start = first.setdefault(packet.track, packet.timestamp)
            elapsed = distance(packet.timestamp, start)
            forward(_moved(packet, start + elapsed * self._factor, drift_time))

        return drift


class ClockOffset(_ClockFault):
    """Reports times of one track with an offset of some seconds to the other.

    Reports of the track that is not `first` begin after the first one of the other.
    """

    def __init__(
        self,
        seconds: float,
        track: TrackKind = TrackKind.AUDIO,
        *,
        first: TrackKind = TrackKind.VIDEO,
    ) -> None:
        self._seconds = seconds
        self._track = track
        self._first = first

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        has_begun = False

        def report(packet: MediaPacket, forward: Forward) -> None:
            nonlocal has_begun
            if isinstance(packet, SenderReport):
                has_begun |= packet.track is self._first
                if not has_begun:
                    return
                if packet.track is self._track:
                    packet = replace(packet, ntp=packet.ntp + self._seconds)
            forward(packet)

        return report
