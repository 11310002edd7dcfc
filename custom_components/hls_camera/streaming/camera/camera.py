"""A camera: its renditions, its viewers, and its events."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from ..callbacks import Listeners
from ..errors import HlsCameraError, StreamLimitError
from ..ingest.stats import Statistics
from ..live.timeline import Timeline
from ..media.endless import Format
from ..outputs.hls_delivery import Delivery, deliver, deliver_multivariant
from ..outputs.hls_playlist import MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST, Variant
from ..outputs.live_feed import follow
from ..outputs.reader import read
from ..outputs.reader_server import ReaderServer
from ..outputs.recording import record
from ..outputs.snapshot import SnapshotCache
from ..outputs.viewers import Owner, Viewers
from ..reasons import EndReason
from .compatibility import plays_everywhere
from .events import CameraEvents, EventType, StreamEvent
from .feeds import until_hopeless, until_steady
from .recordings import Recordings
from .rendition import Rendition
from .state import StreamState
from .stream_spec import Machine, StreamSpec
from .sub_stream import find_main_stream
from .variant_memory import KnownVariants, VariantMemory

SUB_PLAYLIST: Final = "small.m3u8"

_DESCRIPTION_WAIT_S: Final = 6.0
"""Seconds for which a player waits, once in a camera's life, until the sub-stream is known."""
_AGAIN: Final = "again"
_AGAIN_MORE: Final = 10
"""hls.js leaves a part or segment that comes too slowly for a lower variant, but never
for the lowest of all: with two, it would wait through seconds of stall. So the sub-stream
is listed twice, once with a tenth more: bit rates are upper bounds."""


class Quality(StrEnum):
    """The quality that a viewer asks for."""

    MAIN = "main"
    SUB = "small"


class Camera:
    """A camera's main stream and its sub-stream, if it has one.

    Each is a rendition with a connection of its own, which runs only while it is wanted.
    They share a timeline, so that a player can change from one to the other wherever it
    is, and the viewers.
    """

    def __init__(
        self,
        main: Rendition,
        sub: Rendition | None = None,
        *,
        viewers: Viewers,
        snapshots: SnapshotCache,
    ) -> None:
        """Offer renditions that were made with the same timeline and viewers."""
        self.main = main
        self.sub = sub
        self.viewers = viewers
        self._snapshots = snapshots
        self._listeners = Listeners[()]()
        self._recordings = Recordings(main.live, self._listeners.notify)
        self._events = CameraEvents()
        self._events.listeners.add(self._event_came)
        main.add_change_listener(self._events.main_changed)
        if sub is not None:
            sub.add_change_listener(self._events.sub_changed)
            main.playlists.report(SUB_PLAYLIST, sub.window)
            sub.playlists.report(MEDIA_PLAYLIST, main.window)
        self.reader_server = ReaderServer(self.read)
        self._was_running = False
        for rendition in self.renditions:
            rendition.add_listener(self._changed)

    # Commands

    async def start(self) -> None:
        """Start the main stream; see `Rendition.start()`."""
        await self.main.start()

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Stop; the camera is disconnected and FFmpeg gone when this returns.

        A stopped camera does not wake for a viewer, and its viewers' tokens die.
        Recordings end with the media so far.
        """
        self.viewers.clear()
        ending = [rendition.stop(reason) for rendition in self.renditions]
        await asyncio.wait([*ending, *self._recordings.tasks])

    async def close(self) -> None:
        """Stop for good; no FFmpeg and no connection is left when this returns."""
        await self.stop(EndReason.SHUTDOWN)
        await self.reader_server.close()

    async def restart(self) -> None:
        """Start FFmpeg again; a sub-stream that does not run waits for a viewer.

        Raises:
            StreamLimitError: the stream limit has been reached.

        """
        await self.main.restart()
        if self.sub is None:
            return
        if self.sub.is_running:
            await self.sub.restart()
        else:
            self.sub.arm()

    def arm(self) -> None:
        """Wait for a viewer."""
        for rendition in self.renditions:
            rendition.arm()

    # State

    @property
    def renditions(self) -> Sequence[Rendition]:
        """The main stream, and the sub-stream if there is one."""
        return (self.main,) if self.sub is None else (self.main, self.sub)

    @property
    def active(self) -> Rendition:
        """The main stream, unless only the sub-stream is wanted."""
        sub = self.sub
        if sub is None or self.main.state is not StreamState.IDLE:
            return self.main
        return sub if sub.is_running else self.main

    @property
    def is_running(self) -> bool:
        """Whether a rendition runs, or tries to."""
        return any(rendition.is_running for rendition in self.renditions)

    @property
    def is_recording(self) -> bool:
        """Whether the main stream is recorded."""
        return bool(self._recordings.tasks)

    def statistics(self) -> Statistics:
        """Return the active rendition's figures, with the totals of both."""
        each = {rendition: rendition.statistics() for rendition in self.renditions}
        return replace(
            each[self.active],
            frames=sum(figures.frames for figures in each.values()),
            bytes=sum(figures.bytes for figures in each.values()),
            restarts=sum(figures.restarts for figures in each.values()),
            viewers=self.viewers.watching,
            readers=dict(
                sum((each.readers for each in self.renditions), Counter[str]())
            ),
            skipped_frames=sum(figures.skipped_frames for figures in each.values()),
        )

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when a state or source changes; return a function that ends it."""
        return self._listeners.add(listener)

    def add_event_listener(
        self, listener: Callable[[StreamEvent], None]
    ) -> Callable[[], None]:
        """Call `listener` with each event; return a function that ends it."""
        return self._events.listeners.add(listener)

    def _changed(self) -> None:
        was_running, is_running = self._was_running, self.main.is_running
        self._was_running = is_running
        if is_running and not was_running:
            self._arm_failed_sub()
        self._listeners.notify()

    def _event_came(self, event: StreamEvent) -> None:
        if event.type is EventType.RECOVERED:
            self._arm_failed_sub()

    def _arm_failed_sub(self) -> None:
        """Let a sub-stream that was given up wake: it may have been repaired since."""
        if self.sub is not None and self.sub.state is StreamState.FAILED:
            self.sub.arm()

    # Viewers

    def open_viewer(
        self, quality: Quality = Quality.MAIN, owner: Owner | None = None
    ) -> str:
        """Return a new viewer's token and wake a rendition.

        It is the main stream where there is no sub-stream, the sub-stream is in trouble, or
        the stream limit leaves no place for it.

        Raises:
            StreamStoppedError: a person stopped the camera.
            SourceError: the stream was given up.
            StreamLimitError: the stream limit has been reached.
            TooManyViewersError: every place is taken by a viewer who is watching.

        """
        if quality is Quality.SUB and self.sub and self.sub.state.is_available:
            with suppress(StreamLimitError):
                return self.sub.audience.open(owner, quality)
        return self.main.audience.open(owner, quality)

    async def deliver(
        self,
        token: str,
        resource: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Delivery:
        """Return the answer to a viewer's request, as `hls_delivery.deliver()` does."""
        sub = self.sub
        if resource == MULTIVARIANT_PLAYLIST:
            if sub is not None:
                await self._wait_until_described(sub, token)
            return await deliver_multivariant(self.main, token, lambda: self.offered)
        if sub is not None:
            if resource == SUB_PLAYLIST:
                return await deliver(sub, token, MEDIA_PLAYLIST, query, headers)
            if resource.startswith(sub.window.prefix):
                return await deliver(sub, token, resource, query, headers)
        return await deliver(self.main, token, resource, query, headers)

    async def _wait_until_described(self, sub: Rendition, token: str) -> None:
        """Run a sub-stream that nobody knows until its variant is known."""
        if sub.variant is not None or not sub.state.is_available:
            return
        with suppress(HlsCameraError, TimeoutError):
            if sub.audience.touch(token):
                with sub.live.lease("description"):
                    async with asyncio.timeout(_DESCRIPTION_WAIT_S):
                        await sub.window.wait_ready()

    def follow(self, token: str) -> AsyncGenerator[str | bytes]:
        """Return the live feed of the rendition that a token was opened for.

        It is that of `live_feed.follow()`.
        """
        sub = self.sub
        if sub is not None and token in sub.audience:
            return until_hopeless(sub, follow(sub, token))
        feed = follow(self.main, token)
        if sub is not None and self.viewers.wish(token) == Quality.SUB:
            return until_steady(sub, feed)
        return feed

    def read(
        self, wanted: Format, quality: Quality | None = None, owner: Owner | None = None
    ) -> AsyncGenerator[bytes]:
        """Return an endless file, as `reader.read()` does, for a new viewer.

        Without a quality it is the main stream, unless only the sub-stream is H.264 of up to
        1080 lines, which every reader can take.

        Raises as `open_viewer()` does.
        """
        if quality is None:
            quality = self._quality_for_all
        token = self.open_viewer(quality, owner)
        sub = self.sub
        stream = sub if sub is not None and token in sub.audience else self.main
        return read(stream, token, wanted)

    @property
    def _quality_for_all(self) -> Quality:
        """The best quality that every reader can take."""
        if self.sub is None or plays_everywhere(self.main):
            return Quality.MAIN
        return Quality.SUB if plays_everywhere(self.sub) else Quality.MAIN

    # The multivariant playlist

    @property
    def offered(self) -> Sequence[Variant]:
        """The variants of the multivariant playlist; none before the main one is known."""
        main = self.main.variant
        if main is None:
            return ()
        sub = self.sub.variant if self.sub and self.sub.state.is_available else None
        if sub is None or not self.fit:
            return (main,)
        frame_rate = _highest(main.frame_rate, sub.frame_rate)
        sub = replace(sub, frame_rate=frame_rate)
        again = replace(
            sub,
            uri=f"{SUB_PLAYLIST}?{_AGAIN}",
            bandwidth=sub.bandwidth + sub.bandwidth // _AGAIN_MORE,
            average_bandwidth=sub.average_bandwidth
            + sub.average_bandwidth // _AGAIN_MORE,
        )
        return replace(main, frame_rate=frame_rate), again, sub

    @property
    def known_variants(self) -> KnownVariants:
        """The variants to keep for the next time; none if the streams do not fit."""
        if self.sub is None or not self.fit:
            return {}
        return {variant.uri: asdict(variant) for variant in self._variants}

    @property
    def fit(self) -> bool:
        """Whether a player can change between both: it cannot if only one has sound."""
        return len({variant.codecs.count(",") for variant in self._variants}) <= 1

    @property
    def _variants(self) -> Sequence[Variant]:
        each = (rendition.variant for rendition in self.renditions)
        return [variant for variant in each if variant is not None]

    # Snapshots and recordings

    async def snapshot(
        self,
        width: int | None = None,
        height: int | None = None,
        *,
        quality: Quality = Quality.MAIN,
        wait_for_next: bool = False,
    ) -> bytes:
        """Return the newest keyframe, or the next, as JPEG; an idle stream wakes for it.

        It is the main stream's where there is no sub-stream.

        Raises:
            StreamStoppedError: a person stopped the camera.
            SourceError: the stream was given up.
            StreamLimitError: the stream limit has been reached.
            StreamNotReadyError: no keyframe came in time.
            MediaError: the keyframe cannot be decoded.

        """
        sub = self.sub if quality is Quality.SUB else None
        rendition = sub or self.main
        with rendition.live.lease("snapshot"):
            rendition.wake()
            return await self._snapshots.image(
                rendition.window, width, height, wait_for_next=wait_for_next
            )

    async def record(
        self, path: Path, *, duration: float, lookback: float = 0.0
    ) -> None:
        """Record into an MP4 file; an idle stream wakes for it.

        A caller that is cancelled ends it, with the media from before. Raises as
        `recording.record()` and `Rendition.wake()` do.
        """
        self.main.audience.want()
        await self._recordings.run(
            record(self.main.window, path, duration=duration, lookback=lookback)
        )


def open_camera(
    specs: Sequence[StreamSpec],
    machine: Machine,
    *,
    admit: Callable[[int], None] = lambda _places: None,
    known: KnownVariants | None = None,
) -> Camera:
    """Return a camera of one or two streams, the main one first; nothing runs yet.

    `admit` is called before a stream starts, with the number of streams that start, and
    may raise StreamLimitError. `known` is an earlier camera's `known_variants`: with it, no
    player has to wait until both streams have run.
    """
    viewers, timeline = Viewers(time.monotonic), Timeline()
    # Damaged variants are measured again.
    known = known if isinstance(known, Mapping) else {}
    renditions: list[Rendition] = []
    for spec, uri in zip(specs, (MEDIA_PLAYLIST, SUB_PLAYLIST), strict=False):
        main = renditions[0] if spec.find_source is None else None
        rendition = Rendition(
            spec if main is None else replace(spec, find_source=find_main_stream(main)),
            machine,
            viewers=viewers,
            admit=partial(_admit, admit, main),
            timeline=timeline,
            uri=uri,
            # A player of the only stream waits for a segment in any case.
            memory=VariantMemory(known.get(uri)) if len(specs) > 1 else None,
        )
        renditions.append(rendition)
    snapshots = SnapshotCache(machine.ffmpeg)
    return Camera(*renditions, viewers=viewers, snapshots=snapshots)


def _admit(admit: Callable[[int], None], main: Rendition | None) -> None:
    """Ask for one stream, and for the main stream as well if that has to start for it."""
    admit(1 if main is None or main.is_running else 2)


def _highest(one: float | None, other: float | None) -> float | None:
    """Return the FRAME-RATE of both variants, as it is an upper bound.

    hls.js does not change down to a variant with more frames per second, nor up to one
    with fewer, and begins with the one that has fewest.
    """
    return None if one is None or other is None else max(one, other)
