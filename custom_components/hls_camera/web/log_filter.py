"""Removes our tokens from the messages of Home Assistant's web server.

Whoever has a token can watch. The access log, the debug log, and the warnings about failed
logins and unusual requests contain the path of a request.
"""

import logging
import re
from typing import Final, override

HIDDEN: Final = "**REDACTED**"
LOGGERS: Final = (
    "aiohttp.access",
    "aiohttp.server",
    "homeassistant.components.http.auth",
    "homeassistant.components.http.ban",
    "homeassistant.components.http.security_filter",
    "homeassistant.helpers.http",
)
"""The loggers that write the path of a request."""
_TOKEN: Final = re.compile(
    r"(/api/+hls/+hls_camera/+(?:address/+)?|/api/+hls_camera/+(?:found/+)?)[^/\s'\"]+"
)


class _HideTokens(logging.Filter):
    """Changes messages, and lets all of them pass."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _TOKEN.search(message):
            record.msg, record.args = hide_tokens(message), None
        # The access log keeps the parts of its message, too, for structured logs.
        for name, value in tuple(vars(record).items()):
            if isinstance(value, str):
                setattr(record, name, hide_tokens(value))
        return True


_FILTER: Final = _HideTokens()


def hide_tokens(text: str) -> str:
    """Return a text without the tokens in paths of ours."""
    return _TOKEN.sub(rf"\g<1>{HIDDEN}", text)


def hide_tokens_in_logs() -> None:
    """Hide them in all messages of the web server; a second call changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_FILTER)
