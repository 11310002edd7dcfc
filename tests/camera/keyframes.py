"""Detects the start of keyframes in the payload of RTP packets."""

from collections.abc import Callable, Iterator

from .rtp import aggregated

_H264_KEY = frozenset({5, 7})  # IDR slice, sequence parameter set
_H264_STAP_A = 24
_H264_FU_A = 28

_HEVC_KEY = frozenset({*range(16, 22), 32, 33})  # BLA, IDR and CRA slices, VPS, SPS
_HEVC_AGGREGATION = 48
_HEVC_FRAGMENTATION = 49

_FRAGMENT_START = 0x80


def _h264_types(payload: bytes) -> Iterator[int]:
    """Yield the types of the NAL units that begin in a payload (RFC 6184)."""
    kind = payload[0] & 0x1F
    if kind == _H264_STAP_A:
        yield from (unit[0] & 0x1F for unit in aggregated(payload, 1))
    elif kind != _H264_FU_A:
        yield kind
    elif payload[1] & _FRAGMENT_START:
        yield payload[1] & 0x1F


def _hevc_types(payload: bytes) -> Iterator[int]:
    """Yield the types of the NAL units that begin in a payload (RFC 7798)."""
    kind = payload[0] >> 1 & 0x3F
    if kind == _HEVC_AGGREGATION:
        yield from (unit[0] >> 1 & 0x3F for unit in aggregated(payload, 2))
    elif kind != _HEVC_FRAGMENTATION:
        yield kind
    elif payload[2] & _FRAGMENT_START:
        yield payload[2] & 0x3F


def _h264(payload: bytes) -> bool:
    return not _H264_KEY.isdisjoint(_h264_types(payload))


def _hevc(payload: bytes) -> bool:
    return not _HEVC_KEY.isdisjoint(_hevc_types(payload))


def _jpeg(payload: bytes) -> bool:
    """Return whether a picture begins: at the fragment with offset 0 (RFC 2435)."""
    return payload[1:4] == bytes(3)


def _mpeg4(payload: bytes) -> bool:
    """Return whether it is a sequence header or an intra-coded picture (RFC 6416)."""
    if not payload.startswith(b"\0\0\1"):
        return False
    return payload[3] == 0xB0 or (payload[3] == 0xB6 and payload[4] >> 6 == 0)


_DETECTORS: dict[str, Callable[[bytes], bool]] = {
    "H264": _h264,
    "H265": _hevc,
    "JPEG": _jpeg,
    "MP4V-ES": _mpeg4,
}


def begins_keyframe(encoding: str, payload: bytes) -> bool:
    """Return whether a payload of this encoding (its SDP name) begins a keyframe."""
    detector = _DETECTORS.get(encoding)
    return detector is not None and detector(payload)
