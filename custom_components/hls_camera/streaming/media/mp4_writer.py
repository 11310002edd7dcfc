"""Plain MP4 (ISO/IEC 14496-12), written as samples come: any player seeks in it.

The media are written first, the sample tables, which only the end knows, last. In
memory are the tables alone: some bytes a sample.
"""

import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Self

from ..errors import MalformedBoxError, MediaError
from .boxes import find_box, iter_boxes, write_box
from .fmp4 import InitSection, Sample, Track, TrackKind, track_id_of
from .nal_units import sequence_parameter_sets

_MOVIE_TIMESCALE: Final = 1000
"""Units per second of durations and edits; the part that an edit skips is in the track's own."""
_EPOCH: Final = 2_082_844_800
"""Seconds from 1904, which MP4 counts from, to 1970."""
_FULL: Final = bytes(4)
"""Version 0, no flags."""
_WIDE: Final = b"\x01\x00\x00\x00"
"""Version 1: times of 64 bits, or signed composition offsets."""
_MATRIX: Final = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_SHOWN_SIZE: Final = 44
"""Bytes at a track header's end: its matrix, width and height."""
_VISUAL_ENTRY_SIZE: Final = 78
"""Bytes of a visual sample entry before its boxes (12.1.3)."""
_MDAT_HEADER: Final = struct.Struct(">I4sQ")
_FTYP: Final = write_box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso4mp41")


@dataclass(frozen=True, slots=True)
class _Description:
    """The boxes of an init section's track that do not depend on fragments."""

    shown: bytes
    """Matrix, width and height (8.3.2)."""
    language: bytes
    """Of the mdhd, and the boxes after it."""
    handler: bytes
    media_information: bytes
    """The minf's boxes without its stbl."""
    entry: bytes
    """The sample entry (8.5.2)."""

    @classmethod
    def read(cls, init: InitSection, track: Track) -> Self:
        """Take a track's boxes out of an init section."""
        for box_type, trak in iter_boxes(find_box(init.data, b"moov") or b""):
            tkhd = find_box(trak, b"tkhd") if box_type == b"trak" else None
            if tkhd is not None and track_id_of(tkhd) == track.track_id:
                return cls._from_trak(trak, tkhd)
        msg = f"no {track.kind} track in the init section"
        raise MalformedBoxError(msg)

    @classmethod
    def _from_trak(cls, trak: memoryview, tkhd: memoryview) -> Self:
        mdia = find_box(trak, b"mdia") or b""
        stsd = find_box(mdia, b"minf", b"stbl", b"stsd") or b""
        entry_type, entry = next(iter_boxes(stsd[8:]))
        return cls(
            shown=bytes(tkhd[-_SHOWN_SIZE:]),
            language=bytes((find_box(mdia, b"mdhd") or b"")[-4:]),
            handler=write_box(b"hdlr", find_box(mdia, b"hdlr") or b""),
            media_information=b"".join(
                write_box(box_type, payload)
                for box_type, payload in iter_boxes(find_box(mdia, b"minf") or b"")
                if box_type != b"stbl"
            ),
            entry=write_box(entry_type, entry),
        )

    @property
    def entry_type(self) -> bytes:
        """Four characters that name the codec."""
        return self.entry[4:8]

    def parameter_sets(self) -> bytes:
        """Return those of H.264 as a sample would have them (ISO/IEC 14496-15, 5.3.3)."""
        avcc = None
        if self.entry_type == b"avc1":
            avcc = find_box(self.entry[8 + _VISUAL_ENTRY_SIZE :], b"avcC")
        if avcc is None:
            return b""
        units = []
        offset = 5
        for mask in (0x1F, 0xFF):
            count, offset = avcc[offset] & mask, offset + 1
            for _ in range(count):
                size = int.from_bytes(avcc[offset : offset + 2])
                units.append(bytes(2) + avcc[offset : offset + 2 + size])
                offset += 2 + size
        return b"".join(units)


class Mp4Writer:
    """Write one video track and, where there is one, one audio track.

    Several init sections may follow each other, as long as the video's codec is the
    same: each is one more sample description. Sound that is described otherwise than at
    the beginning is left out, since few players would play it right.
    """

    def __init__(self, file: BinaryIO, init: InitSection, created: float) -> None:
        """Begin a file; `created` is in seconds since the epoch.

        Raises:
            OSError: it cannot be written.

        """
        self._file = file
        self._created = round(created) + _EPOCH
        self._tracks = {
            track.kind: _TrackTables(number, track, _Description.read(init, track))
            for number, track in enumerate(init.played, start=1)
        }
        self._by_id: dict[int, _TrackTables] = {}
        self._mdat = file.write(_FTYP)
        self._position = self._mdat + file.write(_MDAT_HEADER.pack(1, b"mdat", 0))
        self._init: InitSection | None = None

    def add(self, init: InitSection, samples: Sequence[Sample]) -> None:
        """Append samples that an init section describes, each track's in decode order.

        Raises:
            MediaError: the video is of another codec than that before; a time is too
                long for its field.
            OSError: they cannot be written.

        """
        if init != self._init:
            self._describe(init)
        for track_id, tables in self._by_id.items():
            run = [sample for sample in samples if sample.track_id == track_id]
            if not run:
                continue
            tables.begin_chunk(self._position, len(run))
            for sample in run:
                prefix = tables.prefix_of(sample)
                tables.add(sample, len(prefix))
                self._position += self._file.write(prefix)
                self._position += self._file.write(sample.data)

    def finish(self, begin: float, end: float) -> None:
        """Write the tables; players show from `begin` to `end`, in seconds of decode time.

        Raises:
            OSError: they cannot be written.

        """
        begun = [tables for tables in self._tracks.values() if tables.has_samples]
        traks = [tables.trak(begin, end, self._created) for tables in begun]
        duration = max(tables.duration(begin, end) for tables in begun)
        mvhd = struct.pack(
            ">QQIQIH10x36s24xI",
            *(self._created, self._created, _MOVIE_TIMESCALE, duration),
            *(1 << 16, 1 << 8, _MATRIX, len(self._tracks) + 1),
        )
        self._file.write(
            write_box(b"moov", write_box(b"mvhd", _WIDE, mvhd), *traks),
        )
        self._file.seek(self._mdat)
        size = self._position - self._mdat
        self._file.write(_MDAT_HEADER.pack(1, b"mdat", size))

    def _describe(self, init: InitSection) -> None:
        """Use another init section from now on."""
        by_id: dict[int, _TrackTables] = {}
        for track in init.played:
            tables = self._tracks.get(track.kind)
            if tables and tables.describe(track, _Description.read(init, track)):
                by_id[track.track_id] = tables
            elif track.kind is TrackKind.VIDEO:
                msg = f"the video goes on as {track.codec}"
                raise MediaError(msg)
        self._init, self._by_id = init, by_id


class _TrackTables:
    """The tables of a track's samples (8.6, 8.7); times in the first timescale."""

    def __init__(self, number: int, track: Track, first: _Description) -> None:
        self._number = number
        self._track = track
        self._timescale = track.timescale
        self._from_timescale = track.timescale
        self._descriptions = [first]
        self._description = 1
        """Of the samples that come, counted from one."""
        self._parameter_sets = b""
        """Of a later description: Chromium knows the first one only."""
        self._sizes = array("I")
        self._distances = _RunLengths("I")
        self._composition_offsets = _RunLengths("i")
        self._sync_samples = array("I")
        self._chunks = array("Q")
        self._chunk_samples: list[tuple[int, int, int]] = []
        """First chunk, samples in each, description (8.7.4)."""
        self._first_dts = 0
        self._last_dts = 0
        self._last_duration = 0
        self._shown_from = 0
        self._shown_until = 0

    @property
    def has_samples(self) -> bool:
        return bool(self._sizes)

    def describe(self, track: Track, description: _Description) -> bool:
        """Take the description of the coming samples; return False if it does not fit."""
        known = [each.entry for each in self._descriptions]
        if description.entry not in known:
            is_same_kind = description.entry_type == self._descriptions[0].entry_type
            if self._track.kind is TrackKind.AUDIO or not is_same_kind:
                return False
            self._descriptions.append(description)
            known.append(description.entry)
        self._description = known.index(description.entry) + 1
        is_first = self._description == 1
        self._parameter_sets = b"" if is_first else description.parameter_sets()
        self._from_timescale = track.timescale
        return True

    def begin_chunk(self, position: int, samples: int) -> None:
        self._chunks.append(position)
        last = self._chunk_samples[-1][1:] if self._chunk_samples else None
        if last != (samples, self._description):
            entry = (len(self._chunks), samples, self._description)
            self._chunk_samples.append(entry)

    def prefix_of(self, sample: Sample) -> bytes:
        """Return the parameter sets that a keyframe lacks."""
        if not (self._parameter_sets and sample.is_sync):
            return b""
        if sequence_parameter_sets(self._track, sample.data):
            return b""
        return self._parameter_sets

    def add(self, sample: Sample, prefix: int) -> None:
        """Note a sample; `prefix` is the number of bytes before its own."""
        dts = self._scaled(sample.dts)
        offset = self._scaled(sample.composition_offset)
        if self._sizes:
            # Rounded times must not run backwards.
            dts = max(dts, self._last_dts)
            self._distances.append(dts - self._last_dts)
        else:
            self._first_dts = dts
            self._shown_from = self._shown_until = dts + offset
        self._sizes.append(prefix + len(sample.data))
        self._composition_offsets.append(offset)
        if sample.is_sync:
            self._sync_samples.append(len(self._sizes))
        self._last_dts, self._last_duration = dts, self._scaled(sample.duration)
        end = dts + offset + self._last_duration
        self._shown_until = max(self._shown_until, end)

    def _scaled(self, time: int) -> int:
        return time * self._timescale // self._from_timescale

    def duration(self, begin: float, end: float) -> int:
        """Return the time from `begin` to its end, in the movie's timescale."""
        until = min(self._shown_until, round(end * self._timescale))
        return self._in_movie(until - round(begin * self._timescale))

    def _in_movie(self, time: int) -> int:
        return round(max(time, 0) * _MOVIE_TIMESCALE / self._timescale)

    def trak(self, begin: float, end: float, created: int) -> bytes:
        """Return the track's box."""
        duration = self.duration(begin, end)
        tkhd = struct.pack(
            ">QQIIQ8xhhhH44s",
            *(created, created, self._number, 0, duration),
            *(0, 0, 0x0100 if self._track.kind is TrackKind.AUDIO else 0, 0),
            self._descriptions[0].shown,
        )
        media_duration = self._last_dts + self._last_duration - self._first_dts
        mdhd = struct.pack(">QQIQ", created, created, self._timescale, media_duration)
        first = self._descriptions[0]
        return write_box(
            b"trak",
            # Enabled, and part of the presentation.
            write_box(b"tkhd", b"\x01\x00\x00\x03", tkhd),
            write_box(b"edts", self._elst(begin, duration)),
            write_box(
                b"mdia",
                write_box(b"mdhd", _WIDE, mdhd, first.language),
                first.handler,
                write_box(b"minf", first.media_information, self._stbl()),
            ),
        )

    def _elst(self, begin: float, duration: int) -> bytes:
        """Return the edit list (8.6.6), which shows nothing before the track begins."""
        start = round(begin * self._timescale)
        entries = []
        if (late := self._in_movie(self._shown_from - start)) > 0:
            entries.append((late, -1))
        # Media time is composition time, and zero is the first decode time.
        media_time = max(start, self._shown_from) - self._first_dts
        entries.append((duration - late, max(media_time, 0)))
        rows = (struct.pack(">Qqi", *entry, 1 << 16) for entry in entries)
        return write_box(b"elst", _WIDE, struct.pack(">I", len(entries)), *rows)

    def _stbl(self) -> bytes:
        durations = self._distances
        durations.append(self._last_duration)
        entries = [each.entry for each in self._descriptions]
        boxes = [
            _table(b"stsd", len(entries), *entries),
            _table(b"stts", len(durations), durations.packed()),
        ]
        if self._composition_offsets.has_other_than(0):
            offsets = self._composition_offsets
            boxes.append(_table(b"ctts", len(offsets), offsets.packed(), head=_WIDE))
        if len(self._sync_samples) < len(self._sizes):
            boxes.append(
                _table(b"stss", len(self._sync_samples), _packed(self._sync_samples))
            )
        chunk_samples = (struct.pack(">3I", *entry) for entry in self._chunk_samples)
        each_has_its_own = _FULL + bytes(4)
        sizes = _packed(self._sizes)
        boxes += (
            _table(b"stsc", len(self._chunk_samples), *chunk_samples),
            _table(b"stsz", len(self._sizes), sizes, head=each_has_its_own),
            _table(b"co64", len(self._chunks), _packed(self._chunks)),
        )
        return write_box(b"stbl", *boxes)


class _RunLengths:
    """Values as a table has them, with the length of each run of equal ones."""

    def __init__(self, typecode: str) -> None:
        self._counts = array("I")
        self._values = array(typecode)

    def __len__(self) -> int:
        return len(self._values)

    def append(self, value: int) -> None:
        """Append a value.

        Raises:
            MediaError: it does not fit into its field.

        """
        if self._values and self._values[-1] == value:
            self._counts[-1] += 1
            return
        try:
            self._values.append(value)
        except OverflowError as err:
            msg = "a time out of range"
            raise MediaError(msg) from err
        self._counts.append(1)

    def has_other_than(self, value: int) -> bool:
        return any(each != value for each in self._values)

    def packed(self) -> bytes:
        kind = self._values.typecode
        rows = zip(self._counts, self._values, strict=True)
        row = struct.Struct(f">I{kind}")
        return b"".join(row.pack(*each) for each in rows)


def _table(box_type: bytes, count: int, *rows: bytes, head: bytes = _FULL) -> bytes:
    return write_box(box_type, head, struct.pack(">I", count), *rows)


def _packed(values: array[int]) -> bytes:
    """Return values in network byte order."""
    if sys.byteorder == "little":
        values = values[:]
        values.byteswap()
    return values.tobytes()
