"""Fragmented MP4 (ISO/IEC 14496-12, 8.8): init sections and fragments.

A partial segment is one fragment: one `moof` with one `traf` for each track, and its
`mdat`.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple, Self

from ..errors import MediaError
from .boxes import write_box
from .orientation import Orientation
from .sample_tables import NO_SAMPLES, one_sample

_U32: Final = struct.Struct(">I")
_SAMPLE: Final = struct.Struct(">IIIi")
_PRODUCER_TIME: Final = struct.Struct(">IIQQ")
_PRODUCER_TIME_VERSION: Final = 1 << 24 | 2
"""64 bits of media time; and the time is when the fragment was finished (flags)."""
_NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900, where NTP begins to count, to 1970."""

# tfhd flags (8.8.7) and trun flags (8.8.8)
_TFHD_DEFAULT_BASE_IS_MOOF: Final = 0x020000
_TRUN_DATA_OFFSET: Final = 0x000001
_TRUN_DURATION: Final = 0x000100
_TRUN_SIZE: Final = 0x000200
_TRUN_FLAGS: Final = 0x000400
_TRUN_COMPOSITION_OFFSET: Final = 0x000800
_TRUN_WRITTEN: Final = (
    0x01000000
    | _TRUN_DATA_OFFSET
    | _TRUN_DURATION
    | _TRUN_SIZE
    | _TRUN_FLAGS
    | _TRUN_COMPOSITION_OFFSET
)
"""Version and flags of each trun."""
_TFDT_VERSION: Final = 0x01000000
"""64 bits of decode time; no flags."""

# Boxes of fixed size, each with its header
_BOX: Final = struct.Struct(">I4s")
_MOOF: Final = struct.Struct(">I4sI4sII")
"""A moof up to its first traf, with the mfhd."""
_TFHD: Final = struct.Struct(">I4sII")
_TFDT: Final = struct.Struct(">I4sIQ")
_TRUN: Final = struct.Struct(">I4sIIi")
"""A trun up to its samples."""
_TRAF: Final = struct.Struct(">I4sI4sIII4sIQI4sIIi")
"""A traf up to its samples, with tfhd, tfdt and the beginning of trun."""

# sample_depends_on (8.8.3.1): 2, on no other; 1, on others
_FLAGS_SYNC: Final = 0x02000000
_SAMPLE_IS_NON_SYNC: Final = 0x00010000
_FLAGS_NON_SYNC: Final = 0x01000000 | _SAMPLE_IS_NON_SYNC

# a, b, c and d of a track header's matrix (8.3.2.3): a picture's point (x, y) is shown
# at (ax + cy, bx + dy), the y axis pointing down.
_TURNS: Final[dict[Orientation, tuple[int, int, int, int]]] = {
    Orientation.NORMAL: (1, 0, 0, 1),
    Orientation.MIRROR: (-1, 0, 0, 1),
    Orientation.ROTATE_180: (-1, 0, 0, -1),
    Orientation.FLIP: (1, 0, 0, -1),
    Orientation.ROTATE_LEFT_AND_FLIP: (0, 1, 1, 0),
    Orientation.ROTATE_LEFT: (0, -1, 1, 0),
    Orientation.ROTATE_RIGHT_AND_FLIP: (0, -1, -1, 0),
    Orientation.ROTATE_RIGHT: (0, 1, -1, 0),
}
_MATRIX: Final = struct.Struct(">6i3I")
_FIXED_ONE: Final = 1 << 16
_FIXED_ONE_W: Final = 1 << 30
_FULL: Final = bytes(4)
"""Version 0, no flags."""
_FTYP: Final = write_box(b"ftyp", b"iso5", struct.pack(">I", 0x200), b"iso5iso6mp41")
_MOVIE_TIMESCALE: Final = 1000
_OUT_OF_RANGE: Final = "a time out of range"
_UNDETERMINED_LANGUAGE: Final = 0x55C4


class TrackKind(StrEnum):
    """The kind of a track."""

    VIDEO = "video"
    AUDIO = "audio"


class Sample(NamedTuple):
    """One coded frame; times are in the track's timescale."""

    track_id: int
    dts: int
    """Decode time."""
    duration: int
    """To the next sample of the track; 0 where that is not known yet."""
    composition_offset: int
    """Presentation time minus decode time."""
    is_sync: bool
    """Whether decoding can begin here."""
    data: memoryview | bytes


@dataclass(frozen=True, slots=True)
class Track:
    """The description of a track."""

    track_id: int
    kind: TrackKind
    timescale: int
    """Units per second."""
    codec: str
    """As in a CODECS attribute (RFC 6381)."""
    width: int = 0
    """Of the picture as it is shown, in pixels; so is the height."""
    height: int = 0
    channels: int = 0
    """Of AAC, where it has one or two."""
    entry: bytes = b""
    """The sample entry (8.5.2)."""
    orientation: Orientation = Orientation.NORMAL
    """How players turn the picture: it stays as coded."""
    frame_duration: int = 0
    """The usual duration of a frame; 0 where it is not known."""

    def turned(self, orientation: Orientation) -> Track:
        """Return the same track, shown otherwise; it is not turned yet."""
        width, height = self.width, self.height
        if _TURNS[orientation][1]:
            width, height = height, width
        return replace(self, width=width, height=height, orientation=orientation)

    @property
    def as_coded(self) -> Track:
        """The same track, not turned."""
        width, height = self.width, self.height
        if _TURNS[self.orientation][1]:
            width, height = height, width
        return replace(self, width=width, height=height, orientation=Orientation.NORMAL)


@dataclass(frozen=True, slots=True)
class InitSection:
    """The ftyp and moov boxes, which a player needs before the first fragment."""

    data: bytes
    tracks: tuple[Track, ...]

    @classmethod
    def of_tracks(cls, tracks: Sequence[Track]) -> Self:
        """Write the init section of some tracks."""
        return cls(_FTYP + _write_moov(tracks, {}), tuple(tracks))

    @property
    def video(self) -> Track:
        """The first video track; there always is one."""
        return next(track for track in self.tracks if track.kind is TrackKind.VIDEO)

    @property
    def audio(self) -> Track | None:
        """The first audio track."""
        return next(
            (track for track in self.tracks if track.kind is TrackKind.AUDIO), None
        )

    @property
    def played(self) -> tuple[Track, ...]:
        """The tracks that are played, video first: one of each kind."""
        video, audio = self.video, self.audio
        return (video,) if audio is None else (video, audio)

    @property
    def codecs(self) -> str:
        """The CODECS attribute (RFC 8216bis, 4.4.6.2), video first."""
        return ",".join(track.codec for track in self.played)

    def of(self, track: Track) -> Self:
        """Return the section of one track alone, for a source buffer of its own."""
        return self.of_tracks((track,))

    def paced(self, frame_seconds: float) -> Self:
        """Return this section with the usual duration of a picture; 0.0 if it is not known."""
        video = self.video
        paced = replace(video, frame_duration=round(frame_seconds * video.timescale))
        return self.of_tracks(
            [paced if track is video else track for track in self.tracks]
        )

    def turned(self, orientation: Orientation) -> Self:
        """Return this section with the picture turned: players turn it, it stays as coded.

        The video track's width and height are those of the picture as it is shown.
        """
        if orientation is Orientation.NORMAL:
            return self
        return self.of_tracks(
            [
                track.turned(orientation) if track is self.video else track
                for track in self.tracks
            ]
        )


def _write_moov(tracks: Sequence[Track], tables: Mapping[int, bytes]) -> bytes:
    """Return a moov; `tables` has the sample tables of tracks that begin in it."""
    mvhd = struct.pack(
        ">8xI4xIH10x36s24xI",
        *(_MOVIE_TIMESCALE, _FIXED_ONE, 1 << 8, _matrix(Orientation.NORMAL, 0, 0)),
        max(track.track_id for track in tracks) + 1,
    )
    return write_box(
        b"moov",
        write_box(b"mvhd", _FULL, mvhd),
        *(
            _write_trak(track, tables.get(track.track_id, NO_SAMPLES))
            for track in tracks
        ),
        write_box(b"mvex", *map(_write_trex, tracks)),
    )


def write_start(tracks: Sequence[Track], first: Sample) -> bytes:
    """Return an init section that has one track's first sample in it, and its mdat.

    FFmpeg takes the frame rate from that sample's duration. Otherwise it waits for 20 pictures
    to measure it.

    Raises:
        MediaError: a time does not fit into its field.

    """

    def write_moov(data_offset: int) -> bytes:
        tables = one_sample(
            first.duration, first.composition_offset, len(first.data), data_offset
        )
        return _write_moov(tracks, {first.track_id: tables})

    # The size of a moov does not depend on the offset.
    try:
        head = len(_FTYP) + len(write_moov(0)) + _BOX.size
        moov = write_moov(head)
    except struct.error as err:
        raise MediaError(_OUT_OF_RANGE) from err
    return b"".join((_FTYP, moov, write_box(b"mdat", first.data)))


def _write_trak(track: Track, tables: bytes) -> bytes:
    is_sound = track.kind is TrackKind.AUDIO
    # The track header's size is that before the turn (8.3.2.3), in fixed point.
    width, height = track.width, track.height
    if _TURNS[track.orientation][1]:
        width, height = height, width
    tkhd = struct.pack(
        ">8xI16xHHH2x36sII",
        *(track.track_id, 0, is_sound, is_sound << 8),
        _matrix(track.orientation, width, height),
        *(width << 16, height << 16),
    )
    mdhd = struct.pack(">8xI4xH2x", track.timescale, _UNDETERMINED_LANGUAGE)
    handler = b"soun" if is_sound else b"vide"
    media_header = (
        write_box(b"smhd", _FULL, bytes(4))
        if is_sound
        else write_box(b"vmhd", b"\0\0\0\1", bytes(8))
    )
    here = write_box(b"url ", b"\0\0\0\1")
    return write_box(
        b"trak",
        # Enabled, and part of the presentation.
        write_box(b"tkhd", b"\0\0\0\3", tkhd),
        write_box(
            b"mdia",
            write_box(b"mdhd", _FULL, mdhd),
            write_box(b"hdlr", _FULL, bytes(4), handler, bytes(13)),
            write_box(
                b"minf",
                media_header,
                write_box(b"dinf", write_box(b"dref", _FULL, _U32.pack(1), here)),
                write_box(
                    b"stbl",
                    write_box(b"stsd", _FULL, _U32.pack(1), track.entry),
                    tables,
                ),
            ),
        ),
    )


def _write_trex(track: Track) -> bytes:
    """Return the defaults of a track's samples (8.8.3); fragments have all values."""
    return write_box(b"trex", _FULL, struct.pack(">2I12x", track.track_id, 1))


def _matrix(orientation: Orientation, width: int, height: int) -> bytes:
    """Return the matrix that turns a picture of that size (8.3.2.3)."""
    a, b, c, d = _TURNS[orientation]
    # Moved back to where it was: a negative row or column has gone off the top left.
    x = sum(side for side, factor in ((width, a), (height, c)) if factor < 0)
    y = sum(side for side, factor in ((width, b), (height, d)) if factor < 0)
    turn = [factor * _FIXED_ONE for factor in (a, b, c, d)]
    return _MATRIX.pack(
        *(turn[0], turn[1], 0, turn[2], turn[3], 0),
        *(x * _FIXED_ONE, y * _FIXED_ONE, _FIXED_ONE_W),
    )


def write_fragment(
    sequence_number: int,
    runs: Sequence[tuple[Track, Sequence[Sample]]],
    shift: float = 0.0,
) -> bytes:
    """Return one moof, with a traf for each track's run, and its mdat.

    Every run has at least one sample, and its samples follow each other without
    gap: each one's duration is the distance to the next. `shift` seconds are added to
    the decode times.

    Raises:
        MediaError: a time does not fit into its field.

    """
    # A data offset counts from the moof, whose size does not depend on the offsets.
    samples = sum(len(run) for _, run in runs)
    moof_size = _MOOF.size + len(runs) * _TRAF.size + samples * _SAMPLE.size
    mdat = [sample.data for _, run in runs for sample in run]
    offset = moof_size + _BOX.size
    moof = [
        _MOOF.pack(
            *(moof_size, b"moof", _MOOF.size - _BOX.size, b"mfhd"),
            *(0, sequence_number & 0xFFFFFFFF),
        )
    ]
    try:
        for track, run in runs:
            decode_time = run[0].dts + round(shift * track.timescale)
            moof += _write_traf(track, run, decode_time, offset)
            offset += sum([len(sample.data) for sample in run])
    except struct.error as err:
        raise MediaError(_OUT_OF_RANGE) from err
    return b"".join((*moof, _BOX.pack(offset - moof_size, b"mdat"), *mdat))


def write_producer_time(
    track: Track, sample: Sample, came: float, shift: float = 0.0
) -> bytes:
    """Return the box with the time of the fragment that follows it (8.16.5).

    The fragment begins with the sample; `came` is in seconds since 1970, `shift` as
    for `write_fragment()`.
    """
    media_time = sample.dts + sample.composition_offset + round(shift * track.timescale)
    ntp = int((came + _NTP_EPOCH) * (1 << 32))
    return write_box(
        b"prft",
        _PRODUCER_TIME.pack(
            _PRODUCER_TIME_VERSION, track.track_id, ntp, max(media_time, 0)
        ),
    )


def _write_traf(
    track: Track, run: Sequence[Sample], decode_time: int, data_offset: int
) -> list[bytes]:
    """Return the pieces of a traf."""
    trun_size = _TRUN.size + len(run) * _SAMPLE.size
    traf = _TRAF.pack(
        *(_TRAF.size + len(run) * _SAMPLE.size, b"traf"),
        *(_TFHD.size, b"tfhd", _TFHD_DEFAULT_BASE_IS_MOOF, track.track_id),
        *(_TFDT.size, b"tfdt", _TFDT_VERSION, decode_time),
        *(trun_size, b"trun", _TRUN_WRITTEN, len(run), data_offset),
    )
    rows = [
        _SAMPLE.pack(
            duration,
            len(data),
            _FLAGS_SYNC if is_sync else _FLAGS_NON_SYNC,
            composition_offset,
        )
        for _, _, duration, composition_offset, is_sync, data in run
    ]
    return [traf, *rows]


def track_id_of(tkhd: memoryview) -> int:
    """Return the track number in a track header (8.3.2)."""
    # Version 1 has 64-bit creation and modification times before it.
    return int(_U32.unpack_from(tkhd, 20 if tkhd[0] == 1 else 12)[0])
