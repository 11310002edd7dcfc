"""Plays one fault with a real camera, a real FFmpeg, a stream and a viewer."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Final

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.events import EventType, StreamEvent
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from tests.camera import Feed, Join, TestCamera, faults
from tests.streams import open_stream, process_of

from .viewer import Viewer

FEED: Final = Feed(size=(160, 90), fps=10, live=False)
"""The feed of most cameras: a small clip with a keyframe every second."""
LOGGER: Final = logging.getLogger(__name__)
_START: Final = 20.0
"""Seconds for a stream to start, before the fault."""
_SETTLED: Final = 0.5
"""Seconds of media until a stream is in its steady state."""
_AFTER: Final = 0.5
"""Seconds of media that must follow a fault to prove its end."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a stream waits before it acts, in seconds."""

    stall: float
    start: float


class Sees(StrEnum):
    """The effect of a fault on a viewer."""

    NOTHING = "nothing"
    """No visible effect: a player's buffer hides any delay."""
    GAP = "gap"
    """Some seconds are late or missing; the same run continues."""
    EITHER = "gap or discontinuity"
    """A gap, and another run of FFmpeg if it is too long."""
    DISCONTINUITY = "discontinuity"
    """A gap, then another run of FFmpeg."""


class WatchedStream:
    """A stream with its camera and viewer: the parts that a fault can act on."""

    def __init__(
        self,
        camera: TestCamera,
        stream: Camera,
        viewer: Viewer,
        limits: Limits,
        outcome: Outcome,
    ) -> None:
        """Start with a stream that plays."""
        self.camera = camera
        self.stream = stream
        self.viewer = viewer
        self.limits = limits
        self.outcome = outcome

    def kill(self) -> None:
        """Kill FFmpeg."""
        os.kill(process_of(self.stream), signal.SIGKILL)

    def misbehave_next(self, fault: faults.Fault, connections: int = 1) -> None:
        """Inject a fault into a number of next connections."""
        count = self.camera.total_connections + connections
        self.camera.inject(faults.FirstConnections(count, fault))

    async def tries_ended(self, count: int) -> None:
        """Wait until this many tries have ended since the start of the stream."""
        changed = asyncio.Event()
        remove = self.stream.main.add_listener(changed.set)
        try:
            async with asyncio.timeout(_START):
                while len(self.outcome.reasons) < count:
                    changed.clear()
                    await changed.wait()
        finally:
            remove()

    async def play_on(self, media: float, seconds: float = 20.0) -> None:
        """Wait until the viewer has received this many more seconds of media."""
        viewer, count = self.viewer, len(self.viewer.sights)

        def has_come() -> bool:
            new = viewer.sights[count:]
            return sum(sight.duration for sight in new) >= media

        await viewer.wait_for(has_come, seconds)


type Happening = Callable[[WatchedStream], Awaitable[None]]
"""Makes a fault happen; returns at its end, or when it need not be awaited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCase:
    """A fault with its expected result."""

    name: str
    camera: str
    """The behavior of the camera or FFmpeg, in words."""
    happens: Happening
    feed: Feed = FEED
    join: Join = Join.IDR
    faults: tuple[Callable[[], faults.Fault], ...] = ()
    """Faults from the start."""
    sees: Sees = Sees.DISCONTINUITY
    tells: tuple[EndReason | frozenset[EndReason], ...] = ()
    """The end reasons of the tries, in order; a set if it depends on FFmpeg."""
    runs: int = 1
    """The number of runs of FFmpeg after the first, if there is a discontinuity."""
    spared_tries: int = 0
    """How many of the last tries another FFmpeg does not need."""
    new_map: bool | None = False
    """Whether the next run has another init section; None where FFmpeg decides."""
    within: Callable[[Limits], float] = lambda _: 3.0
    """Seconds until the viewer is live again, from the end of the fault."""
    longest_gap: float = 1.0
    """Maximum seconds between two parts, if the fault must not be visible."""
    stall_at_least: float = 0.0
    """Minimum of the stall limit: with less, the camera itself would count as stalled."""
    slow: bool = False


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of a fault."""

    live_again: float = 0.0
    """Seconds from the end of the fault to the first part of the next run, or the next
    part of the same."""
    longest_gap: float = 0.0
    """Maximum seconds without a new part."""
    discontinuities: int = 0
    maps: int = 0
    reasons: list[EndReason] = field(default_factory=list)
    events: list[EventType] = field(default_factory=list)
    event_reasons: list[EndReason | None] = field(default_factory=list)
    restarts: int = 0


def known(feed: Feed) -> SourceInfo:
    """Return the probe result for a feed."""
    video = VideoInfo(
        codec=feed.video or "",
        width=feed.size[0],
        height=feed.size[1],
        pixel_format="yuv420p",
        frame_rate=float(feed.fps),
        keyframe_interval=feed.keyframe_interval,
        has_b_frames=feed.bframes > 0,
    )
    if feed.audio is None:
        return SourceInfo(video=video)
    return SourceInfo(video=video, audio=AudioInfo(codec=feed.audio, sample_rate=16000))


async def play(case: FaultCase, ffmpeg: str, limits: Limits) -> Outcome:
    """Play a case, clean up, and return the result.

    Raises:
        AssertionError: the viewer detected a violation of the protocol.
        TimeoutError: the stream did not recover.

    """
    outcome = Outcome()
    async with AsyncExitStack() as stack:
        camera = await stack.enter_async_context(
            TestCamera(
                case.feed, join=case.join, faults=[make() for make in case.faults]
            )
        )
        stream = open_stream(
            ffmpeg,
            camera.url,
            StreamOptions(stall_timeout=limits.stall, start_timeout=limits.start),
            logger=LOGGER,
            source_info=known(case.feed),
        )
        stack.push_async_callback(stream.stop)
        stack.callback(stream.main.add_listener(partial(_note_state, stream, outcome)))
        stack.callback(stream.add_event_listener(partial(_note_event, outcome)))
        stream.arm()
        viewer = Viewer(stream)
        stack.push_async_callback(viewer.stop)
        scene = WatchedStream(camera, stream, viewer, limits, outcome)
        await scene.play_on(_SETTLED)
        await _happen(case, scene)
        outcome.restarts = stream.statistics().restarts
        assert stream.main.state is StreamState.STREAMING
        assert not stream.main.is_failing
    return outcome


def _note_state(stream: Camera, outcome: Outcome) -> None:
    if stream.main.state is StreamState.BACKOFF and stream.main.reason is not None:
        outcome.reasons.append(stream.main.reason)


def _note_event(outcome: Outcome, event: StreamEvent) -> None:
    outcome.events.append(event.type)
    if event.type is EventType.FAILED:
        outcome.event_reasons.append(event.reason)


async def _happen(case: FaultCase, scene: WatchedStream) -> None:
    viewer, outcome = scene.viewer, scene.outcome
    before, count = viewer.latest, len(viewer.sights)
    began = time.monotonic()
    await case.happens(scene)
    ended = time.monotonic()
    allowed = case.within(scene.limits)

    def is_back() -> bool:
        if case.sees is Sees.DISCONTINUITY:
            return viewer.latest.discontinuity >= before.discontinuity + case.runs
        return viewer.latest.time > ended

    # Longer than allowed, so that a late recovery is reported with its duration.
    await viewer.wait_for(is_back, 2 * allowed + 10)
    first = next(
        sight
        for sight in viewer.sights[count:]
        if sight.discontinuity >= before.discontinuity + case.runs
        or (case.sees is not Sees.DISCONTINUITY and sight.time > ended)
    )
    outcome.live_again = max(0.0, first.time - ended)
    await scene.play_on(_AFTER)
    outcome.longest_gap = viewer.longest_gap(began)
    if case.sees is Sees.EITHER:
        # The fault is detected only after a while.
        outcome.live_again = outcome.longest_gap
    outcome.discontinuities = viewer.latest.discontinuity - before.discontinuity
    outcome.maps = len({sight.map_uri for sight in viewer.sights})
