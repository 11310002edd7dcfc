"""ISO BMFF boxes (ISO/IEC 14496-12, 4.2)."""

import struct
from collections.abc import Iterator
from typing import Final

from ..errors import MalformedBoxError

_HEADER: Final = struct.Struct(">I4s")
_LARGE_SIZE: Final = struct.Struct(">Q")


def iter_boxes(payload: bytes | memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and payload of each box inside a container box's payload.

    Raises:
        MalformedBoxError: a box is cut short, or does not fill the container.

    """
    view = memoryview(payload)
    offset = 0
    while offset < len(view):
        header = _read_header(view, offset)
        if header is None or offset + header[2] > len(view):
            msg = "a box is cut short"
            raise MalformedBoxError(msg)
        box_type, header_size, size = header
        yield box_type, view[offset + header_size : offset + size]
        offset += size


def find_box(payload: bytes | memoryview, *path: bytes) -> memoryview | None:
    """Return the payload of the first box at a path of types, or None."""
    view = memoryview(payload)
    for wanted in path:
        for box_type, inner in iter_boxes(view):
            if box_type == wanted:
                view = inner
                break
        else:
            return None
    return view


def write_box(box_type: bytes, *payload: bytes | memoryview) -> bytes:
    """Return a box with a 32-bit size."""
    size = _HEADER.size + sum(map(len, payload))
    return b"".join((_HEADER.pack(size, box_type), *payload))


def _read_header(buffer: memoryview, offset: int) -> tuple[bytes, int, int] | None:
    """Return type, header size and whole size of the box at offset; None if cut short."""
    available = len(buffer) - offset
    if available < _HEADER.size:
        return None
    size, box_type = _HEADER.unpack_from(buffer, offset)
    header_size = _HEADER.size
    if size == 1:
        header_size += _LARGE_SIZE.size
        if available < header_size:
            return None
        (size,) = _LARGE_SIZE.unpack_from(buffer, offset + _HEADER.size)
    if size < header_size:
        # Size 0 means "up to the end of the file": nothing here is.
        msg = f"box {box_type!r} announces {size} bytes"
        raise MalformedBoxError(msg)
    return box_type, header_size, size
