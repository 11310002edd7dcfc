"""The rotation of a picture for display."""

from enum import IntEnum


class Orientation(IntEnum):
    """The rotation of a picture; the values are Exif's, as Home Assistant's are."""

    NORMAL = 1
    MIRROR = 2
    ROTATE_180 = 3
    FLIP = 4
    ROTATE_LEFT_AND_FLIP = 5
    ROTATE_LEFT = 6
    ROTATE_RIGHT_AND_FLIP = 7
    ROTATE_RIGHT = 8
