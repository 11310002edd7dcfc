"""Faults in the delivery of packets."""

import time
from functools import partial
from random import Random
from typing import override

from ..rtp import MediaPacket, RtpPacket, TrackKind
from .base import Client, Fault, Forward, PacketFilter


class PacketLoss(Fault):
    """Loses RTP packets at random, but the same ones in every run."""

    def __init__(self, probability: float, *, seed: int = 0) -> None:
        self._probability = probability
        self._seed = seed

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        random = Random(self._seed)

        def lose(packet: MediaPacket, forward: Forward) -> None:
            is_media = isinstance(packet, RtpPacket)
            if not (is_media and random.random() < self._probability):
                forward(packet)

        return lose


class SilentTrack(Fault):
    """Announces a track, but never sends it, or only after some seconds."""

    def __init__(self, track: TrackKind, *, seconds: float | None = None) -> None:
        self._track = track
        self._seconds = seconds

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        silent = True

        def end_silence() -> None:
            nonlocal silent
            silent = False

        def hold(packet: MediaPacket, forward: Forward) -> None:
            if packet.track is not self._track or not silent:
                forward(packet)

        if self._seconds is not None:
            client.call_later(self._seconds, end_silence)
        return hold


class PausingTrack(Fault):
    """Alternately sends a track for some seconds and pauses it.

    Some microphones send only while there is something to hear.
    """

    def __init__(self, track: TrackKind, *, sent: float, paused: float) -> None:
        self._track = track
        self._sent = sent
        self._period = sent + paused

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        start = time.monotonic()

        def pause(packet: MediaPacket, forward: Forward) -> None:
            is_sent = (time.monotonic() - start) % self._period < self._sent
            if packet.track is not self._track or is_sent:
                forward(packet)

        return pause


class Trickle(Fault):
    """Sends only a few bytes per second, as over bad Wi-Fi; late packets are lost."""

    def __init__(self, bytes_per_second: float, *, patience: float = 5.0) -> None:
        self._rate = bytes_per_second
        self._patience = patience

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        free_at = 0.0

        def trickle(packet: MediaPacket, forward: Forward) -> None:
            nonlocal free_at
            now = time.monotonic()
            sent_at = max(now, free_at) + len(packet.to_bytes()) / self._rate
            if sent_at - now <= self._patience:
                free_at = sent_at
                client.call_later(sent_at - now, partial(forward, packet))

        return trickle
