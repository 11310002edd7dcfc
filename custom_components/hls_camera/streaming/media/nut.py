"""NUT, FFmpeg's own container: bytes in, packets out, each one as soon as it is whole.

A file begins with its name; then come headers, syncpoints and indexes, each behind a
start code and its length, and frames. A frame begins with a byte that stands for the common
properties of frames, by a table in the main header. Checksums are not looked at: a pipe
does not change bytes, and all bytes are read within the limits below.
"""

from collections.abc import Callable
from typing import Final

from ..errors import NutTooLargeError
from .decode_times import DecodeTimes
from .nut_headers import (
    INVALID,
    START,
    CodedStream,
    FrameCode,
    MainHeader,
    read_number,
    read_stream,
    read_syncpoint,
    refuse,
)
from .packet import Packet, StreamHeader

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Of one frame. The keyframe of a 4K camera takes about two megabytes."""
_MAX_HEADER_BYTES: Final = 1024 * 1024
"""Of the data behind a start code: a header with all of a decoder's parameters."""
_MAX_TIME: Final = 1 << 62
"""About as much as containers with 64 bits have room for."""
_MAX_ELIDED_BYTES: Final = 4096
"""Of a frame whose beginning the main header may have."""
_MAX_RESERVED: Final = 16
"""Numbers of unknown meaning in a frame."""

_FILE_ID: Final = b"nut/multimedia container\0"
_START_CODE_BYTES: Final = 8
_MAIN: Final = bytes.fromhex("4e4d7a561f5f04ad")
_STREAM: Final = bytes.fromhex("4e5311405bf2f9db")
_SYNCPOINT: Final = bytes.fromhex("4e4be4adeeca4569")
_CHECKSUM_BYTES: Final = 4
_MAX_UNCHECKED_BYTES: Final = 4096
"""Behind a start code: more has a checksum before it, too."""

# Flags of a frame
_KEYFRAME: Final = 1
_CODED_PTS: Final = 8
_STREAM_ID: Final = 16
_SIZE: Final = 32
_CHECKSUM: Final = 64
_RESERVED: Final = 128
_SIDE_DATA: Final = 256
_ELISION: Final = 1024
_MATCH_TIME: Final = 2048
_CODED_FLAGS: Final = 4096
_RARE: Final = _CHECKSUM | _RESERVED | _ELISION | _MATCH_TIME
"""Those that little is coded with."""


class _IncompleteError(Exception):
    """More bytes are needed, in all, than have come."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed


class _Stream:
    """A stream, and where in time it is."""

    def __init__(self, coded: CodedStream) -> None:
        self.coded = coded
        self.latest = 0
        """The latest presentation time, or that of a syncpoint, in its time base."""
        self._max_pts = (_MAX_TIME - 1) // coded.time_base.numerator
        self._decode_times = DecodeTimes(coded.delay)
        self._waiting: list[Packet] = []
        """Those whose decode times are not known yet."""

    def full_time(self, told: int) -> int:
        """Return the presentation time that a frame's number stands for."""
        range_ = 1 << self.coded.shift
        if told >= range_:
            return told - range_
        nearest = self.latest - (range_ - 1) // 2
        return (told - nearest) % range_ + nearest

    def check(self, pts: int) -> None:
        """Refuse a presentation time that no container has room for."""
        if not 0 <= pts <= self._max_pts:
            refuse("a time out of range")

    def synchronize(self, time: int, numerator: int, denominator: int) -> None:
        """Take the time of a syncpoint, which is a fraction of a second."""
        base = self.coded.time_base
        self.latest = (
            time * numerator * base.denominator // (denominator * base.numerator)
        )

    def take(
        self, pts: int, is_keyframe: bool, data: bytes, packets: list[Packet]
    ) -> None:
        """Append the packets whose decode time is known now that this one has come."""
        # A timescale counts parts of a second, a time base may be of several.
        time = pts * self.coded.time_base.numerator
        times = self._decode_times.following(time)
        if len(times) == 1 and not self._waiting:
            packets.append(Packet(self.coded.number, time, times[0], is_keyframe, data))
            return
        self._waiting.append(Packet(self.coded.number, time, time, is_keyframe, data))
        if times:
            packets += [
                packet._replace(dts=dts)
                for packet, dts in zip(self._waiting, times, strict=True)
            ]
            self._waiting.clear()


class NutReader:
    """Take a stream of bytes apart."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        """Refuse frames above `max_frame_bytes`."""
        self._max_frame_bytes = max_frame_bytes
        self._chunks: list[bytes] = []
        """Received bytes that have not been read yet."""
        self.unread_bytes = 0
        """Their size: never more than one frame or header, and the latest piece."""
        self._needed = len(_FILE_ID)
        """Bytes with which it is worth to go on."""
        self._read: Callable[[bytes, int, list[Packet]], int] = self._read_file_id
        self._main: MainHeader | None = None
        self._headers: dict[tuple[bytes, bytes], bytes] = {}
        """The headers that may be repeated, by start code and first byte."""
        self._streams: list[_Stream | None] = []

    @property
    def streams(self) -> tuple[StreamHeader, ...] | None:
        """The streams, once all headers have come."""
        headers = [each.coded.header for each in self._streams if each is not None]
        is_whole = bool(headers) and len(headers) == len(self._streams)
        return tuple(headers) if is_whole else None

    def feed(self, data: bytes) -> list[Packet]:
        """Take the next bytes; return the packets that they complete.

        Raises:
            NutTooLargeError: a header or a frame announces more than the cap.
            MalformedNutError: the bytes cannot be NUT.

        """
        self._chunks.append(data)
        self.unread_bytes += len(data)
        if self.unread_bytes < self._needed:
            return []
        if len(self._chunks) > 1:
            data = b"".join(self._chunks)
        packets: list[Packet] = []
        offset, needed = 0, 1
        try:
            while offset < len(data):
                offset = self._read(data, offset, packets)
        except _IncompleteError as err:
            needed = err.needed
        except IndexError:
            # It ends within the beginning of a frame.
            needed = len(data) - offset + 1
        rest = data[offset:]
        self._chunks = [rest] if rest else []
        self.unread_bytes, self._needed = len(rest), needed
        return packets

    def _read_file_id(self, data: bytes, offset: int, _packets: list[Packet]) -> int:
        if not data.startswith(_FILE_ID, offset):
            refuse("no NUT")
        self._read = self._read_next
        return offset + len(_FILE_ID)

    def _read_next(self, data: bytes, offset: int, packets: list[Packet]) -> int:
        """Read the header or frame at an offset; return its end."""
        if data[offset] == START:
            return self._read_section(data, offset)
        main = self._begun
        code = main.codes[data[offset]]
        flags, at = code.flags, offset + 1
        if flags & _CODED_FLAGS:
            told, at = read_number(data, at)
            flags ^= told
        if flags & (INVALID | _SIDE_DATA):
            refuse(f"a frame with flags {flags:#x}")
        stream, pts, at = self._read_place(data, at, flags, code)
        size = code.size
        if flags & _SIZE:
            told, at = read_number(data, at)
            size += code.size_factor * told
        if size > self._max_frame_bytes:
            msg = f"a frame of {size} bytes"
            raise NutTooLargeError(msg)
        begin = b""
        if flags & _RARE or code.reserved or code.elision:
            begin, at = _read_rest(data, at, flags, code, main.elided, size=size)
        end = at + size - len(begin)
        if end > len(data):
            raise _IncompleteError(end - offset)
        stream.latest = pts
        if size:
            content = begin + data[at:end] if begin else data[at:end]
            stream.take(pts, bool(flags & _KEYFRAME), content, packets)
        return end

    def _read_place(
        self, data: bytes, at: int, flags: int, code: FrameCode
    ) -> tuple[_Stream, int, int]:
        """Return a frame's stream and presentation time, and where its size is."""
        number = code.stream
        if flags & _STREAM_ID:
            number, at = read_number(data, at)
        stream = self._streams[number] if number < len(self._streams) else None
        if stream is None:
            refuse(f"a frame of stream {number}")
        pts = stream.latest + code.pts_delta
        if flags & _CODED_PTS:
            told, at = read_number(data, at)
            pts = stream.full_time(told)
        stream.check(pts)
        return stream, pts, at

    def _read_section(self, data: bytes, offset: int) -> int:
        """Read the header behind a start code; return its end."""
        at = offset + _START_CODE_BYTES
        size, at = read_number(data, at)
        if size > _MAX_HEADER_BYTES:
            msg = f"a header of {size} bytes"
            raise NutTooLargeError(msg)
        if size < _CHECKSUM_BYTES:
            refuse("a header without a checksum")
        if size > _MAX_UNCHECKED_BYTES:
            at += _CHECKSUM_BYTES
        end = at + size
        if end > len(data):
            raise _IncompleteError(end - offset)
        code = data[offset : offset + _START_CODE_BYTES]
        try:
            self._take_section(code, data[at : end - _CHECKSUM_BYTES])
        except IndexError:
            refuse("a header that is cut short")
        return end

    def _take_section(self, code: bytes, content: bytes) -> None:
        """Read a section of a known kind; others are skipped."""
        if code == _SYNCPOINT:
            time, base = read_syncpoint(content, self._begun)
            for stream in self._streams:
                if stream is None:
                    refuse("a syncpoint before the streams")
                stream.synchronize(time, *base)
        elif code in {_MAIN, _STREAM}:
            # FFmpeg repeats its headers now and then.
            key = code, content[:1] if code == _STREAM else b""
            if (known := self._headers.setdefault(key, content)) is not content:
                if known != content:
                    refuse("another header")
            elif code == _MAIN:
                self._main = MainHeader.read(content)
                self._streams = [None] * self._main.streams
            else:
                coded = read_stream(content, self._begun)
                self._streams[coded.number] = _Stream(coded)

    @property
    def _begun(self) -> MainHeader:
        if self._main is None:
            refuse("something before the main header")
        return self._main


def _read_rest(
    data: bytes,
    at: int,
    flags: int,
    code: FrameCode,
    elided: tuple[bytes, ...],
    *,
    size: int,
) -> tuple[bytes, int]:
    """Return the beginning of a frame that the main header has, and where the rest is."""
    elision, reserved = code.elision, code.reserved
    if flags & _MATCH_TIME:
        _, at = read_number(data, at)
    if flags & _ELISION:
        elision, at = read_number(data, at)
    if flags & _RESERVED:
        reserved, at = read_number(data, at)
    if reserved > _MAX_RESERVED:
        refuse(f"a frame with {reserved} unknown numbers")
    for _ in range(reserved):
        _, at = read_number(data, at)
    if elision >= len(elided):
        refuse("a frame with an unknown beginning")
    begin = elided[elision] if size <= _MAX_ELIDED_BYTES else b""
    if size < len(begin):
        refuse(f"a frame of {size} bytes that begins with {len(begin)}")
    return begin, at + (_CHECKSUM_BYTES if flags & _CHECKSUM else 0)
