"""What a viewer is sent that follows a stream frame by frame, whatever carries it.

Text is JSON: `{"type": "run", "tracks": [...]}` begins a run, and tells kind, type and
timescale of each track; `{"type": "status", ...}` tells how the stream is;
`{"type": "moved"}` ends a feed whose viewer gets a better one if it asks again. Bytes are a
track's: one byte that numbers the track (0: picture, 1: sound), then its init section or a
fragment. A frame of the picture that has just come has a `prft` before it, which tells when
it came: so a viewer knows how late it is.
"""

import json
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from ..errors import HlsCameraError, StreamStoppedError
from ..live.frames import TRACK_NUMBERS, Fragment, FrameReader, Frames
from ..media.fmp4 import InitSection
from .viewers import Audience

MOVED: Final = json.dumps({"type": "moved"})
"""The last message to a viewer whose feed goes on elsewhere."""
STATUS_INTERVAL: Final = 5.0
"""Seconds between two notes: to the viewer how the stream is, to us that it watches."""

_FEEDS_OF_VIEWER: Final = 1
"""A token is for one feed, and dies with it."""


class Followable(Protocol):
    """The stream as a feed needs it."""

    @property
    def state(self) -> str:
        """What it does now."""

    @property
    def reason(self) -> str | None:
        """Why it last ended."""

    @property
    def audience(self) -> Audience:
        """Its viewers."""

    @property
    def frames(self) -> Frames:
        """What comes of it, frame by frame."""

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call when the state changes; return what ends that."""


async def follow(stream: Followable, token: str) -> AsyncGenerator[str | bytes]:
    """Yield a viewer's messages until the stream is stopped or given up.

    The token dies with it: who has left is not counted.

    Whoever does not take them does not watch: the next one is made when it is asked for.

    Raises:
        StreamStoppedError: the token is dead.
        HlsCameraError: the stream cannot be woken, or the viewer has too much open.

    """
    if not stream.audience.touch(token):
        raise StreamStoppedError
    with stream.frames.reader() as reader, _held(stream, token, reader.end):
        unsubscribe = stream.add_listener(reader.nudge)
        try:
            async for message in _messages(stream, token, reader):
                yield message
        except HlsCameraError:
            yield _status(stream)
        finally:
            unsubscribe()


@contextmanager
def _held(stream: Followable, token: str, on_end: Callable[[], None]) -> Iterator[None]:
    try:
        with stream.audience.hold(token, on_end, limit=_FEEDS_OF_VIEWER):
            yield
    finally:
        stream.audience.close(token)


async def _messages(
    stream: Followable, token: str, reader: FrameReader
) -> AsyncGenerator[str | bytes]:
    told: tuple[str, str | None] | None = None
    noted = 0.0
    while True:
        is_due = time.monotonic() - noted >= STATUS_INTERVAL
        if is_due or (stream.state, stream.reason) != told:
            told, noted = (stream.state, stream.reason), time.monotonic()
            if not stream.audience.touch(token):
                raise StreamStoppedError
            yield _status(stream)
        match await reader.read(STATUS_INTERVAL):
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
