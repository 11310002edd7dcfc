"""The messages of the live feed, independent of the connection that carries them.

Text is JSON: `{"type": "run", "tracks": [...]}` begins a run, with kind, type and timescale
of each track; `{"type": "status", ...}` is the state of the stream; `{"type": "moved"}` ends
a feed whose viewer gets a better one by another request. Binary messages are one byte with
the number of a track (0: picture, 1: sound), then its init section or a fragment. Before a
new frame of the picture there is a `prft` with the time at which it came, from which the
viewer computes its delay.
"""

import json
import time
from collections.abc import AsyncGenerator, Callable
from typing import Final, Protocol

from ..errors import HlsCameraError, StreamStoppedError
from ..live.frames import TRACK_NUMBERS, Fragment, FrameReader, Frames
from ..media.fmp4 import InitSection
from .viewers import Audience

MOVED: Final = json.dumps({"type": "moved"})
"""The last message to a viewer who gets a better feed by another request."""
STATUS_INTERVAL_S: Final = 5.0
"""Seconds between two status messages, each of which counts as a request of the viewer."""


class Followable(Protocol):
    """A stream as a feed needs it."""

    @property
    def state(self) -> str:
        """The state of the stream."""

    @property
    def reason(self) -> str | None:
        """The reason of the last end."""

    @property
    def audience(self) -> Audience:
        """The viewers of the stream."""

    @property
    def frames(self) -> Frames:
        """The frames of the stream, as they come."""

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when the state changes; return a function that removes it."""


async def follow(stream: Followable, token: str) -> AsyncGenerator[str | bytes]:
    """Yield a viewer's messages until the stream is stopped or given up.

    The token dies at the end, so that a viewer who has left is not counted. A message is made
    when the consumer requests it: a viewer who reads nothing does not count as watching.

    Raises:
        StreamStoppedError: the token is dead.
        HlsCameraError: the stream cannot be woken, or the viewer has too much open.

    """
    if not stream.audience.touch(token):
        raise StreamStoppedError
    with (
        stream.frames.reader() as reader,
        stream.audience.hold_once(token, reader.end),
    ):
        unsubscribe = stream.add_listener(reader.nudge)
        try:
            async for message in _messages(stream, token, reader):
                yield message
        except HlsCameraError:
            yield _status(stream)
        finally:
            unsubscribe()


async def _messages(
    stream: Followable, token: str, reader: FrameReader
) -> AsyncGenerator[str | bytes]:
    sent: tuple[str, str | None] | None = None
    sent_at = 0.0
    while True:
        is_due = time.monotonic() - sent_at >= STATUS_INTERVAL_S
        if is_due or (stream.state, stream.reason) != sent:
            sent, sent_at = (stream.state, stream.reason), time.monotonic()
            if not stream.audience.touch(token):
                raise StreamStoppedError
            yield _status(stream)
        match await reader.read(STATUS_INTERVAL_S):
            case InitSection() as init:
                yield _run(init)
                for track in init.played:
                    yield TRACK_NUMBERS[track.kind] + init.of(track).data
            case Fragment(data=data):
                yield data


def _run(init: InitSection) -> str:
    tracks = [
        {
            "kind": track.kind,
            "mime": f'{track.kind}/mp4; codecs="{track.codec}"',
            "timescale": track.timescale,
        }
        for track in init.played
    ]
    return json.dumps({"type": "run", "tracks": tracks})


def _status(stream: Followable) -> str:
    return json.dumps(
        {
            "type": "status",
            "state": stream.state,
            "reason": stream.reason,
            "viewers": stream.audience.watching,
        }
    )
