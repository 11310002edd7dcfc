"""FFmpeg's output, taken apart: bytes in, samples out, and the init section they need."""

from collections.abc import Sequence
from typing import Final

from ..errors import MediaError
from .fmp4 import InitSection, Sample, Track, TrackKind
from .nut import MAX_FRAME_BYTES, NutReader
from .track_reader import TrackReader, track_reader

SOUND_OFFSET_S: Final = 1_000_000_000
"""Seconds by which the times of sound beside the picture are too late.

The clock of a camera's sound may be behind the picture's by any time, and an output of
FFmpeg has no times below zero: it would be moved as a whole, apart from the picture.
"""
_MAX_WAITING: Final = 4_000
"""Samples that wait for the description of another track."""
_MAX_WAITING_BYTES: Final = MAX_FRAME_BYTES


class Demuxer:
    """Make samples of one run's output.

    The sound may come beside it, as an output of its own.
    """

    def __init__(self, *, needs_sound: bool = False) -> None:
        """Begin before the first byte; with `needs_sound`, the init section waits for it."""
        self._main = _Output(first_track_id=1)
        self._sound = _Output(first_track_id=2, offset=SOUND_OFFSET_S)
        self._needs_sound = needs_sound
        self._waiting: list[Sample] = []
        self._waiting_bytes = 0
        self.init: InitSection | None = None
        """There once all tracks are described, and then before the first sample."""

    def feed(self, data: bytes) -> list[Sample]:
        """Take the next bytes; return the samples that they complete.

        Raises:
            MediaError: the bytes are not NUT, or a track cannot be packaged.

        """
        samples = self._main.feed(data)
        return samples if self.init else self._begin(samples)

    def feed_sound(self, data: bytes) -> list[Sample]:
        """Take the next bytes of the sound beside the picture, as `feed()` does."""
        samples = self._sound.feed(data)
        return samples if self.init else self._begin(samples)

    def _begin(self, samples: list[Sample]) -> list[Sample]:
        """Keep samples until each track is described; then return them all."""
        kinds = self._main.kinds
        if kinds and TrackKind.VIDEO not in kinds:
            msg = "no video track"
            raise MediaError(msg)
        self._waiting += samples
        self._waiting_bytes += sum(len(sample.data) for sample in samples)
        tracks = self._main.tracks
        if self._needs_sound and TrackKind.AUDIO not in kinds:
            tracks += self._sound.tracks
        described = [track for track in tracks if track is not None]
        if len(described) == len(tracks):
            self.init = InitSection.of_tracks(described)
            samples, self._waiting = self._waiting, []
            return samples
        if (
            len(self._waiting) > _MAX_WAITING
            or self._waiting_bytes > _MAX_WAITING_BYTES
        ):
            msg = f"{len(self._waiting)} samples wait for another track"
            raise MediaError(msg)
        return []


class _Output:
    """One output of FFmpeg, taken apart."""

    def __init__(self, *, first_track_id: int, offset: int = 0) -> None:
        self.kinds: Sequence[TrackKind | None] = ()
        """The kinds of its tracks, once its headers have come."""
        self._first_track_id = first_track_id
        self._offset = offset
        """Seconds by which its times are too late."""
        self._nut = NutReader()
        self._readers: list[TrackReader] = []

    @property
    def tracks(self) -> list[Track | None]:
        """The tracks, at least one; None for one that is not described yet."""
        return [reader.track for reader in self._readers] or [None]

    def feed(self, data: bytes) -> list[Sample]:
        """Take the next bytes; return the samples that they complete."""
        packets = self._nut.feed(data)
        if not self._readers and (streams := self._nut.streams) is not None:
            self.kinds = [stream.kind for stream in streams]
            self._readers = [
                track_reader(stream, number)
                for number, stream in enumerate(streams, start=self._first_track_id)
            ]
        samples = [
            sample
            for packet in packets
            if (sample := self._readers[packet.stream].take(packet)) is not None
        ]
        return [self._placed(each) for each in samples] if self._offset else samples

    def _placed(self, sample: Sample) -> Sample:
        track = self._readers[sample.track_id - self._first_track_id].track
        assert track is not None
        return sample._replace(dts=sample.dts - self._offset * track.timescale)
