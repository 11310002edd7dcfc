"""The media type of a web camera's answer, whatever its header says."""

import pytest
from hypothesis import assume, given, strategies as st

from custom_components.hls_camera.streaming.sources.media_type import (
    HLS,
    HTML,
    MPEG_TS,
    MPJPEG,
    is_conclusive,
    media_type,
)

MULTIPART = "multipart/x-mixed-replace; boundary=x"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF"
PACKETS = (b"G" + 187 * b"\xff") * 2


@pytest.mark.parametrize(
    ("first", "told", "expected"),
    [
        (b"#EXTM3U\n#EXT-X-VERSION:3", "text/plain", HLS),
        (b"\xef\xbb\xbf\n#EXTM3U\n", "text/html", HLS),
        (b" <!DOCTYPE html><html>", "video/mp4", HTML),
        (b"<script>top.location</script>", "text/html; charset=x", HTML),
        (b"\0\0\0\x01\x67", "text/html", "application/octet-stream"),
        (b"", "text/html", "application/octet-stream"),
        (b"--x\r\nContent-Type: image/jpeg\r\n\r\n", MULTIPART, MULTIPART[:25]),
        (b"--x\r\nContent-Type: image/jpeg;a=1\r\n\r\n" + JPEG, MULTIPART, MPJPEG),
        (b"--x\nContent-Type: image/jpeg\n\n" + JPEG, MULTIPART, MPJPEG),
        (b"\r\nX: 1\r\n\r\n" + JPEG, MULTIPART, MPJPEG),
        (JPEG, "image/jpeg", MPJPEG),
        (b"\x89PNG\r\n\x1a\n" + JPEG, "image/png", "image/png"),
        (PACKETS, "text/html", MPEG_TS),
        (PACKETS[:20], "", MPEG_TS),
        (b"G" + 400 * b"x", "video/x", "video/x"),
        (b"FLV\x01\x05", "application/octet-stream", "video/x-flv"),
        (b"\0\0\0\x18ftypisom", "text/plain", "video/mp4"),
        (b"\x1aE\xdf\xa3", "video/x-matroska", "video/x-matroska"),
        (b"\x1aE\xdf\xa3", "", "application/octet-stream"),
    ],
)
def test_the_first_bytes_decide(first: bytes, told: str, expected: str) -> None:
    assert media_type(first, told) == expected


@given(st.binary(max_size=300), st.text(max_size=30))
def test_more_bytes_change_nothing_once_they_are_conclusive(
    more: bytes, told: str
) -> None:
    # A multipart stream may begin with any bytes before its first picture.
    assume(not told.startswith("multipart/"))
    for first in (PACKETS, JPEG + 16 * b"\0", b"FLV\x01" + 16 * b"\0"):
        assert is_conclusive(first, told)
        assert media_type(first + more, told) == media_type(first, told)


@given(st.binary(max_size=80), st.text(max_size=30))
def test_any_bytes_have_a_type(first: bytes, told: str) -> None:
    assert media_type(first, told)
