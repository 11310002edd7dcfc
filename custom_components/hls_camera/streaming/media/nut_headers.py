"""The headers of NUT (nut.txt in FFmpeg's specifications), read from their content."""

from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn, Self

from ..errors import MalformedNutError
from .fmp4 import TrackKind
from .packet import StreamHeader

START: Final = ord("N")
"""The first byte of a start code; no frame begins with it."""
INVALID: Final = 8192
"""The flag of a code that no frame has."""

_MAX_STREAMS: Final = 16
_MAX_UNITS: Final = 0xFFFFFFFF
"""Of a second; a timescale has as much room."""
_MAX_SIDE: Final = 0xFFFF
"""Pixels."""
_MAX_NUMBER_BYTES: Final = 10
"""Of a number: seven bits each, for 64 bits."""
_MORE: Final = 0x80
"""The bit of a number's byte that is not the last."""
_VERSIONS: Final = range(2, 5)
_FLAGS_VERSION: Final = 4
"""The first version whose main header has flags."""
_CODES: Final = 256
_KINDS: Final = {0: TrackKind.VIDEO, 1: TrackKind.AUDIO}


class TimeBase(NamedTuple):
    """Seconds of a unit, as a fraction."""

    numerator: int
    denominator: int


class FrameCode(NamedTuple):
    """The meaning of a frame's first byte."""

    flags: int
    stream: int
    pts_delta: int
    size_factor: int
    size: int
    reserved: int
    """Numbers to skip."""
    elision: int
    """Which of the main header's beginnings the frame has."""


_NO_FRAME: Final = FrameCode(INVALID, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class MainHeader:
    """The header that all streams share."""

    streams: int
    time_bases: tuple[TimeBase, ...]
    codes: tuple[FrameCode, ...]
    """By the first byte of a frame."""
    elided: tuple[bytes, ...]
    """The beginnings that frames may leave out."""

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read a main header; one that is cut short is an IndexError."""
        fields = _Fields(content)
        version = fields.number_within(_VERSIONS[0], _VERSIONS[-1], "as the version")
        if version >= _FLAGS_VERSION:
            fields.number()  # the minor version
        streams = fields.number_within(1, _MAX_STREAMS, "streams")
        fields.number()  # the distance between syncpoints
        bases = fields.number_within(1, len(content), "time bases")
        time_bases = tuple(_read_time_base(fields) for _ in range(bases))
        codes = tuple(_read_codes(fields))
        elided = [b""]
        if fields.is_left:
            count = fields.number_within(0, len(content), "beginnings")
            elided += [
                fields.data(fields.number_within(1, 255, "bytes")) for _ in range(count)
            ]
        return cls(streams, time_bases, codes, tuple(elided))


def _read_time_base(fields: _Fields) -> TimeBase:
    numerator = fields.number_within(1, _MAX_UNITS, "as a time base")
    return TimeBase(numerator, fields.number_within(1, _MAX_UNITS, "as a time base"))


def _read_codes(fields: _Fields) -> list[FrameCode]:
    """Return the meaning of each first byte of a frame; the table codes them in runs."""
    codes: list[FrameCode] = []
    pts_delta, factor, stream, elision = 0, 1, 0, 0
    while len(codes) < _CODES:
        flags, told = fields.number(), fields.number()
        pts_delta = fields.signed_number() if told > 0 else pts_delta
        numbers = [fields.number() for _ in range(1, told)]
        # Missing fields have the values of the run before, or zero.
        before = [factor, stream, 0, 0, -1, 0, elision]
        factor, stream, size, reserved, count, _, elision, *_ = [
            *numbers,
            *before[len(numbers) :],
        ]
        count = factor - size if count < 0 else count
        if not 0 < count <= _CODES - len(codes):
            refuse(f"{count} codes of a frame")
        for each in range(size, size + count):
            if len(codes) == START:
                codes.append(_NO_FRAME)
            codes.append(
                FrameCode(flags, stream, pts_delta, factor, each, reserved, elision)
            )
    return codes[:_CODES]


class CodedStream(NamedTuple):
    """A stream, and the coding of its frames' times."""

    number: int
    header: StreamHeader
    time_base: TimeBase
    shift: int
    """Bits of a presentation time that is coded in short."""
    delay: int
    """Pictures that one may wait for."""


def read_stream(content: bytes, main: MainHeader) -> CodedStream:
    """Read a stream's header; one that is cut short is an IndexError."""
    fields = _Fields(content)
    number = fields.number_within(0, main.streams - 1, "as a stream")
    kind = _KINDS.get(fields.number())
    codec = fields.data(fields.number_within(1, 4, "bytes of a codec"))
    base = fields.number_within(0, len(main.time_bases) - 1, "as a time base")
    shift = fields.number_within(0, 15, "bits of a time")
    fields.number()  # the distance above which a time has a checksum
    delay = fields.number()
    fields.number()  # flags
    extradata = fields.data(fields.number())
    width = height = sample_rate = channels = 0
    aspect = (1, 1)
    if kind is TrackKind.VIDEO:
        width = fields.number_within(1, _MAX_SIDE, "pixels wide")
        height = fields.number_within(1, _MAX_SIDE, "pixels high")
        pixel = fields.number(), fields.number()
        if all(0 < side <= _MAX_UNITS for side in pixel):
            aspect = pixel
    elif kind is TrackKind.AUDIO:
        sample_rate = fields.number_within(1, _MAX_UNITS, "samples per second")
        fields.number_within(1, 1, "seconds of samples")
        channels = fields.number_within(1, _MAX_SIDE, "channels")
    time_base = main.time_bases[base]
    header = StreamHeader(
        kind=kind,
        codec=codec,
        timescale=time_base.denominator,
        extradata=extradata,
        width=width,
        height=height,
        pixel_aspect=aspect,
        sample_rate=sample_rate,
        channels=channels,
    )
    return CodedStream(number, header, time_base, shift, delay)


def read_syncpoint(content: bytes, main: MainHeader) -> tuple[int, TimeBase]:
    """Return the time from which on frames count; one cut short is an IndexError."""
    time, base = divmod(_Fields(content).number(), len(main.time_bases))
    return time, main.time_bases[base]


class _Fields:
    """The fields of a header, one after the other; beyond its end is an IndexError."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def is_left(self) -> bool:
        """Whether there are more."""
        return self._at < len(self._content)

    def number(self) -> int:
        number, self._at = read_number(self._content, self._at)
        return number

    def number_within(self, least: int, most: int, what: str) -> int:
        number = self.number()
        if not least <= number <= most:
            refuse(f"{number} {what}")
        return number

    def signed_number(self) -> int:
        number = self.number() + 1
        return -(number >> 1) if number & 1 else number >> 1

    def data(self, size: int) -> bytes:
        data = self._content[self._at : self._at + size]
        if len(data) < size:
            raise IndexError
        self._at += size
        return data


def read_number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends.

    Raises:
        MalformedNutError: it has more than 64 bits.

    """
    number = 0
    for end in range(at + 1, at + 1 + _MAX_NUMBER_BYTES):
        byte = data[end - 1]
        if byte < _MORE:
            return number | byte, end
        number = (number | byte & ~_MORE) << 7
    return refuse("a number that goes on")


def refuse(msg: str) -> NoReturn:
    """Raise the error for malformed NUT."""
    raise MalformedNutError(msg)
