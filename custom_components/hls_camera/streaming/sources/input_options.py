"""Extra options for FFmpeg's input, as an expert types them.

Only options that tune the reading of a source are allowed. Options that could open another
address or file, write one, or take a safeguard away are not among them.
"""

import re
import shlex
from typing import Final
from unicodedata import category

from ..errors import InvalidInputOptionsError

_MAX_LENGTH: Final = 500

_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?[kKMG]?")
_WORDS: Final = re.compile(r"[+-]?[a-z]\w*(?:[+-][a-z]\w*)*|\d+")
"""Flags by their names, and numbers that stand for a choice."""
_TEXT: Final = re.compile(r"[^-].*")

_ALLOWED: Final[dict[str, re.Pattern[str]]] = {
    "allowed_media_types": re.compile(r"[+-]?(?:video|audio)(?:\+(?:video|audio))*"),
    "analyzeduration": _NUMBER,
    "avioflags": re.compile(r"[+-]?direct"),
    "buffer_size": _NUMBER,
    "err_detect": _WORDS,
    "fflags": _WORDS,
    "flags": _WORDS,
    "fpsprobesize": _NUMBER,
    "framerate": re.compile(r"\d+(?:[./]\d+)?"),
    "max_delay": _NUMBER,
    "max_probe_packets": _NUMBER,
    "multiple_requests": _NUMBER,
    "pkt_size": _NUMBER,
    "probesize": _NUMBER,
    "reconnect": _NUMBER,
    "reconnect_delay_max": _NUMBER,
    "reconnect_streamed": _NUMBER,
    "reorder_queue_size": _NUMBER,
    "rtbufsize": _NUMBER,
    "rtmp_live": re.compile(r"any|live|recorded|-?\d"),
    # Not `listen`, by its name or its number: FFmpeg would be a server for everybody.
    "rtsp_flags": re.compile(
        r"[+-]?(?:filter_src|prefer_tcp)(?:[+-](?:filter_src|prefer_tcp))*"
    ),
    "seekable": _NUMBER,
    "skip_frame": _WORDS,
    "strict": re.compile(rf"{_WORDS.pattern}|-\d"),
    "thread_queue_size": _NUMBER,
    "use_wallclock_as_timestamps": _NUMBER,
    "user_agent": _TEXT,
}
"""Each option with the values that it may have."""


def parse_input_options(text: str) -> tuple[str, ...]:
    """Return the arguments that a text of options and values stands for.

    Raises:
        InvalidInputOptionsError: it has an option that is not allowed, one without a
            value, or a value that is not allowed for it.

    """
    arguments: list[str] = []
    for option, value in _pairs(text):
        if not option.startswith("-") or option[1:] not in _ALLOWED:
            raise InvalidInputOptionsError(option)
        if not _ALLOWED[option[1:]].fullmatch(value):
            raise InvalidInputOptionsError(f"{option} {value}".strip())
        arguments += [option, value]
    return tuple(arguments)


def allowed_input_options(text: str) -> tuple[str, ...]:
    """Return the arguments of a text that are allowed; an older version allowed more."""
    try:
        pairs = _pairs(text)
    except InvalidInputOptionsError:
        return ()
    arguments: list[str] = []
    for option, value in pairs:
        if (allowed := _ALLOWED.get(option[1:])) and allowed.fullmatch(value):
            arguments += [option, value]
    return tuple(arguments)


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return options with their values, "" for one without."""
    if len(text) > _MAX_LENGTH or any(category(char) in {"Cc", "Cs"} for char in text):
        raise InvalidInputOptionsError("…")
    try:
        words = shlex.split(text)
    except ValueError:
        # A quotation mark without its other one
        raise InvalidInputOptionsError(text) from None
    return list(zip(words[::2], [*words[1::2], ""], strict=False))
