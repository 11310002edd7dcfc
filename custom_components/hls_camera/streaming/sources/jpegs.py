"""The pictures in a stream of JPEGs, without the bytes between them."""

import re
from collections.abc import Iterator
from typing import Final

_START: Final = b"\xff\xd8\xff"
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""A marker within coded data: neither stuffing nor a restart."""
_SCAN, _END, _TEMPORARY = 0xDA, 0xD9, 0x01
_MAX_PICTURE_BYTES: Final = 32 * 1024 * 1024
"""Bytes of a picture; larger ones are left out."""


class JpegReader:
    """Cut bytes into whole pictures.

    The markers show where one ends (ITU-T T.81): a preview within it has an end as well.
    """

    def __init__(self) -> None:
        """Begin between two pictures."""
        self._data = bytearray()
        self._at = 0
        """Bytes of the first picture that were searched; 0 where there is none."""
        self._in_scan = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the pictures that are whole now."""
        self._data += data
        while self._find_start():
            end = self._find_end()
            if end is None:
                if len(self._data) > _MAX_PICTURE_BYTES:
                    self._drop(self._at or len(_START))
                return
            picture = bytes(self._data[:end])
            self._drop(end)
            yield picture

    def _find_start(self) -> bool:
        if self._at:
            return True
        start = self._data.find(_START)
        if start < 0:
            # It may be cut in two.
            del self._data[: max(0, len(self._data) - len(_START) + 1)]
            return False
        del self._data[:start]
        self._at = 2
        return True

    def _drop(self, count: int) -> None:
        del self._data[:count]
        self._at, self._in_scan = 0, False

    def _find_end(self) -> int | None:
        """Go from marker to marker; return where the picture ends."""
        while True:
            if self._in_scan:
                marker = _MARKER.search(self._data, self._at)
                if marker is None:
                    self._at = max(self._at, len(self._data) - 1)
                    return None
                self._at = marker.start()
                self._in_scan = False
            if len(self._data) < self._at + 4:
                is_end = self._data[self._at : self._at + 2] == b"\xff\xd9"
                return self._at + 2 if is_end else None
            if self._data[self._at] != 0xFF:
                # Broken: the next one may be well.
                self._drop(len(_START))
                return None
            kind = self._data[self._at + 1]
            if kind == _END:
                return self._at + 2
            if kind in {0xFF, _TEMPORARY}:
                # Fill, and a marker without a length
                self._at += 1 if kind == 0xFF else 2
                continue
            size = int.from_bytes(self._data[self._at + 2 : self._at + 4])
            if len(self._data) < self._at + 2 + size:
                return None
            self._in_scan = kind == _SCAN
            self._at += 2 + size
