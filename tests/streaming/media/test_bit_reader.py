"""Bits of coded headers, read from the most significant one on."""

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.media.bit_reader import BitReader


def test_numbers_follow_one_another() -> None:
    bits = BitReader(b"\xa5\x0f")
    assert [bits.read(count) for count in (1, 3, 4, 8)] == [1, 0b010, 0b0101, 0x0F]


def test_bits_can_be_passed_over() -> None:
    bits = BitReader(b"\xa5")
    bits.skip(4)
    assert bits.read(4) == 0x5


@pytest.mark.parametrize(
    ("code", "value"),
    [("1", 0), ("010", 1), ("011", 2), ("00100", 3), ("0001000", 7)],
)
def test_exp_golomb_codes_of_the_standard(code: str, value: int) -> None:
    """ISO/IEC 14496-10, table 9-2."""
    data = int(code.ljust(8, "0"), 2).to_bytes()
    assert BitReader(data).exp_golomb() == value


@pytest.mark.parametrize("data", [b"", b"\0", bytes(20)])
def test_the_end_is_an_error(data: bytes) -> None:
    with pytest.raises(IndexError):
        BitReader(data).exp_golomb()
    with pytest.raises(IndexError):
        BitReader(data).read(8 * len(data) + 1)


@given(st.lists(st.integers(0, 2**20), max_size=20))
def test_codes_of_all_numbers_are_read_back(numbers: list[int]) -> None:
    codes = [f"{number + 1:b}" for number in numbers]
    text = "".join("0" * (len(code) - 1) + code for code in codes)
    data = int(text or "0", 2) << -len(text) % 8
    bits = BitReader(data.to_bytes((len(text) + 7) // 8))
    assert [bits.exp_golomb() for _ in numbers] == numbers
