"""NUT of our own making, as far as tests need it (nut.txt in FFmpeg's specifications)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from custom_components.hls_camera.streaming.media.packet import StreamHeader

FILE_ID: Final = b"nut/multimedia container\0"
MAIN: Final = bytes.fromhex("4e4d7a561f5f04ad")
STREAM: Final = bytes.fromhex("4e5311405bf2f9db")
SYNCPOINT: Final = bytes.fromhex("4e4be4adeeca4569")
INFO: Final = bytes.fromhex("4e49ab68b596ba78")

KEYFRAME: Final = 1
CODED_PTS: Final = 8
STREAM_ID: Final = 16
SIZE: Final = 32
CHECKSUM: Final = 64
ELISION: Final = 1024
CODED_FLAGS: Final = 4096
INVALID: Final = 8192

SHIFT: Final = 14
"""Bits of a time that is coded in short; FFmpeg's, too."""
_CODED: Final = 1
"""The code of a frame whose fields are all told, in this table and in FFmpeg's."""

PICTURE: Final = StreamHeader(
    kind=TrackKind.VIDEO, codec=b"H264", timescale=90_000, width=320, height=180
)
SOUND: Final = StreamHeader(
    kind=TrackKind.AUDIO,
    codec=b"\xff\0\0\0",
    timescale=16_000,
    extradata=b"\x14\x08",
    sample_rate=16_000,
    channels=1,
)


def number(value: int) -> bytes:
    """Return a number of variable length."""
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(value & 0x7F | 0x80)
    return bytes(digits[::-1])


def signed_number(value: int) -> bytes:
    """Return a number that may be below zero."""
    return number(2 * value - 1 if value > 0 else -2 * value)


def text(data: bytes) -> bytes:
    """Return bytes behind their count."""
    return number(len(data)) + data


def section(code: bytes, content: bytes) -> bytes:
    """Return a header, without true checksums."""
    size = len(content) + 4
    return code + number(size) + bytes(4 * (size > 4096)) + content + bytes(4)


def codes(*runs: tuple[int, int]) -> bytes:
    """Return a table of frame codes: flags, and how many codes have them."""
    return b"".join(
        number(flags) + number(6) + bytes([0, 1, 0, 0, 0]) + number(count)
        for flags, count in runs
    )


CODES: Final = codes((INVALID, 1), (CODED_FLAGS, 254))


def main_header(
    time_bases: Sequence[tuple[int, int]],
    streams: int,
    *,
    version: int = 3,
    frame_codes: bytes = CODES,
    elided: Sequence[bytes] = (),
) -> bytes:
    """Return the main header."""
    bases = b"".join(number(num) + number(den) for num, den in time_bases)
    content = number(version) + number(streams) + number(32_768)
    content += number(len(time_bases)) + bases + frame_codes
    content += number(len(elided)) + b"".join(map(text, elided))
    return section(MAIN, content)


def stream_header(place: int, stream: StreamHeader, *, delay: int = 0) -> bytes:
    """Return the header of a stream, whose time base is at the same place."""
    kind = {TrackKind.VIDEO: 0, TrackKind.AUDIO: 1, None: 3}[stream.kind]
    content = number(place) + number(kind) + text(stream.codec) + number(place)
    content += number(SHIFT) + number(stream.timescale) + number(delay) + number(0)
    content += text(stream.extradata)
    if stream.kind is TrackKind.VIDEO:
        content += number(stream.width) + number(stream.height)
        content += b"".join(map(number, stream.pixel_aspect)) + number(0)
    elif stream.kind is TrackKind.AUDIO:
        content += number(stream.sample_rate) + number(1) + number(stream.channels)
    return section(STREAM, content)


def headers(
    *streams: StreamHeader, delay: int = 0, elided: Sequence[bytes] = ()
) -> bytes:
    """Return the beginning of a file."""
    bases = [(1, stream.timescale) for stream in streams]
    return (
        FILE_ID
        + main_header(bases, len(streams), elided=elided)
        + b"".join(
            stream_header(place, stream, delay=delay)
            for place, stream in enumerate(streams)
        )
    )


@dataclass(frozen=True)
class Frame:
    """A frame of a stream."""

    stream: int
    pts: int
    data: bytes
    is_keyframe: bool = True
    elision: int = 0
    """Which of the beginnings in the main header it has."""
    has_checksum: bool = False

    def write(self, elided: bytes = b"") -> bytes:
        """Return it with all fields told; `elided` is that beginning."""
        flags = CODED_PTS | STREAM_ID | SIZE | ELISION
        flags |= KEYFRAME * self.is_keyframe | CHECKSUM * self.has_checksum
        return b"".join(
            (
                *(bytes([_CODED]), number(flags ^ CODED_FLAGS)),
                *(number(self.stream), number(self.pts + (1 << SHIFT))),
                *(number(len(self.data)), number(self.elision)),
                bytes(4 * self.has_checksum),
                self.data.removeprefix(elided),
            )
        )


def film(frames: Sequence[Frame], *streams: StreamHeader) -> bytes:
    """Return a whole file."""
    return headers(*streams) + b"".join(frame.write() for frame in frames)
