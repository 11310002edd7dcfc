"""An endless fragmented MP4 for FFmpeg, with parameter sets before each keyframe."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from ..errors import SourceChangedError
from .access_units import AccessUnits
from .boxes import write_box
from .endless import TIMESCALE, Frame, scaled
from .fmp4 import InitSection, Sample, Track, TrackKind, write_fragment, write_start
from .nal_units import is_h265

_IN_BAND: Final = {b"avc1": b"avc3", b"hvc1": b"hev1"}
"""Names of sample entries whose parameter sets may come with the pictures
(ISO/IEC 14496-15, 5.3.3.1.2 and 8.3.3.1.2)."""
_NAME: Final = slice(4, 8)
"""The name in a sample entry."""
_CREDIBLE: Final = range(TIMESCALE // 120, 2 * TIMESCALE + 1)
"""Durations of a picture. FFmpeg believes any, and may repeat pictures to fill a second."""


class Mp4Container:
    """An endless MP4. A reader follows it as long as the codecs stay the same."""

    def __init__(self) -> None:
        """Begin a file."""
        self._tracks: dict[TrackKind, Track] = {}
        self._pictures: AccessUnits
        self._sequence_number = 0
        self._has_begun = False

    def begin(self, init: InitSection) -> bytes:
        """Begin a run; the file begins with the first frames.

        The picture is as coded: readers turn it themselves, as Home Assistant's go2rtc does.

        Raises:
            SourceChangedError: the codec has changed, or the sound.

        """
        self._pictures = AccessUnits(init.video)
        tracks = {track.kind: _in_band(track) for track in init.played}
        if not self._tracks:
            self._tracks = tracks
        elif not self._goes_on(tracks):
            msg = "other tracks than the file began with"
            raise SourceChangedError(msg)
        return b""

    def _goes_on(self, tracks: dict[TrackKind, Track]) -> bool:
        sound = self._tracks.get(TrackKind.AUDIO)
        if sound is not None:
            now = tracks.get(TrackKind.AUDIO)
            if now is not None and now.entry != sound.entry:
                return False
        picture, now = self._tracks[TrackKind.VIDEO], tracks[TrackKind.VIDEO]
        return is_h265(picture) == is_h265(now)

    def write(self, frames: Sequence[Frame]) -> bytes:
        """Return a fragment of some frames, behind the init section if they are the first."""
        if not frames:
            return b""
        if not self._has_begun:
            self._has_begun = True
            start, frames = self._start(frames)
            return start + self.write(frames)
        runs = []
        for kind, track in self._tracks.items():
            own = [frame for frame in frames if frame.kind is kind]
            if own:
                steps = [after.dts - frame.dts for frame, after in pairwise(own)]
                steps.append(own[-1].duration)
                runs.append(
                    (
                        track,
                        [
                            self._sample(track, *each)
                            for each in zip(own, steps, strict=True)
                        ],
                    )
                )
        self._sequence_number += 1
        return write_fragment(self._sequence_number, runs)

    def pause(self) -> bytes:
        """Return an empty box that readers pass over."""
        return write_box(b"free")

    def _start(self, frames: Sequence[Frame]) -> tuple[bytes, Sequence[Frame]]:
        """Return the file's first bytes, and the frames that are not in them."""
        tracks = tuple(self._tracks.values())
        track = self._tracks[TrackKind.VIDEO]
        first = next((each for each in frames if each.kind is track.kind), None)
        # A sample in an init section is decoded at 0.
        if first is None or first.dts or track.frame_duration not in _CREDIBLE:
            return InitSection.of_tracks(tracks).data, frames
        sample = self._sample(track, first, track.frame_duration)
        return write_start(tracks, sample), [
            each for each in frames if each is not first
        ]

    def _sample(self, track: Track, frame: Frame, duration: int) -> Sample:
        data = frame.data
        if frame.kind is TrackKind.VIDEO:
            data = self._pictures.with_lengths(data, is_sync=frame.is_sync)
        offset = frame.pts - frame.dts
        return Sample(track.track_id, frame.dts, duration, offset, frame.is_sync, data)


def _in_band(track: Track) -> Track:
    """Return a track in the file's timescale, whose parameter sets come with pictures."""
    name = track.entry[_NAME]
    entry = track.entry[: _NAME.start] + _IN_BAND.get(name, name)
    return replace(
        track.as_coded,
        timescale=TIMESCALE,
        frame_duration=scaled(track.frame_duration, track.timescale),
        entry=entry + track.entry[_NAME.stop :],
    )
