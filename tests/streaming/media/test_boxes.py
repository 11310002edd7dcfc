"""ISO BMFF boxes (ISO/IEC 14496-12, 4.2): bytes in, whole boxes out."""

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import (
    BoxTooLargeError,
    MalformedBoxError,
    MediaError,
)
from custom_components.hls_camera.streaming.media.boxes import (
    Box,
    BoxReader,
    find_box,
    iter_boxes,
    write_box,
)

TYPES = st.binary(min_size=4, max_size=4)
BOXES = st.lists(st.tuples(TYPES, st.binary(max_size=40)), max_size=8)
CUTS = st.lists(st.integers(0, 400), max_size=20)


def large_box(box_type: bytes, payload: bytes) -> bytes:
    """Return a box with a 64-bit size."""
    size = (16 + len(payload)).to_bytes(8)
    return (1).to_bytes(4) + box_type + size + payload


class TestBoxReader:
    @given(boxes=BOXES, cuts=CUTS)
    def test_however_the_bytes_are_cut_the_boxes_are_the_same(
        self, boxes: list[tuple[bytes, bytes]], cuts: list[int]
    ) -> None:
        data = b"".join(write_box(box_type, payload) for box_type, payload in boxes)
        edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        reader = BoxReader()
        read = [
            box
            for start, end in pairwise(edges)
            for box in reader.feed(data[start:end])
        ]
        assert [(box.type, box.payload) for box in read] == boxes

    @given(chunks=st.lists(st.binary(max_size=64), max_size=20), cap=st.integers(8, 64))
    def test_arbitrary_bytes_are_boxes_or_an_error_and_never_pile_up(
        self, chunks: list[bytes], cap: int
    ) -> None:
        reader = BoxReader(max_box_size=cap)
        waiting = 0
        try:
            for chunk in chunks:
                waiting += len(chunk)
                for box in reader.feed(chunk):
                    assert box.size <= cap
                    waiting -= box.size
                assert waiting <= cap + 16
        except MediaError:
            pass

    def test_a_box_comes_out_with_its_last_byte(self) -> None:
        reader = BoxReader()
        data = write_box(b"free", b"payload")
        for byte in data[:-1]:
            assert reader.feed(bytes([byte])) == []
        assert reader.feed(data[-1:]) == [Box(b"free", b"payload", 8)]

    def test_a_64_bit_size_is_read(self) -> None:
        reader = BoxReader()
        data = large_box(b"mdat", b"media")
        assert reader.feed(data[:12]) == []
        (box,) = reader.feed(data[12:])
        assert box == Box(b"mdat", b"media", 16)
        assert box.size == len(data)

    def test_a_box_above_the_cap_is_refused_by_its_header_alone(self) -> None:
        with pytest.raises(BoxTooLargeError, match="mdat"):
            BoxReader(max_box_size=1000).feed((1001).to_bytes(4) + b"mdat")

    @pytest.mark.parametrize("size", [0, 2, 7])
    def test_a_size_below_the_header_is_malformed(self, size: int) -> None:
        """Zero would mean "up to the end of the file", which a live stream has not."""
        with pytest.raises(MalformedBoxError):
            BoxReader().feed(size.to_bytes(4) + b"mdat")

    def test_a_64_bit_size_below_its_header_is_malformed(self) -> None:
        with pytest.raises(MalformedBoxError):
            BoxReader().feed((1).to_bytes(4) + b"mdat" + (15).to_bytes(8))


class TestContainers:
    def test_the_boxes_inside_come_in_their_order(self) -> None:
        payload = write_box(b"aaaa", b"1") + large_box(b"bbbb", b"2")
        inner = [(box_type, bytes(data)) for box_type, data in iter_boxes(payload)]
        assert inner == [(b"aaaa", b"1"), (b"bbbb", b"2")]

    @pytest.mark.parametrize("cut", [1, 4, 7, 9, 12])
    def test_a_box_that_is_cut_short_is_malformed(self, cut: int) -> None:
        payload = write_box(b"aaaa") + write_box(b"bbbb", b"12345")
        with pytest.raises(MalformedBoxError):
            list(iter_boxes(payload[:-cut]))

    def test_a_box_is_found_by_the_path_to_it(self) -> None:
        payload = write_box(b"free") + write_box(
            b"trak", write_box(b"mdia", write_box(b"hdlr", b"x"))
        )
        found = find_box(payload, b"trak", b"mdia", b"hdlr")
        assert found is not None
        assert bytes(found) == b"x"

    def test_a_path_that_does_not_exist_leads_nowhere(self) -> None:
        payload = write_box(b"trak", write_box(b"mdia"))
        assert find_box(payload, b"trak", b"minf") is None
        assert find_box(payload, b"moov", b"mdia") is None
