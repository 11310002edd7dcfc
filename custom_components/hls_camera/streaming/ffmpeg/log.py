"""The reason for the end of FFmpeg, from its log.

Its exit code hardly helps (5.1 always exits with 1, a lost connection exits with 0), so
its text is matched.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..reasons import EndReason
from ..status_codes import reason_for_http, reason_for_rtsp

# [rtsp @ 0x55] method SETUP failed: 453 Not Enough Bandwidth
_RTSP_STATUS: Final = re.compile(r"\bmethod ([A-Z_]+) failed: (\d{3})\b")
# [mjpeg @ 0x55] [IMGUTILS @ 0x55] Picture size 16000x16000 exceeds specified max pixel count
_TOO_LARGE: Final = re.compile(
    r"\bPicture size [1-9]\d*x[1-9]\d* (?:exceeds specified max pixel count|is invalid)"
)
_PICTURE_SIZE: Final = "Picture size "
"""Begins each message about a refused size, which is 0x0 in the second one."""
_NO_MEMORY: Final = "Cannot allocate memory"
# [http @ 0x55] HTTP error 404 Not Found
_HTTP_STATUS: Final = re.compile(r"\bHTTP error (\d{3})\b")

# Earlier rows win. The camera's own words, such as the phrase behind a status, are
# at the end of a line and never before its status.
_WORDS: Final[tuple[tuple[str, EndReason], ...]] = (
    ("server returned 400 bad request", EndReason.BAD_REQUEST),
    ("server returned 401 unauthorized", EndReason.UNAUTHORIZED),
    ("server returned 403 forbidden", EndReason.UNAUTHORIZED),
    ("authorization failed", EndReason.UNAUTHORIZED),
    ("server returned 404 not found", EndReason.NOT_FOUND),
    ("no such file or directory", EndReason.NOT_FOUND),
    ("connection refused", EndReason.REFUSED),
    ("failed to resolve hostname", EndReason.UNREACHABLE),
    ("no route to host", EndReason.UNREACHABLE),
    ("network is unreachable", EndReason.UNREACHABLE),
    ("host is unreachable", EndReason.UNREACHABLE),
    ("connection timed out", EndReason.TIMED_OUT),
    ("operation timed out", EndReason.TIMED_OUT),
    ("protocol not found", EndReason.PROTOCOL_MISSING),
    ("protocol not supported", EndReason.TRANSPORT_REFUSED),
    ("not on whitelist", EndReason.UNSUPPORTED),
    ("could not find tag for codec", EndReason.UNSUPPORTED),
    ("number of streams exceeds", EndReason.UNSUPPORTED),
    ("cannot allocate memory", EndReason.OUT_OF_RESOURCES),
    ("too many open files", EndReason.OUT_OF_RESOURCES),
    # The sound track of the plan has gone. New versions name the map in the next message.
    ("stream map '0:a:", EndReason.SOURCE_CHANGED),
    ("failed to set value '0:a:", EndReason.SOURCE_CHANGED),
    ("matches no streams", EndReason.NO_VIDEO),
    ("unspecified size", EndReason.NO_VIDEO),
    ("dimensions not set", EndReason.NO_VIDEO),
    ("does not contain any stream", EndReason.NO_VIDEO),
    ("connection reset by peer", EndReason.DISCONNECTED),
    ("server returned 5xx", EndReason.CAMERA_ERROR),
    ("server returned 4xx", EndReason.BAD_REQUEST),
)

_REFUSED_TRACK: Final = re.compile(r"\bmethod SETUP failed: (?!401\b)\d")


class Cause(NamedTuple):
    """The reason for the end of FFmpeg, and its line."""

    reason: EndReason | None
    """None where no line is known."""
    line: int | None
    """Its index; None without lines."""


def find_cause(lines: Sequence[str]) -> Cause:
    """Return the cause among FFmpeg's lines: the last refusal, else the first known words."""
    for number in reversed(range(len(lines))):
        if status := _status(lines[number]):
            return Cause(status, number)
    for number, line in enumerate(lines):
        if _TOO_LARGE.search(line):
            return Cause(EndReason.PICTURE_TOO_LARGE, number)
    lowered = [line.lower() for line in lines]
    for words, reason in _WORDS:
        for number, line in enumerate(lowered):
            if words in line:
                return Cause(reason, number)
    return Cause(None, len(lines) - 1 if lines else None)


def dooms(line: str) -> bool:
    """Whether a line reports that this machine cannot decode a picture.

    FFmpeg goes on reading then, and tries it again with the next one.
    """
    return _NO_MEMORY in line or _PICTURE_SIZE in line


def _status(line: str) -> EndReason | None:
    if found := _RTSP_STATUS.search(line):
        return reason_for_rtsp(found[1], int(found[2]))
    if found := _HTTP_STATUS.search(line):
        return reason_for_http(int(found[1]))
    return None


def is_track_refused(lines: Sequence[str]) -> bool:
    """Whether a camera described a track that it did not hand out.

    Not where it asked for other credentials.
    """
    return any(map(_REFUSED_TRACK.search, lines))
