"""A stream key takes the place of its placeholder, however the bytes come."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.publishing.stream_key import (
    MIN_KEY_LENGTH,
    KeySwap,
    placeholder,
)

OLD, NEW = "PlaceHolder", "live_secret"


def swapped(pieces: list[bytes]) -> bytes:
    swap = KeySwap(OLD, NEW)
    return b"".join(map(swap.feed, pieces))


@given(
    st.lists(st.sampled_from([OLD.encode(), b"Pl", b"P", b"\xc3", b"media"])),
    st.lists(st.integers(0, 200)),
)
def test_pieces_of_any_size_make_the_same_bytes(
    words: list[bytes], cuts: list[int]
) -> None:
    data = b"".join(words) + b"\0"
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert swapped(pieces) == swapped([data])
    if b"\xc3" not in words:
        assert swapped([data]) == data.replace(OLD.encode(), NEW.encode())


@pytest.mark.parametrize("place", range(1, len(OLD)))
def test_the_header_of_a_chunk_within_the_text_stays(place: int) -> None:
    old, new = (
        text[:place].encode() + b"\xc3" + text[place:].encode() for text in (OLD, NEW)
    )
    assert swapped([b"publish " + old + b" live"]) == b"publish " + new + b" live"
    assert swapped([b"publish " + old[:place], old[place:] + b"\0"]).endswith(
        new + b"\0"
    )


def test_a_start_that_becomes_another_text_is_passed_on() -> None:
    assert swapped([b"Place", b"Mat"]) == b"PlaceMat"


def test_a_start_that_nothing_follows_is_flushed() -> None:
    swap = KeySwap(OLD, NEW)
    waiting = [swap.is_waiting]
    passed = [swap.feed(b"lasting P")]
    waiting.append(swap.is_waiting)
    passed.append(swap.flush())
    waiting.append(swap.is_waiting)
    passed.append(swap.feed(b"laceHolder"))
    assert passed == [b"lasting ", b"P", b"laceHolder"]
    assert waiting == [False, True, False]


def test_a_placeholder_has_the_length_of_the_key() -> None:
    key = "x" * MIN_KEY_LENGTH
    assert len(placeholder(key)) == len(key)
    assert placeholder(key) != placeholder(key)
    with pytest.raises(ValueError, match="length"):
        KeySwap("short", "longer")
