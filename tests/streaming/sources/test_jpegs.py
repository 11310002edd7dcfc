"""Pictures are cut out of whatever is between them."""

from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.sources.jpegs import JpegReader

from ..web_camera import make_jpegs


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_may_come(pieces: list[bytes]) -> None:
    reader = JpegReader()
    for piece in pieces:
        for picture in reader.feed(piece):
            assert picture.startswith(b"\xff\xd8\xff")
            assert picture.endswith(b"\xff\xd9")


async def test_pictures_in_any_pieces() -> None:
    jpegs = await make_jpegs(3)
    data = b"\r\n--frame\r\n\r\n".join(jpegs)
    for size in (1, 7, 1000, len(data)):
        reader = JpegReader()
        found = [
            picture
            for start in range(0, len(data), size)
            for picture in reader.feed(data[start : start + size])
        ]
        assert found == jpegs
