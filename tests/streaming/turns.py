"""A picture that shows its orientation: each quarter has a colour of its own."""

from custom_components.hls_camera.streaming.media.orientation import Orientation

WIDTH, HEIGHT = 192, 128
_PICTURE = (
    f"color=red:size={WIDTH}x{HEIGHT}:rate=25:duration=0.2,"
    "drawbox=x=iw/2:y=0:w=iw/2:h=ih/2:color=lime:thickness=fill,"
    "drawbox=x=0:y=ih/2:w=iw/2:h=ih/2:color=blue:thickness=fill,"
    "drawbox=x=iw/2:y=ih/2:w=iw/2:h=ih/2:color=white:thickness=fill"
)
QUARTERS = ("-f", "lavfi", "-i", _PICTURE)

# The quarters' colours, above and below, as Home Assistant turns its still images.
SHOWN = {
    Orientation.NORMAL: "RG BW",
    Orientation.MIRROR: "GR WB",
    Orientation.ROTATE_180: "WB GR",
    Orientation.FLIP: "BW RG",
    Orientation.ROTATE_LEFT_AND_FLIP: "RB GW",
    Orientation.ROTATE_LEFT: "GW RB",
    Orientation.ROTATE_RIGHT_AND_FLIP: "WG BR",
    Orientation.ROTATE_RIGHT: "BR WG",
}

_COLOURS = {"R": (255, 0, 0), "G": (0, 255, 0), "B": (0, 0, 255), "W": (255, 255, 255)}


def size(orientation: Orientation) -> tuple[int, int]:
    """Return width and height as shown."""
    on_its_side = orientation >= Orientation.ROTATE_LEFT_AND_FLIP
    return (HEIGHT, WIDTH) if on_its_side else (WIDTH, HEIGHT)


def read(rgb: bytes, orientation: Orientation) -> str:
    """Return the quarters of a picture of three bytes per pixel that is turned so."""
    width, height = size(orientation)
    assert len(rgb) >= width * height * 3, "a picture of this size"
    names = []
    for y in (height // 4, 3 * height // 4):
        for x in (width // 4, 3 * width // 4):
            offset = (y * width + x) * 3
            names.append(name(tuple(rgb[offset : offset + 3])))
    return f"{names[0]}{names[1]} {names[2]}{names[3]}"


def name(pixel: tuple[int, ...]) -> str:
    """Return the letter of the nearest colour."""

    def distance(letter: str) -> int:
        pairs = zip(pixel, _COLOURS[letter], strict=True)
        return sum(abs(have - want) for have, want in pairs)

    return min(_COLOURS, key=distance)
