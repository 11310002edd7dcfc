"""The position in the stream at which a client starts."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum

from .presentation import Arrival, Deliver, Presentation
from .rtp import MediaPacket, RtpPacket, TrackKind


class Join(StrEnum):
    """The position in the stream at which a client starts."""

    IDR = "idr"
    """At a keyframe without waiting, like a camera that encodes one for each PLAY.

    The client gets the stream from the newest keyframe in real time, and therefore stays as
    late as that keyframe was old: not suitable for measuring delay.
    """
    NEW_IDR = "new_idr"
    """At a keyframe that is encoded for this client, live; other clients also get it."""
    ANYWHERE = "anywhere"
    """At the next packet, even between two keyframes."""
    KEYFRAME = "keyframe"
    """At the next keyframe; the client waits for it."""
    GOP_CACHE = "gop_cache"
    """At the newest keyframe: a burst of all packets since then, then live, like restreamers."""


class Playout:
    """The stream for one client, by default from the next packet."""

    def __init__(self, presentation: Presentation, deliver: Deliver) -> None:
        self._presentation = presentation
        self._deliver = deliver
        self._unsubscribe: Callable[[], None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Start to deliver; the first packet may already cause a stop."""
        self._begin()
        if not self._stopped:
            self._unsubscribe = self._presentation.subscribe(self._take)

    def stop(self) -> None:
        """Stop delivering."""
        self._stopped = True
        if self._unsubscribe:
            self._unsubscribe()
            self._unsubscribe = None

    def first_sequence(self, track: TrackKind) -> int | None:
        """Return the sequence number of a track's first packet, if it is known."""
        first = self._first_packet(track)
        return first.sequence if first else None

    def first_timestamp(self, track: TrackKind) -> int | None:
        """Return the RTP timestamp at which a track begins, if it is known.

        All tracks begin at the same moment.
        """
        clock = self._presentation.clock(track)
        origin = self._origin()
        return clock.timestamp_at(origin) if clock and origin is not None else None

    def _origin(self) -> float | None:
        """Return the wall-clock time of the first packet, if it is known."""
        return time.time()

    def _first_packet(self, track: TrackKind) -> RtpPacket | None:
        """Return the first packet of a track, if it is known."""
        return None

    def _begin(self) -> None:
        """Prepare for the next packet."""
        self._report()

    def _report(self) -> None:
        """Send reports that relate the tracks, from the first packet on."""
        origin = self._origin()
        for media in self._presentation.description.media:
            clock = self._presentation.clock(media.track)
            if clock and origin is not None:
                self._hand_over(clock.report_at(origin))

    def _take(self, packet: MediaPacket) -> None:
        self._hand_over(packet)

    def _hand_over(self, packet: MediaPacket) -> None:
        if not self._stopped:
            self._deliver(packet)


class _FromKeyframe(Playout):
    """Waits for the next keyframe."""

    def __init__(self, presentation: Presentation, deliver: Deliver) -> None:
        super().__init__(presentation, deliver)
        self._keyframe: RtpPacket | None = None

    def _origin(self) -> float | None:
        clock = self._presentation.clock(TrackKind.VIDEO)
        if clock is None or self._keyframe is None:
            return None
        return clock.ntp_at(self._keyframe.timestamp)

    def _begin(self) -> None:
        pass

    def _take(self, packet: MediaPacket) -> None:
        if self._keyframe is None:
            if not (isinstance(packet, RtpPacket) and packet.keyframe):
                return
            self._keyframe = packet
            self._report()
        self._hand_over(packet)


class _FromCache(_FromKeyframe):
    """Begins with all packets since the newest keyframe, or waits for the first one."""

    def __init__(self, presentation: Presentation, deliver: Deliver) -> None:
        super().__init__(presentation, deliver)
        self._keyframe = self._first_packet(TrackKind.VIDEO)

    def _first_packet(self, track: TrackKind) -> RtpPacket | None:
        for arrival in self._presentation.group.arrivals:
            packet = arrival.packet
            if isinstance(packet, RtpPacket) and packet.track is track:
                return packet
        return None

    def _begin(self) -> None:
        self._keyframe = self._first_packet(TrackKind.VIDEO)
        self._report()
        self._replay(self._presentation.group.arrivals)

    def _replay(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            self._hand_over(arrival.packet)


class _Delayed(_FromCache):
    """Begins with the newest keyframe, and stays as late as that is old."""

    def __init__(self, presentation: Presentation, deliver: Deliver) -> None:
        super().__init__(presentation, deliver)
        self._delay = 0.0
        self._queue: deque[Arrival] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        super().stop()
        self._queue.clear()
        if self._timer:
            self._timer.cancel()

    def _replay(self, arrivals: Sequence[Arrival]) -> None:
        self._queue.extend(arrivals)
        if self._queue:
            self._delay = time.monotonic() - self._queue[0].time
            self._play()

    def _take(self, packet: MediaPacket) -> None:
        if self._keyframe is None:
            super()._take(packet)
            return
        self._queue.append(Arrival(packet, time.monotonic()))
        if self._timer is None:
            self._play()

    def _play(self) -> None:
        """Deliver the packets that are due, and schedule the rest."""
        self._timer = None
        while self._queue:
            wait = self._queue[0].time + self._delay - time.monotonic()
            if wait > 0:
                loop = asyncio.get_running_loop()
                self._timer = loop.call_later(wait, self._play)
                return
            self._hand_over(self._queue.popleft().packet)


_PLAYOUTS: dict[Join, type[Playout]] = {
    Join.IDR: _Delayed,
    Join.NEW_IDR: _FromCache,
    Join.ANYWHERE: Playout,
    Join.KEYFRAME: _FromKeyframe,
    Join.GOP_CACHE: _FromCache,
}


def playout(join: Join, presentation: Presentation, deliver: Deliver) -> Playout:
    """Return the stream for a client that joins now, without video from the next packet."""
    tracks = {media.track for media in presentation.description.media}
    kind = _PLAYOUTS[join] if TrackKind.VIDEO in tracks else Playout
    return kind(presentation, deliver)
