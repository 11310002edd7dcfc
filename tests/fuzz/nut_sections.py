"""NUT by its headers, so that damage inside one leaves the lengths around it right."""

import re
from itertools import pairwise
from random import Random
from typing import Final

from tests.streaming.nut_files import (
    FILE_ID,
    INFO,
    MAIN,
    STREAM,
    SYNCPOINT,
    number,
    section,
)

from .target import BytesMutator

_CODES: Final = (MAIN, STREAM, SYNCPOINT, INFO)
_CHECKSUM_BYTES: Final = 4
_NUMBER: Final = re.compile(rb"[\x80-\xff]{0,2}[\0-\x7f]")


def _pieces(data: bytes) -> list[bytes]:
    """Cut before each header."""
    pattern = b"|".join(map(re.escape, _CODES))
    starts = [match.start() for match in re.finditer(pattern, data)]
    edges = [0, *starts, len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def _mutated_header(piece: bytes, mutate: BytesMutator) -> bytes:
    """Return a header with other content and the right length, and what is behind it."""
    size = _NUMBER.match(piece, 8)
    if size is None:
        return mutate(piece)
    digits = size[0]
    count = 0
    for digit in digits:
        count = count << 7 | digit & 0x7F
    end = size.end() + count
    if count < _CHECKSUM_BYTES or end > len(piece) or digits != number(count):
        return mutate(piece)
    content = mutate(piece[size.end() : end - _CHECKSUM_BYTES])
    return section(piece[:8], content) + piece[end:]


def mutate_nut(data: bytes, random: Random, mutate: BytesMutator) -> bytes:
    """Return NUT of which a header is damaged, gone, doubled or elsewhere, or a frame is."""
    pieces = _pieces(data)
    if len(pieces) == 1 or not data.removeprefix(b"\n").startswith(FILE_ID):
        return mutate(data)
    place = random.randrange(len(pieces))
    piece = pieces[place]
    match random.choice(("header", "header", "frames", "remove", "double", "move")):
        case "header" if piece.startswith(_CODES):
            pieces[place] = _mutated_header(piece, mutate)
        case "remove":
            del pieces[place]
        case "double":
            pieces.insert(random.randint(0, len(pieces)), piece)
        case "move":
            del pieces[place]
            pieces.insert(random.randint(0, len(pieces)), piece)
        case _:
            pieces[place] = mutate(piece)
    return b"".join(pieces)
