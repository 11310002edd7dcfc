"""The formats of an endless file."""

from custom_components.hls_camera.streaming.media.endless import Format, scaled


def test_each_format_has_its_content_type() -> None:
    found = {each: each.content_type for each in Format}
    assert found == {Format.MPEG_TS: "video/mp2t", Format.MP4: "video/mp4"}


def test_times_are_in_90_khz() -> None:
    assert scaled(1000, 1000) == 90_000
    assert scaled(1, 16_000) == 6  # 5.6, to the nearest
