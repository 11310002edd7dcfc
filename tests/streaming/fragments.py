"""Fragments (ISO/IEC 14496-12, 8.8) as players read them."""

import struct
from collections.abc import Iterator

from custom_components.hls_camera.streaming.media.boxes import find_box, iter_boxes
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, Sample

_TRUN: struct.Struct = struct.Struct(">4sIi")
_SAMPLE = struct.Struct(">IIIi")
_EVERY_FIELD = bytes.fromhex("01000f01")
"""Version and flags of a trun with all fields of each sample, and the offset of the first."""
_IS_NO_KEYFRAME = 0x00010000


def read_part(data: bytes, init: InitSection) -> list[Sample]:
    """Return the samples of a partial segment, track by track, in decode order."""
    (moof_type, moof), (mdat_type, media) = iter_boxes(data)
    assert (moof_type, mdat_type) == (b"moof", b"mdat")
    known = {track.track_id for track in init.tracks}
    samples = [
        sample
        for name, traf in iter_boxes(moof)
        if name == b"traf"
        for sample in _read_traf(traf, media, len(data) - len(media))
    ]
    assert {sample.track_id for sample in samples} <= known
    return samples


def _read_traf(
    traf: memoryview, media: memoryview, media_start: int
) -> Iterator[Sample]:
    tfhd, tfdt = find_box(traf, b"tfhd"), find_box(traf, b"tfdt")
    trun = find_box(traf, b"trun")
    assert tfhd is not None
    assert tfdt is not None
    assert trun is not None
    flags, count, offset = _TRUN.unpack_from(trun)
    assert flags == _EVERY_FIELD
    assert count * _SAMPLE.size == len(trun) - _TRUN.size
    dts = int.from_bytes(tfdt[4:])
    start = offset - media_start
    for duration, size, sample_flags, composition_offset in _SAMPLE.iter_unpack(
        trun[_TRUN.size :]
    ):
        assert 0 <= start <= len(media) - size
        yield Sample(
            int.from_bytes(tfhd[4:8]),
            dts,
            duration,
            composition_offset,
            not sample_flags & _IS_NO_KEYFRAME,
            media[start : start + size],
        )
        start, dts = start + size, dts + duration


def samples_in(fragment: bytes, init: InitSection) -> list[Sample]:
    """Return the samples of a fragment, which may have a prft before it."""
    return read_part(fragment[fragment.index(b"moof") - 4 :], init)
