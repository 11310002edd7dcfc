"""Extra options for FFmpeg's input, as an expert types them.

Only options that tune how a source is read are taken. What could open another address or
file, write one, or take a safeguard away is not among them.
"""

import shlex
from typing import Final
from unicodedata import category

from .errors import InvalidInputOptionsError

_MAX_LENGTH: Final = 500

_ALLOWED: Final = frozenset(
    {
        "allowed_media_types",
        "analyzeduration",
        "avioflags",
        "buffer_size",
        "err_detect",
        "fflags",
        "flags",
        "fpsprobesize",
        "framerate",
        "max_delay",
        "max_probe_packets",
        "multiple_requests",
        "pkt_size",
        "probesize",
        "reconnect",
        "reconnect_delay_max",
        "reconnect_streamed",
        "reorder_queue_size",
        "rtbufsize",
        "rtmp_live",
        "rtsp_flags",
        "seekable",
        "skip_frame",
        "strict",
        "thread_queue_size",
        "use_wallclock_as_timestamps",
        "user_agent",
    }
)


def parse_input_options(text: str) -> tuple[str, ...]:
    """Return the arguments that a text of options and values stands for.

    Raises:
        InvalidInputOptionsError: it has an option that is not allowed, one without a
            value, or a value that could be something else than a value.

    """
    if len(text) > _MAX_LENGTH or any(category(char) in {"Cc", "Cs"} for char in text):
        raise InvalidInputOptionsError("…")
    try:
        words = shlex.split(text)
    except ValueError:
        # A quotation mark without its other one
        raise InvalidInputOptionsError(text) from None
    arguments: list[str] = []
    for option, value in zip(words[::2], [*words[1::2], ""], strict=False):
        if not option.startswith("-") or option[1:] not in _ALLOWED:
            raise InvalidInputOptionsError(option)
        if not value or (value.startswith("-") and not value[1:].isdecimal()):
            raise InvalidInputOptionsError(f"{option} {value}".strip())
        arguments += [option, value]
    return tuple(arguments)
