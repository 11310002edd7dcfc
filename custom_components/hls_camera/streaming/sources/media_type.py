"""The media type of a web camera's answer, by its first bytes: Content-Type is often wrong."""

import re
from typing import Final

MPJPEG: Final = "multipart/x-mixed-replace; boundary=frame"
"""JPEGs that have to be cut out of the answer."""
HLS: Final = "application/vnd.apple.mpegurl"
HTML: Final = "text/html"
MPEG_TS: Final = "video/mp2t"

_MIN_SNIFFED_BYTES: Final = 16
"""Bytes that show most kinds of media."""
_MAX_SNIFFED_BYTES: Final = 4096
"""Bytes of a multipart stream in which a picture begins."""
_PAGE: Final = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE
)
_PAGE_TYPES: Final = frozenset({HTML, "application/xhtml+xml"})
# FFmpeg accepts a boundary, then headers, of which the type is nothing but this; and
# without a length it looks for CR LF before the next boundary.
_REGULAR_PART: Final = re.compile(
    rb"\s*--[^\r\n]*\r\n(?:[^\r\n]+\r\n)*?content-type:[ \t]*image/jpeg[ \t]*\r\n",
    re.IGNORECASE,
)
_JPEG: Final = b"\xff\xd8\xff"
_TS_PACKET: Final = 188


def is_conclusive(first: bytes, declared: str) -> bool:
    """Whether the first bytes suffice for `media_type()`."""
    is_multipart = declared.startswith("multipart/") or first.lstrip()[:2] == b"--"
    return len(first) > _MAX_SNIFFED_BYTES or (
        len(first) >= _MIN_SNIFFED_BYTES
        and (
            not is_multipart or _REGULAR_PART.match(first) is not None or _JPEG in first
        )
    )


def media_type(first: bytes, declared: str) -> str:
    """Return the media type by the first bytes; `declared` is the server's Content-Type."""
    text = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    essence = declared.partition(";")[0].strip().lower()
    is_multipart = essence.startswith("multipart/") or text.startswith(b"--")
    # Media have zeros, pages do not.
    is_page = essence in _PAGE_TYPES and first != b"" and b"\0" not in first
    kinds: tuple[tuple[object, str], ...] = (
        (text.startswith(b"#EXTM3U"), HLS),
        (_PAGE.match(text), HTML),
        (_REGULAR_PART.match(first), "multipart/x-mixed-replace"),
        (first.startswith(_JPEG) or (is_multipart and _JPEG in first), MPJPEG),
        (first[:1] == b"G" == (first[_TS_PACKET : _TS_PACKET + 1] or b"G"), MPEG_TS),
        (b"FLV\x01" in first[:8], "video/x-flv"),
        (b"ftyp" in first[:8], "video/mp4"),
        (is_page, HTML),
        (essence in _PAGE_TYPES or not declared, "application/octet-stream"),
    )
    return next((kind for applies, kind in kinds if applies), declared)
