"""The formats of an endless file."""

from custom_components.hls_camera.streaming.media.endless import Format


def test_each_format_has_its_content_type() -> None:
    found = {each: each.content_type for each in Format}
    assert found == {Format.MPEG_TS: "video/mp2t", Format.MP4: "video/mp4"}
