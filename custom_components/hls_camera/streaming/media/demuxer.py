"""FFmpeg's output, taken apart: bytes in, samples out, and the init section they need."""

from typing import Final

from ..errors import MediaError
from .fmp4 import InitSection, Sample, TrackKind
from .nut import MAX_FRAME_BYTES, NutReader
from .track_reader import TrackReader, track_reader

_MAX_WAITING: Final = 4_000
"""Samples that wait for the description of another track."""
_MAX_WAITING_BYTES: Final = MAX_FRAME_BYTES


class Demuxer:
    """Make samples of one run's output."""

    def __init__(self) -> None:
        """Begin before the first byte."""
        self._nut = NutReader()
        self._readers: list[TrackReader] = []
        self._waiting: list[Sample] = []
        self._waiting_bytes = 0
        self.init: InitSection | None = None
        """There once all tracks are described, and then before the first sample."""

    def feed(self, data: bytes) -> list[Sample]:
        """Take the next bytes; return the samples that they complete.

        Raises:
            MediaError: the bytes are not NUT, or a track is not what can be packaged.

        """
        packets = self._nut.feed(data)
        if not self._readers and (streams := self._nut.streams) is not None:
            self._readers = [
                track_reader(stream, number)
                for number, stream in enumerate(streams, start=1)
            ]
            if not any(stream.kind is TrackKind.VIDEO for stream in streams):
                msg = "no video track"
                raise MediaError(msg)
        samples = [
            sample
            for packet in packets
            if (sample := self._readers[packet.stream].take(packet)) is not None
        ]
        return samples if self.init else self._begin(samples)

    def _begin(self, samples: list[Sample]) -> list[Sample]:
        """Keep samples until each track is described; then return them all."""
        self._waiting += samples
        self._waiting_bytes += sum(len(sample.data) for sample in samples)
        tracks = [reader.track for reader in self._readers if reader.track is not None]
        if tracks and len(tracks) == len(self._readers):
            self.init = InitSection.of_tracks(tracks)
            samples, self._waiting = self._waiting, []
            return samples
        if (
            len(self._waiting) > _MAX_WAITING
            or self._waiting_bytes > _MAX_WAITING_BYTES
        ):
            msg = f"{len(self._waiting)} samples wait for another track"
            raise MediaError(msg)
        return []
