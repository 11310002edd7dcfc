"""Pictures with parameter sets before each keyframe."""

import pytest

from custom_components.hls_camera.streaming.media.access_units import AccessUnits

from ..media_files import H264, SILENT_VIDEO, handed_over, nal_units

X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "bframes=0")
OTHER = b"\x67other"
DELIMITER = b"\x09\x10"


def joined(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def stripped(data: bytes, kinds: set[int], shift: int, mask: int) -> bytes:
    """Return a picture without the units of some types."""
    units = nal_units(data)
    return joined(*(each for each in units if each[0] >> shift & mask not in kinds))


@pytest.mark.parametrize(
    ("encoder", "sets", "shift", "mask"),
    [(H264, [7, 8], 0, 0x1F), (X265, [32, 33, 34], 1, 0x3F)],
    ids=["h264", "h265"],
)
def test_the_description_has_what_a_keyframe_lacks(
    ffmpeg: str, encoder: tuple[str, ...], sets: list[int], shift: int, mask: int
) -> None:
    media = handed_over(ffmpeg, *SILENT_VIDEO, *encoder, "-t", "1")
    bare = stripped(bytes(media.samples[0].data), set(sets), shift, mask)
    written = AccessUnits(media.init.video).with_lengths(bare, is_sync=True)
    kinds = [unit[0] >> shift & mask for unit in nal_units(written)]
    assert kinds[: len(sets)] == sets
    assert len(kinds) == len(nal_units(bare)) + len(sets)


def test_newer_sets_of_the_camera_replace_those_of_the_description(ffmpeg: str) -> None:
    video = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "1").init.video
    units = AccessUnits(video)
    first = units.with_lengths(joined(OTHER, b"\x65slice"), is_sync=True)
    later = units.with_lengths(joined(b"\x65slice"), is_sync=True)
    assert first == later
    assert nal_units(first)[0] == OTHER


def test_other_pictures_stay_as_they_are(ffmpeg: str) -> None:
    video = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "1").init.video
    data = joined(b"\x06sei", b"\x41slice")
    assert AccessUnits(video).with_lengths(data, is_sync=False) == data


def test_a_byte_stream_has_one_delimiter_at_its_start(ffmpeg: str) -> None:
    video = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "1").init.video
    data = joined(DELIMITER, b"\x41slice")
    written = AccessUnits(video).with_start_codes(data, is_sync=False)
    assert written == b"\0\0\0\1\x09\xf0\0\0\0\1\x41slice"
