"""ISO BMFF boxes (ISO/IEC 14496-12, 4.2)."""

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MalformedBoxError
from custom_components.hls_camera.streaming.media.boxes import (
    find_box,
    iter_boxes,
    write_box,
)

TYPES = st.binary(min_size=4, max_size=4)
BOXES = st.lists(st.tuples(TYPES, st.binary(max_size=40)), max_size=8)


def large_box(box_type: bytes, payload: bytes) -> bytes:
    """Return a box with a 64-bit size."""
    size = (16 + len(payload)).to_bytes(8)
    return (1).to_bytes(4) + box_type + size + payload


class TestContainers:
    @given(boxes=BOXES)
    def test_written_bytes_are_read_again(
        self, boxes: list[tuple[bytes, bytes]]
    ) -> None:
        data = b"".join(write_box(box_type, payload) for box_type, payload in boxes)
        read = [(box_type, bytes(payload)) for box_type, payload in iter_boxes(data)]
        assert read == boxes

    @given(data=st.binary(max_size=200))
    def test_arbitrary_bytes_are_boxes_or_an_error(self, data: bytes) -> None:
        try:
            boxes = list(iter_boxes(data))
        except MalformedBoxError:
            return
        assert sum(len(payload) + 8 for _, payload in boxes) <= len(data)

    @pytest.mark.parametrize("size", [0, 2, 7])
    def test_a_size_below_the_header_is_malformed(self, size: int) -> None:
        """Zero would mean "up to the end of the file", which a live stream has not."""
        with pytest.raises(MalformedBoxError):
            list(iter_boxes(size.to_bytes(4) + b"mdat"))

    def test_a_64_bit_size_below_its_header_is_malformed(self) -> None:
        with pytest.raises(MalformedBoxError):
            list(iter_boxes((1).to_bytes(4) + b"mdat" + (15).to_bytes(8)))

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
