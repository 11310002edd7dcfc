"""Fragmented MP4 (ISO/IEC 14496-12, 8.8): init sections and fragments, read and written.

FFmpeg's fragments are taken apart into samples, and partial segments are written
anew from them: FFmpeg cuts fragments where it likes and may leave the duration of a
fragment's last sample open, while a partial segment must be one `moof` with one
`traf` per track whose durations add up.
"""

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple, Self

from ..errors import MalformedBoxError, MediaError
from .boxes import Box, BoxReader, find_box, iter_boxes, write_box
from .orientation import Orientation

_U32: Final = struct.Struct(">I")
_I32: Final = struct.Struct(">i")
_U64: Final = struct.Struct(">Q")
_I64: Final = struct.Struct(">q")
_SAMPLE: Final = struct.Struct(">IIIi")
_PRODUCER_TIME: Final = struct.Struct(">IIQQ")
_PRODUCER_TIME_VERSION: Final = 1 << 24 | 2
"""64 bits of media time; and the time is when the fragment was finished (flags)."""
_NTP_EPOCH: Final = 2_208_988_800
"""Seconds from 1900, where NTP begins to count, to 1970."""

# tfhd flags (8.8.7) and trun flags (8.8.8)
_TFHD_BASE_DATA_OFFSET: Final = 0x000001
_TFHD_DESCRIPTION_INDEX: Final = 0x000002
_TFHD_DEFAULT_DURATION: Final = 0x000008
_TFHD_DEFAULT_SIZE: Final = 0x000010
_TFHD_DEFAULT_FLAGS: Final = 0x000020
_TFHD_DEFAULT_BASE_IS_MOOF: Final = 0x020000
_TRUN_DATA_OFFSET: Final = 0x000001
_TRUN_FIRST_FLAGS: Final = 0x000004
_TRUN_DURATION: Final = 0x000100
_TRUN_SIZE: Final = 0x000200
_TRUN_FLAGS: Final = 0x000400
_TRUN_COMPOSITION_OFFSET: Final = 0x000800
_TRUN_WRITTEN: Final = (
    _TRUN_DATA_OFFSET
    | _TRUN_DURATION
    | _TRUN_SIZE
    | _TRUN_FLAGS
    | _TRUN_COMPOSITION_OFFSET
)

_SAMPLE_IS_NON_SYNC: Final = 0x00010000
# sample_depends_on (8.8.3.1): 2, on no other; 1, on others
_FLAGS_SYNC: Final = 0x02000000
_FLAGS_NON_SYNC: Final = 0x01000000 | _SAMPLE_IS_NON_SYNC

MAX_SAMPLES: Final = 10_000
"""Of one fragment. A few bytes can announce four thousand million, each of no bytes."""
_MAX_SIZE_BYTES: Final = 4
"""Of a descriptor's size (ISO/IEC 14496-1, 8.3.3)."""
_CODE = re.compile(rb"[\w.+-]{4}")
"""A four-character code that may stand in a playlist, between quotes."""

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
_TRACK_HEADER_END: Final = _MATRIX.size + 8
"""Bytes: the matrix, then width and height."""


class TrackKind(StrEnum):
    """What a track carries."""

    VIDEO = "video"
    AUDIO = "audio"


class Sample(NamedTuple):
    """One coded frame; times are in the track's timescale."""

    track_id: int
    dts: int
    """Decode time."""
    duration: int
    """To the next sample of the track; 0 where FFmpeg did not know it yet."""
    composition_offset: int
    """Presentation time minus decode time."""
    is_sync: bool
    """Whether decoding can begin here."""
    data: memoryview | bytes


class _Defaults(NamedTuple):
    """What a run leaves out (trex, overridden by tfhd)."""

    duration: int
    size: int
    flags: int


_NO_DEFAULTS: Final = _Defaults(0, 0, 0)
_ROUNDING: Final = 0.01
"""Of a picture's width, that its shown width may differ by for being rounded."""


@dataclass(frozen=True, slots=True)
class Track:
    """A track as the init section describes it."""

    track_id: int
    kind: TrackKind
    timescale: int
    """Units per second."""
    codec: str
    """As in a CODECS attribute (RFC 6381)."""
    width: int = 0
    height: int = 0
    channels: int = 0
    """Of AAC, where it has one or two."""
    defaults: _Defaults = _NO_DEFAULTS


@dataclass(frozen=True, slots=True)
class InitSection:
    """The ftyp and moov boxes: what a player needs before the first fragment."""

    data: bytes
    tracks: tuple[Track, ...]

    @classmethod
    def from_boxes(cls, ftyp: Box, moov: Box) -> Self:
        """Read the tracks.

        Raises:
            MediaError: a box is malformed, or there is no video track.

        """
        data = write_box(ftyp.type, ftyp.payload) + write_box(moov.type, moov.payload)
        try:
            tracks = tuple(_read_tracks(moov.payload))
        except (struct.error, IndexError) as err:
            msg = "moov is cut short"
            raise MalformedBoxError(msg) from err
        if len({track.track_id for track in tracks}) < len(tracks):
            msg = "two tracks of one number"
            raise MalformedBoxError(msg)
        if not any(track.kind is TrackKind.VIDEO for track in tracks):
            msg = "no video track"
            raise MediaError(msg)
        return cls(data, tracks)

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
        """Return this section with one track alone, for a source buffer of its own."""
        boxes: list[bytes] = []
        for box_type, payload in iter_boxes(self.data):
            inner: memoryview | bytes = payload
            if box_type == b"moov":
                inner = _only(track.track_id, payload)
            boxes.append(write_box(box_type, inner))
        return replace(self, data=b"".join(boxes), tracks=(track,))

    def turned(self, orientation: Orientation) -> Self:
        """Return this section with the picture turned: players turn it, it stays as coded.

        The video track's width and height are those of the picture as it is shown.

        Raises:
            MediaError: there is no track header that could tell it.

        """
        if orientation is Orientation.NORMAL:
            return self
        data = bytearray(self.data)
        header = _video_track_header(data, self.video.track_id)
        a, b, c, d = _TURNS[orientation]
        # The track header's size is that before the turn (8.3.2.3), in fixed point.
        width, height = struct.unpack_from(">2I", header, len(header) - 8)
        # Moved back to where it was: a negative row or column has gone off the top left.
        x = sum(side for side, factor in ((width, a), (height, c)) if factor < 0)
        y = sum(side for side, factor in ((width, b), (height, d)) if factor < 0)
        turn = [factor * _FIXED_ONE for factor in (a, b, c, d)]
        _MATRIX.pack_into(
            header,
            len(header) - _TRACK_HEADER_END,
            *(turn[0], turn[1], 0, turn[2], turn[3], 0, x, y, _FIXED_ONE_W),
        )
        shown = self.video
        if b:
            shown = replace(shown, width=shown.height, height=shown.width)
        tracks = (shown if each is self.video else each for each in self.tracks)
        return replace(self, data=bytes(data), tracks=tuple(tracks))


def _only(track_id: int, container: memoryview) -> bytes:
    """Return what is in a moov or mvex, without other tracks' boxes."""
    return b"".join(
        write_box(box_type, _only(track_id, box) if box_type == b"mvex" else box)
        for box_type, box in iter_boxes(container)
        if _is_of(track_id, box_type, box)
    )


def _is_of(track_id: int, box_type: bytes, box: memoryview) -> bool:
    """Whether a box inside of a moov is that track's, or no track's alone."""
    if box_type == b"trak":
        return track_id_of(find_box(box, b"tkhd") or box) == track_id
    if box_type == b"trex":
        return bool(_U32.unpack_from(box, 4)[0] == track_id)
    return True


def read_part(data: bytes, init: InitSection) -> list[Sample]:
    """Return the samples of a partial segment, which is one fragment.

    Raises as `read_fragment()` does.
    """
    moof, mdat = BoxReader().feed(data)
    return read_fragment(moof, mdat, init)


def read_fragment(moof: Box, mdat: Box, init: InitSection) -> list[Sample]:
    """Return the samples of a fragment, track by track, in decode order.

    Their data are views of `mdat.payload`, not copies, and together no more than it has.

    Raises:
        MediaError: a box is malformed, or points outside of the fragment; there are
            more samples than a fragment can have.

    """
    tracks = {track.track_id: track for track in init.tracks}
    data_start = moof.size + mdat.header_size
    data = memoryview(mdat.payload)
    samples: list[Sample] = []
    size = 0
    try:
        for box_type, traf in iter_boxes(moof.payload):
            if box_type != b"traf":
                continue
            for sample in _read_traf(traf, tracks, data, data_start):
                samples.append(sample)
                size += len(sample.data)
                if size > len(data) or len(samples) > MAX_SAMPLES:
                    msg = f"{len(samples)} samples of {size} bytes in {len(data)} bytes"
                    raise MalformedBoxError(msg)
    except (struct.error, IndexError) as err:
        msg = "moof is cut short"
        raise MalformedBoxError(msg) from err
    return samples


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
    mfhd = write_box(b"mfhd", bytes(4), _U32.pack(sequence_number & 0xFFFFFFFF))
    # A data offset counts from the moof, whose size does not depend on the offsets.
    head_size = 8 + len(mfhd) + sum(map(_traf_size, (len(run) for _, run in runs)))
    offset = head_size + 8
    trafs: list[bytes] = []
    try:
        for track, run in runs:
            decode_time = run[0].dts + round(shift * track.timescale)
            trafs.append(_write_traf(track, run, decode_time, offset))
            offset += sum(len(sample.data) for sample in run)
    except struct.error as err:
        msg = "a time out of range"
        raise MediaError(msg) from err
    data = (sample.data for _, run in runs for sample in run)
    return write_box(b"moof", mfhd, *trafs) + write_box(b"mdat", *data)


def write_producer_time(
    track: Track, sample: Sample, came: float, shift: float = 0.0
) -> bytes:
    """Return the box that tells when the fragment behind it came about (8.16.5).

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


def _traf_size(samples: int) -> int:
    """Return the bytes of a traf as `_write_traf` writes it."""
    return 8 + 16 + 20 + 20 + samples * _SAMPLE.size


def _write_traf(
    track: Track, run: Sequence[Sample], decode_time: int, data_offset: int
) -> bytes:
    tfhd = write_box(
        b"tfhd", _U32.pack(_TFHD_DEFAULT_BASE_IS_MOOF), _U32.pack(track.track_id)
    )
    tfdt = write_box(b"tfdt", b"\x01\x00\x00\x00", _U64.pack(decode_time))
    rows = (
        _SAMPLE.pack(
            sample.duration,
            len(sample.data),
            _FLAGS_SYNC if sample.is_sync else _FLAGS_NON_SYNC,
            sample.composition_offset,
        )
        for sample in run
    )
    trun = write_box(
        b"trun",
        _U32.pack(0x01000000 | _TRUN_WRITTEN),
        _U32.pack(len(run)),
        _I32.pack(data_offset),
        *rows,
    )
    return write_box(b"traf", tfhd, tfdt, trun)


def _read_traf(
    traf: memoryview, tracks: dict[int, Track], data: memoryview, data_start: int
) -> Iterator[Sample]:
    tfhd = find_box(traf, b"tfhd")
    tfdt = find_box(traf, b"tfdt")
    if tfhd is None or tfdt is None:
        msg = "a traf without tfhd or tfdt"
        raise MalformedBoxError(msg)
    flags = _U32.unpack_from(tfhd)[0] & 0xFFFFFF
    track = tracks.get(_U32.unpack_from(tfhd, 4)[0])
    if track is None or flags & _TFHD_BASE_DATA_OFFSET:
        msg = "a traf of an unknown track, or not based on its moof"
        raise MediaError(msg)
    defaults = _read_defaults(tfhd, flags, track.defaults)
    # Signed, though the standard's is not: FFmpeg wraps what is before its time zero.
    dts = int((_I64 if tfdt[0] == 1 else _U32).unpack_from(tfdt, 4)[0])
    offset = 0
    for box_type, trun in iter_boxes(traf):
        if box_type != b"trun":
            continue
        flags = _U32.unpack_from(trun)[0] & 0xFFFFFF
        if flags & _TRUN_DATA_OFFSET:
            offset = _I32.unpack_from(trun, 8)[0] - data_start
        for duration, size, sample_flags, composition in _read_run(
            trun, flags, defaults
        ):
            if offset < 0 or offset + size > len(data):
                msg = "a sample outside of its mdat"
                raise MalformedBoxError(msg)
            yield Sample(
                track.track_id,
                dts,
                duration,
                composition,
                not sample_flags & _SAMPLE_IS_NON_SYNC,
                data[offset : offset + size],
            )
            dts += duration
            offset += size


def _read_defaults(tfhd: memoryview, flags: int, trex: _Defaults) -> _Defaults:
    """Return the track's defaults as a tfhd (8.8.7) overrides them."""
    offset = 8 + (4 if flags & _TFHD_DESCRIPTION_INDEX else 0)
    values = list(trex)
    for index, flag in enumerate(
        (_TFHD_DEFAULT_DURATION, _TFHD_DEFAULT_SIZE, _TFHD_DEFAULT_FLAGS)
    ):
        if flags & flag:
            values[index] = _U32.unpack_from(tfhd, offset)[0]
            offset += 4
    return _Defaults(*values)


def _read_run(
    trun: memoryview, flags: int, defaults: _Defaults
) -> Iterator[tuple[int, int, int, int]]:
    """Yield duration, size, flags and composition offset of each sample (8.8.8)."""
    count = _U32.unpack_from(trun, 4)[0]
    offset = 8 + (4 if flags & _TRUN_DATA_OFFSET else 0)
    first_flags = None
    if flags & _TRUN_FIRST_FLAGS:
        first_flags = _U32.unpack_from(trun, offset)[0]
        offset += 4
    composition_format = _I32 if trun[0] else _U32
    for index in range(count):
        duration, size, sample_flags = defaults
        composition = 0
        if index == 0 and first_flags is not None:
            sample_flags = first_flags
        if flags & _TRUN_DURATION:
            duration = _U32.unpack_from(trun, offset)[0]
            offset += 4
        if flags & _TRUN_SIZE:
            size = _U32.unpack_from(trun, offset)[0]
            offset += 4
        if flags & _TRUN_FLAGS:
            sample_flags = _U32.unpack_from(trun, offset)[0]
            offset += 4
        if flags & _TRUN_COMPOSITION_OFFSET:
            composition = composition_format.unpack_from(trun, offset)[0]
            offset += 4
        yield duration, size, sample_flags, composition


def _video_track_header(data: bytearray, track_id: int) -> memoryview:
    """Return the payload of a track's tkhd, where it can be written to."""
    for box_type, trak in iter_boxes(find_box(memoryview(data), b"moov") or b""):
        if box_type != b"trak" or (tkhd := find_box(trak, b"tkhd")) is None:
            continue
        if len(tkhd) < 24 + _TRACK_HEADER_END:
            break
        if track_id_of(tkhd) == track_id:
            return tkhd
    msg = "no whole track header of the video"
    raise MalformedBoxError(msg)


def track_id_of(tkhd: memoryview) -> int:
    """Return the track number in a track header (8.3.2)."""
    # Version 1 has 64-bit creation and modification times before it.
    return int(_U32.unpack_from(tkhd, 20 if tkhd[0] == 1 else 12)[0])


def _read_tracks(moov: bytes) -> Iterator[Track]:
    defaults: dict[int, _Defaults] = {}
    for box_type, trex in iter_boxes(find_box(moov, b"mvex") or b""):
        if box_type == b"trex":
            track_id, _, *values = struct.unpack_from(">5I", trex, 4)
            defaults[track_id] = _Defaults(*values)
    for box_type, trak in iter_boxes(moov):
        if box_type == b"trak" and (track := _read_track(trak, defaults)):
            yield track


def _read_track(trak: memoryview, defaults: dict[int, _Defaults]) -> Track | None:
    """Return the track, or None where it is neither video nor audio."""
    tkhd = find_box(trak, b"tkhd")
    mdhd = find_box(trak, b"mdia", b"mdhd")
    hdlr = find_box(trak, b"mdia", b"hdlr")
    stsd = find_box(trak, b"mdia", b"minf", b"stbl", b"stsd")
    if tkhd is None or mdhd is None or hdlr is None or stsd is None:
        msg = "a trak without tkhd, mdhd, hdlr or stsd"
        raise MalformedBoxError(msg)
    track_id = track_id_of(tkhd)
    # Version 1 has 64-bit creation and modification times before it.
    timescale = int(_U32.unpack_from(mdhd, 20 if mdhd[0] == 1 else 12)[0])
    if not timescale:
        msg = "a track without a timescale"
        raise MalformedBoxError(msg)
    entry_type, entry = next(iter_boxes(stsd[8:]), (b"", memoryview(b"")))
    trex = defaults.get(track_id, _NO_DEFAULTS)
    match bytes(hdlr[8:12]):
        case b"vide":
            coded_width, height = struct.unpack_from(">HH", entry, 24)
            width = _shown_width(tkhd, coded_width)
            codec = _video_codec(entry_type, entry[78:])
            return Track(
                *(track_id, TrackKind.VIDEO, timescale, codec, width, height),
                defaults=trex,
            )
        case b"soun":
            codec, channels = _audio_codec(entry_type, entry[28:])
            return Track(
                *(track_id, TrackKind.AUDIO, timescale, codec),
                channels=channels,
                defaults=trex,
            )
        case _:
            return None


def _shown_width(tkhd: memoryview, coded_width: int) -> int:
    """Return the width to show a picture with: its pixels may not be square.

    A scaled picture has even sides; FFmpeg makes up for that by pixels that are a little
    wider or narrower, which nobody sees.
    """
    shown: int = _U32.unpack_from(tkhd, len(tkhd) - 8)[0] >> 16
    is_rounded = abs(shown - coded_width) <= _ROUNDING * coded_width
    return coded_width if is_rounded or not shown else shown


def _video_codec(entry_type: bytes, boxes: memoryview) -> str:
    """Return the codec of a visual sample entry (RFC 6381, 3.3; ISO/IEC 14496-15, E.3)."""
    name = _code(entry_type)
    if entry_type in {b"avc1", b"avc3"} and (avcc := find_box(boxes, b"avcC")):
        return f"{name}.{bytes(avcc[1:4]).hex().upper()}"
    if entry_type in {b"hvc1", b"hev1"} and (hvcc := find_box(boxes, b"hvcC")):
        return f"{name}.{_hevc_profile(hvcc)}"
    return name


def _hevc_profile(hvcc: memoryview) -> str:
    """Return profile, compatibility, tier and level, and constraints (14496-15, E.3)."""
    general, compatibility = hvcc[1], _U32.unpack_from(hvcc, 2)[0]
    space = ("", "A", "B", "C")[general >> 6]
    tier = "H" if general & 0x20 else "L"
    reversed_bits = int(f"{compatibility:032b}"[::-1], 2)
    constraints = bytes(hvcc[6:12]).rstrip(b"\0")
    fields = [
        f"{space}{general & 0x1F}",
        f"{reversed_bits:X}",
        f"{tier}{hvcc[12]}",
        *(f"{byte:X}" for byte in constraints),
    ]
    return ".".join(fields)


def _audio_codec(entry_type: bytes, boxes: memoryview) -> tuple[str, int]:
    """Return the codec of an audio sample entry (RFC 6381, 3.3), and AAC's channels."""
    if entry_type == b"mp4a" and (esds := find_box(boxes, b"esds")):
        return _mp4a_codec(*_decoder_config(esds[4:]))
    return {"Opus": "opus", "fLaC": "flac"}.get(name := _code(entry_type), name), 0


def _code(entry_type: bytes) -> str:
    """Return a sample entry's four-character code as text."""
    if not _CODE.fullmatch(entry_type):
        msg = f"a sample entry {entry_type!r}"
        raise MalformedBoxError(msg)
    return entry_type.decode("ascii")


def _decoder_config(descriptors: memoryview) -> tuple[int, bytes]:
    """Return object type and what is specific to the decoder (ISO/IEC 14496-1, 7.2.6)."""
    object_type, config = 0x40, b""
    offset = 0
    while offset < len(descriptors):
        tag = descriptors[offset]
        offset += 1
        size = 0
        for _ in range(_MAX_SIZE_BYTES):
            byte = descriptors[offset]
            offset += 1
            size = size << 7 | byte & 0x7F
            if not byte & 0x80:
                break
        else:
            msg = "the size of a descriptor goes on"
            raise MalformedBoxError(msg)
        if tag == 0x03:  # ES_Descriptor: go in, past ES_ID and flags
            offset += 3
        elif tag == 0x04:  # DecoderConfigDescriptor: go in
            object_type = descriptors[offset]
            offset += 13
        else:
            if tag == 0x05:  # DecoderSpecificInfo
                config = bytes(descriptors[offset : offset + size])
            offset += size
    return object_type, config


def _mp4a_codec(object_type: int, config: bytes) -> tuple[str, int]:
    """Return the codec, for AAC with its audio object type, and AAC's channels.

    They are in the AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1).
    """
    if object_type != 0x40 or not config:
        return f"mp4a.{object_type:x}", 0
    audio_object_type = config[0] >> 3
    if audio_object_type == 31:  # escaped: six more bits
        audio_object_type = 32 + ((config[0] & 0x07) << 3 | config[1] >> 5)
    # Behind five bits and four of the sample rate; with an escape they are elsewhere.
    is_plain = len(config) > 1 and config[0] >> 3 != 31 and config[0] & 7 != 7
    channels = config[1] >> 3 & 0x0F if is_plain else 0
    return f"mp4a.40.{audio_object_type}", channels
