"""Live feeds of viewers who requested the sub-stream, and their end."""

import math
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

from ..errors import HlsCameraError
from ..outputs.live_feed import MOVED
from .rendition import Rendition
from .state import StreamState

_WAKE_INTERVAL_S: Final = 30.0
"""Between two tries to wake a sub-stream whose viewers got the main stream."""


async def until_hopeless(
    sub: Rendition, messages: AsyncGenerator[str | bytes]
) -> AsyncGenerator[str | bytes]:
    """Yield the sub-stream's messages until it fails without a picture.

    Its viewer then asks again and gets the main stream. An outage that passes does not end
    the feed: a wall of small pictures would become one of large ones.
    """
    came = False
    async with aclosing(messages):
        async for message in messages:
            if isinstance(message, bytes):
                came = True
            elif sub.state is StreamState.FAILED:
                return
            elif sub.state is StreamState.BACKOFF:
                if not came:
                    return
                came = False
            yield message


async def until_steady(
    sub: Rendition, messages: AsyncGenerator[str | bytes]
) -> AsyncGenerator[str | bytes]:
    """Yield the main stream's messages until the sub-stream is steady again.

    Perhaps nobody else wants the sub-stream meanwhile: it is kept awake, so that it is
    tried. A stream that comes and goes is not steady, and moves nobody to and fro.
    """
    tried = -math.inf
    async with aclosing(messages):
        async for message in messages:
            yield message
            if isinstance(message, bytes):
                continue
            if sub.is_steady:
                yield MOVED
                return
            is_due = time.monotonic() - tried >= _WAKE_INTERVAL_S
            if sub.is_running:
                sub.demand.note()
            elif is_due:
                tried = time.monotonic()
                with suppress(HlsCameraError):
                    sub.audience.want()
