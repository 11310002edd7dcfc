"""The time of capture inside the picture: a code of black and white blocks.

The code is in the top left corner, 8 blocks wide and 7 high. Each row is one byte, its most
significant bit at the left; white is 1, black is 0. The first six rows are the milliseconds
since 1970 (UTC), most significant byte first; the seventh is the sum of those six bytes, plus
0xA5, modulo 256, so that an all black or all white corner is not a valid time. A block is 32
pixels wide and high in pictures of 720 lines and more, otherwise 16.

The pixel in the middle of a block has its color. In a browser, with the video drawn into a
canvas in its own size (`videoWidth` by `videoHeight`):

    const block = video.videoHeight >= 720 ? 32 : 16;
    const { data } = context.getImageData(0, 0, 8 * block, 7 * block);
    const bit = (row, column) =>
      data[((row + 0.5) * block * 8 * block + (column + 0.5) * block) * 4] > 127 ? 1 : 0;
    const byte = (row) =>
      [0, 1, 2, 3, 4, 5, 6, 7].reduce((value, column) => value * 2 + bit(row, column), 0);
    const bytes = [0, 1, 2, 3, 4, 5, 6].map(byte);
    const sum = bytes.slice(0, 6).reduce((total, value) => total + value, 0xa5) % 256;
    const milliseconds =
      sum === bytes[6] ? bytes.slice(0, 6).reduce((time, value) => time * 256 + value, 0) : null;
"""

COLUMNS = 8
ROWS = 7
CODE_SIZE = COLUMNS * ROWS

_TIME_BYTES = ROWS - 1
_WHITE = 235
_BLACK = 16


def block_size(height: int) -> int:
    """Return the size of a block in a picture with this number of lines."""
    return 32 if height >= 720 else 16


def _checksum(time: bytes) -> int:
    return (sum(time) + 0xA5) & 0xFF


def encode(milliseconds: int) -> bytes:
    """Return the code of a time as a gray picture with one pixel per block."""
    time = milliseconds.to_bytes(_TIME_BYTES)
    rows = time + bytes([_checksum(time)])
    return bytes(
        _WHITE if byte >> (COLUMNS - 1 - column) & 1 else _BLACK
        for byte in rows
        for column in range(COLUMNS)
    )


def decode(luma: bytes | memoryview, width: int, height: int) -> int | None:
    """Return the time in a picture, None if it has none.

    The picture is the brightness of its pixels, row by row: the first plane of FFmpeg's
    `yuv420p`, or `gray`.
    """
    block = block_size(height)
    rows = bytearray()
    for row in range(ROWS):
        line = (row * block + block // 2) * width
        byte = 0
        for column in range(COLUMNS):
            byte = byte << 1 | (luma[line + column * block + block // 2] > 127)
        rows.append(byte)
    time = bytes(rows[:_TIME_BYTES])
    return int.from_bytes(time) if rows[_TIME_BYTES] == _checksum(time) else None
