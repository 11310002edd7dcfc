"""The stream of one camera: the packets of its sources, without a break."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from .media import Feed
from .rtp import MediaPacket, RtpClock, RtpPacket, SenderReport, TrackKind, wrap
from .sdp import SessionDescription
from .source import MediaSource

_GROUP_BYTES = 8 * 1024 * 1024
"""The maximum size of a group of pictures that is kept."""

type Deliver = Callable[[MediaPacket], None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet with its arrival time (`time.monotonic`)."""

    packet: MediaPacket
    time: float


class GroupOfPictures:
    """The packets of all tracks since the newest keyframe."""

    def __init__(self) -> None:
        self._arrivals: list[Arrival] = []
        self._bytes = 0

    @property
    def arrivals(self) -> Sequence[Arrival]:
        """The packets, oldest first; empty before the first keyframe."""
        return tuple(self._arrivals)

    def add(self, packet: MediaPacket) -> None:
        """Add a packet; the start of a keyframe begins a new group."""
        if isinstance(packet, RtpPacket) and packet.keyframe:
            self.clear()
        elif not self._arrivals:
            return
        self._arrivals.append(Arrival(packet, time.monotonic()))
        self._bytes += len(packet.to_bytes())
        if self._bytes > _GROUP_BYTES:
            self.clear()

    def clear(self) -> None:
        """Remove all packets."""
        self._arrivals.clear()
        self._bytes = 0


class _Continuity:
    """Continues the numbers of a track when its source is replaced."""

    def __init__(self, rate: int) -> None:
        self.clock: RtpClock | None = None
        self._rate = rate
        self._ssrc: int | None = None
        self._last_sequence: int | None = None
        self._sequence_offset: int | None = None
        self._timestamp_offset: int | None = None

    def replace_source(self, rate: int) -> None:
        """Expect packets of another source."""
        self._rate = rate
        self._sequence_offset = None
        self._timestamp_offset = None

    def packet(self, packet: RtpPacket) -> RtpPacket:
        """Return a packet with numbers that continue those sent so far."""
        if self._ssrc is None:
            self._ssrc = packet.ssrc
        if self._sequence_offset is None:
            follows = self._last_sequence is not None
            expected = (self._last_sequence or 0) + 1
            self._sequence_offset = expected - packet.sequence if follows else 0
        self._last_sequence = (packet.sequence + self._sequence_offset) & 0xFFFF
        return replace(
            packet,
            ssrc=self._ssrc,
            sequence=self._last_sequence,
            timestamp=wrap(packet.timestamp + (self._timestamp_offset or 0)),
        )

    def report(self, report: SenderReport) -> SenderReport:
        """Return a sender report on the clock of the first source.

        A source sends a report before its first packet.
        """
        if self._ssrc is None:
            self._ssrc = report.ssrc
        if self._timestamp_offset is None:
            clock = self.clock
            expected = clock.timestamp_at(report.ntp) if clock else report.timestamp
            self._timestamp_offset = expected - report.timestamp
        timestamp = wrap(report.timestamp + self._timestamp_offset)
        report = replace(report, ssrc=self._ssrc, timestamp=timestamp)
        self.clock = RtpClock(report, self._rate)
        return report


class Presentation:
    """The stream of one camera, from its current source to all listeners."""

    def __init__(
        self,
        feed: Feed,
        *,
        binary: str | None = None,
        source: Callable[..., MediaSource] = MediaSource,
    ) -> None:
        self.group = GroupOfPictures()
        self._binary = binary
        self._make_source = source
        self._source = self._new_source(feed)
        self._continuity: dict[TrackKind, _Continuity] = {}
        self._listeners: list[Deliver] = []

    @property
    def feed(self) -> Feed:
        """The feed that is sent."""
        return self._source.feed

    @property
    def source(self) -> MediaSource:
        """The current source."""
        return self._source

    @property
    def description(self) -> SessionDescription:
        """The tracks, for DESCRIBE."""
        return self._source.description

    def clock(self, track: TrackKind) -> RtpClock | None:
        """Return the relation of a track's timestamps to wall-clock time, once it is known."""
        continuity = self._continuity.get(track)
        return continuity.clock if continuity else None

    def subscribe(self, listener: Deliver) -> Callable[[], None]:
        """Pass all packets to a listener; return a function that stops this."""
        self._listeners.append(listener)
        return partial(self._listeners.remove, listener)

    async def start(self) -> None:
        """Start to send, also after a stop."""
        if self._source.ended.is_set():
            self._source = self._new_source(self.feed)
        await self._source.start()
        self._take_over()

    async def stop(self) -> None:
        """Stop sending."""
        await self._source.stop()
        self._continuity.clear()

    async def switch(self, feed: Feed) -> None:
        """Switch to another feed at its first keyframe, without a gap."""
        source = self._new_source(feed)
        await source.start()
        former, self._source = self._source, source
        self._take_over()
        await former.stop()

    def _new_source(self, feed: Feed) -> MediaSource:
        source: MediaSource = self._make_source(
            feed, lambda packet: self._relay(source, packet), binary=self._binary
        )
        return source

    def _take_over(self) -> None:
        self.group.clear()
        for media in self.description.media:
            if continuity := self._continuity.get(media.track):
                continuity.replace_source(media.clock_rate)
            else:
                self._continuity[media.track] = _Continuity(media.clock_rate)

    def _relay(self, source: MediaSource, packet: MediaPacket) -> None:
        """Number a packet and pass it on, unless its source has been replaced."""
        if source is not self._source:
            return
        continuity = self._continuity[packet.track]
        if isinstance(packet, RtpPacket):
            packet = continuity.packet(packet)
        else:
            packet = continuity.report(packet)
        self.group.add(packet)
        for listener in tuple(self._listeners):
            listener(packet)
