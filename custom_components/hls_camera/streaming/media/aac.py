"""AAC: the configuration of its decoder, and the frames of ADTS (ISO/IEC 14496-3)."""

from typing import Final, NamedTuple

from ..errors import MediaError
from .bit_reader import BitReader

_SAMPLE_RATES: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000),
    *(22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
"""By their index (1.6.3.4)."""
_EXPLICIT_RATE: Final = 15
"""The index before a rate in full."""
_ESCAPE: Final = 31
"""The audio object type before one in six more bits."""
_FRAME_SAMPLES: Final = 1024
_MAX_CONFIG_BYTES: Final = 64
"""Of a configuration; those of the sound that is copied have up to seven."""
_UNUSABLE: Final = "a configuration of AAC that no decoder can have"
_ADTS_HEADER_BYTES: Final = 7
_ADTS_CHECKSUM_BYTES: Final = 2
_ADTS_FIXED: Final = 0xFFF1 << 40 | 0x7FF << 2
"""Syncword, no checksum, and a variable bit rate."""
_ADTS_LENGTH_SHIFT: Final = 13
_MAX_ADTS_FRAME: Final = 0x1FFF
"""Bytes, with the header."""
_MAX_ADTS_OBJECT_TYPE: Final = 4
_MAX_ADTS_CHANNELS: Final = 7
_EXTENDED: Final = frozenset({5, 29})
"""Object types of HE-AAC, before the one of its core."""


class AacConfig(NamedTuple):
    """An AudioSpecificConfig (1.6.2.1)."""

    data: bytes
    object_type: int
    channels: int
    """0 where it has a configuration of its own."""
    frame_duration: float
    """Seconds."""

    @property
    def codec(self) -> str:
        """As in a CODECS attribute (RFC 6381, 3.3)."""
        return f"mp4a.40.{self.object_type}"


def read_config(data: bytes) -> AacConfig:
    """Read an AudioSpecificConfig.

    Raises:
        MediaError: it is cut short, or not one that is copied.

    """
    try:
        bits = BitReader(data[:_MAX_CONFIG_BYTES])
        object_type = bits.read(5)
        if object_type == _ESCAPE:
            object_type = 32 + bits.read(6)
        index = bits.read(4)
        rate = bits.read(24) if index == _EXPLICIT_RATE else _SAMPLE_RATES[index]
        config = AacConfig(data, object_type, bits.read(4), _FRAME_SAMPLES / rate)
    except (IndexError, ZeroDivisionError) as err:
        raise MediaError(_UNUSABLE) from err
    if len(data) > _MAX_CONFIG_BYTES:
        raise MediaError(_UNUSABLE)
    return config


def is_adts(data: bytes) -> bool:
    """Whether a packet begins with a header of ADTS (1.A.3.2)."""
    return len(data) > _ADTS_HEADER_BYTES and data[0] == 0xFF and data[1] & 0xF6 == 0xF0


def config_of_adts(data: bytes) -> bytes:
    """Return the AudioSpecificConfig that a packet's header of ADTS stands for."""
    bits = BitReader(data[2:4])
    object_type, index = bits.read(2) + 1, bits.read(4)
    bits.skip(1)
    channels = bits.read(3)
    return (object_type << 11 | index << 7 | channels << 3).to_bytes(2)


def without_adts(data: bytes) -> bytes:
    """Return the sound behind a header of ADTS."""
    has_checksum = not data[1] & 1
    header = _ADTS_HEADER_BYTES + _ADTS_CHECKSUM_BYTES * has_checksum
    return data[header:]


def adts_of_config(data: bytes) -> int | None:
    """Return the header of ADTS for an AudioSpecificConfig, for `with_adts()`.

    The core of HE-AAC is announced: decoders find the rest in the sound. None where ADTS has
    no place for the configuration.
    """
    try:
        bits = BitReader(data)
        object_type, index = bits.read(5), bits.read(4)
        channels = bits.read(4)
        if object_type in _EXTENDED:
            if bits.read(4) == _EXPLICIT_RATE:
                bits.skip(24)
            object_type = bits.read(5)
    except IndexError:
        return None
    if (
        not 0 < object_type <= _MAX_ADTS_OBJECT_TYPE
        or index >= len(_SAMPLE_RATES)
        or not 0 < channels <= _MAX_ADTS_CHANNELS
    ):
        return None
    return _ADTS_FIXED | (object_type - 1) << 38 | index << 34 | channels << 30


def with_adts(header: int, data: bytes | memoryview) -> bytes:
    """Return a frame of sound behind its header; empty if it is too long for one."""
    size = len(data) + _ADTS_HEADER_BYTES
    if size > _MAX_ADTS_FRAME:
        return b""
    whole = header | size << _ADTS_LENGTH_SHIFT
    return whole.to_bytes(_ADTS_HEADER_BYTES) + data
