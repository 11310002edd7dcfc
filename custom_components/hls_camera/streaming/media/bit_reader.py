"""Bits, as the headers of coded pictures and sound have them."""


class BitReader:
    """Read numbers out of bytes, from the most significant bit on.

    Reading beyond the end raises IndexError.
    """

    def __init__(self, data: bytes | memoryview) -> None:
        """Begin at the first bit."""
        self._bits = int.from_bytes(data)
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        """Return a number of so many bits."""
        if count > self._left:
            raise IndexError
        self._left -= count
        return self._bits >> self._left & (1 << count) - 1

    def skip(self, count: int) -> None:
        """Pass over so many bits."""
        self.read(count)

    def exp_golomb(self) -> int:
        """Return a number as H.264 and H.265 code it, ue(v) (ISO/IEC 14496-10, 9.1)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)
