"""MPEG-TS (ISO/IEC 13818-1): one program with a picture, and sound in ADTS."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from .aac import adts_of_config, with_adts
from .access_units import AccessUnits
from .endless import TIMESCALE, Frame
from .fmp4 import InitSection, TrackKind
from .nal_units import is_h265
from .sample_entries import aac_config_of

_PAYLOAD_BYTES: Final = 184
_SYNC: Final = 0x47
_BEGINS: Final = 0x40
"""payload_unit_start_indicator, in the second byte."""
_ADAPTATION: Final = 0x20
_PAYLOAD: Final = 0x10

_PAT_PID: Final = 0
_PMT_PID: Final = 0x1000
_VIDEO_PID: Final = 0x100
_AUDIO_PID: Final = 0x101
_PROGRAM: Final = 1
_H264: Final = 0x1B
_H265: Final = 0x24
_ADTS: Final = 0x0F
"""Stream types (table 2-34)."""
_VIDEO_ID: Final = 0xE0
_AUDIO_ID: Final = 0xC0
"""Stream ids of PES (table 2-22)."""
_MAX_PES_BYTES: Final = 0xFFFF

_DISCONTINUITY: Final = 0x80
_RANDOM_ACCESS: Final = 0x40
_HAS_PCR: Final = 0x10
"""Flags of an adaptation field (2.4.3.4)."""

_START: Final = TIMESCALE
"""The first decode time: clock references before it are not negative."""
_CLOCK_LEAD: Final = 3 * TIMESCALE // 10
"""From a clock reference to the decode time of its picture. Sound may come so much later than
its picture."""
_TABLE_INTERVAL: Final = TIMESCALE // 2
"""Between two repetitions of the tables, for readers that lost some bytes."""
_WRAP: Final = 1 << 33
_CRC_POLYNOMIAL: Final = 0x04C11DB7


class TsContainer:
    """An endless MPEG-TS. Readers follow it over a restart of FFmpeg."""

    def __init__(self) -> None:
        """Begin a file."""
        self._counters = dict.fromkeys((_PAT_PID, _PMT_PID, _VIDEO_PID, _AUDIO_PID), 0)
        self._tables_at: int | None = None
        """Decode time of the newest tables."""
        self._version = -1
        self._map: bytes | None = None
        """The program map's streams."""
        self._pictures: AccessUnits
        self._adts: int | None = None
        self._is_discontinuous = False

    def begin(self, init: InitSection) -> bytes:
        """Begin a run; MPEG-TS goes on with any description."""
        self._is_discontinuous = self._map is not None
        self._pictures = AccessUnits(init.video)
        audio = init.audio
        self._adts = adts_of_config(aac_config_of(audio.entry)) if audio else None
        streams = _stream(_H265 if is_h265(init.video) else _H264, _VIDEO_PID)
        if self._adts is not None:
            streams += _stream(_ADTS, _AUDIO_PID)
        if streams != self._map:
            self._map = streams
            self._version = (self._version + 1) % 32
        return self._tables()

    def write(self, frames: Sequence[Frame]) -> bytes:
        """Return packets of some frames; the tables stand before each keyframe."""
        pieces: list[bytes | memoryview] = []
        for frame in frames:
            if frame.kind is TrackKind.VIDEO:
                pieces += self._video(frame)
            elif self._adts is not None:
                pieces += self._audio(frame, self._adts)
        return b"".join(pieces)

    def pause(self) -> bytes:
        """Return the tables once more."""
        return self._tables()

    def _video(self, frame: Frame) -> Iterator[bytes | memoryview]:
        if (
            frame.is_sync
            or self._tables_at is None
            or frame.dts - self._tables_at >= _TABLE_INTERVAL
        ):
            self._tables_at = frame.dts
            yield self._tables()
        flags = _HAS_PCR | _RANDOM_ACCESS * frame.is_sync
        if self._is_discontinuous:
            flags |= _DISCONTINUITY
            self._is_discontinuous = False
        clock = (frame.dts + _START - _CLOCK_LEAD) % _WRAP
        adaptation = bytes([flags]) + (clock << 15 | 0x3F << 9).to_bytes(6)
        data = self._pictures.with_start_codes(frame.data, is_sync=frame.is_sync)
        head = _pes_header(_VIDEO_ID, frame, len(data))
        yield from self._packets(_VIDEO_PID, head + data, adaptation)

    def _audio(self, frame: Frame, adts: int) -> Iterator[bytes | memoryview]:
        if data := with_adts(adts, frame.data):
            head = _pes_header(_AUDIO_ID, frame, len(data))
            yield from self._packets(_AUDIO_PID, head + data)

    def _tables(self) -> bytes:
        """Return the program association and the program map (2.4.4)."""
        assert self._map is not None
        version = 0xC1 | self._version << 1
        association = struct.pack(">HH", _PROGRAM, 0xE000 | _PMT_PID)
        program_map = struct.pack(">HH", 0xE000 | _VIDEO_PID, 0xF000) + self._map
        return b"".join(
            (
                *self._packets(_PAT_PID, _section(0, 1, 0xC1, association)),
                *self._packets(_PMT_PID, _section(2, _PROGRAM, version, program_map)),
            )
        )

    def _packets(
        self, pid: int, payload: bytes, adaptation: bytes = b""
    ) -> Iterator[bytes | memoryview]:
        """Yield packets: the first with the adaptation field, the last filled up by one."""
        counter = self._counters[pid]
        view = memoryview(payload)
        begin = _BEGINS
        at = 0
        while at < len(view):
            room = _PAYLOAD_BYTES - (len(adaptation) + 1 if adaptation else 0)
            fill = room - (len(view) - at)
            control = _PAYLOAD | counter
            field = b""
            if adaptation or fill > 0:
                control |= _ADAPTATION
                field = _adaptation_field(adaptation, max(fill, 0))
            yield bytes((_SYNC, begin | pid >> 8, pid & 0xFF, control)) + field
            size = _PAYLOAD_BYTES - len(field)
            yield view[at : at + size]
            at += size
            counter = (counter + 1) & 0xF
            begin, adaptation = 0, b""
        self._counters[pid] = counter


def _adaptation_field(content: bytes, fill: int) -> bytes:
    """Return an adaptation field with its length, made longer by `fill` bytes (2.4.3.4)."""
    if not content and fill:
        # The length is the first of the bytes to fill, the flags are the second.
        content, fill = b"\0"[: fill - 1], max(fill - 2, 0)
    return bytes([len(content) + fill]) + content + b"\xff" * fill


def _pes_header(stream_id: int, frame: Frame, size: int) -> bytes:
    """Return the header of a PES packet (2.4.3.6) for so many bytes."""
    dts = (frame.dts + _START) % _WRAP
    pts = (max(frame.pts, frame.dts) + _START) % _WRAP
    if pts == dts:
        flags, times = 0x80, _timestamp(2, pts)
    else:
        flags, times = 0xC0, _timestamp(3, pts) + _timestamp(1, dts)
    length = 3 + len(times) + size
    if stream_id == _VIDEO_ID or length > _MAX_PES_BYTES:
        length = 0  # as long as it takes, which only a picture may be
    head = struct.pack(">IHBBB", 1 << 8 | stream_id, length, 0x84, flags, len(times))
    return head + times


def _timestamp(prefix: int, time: int) -> bytes:
    return (
        prefix << 36
        | (time >> 30 & 7) << 33
        | (time >> 15 & 0x7FFF) << 17
        | (time & 0x7FFF) << 1
        | 0x1_0001_0001
    ).to_bytes(5)


def _stream(stream_type: int, pid: int) -> bytes:
    return struct.pack(">BHH", stream_type, 0xE000 | pid, 0xF000)


def _section(table: int, number: int, version: int, content: bytes) -> bytes:
    """Return a section behind its pointer field, with its checksum (2.4.4.3)."""
    length = len(content) + 9
    section = (
        struct.pack(">BHHBH", table, 0xB000 | length, number, version, 0) + content
    )
    whole = b"\0" + section + crc32(section).to_bytes(4)
    return whole.ljust(_PAYLOAD_BYTES, b"\xff")


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        remainder = byte << 24
        for _ in range(8):
            carry = remainder & 0x80000000
            remainder = remainder << 1 ^ (_CRC_POLYNOMIAL if carry else 0)
        table.append(remainder & 0xFFFFFFFF)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc32(data: bytes) -> int:
    """Return the checksum of a section (annex A): over a whole section it is 0."""
    remainder = 0xFFFFFFFF
    for byte in data:
        remainder = remainder << 8 & 0xFFFFFFFF ^ _CRC_TABLE[remainder >> 24 ^ byte]
    return remainder
