"""A stream key in RTMP: another text of the same length takes its place on this machine."""

import secrets
import string
from typing import Final

_HEADERS: Final = range(0xC0, 0x100)
"""The first bytes of chunks that continue a message (RTMP 1.0, 5.3.1): not ASCII."""

MIN_KEY_LENGTH: Final = 8
"""Characters; shorter texts would be found in media by chance."""


def is_stream_key(text: str) -> bool:
    """Return whether a text may be a stream key."""
    is_word = text.isascii() and text.isprintable() and " " not in text
    return is_word and len(text) >= MIN_KEY_LENGTH


def placeholder(key: str) -> str:
    """Return a random text of a key's length."""
    return "".join(secrets.choice(string.ascii_letters) for _ in key)


class KeySwap:
    """Replaces a text in RTMP by another one of the same length, in pieces as they come.

    A message is sent in chunks, so the header of a chunk may stand within the text.
    """

    def __init__(self, old: str, new: str) -> None:
        """Replace `old`, which is ASCII."""
        self._old = old.encode("ascii")
        self._new = new.encode("ascii")
        if len(self._old) != len(self._new):
            raise ValueError("The texts differ in length")
        self.has_replaced = False
        """Whether the text has come."""
        self._rest = b""
        """The start of a text whose end has not come yet."""

    def feed(self, data: bytes) -> bytes:
        """Return what may be sent; an incomplete text waits for the next piece."""
        pending = bytearray(self._rest + data)
        self._rest = b""
        start = pending.find(self._old[0])
        while start >= 0:
            places = self._places(pending, start)
            if len(places) == len(self._old):
                for place, byte in zip(places, self._new, strict=True):
                    pending[place] = byte
                self.has_replaced = True
                start = places[-1]
            elif places:
                self._rest = bytes(pending[start:])
                return bytes(pending[:start])
            start = pending.find(self._old[0], start + 1)
        return bytes(pending)

    @property
    def is_waiting(self) -> bool:
        """Whether the end of a text is awaited."""
        return bool(self._rest)

    def flush(self) -> bytes:
        """Return what waits: it was the start of something else."""
        rest, self._rest = self._rest, b""
        return rest

    def _places(self, data: bytearray, start: int) -> list[int]:
        """Return the places of the text's bytes from `start` on.

        All of them, or as many as there are before the data end; none for another text.
        """
        places: list[int] = []
        for place in range(start, len(data)):
            if data[place] == self._old[len(places)]:
                places.append(place)
                if len(places) == len(self._old):
                    break
            elif data[place] not in _HEADERS or places[-1] != place - 1:
                return []
        return places
