"""One camera in up to two qualities: two streams in one multivariant playlist.

Each quality is a session with a connection of its own, which runs only while somebody
asks for it. They share a timeline, so that a player can change from one to the other
wherever it is, and the viewers' tokens, so that it may.
"""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import asdict, replace
from enum import StrEnum
from functools import partial
from typing import Any, Final, override

from ..callbacks import Listeners
from ..errors import HlsCameraError, SourceError, StreamLimitError
from ..ingest.stats import Statistics
from ..live.timeline import Timeline
from ..live.window import Window
from ..outputs.hls_delivery import START_WAIT, Delivery, deliver
from ..outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
    Playlists,
    Variant,
    window_variant,
)
from ..outputs.live_feed import MOVED, follow
from ..outputs.relay import RelayInput
from ..outputs.viewers import Owner, Viewers
from ..reasons import EndReason
from ..sources.input import FindSource, Input
from ..sources.source_info import restored
from ..transcode.options import VideoMode
from .events import CameraStory, EventType, StreamEvent
from .options import StreamOptions
from .session import SessionState, StreamSession
from .stream_spec import Machine, StreamSpec

SMALL_PLAYLIST: Final = "small.m3u8"

_LEARN_WAIT: Final = 6.0
"""Seconds that a player waits, once in a camera's life, for the small stream to show
what it is."""
_TELLING: Final = 5.0
"""Seconds of media that tell a bit rate: a run's first segment is mostly keyframe."""
_NOTABLE: Final = 0.25
"""The part of a bit rate by which it has to change to be told anew."""
_PEAK_LASTS: Final = 24 * 3600.0
"""Seconds for which the highest bit rate is told: scenes come back, bit rates are upper
bounds, and what is known is kept on a disk that wears out."""
_AGAIN: Final = "again"
_AGAIN_MORE: Final = 10
"""hls.js leaves a part or segment that comes too slowly for a lower variant, but never
for the lowest of all: with two, it would wait through seconds of stall. So the small
stream is listed twice, once with a tenth more: bit rates are upper bounds."""
_TRY_SMALL: Final = 30.0
"""Seconds between two tries to wake a small stream whose viewers got the main one."""
_NOT_OFFERED: Final = frozenset(
    {SessionState.STOPPED, SessionState.BACKOFF, SessionState.FAILED}
)
"""States in which a player would wait in vain."""

type KnownVariants = Mapping[str, Mapping[str, Any]]
"""Each playlist's variant as it was when it last ran; JSON can keep it."""


class Quality(StrEnum):
    """What a viewer may choose."""

    MAIN = "main"
    SMALL = "small"


class Variants:
    """A camera's stream and, if it has one, its small one."""

    def __init__(
        self,
        main: StreamSession,
        small: StreamSession | None = None,
        *,
        known: KnownVariants | None = None,
    ) -> None:
        """Offer both, which were made with the same timeline.

        `known` is what `known` told before: with it, no player has to wait until both
        have run.
        """
        self.main = main
        self.small = small
        # What is damaged is learnt again.
        known = known if isinstance(known, Mapping) else {}
        self._main = _Quality(self, main, MEDIA_PLAYLIST, known)
        self._small = None
        if small is not None:
            self._small = _Quality(self, small, SMALL_PLAYLIST, known)
            main.playlists.report(SMALL_PLAYLIST, small.window)
            small.playlists.report(MEDIA_PLAYLIST, main.window)
        self._displaced: set[str] = set()
        """Tokens for the main stream of viewers that asked for the small one."""
        self._story = CameraStory()
        self._event_listeners = Listeners[StreamEvent]()
        main.add_event_listener(self._main_told)
        if small is not None:
            small.add_event_listener(self._small_told)
            self._main_ran = main.is_running
            main.add_listener(self._main_changed)

    # Commands

    async def stop(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Stop both; see `StreamSession.stop()`."""
        await asyncio.gather(*(session.stop(reason) for session in self.sessions))

    async def restart(self) -> None:
        """Start FFmpeg anew; a small stream that does not run waits for a viewer.

        Raises:
            StreamLimitError: as many streams run as may.

        """
        await self.main.restart()
        if self.small is None:
            return
        if self.small.is_running:
            await self.small.restart()
        else:
            self.small.arm()

    def arm(self) -> None:
        """Wait for a viewer."""
        for session in self.sessions:
            session.arm()

    # What runs

    @property
    def sessions(self) -> Sequence[StreamSession]:
        """The main one, and the small one where there is one."""
        return (self.main,) if self.small is None else (self.main, self.small)

    @property
    def active(self) -> StreamSession:
        """The main one, unless only the small one is wanted."""
        small = self.small
        if small is None or self.main.state is not SessionState.IDLE:
            return self.main
        return small if small.is_running else self.main

    @property
    def is_running(self) -> bool:
        """Whether either streams or tries to."""
        return any(session.is_running for session in self.sessions)

    def statistics(self) -> Statistics:
        """Return the active one's figures of this moment, and what counts for both."""
        each = {session: session.statistics() for session in self.sessions}
        return replace(
            each[self.active],
            frames=sum(figures.frames for figures in each.values()),
            bytes=sum(figures.bytes for figures in each.values()),
            restarts=sum(figures.restarts for figures in each.values()),
            viewers=self.watching,
            skipped_frames=sum(figures.skipped_frames for figures in each.values()),
        )

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` when either one's state or source changes; return what ends that."""
        removes = [session.add_listener(listener) for session in self.sessions]

        def remove() -> None:
            for remove_one in removes:
                remove_one()

        return remove

    def add_event_listener(
        self, listener: Callable[[StreamEvent], None]
    ) -> Callable[[], None]:
        """Call `listener` for what happens to the camera; return what ends that."""
        return self._event_listeners.add(listener)

    def _main_changed(self) -> None:
        ran, self._main_ran = self._main_ran, self.main.is_running
        if self._main_ran and not ran:
            self._try_small_again()

    def _try_small_again(self) -> None:
        """Let a small stream that was given up wake: it may have been mended since."""
        if self.small is not None and self.small.state is SessionState.FAILED:
            self.small.arm()

    def _main_told(self, event: StreamEvent) -> None:
        if event.type is EventType.RECOVERED:
            self._try_small_again()
        self._tell(self._story.main_told(event))

    def _small_told(self, event: StreamEvent) -> None:
        self._tell(self._story.small_told(event))

    def _tell(self, event: StreamEvent | None) -> None:
        if event is not None:
            self._event_listeners.tell(event)

    # Viewers

    def open_viewer(
        self, quality: Quality = Quality.MAIN, owner: Owner | None = None
    ) -> str:
        """Return a new viewer's token and wake a stream; raises as that does.

        It is the main one where there is no small one, that one is in trouble, or there
        is no place for it.
        """
        small = self.small
        if quality is Quality.MAIN or small is None:
            return self.main.open_viewer(owner)
        if small.state not in _NOT_OFFERED:
            with suppress(StreamLimitError):
                return small.open_viewer(owner)
        token = self.main.open_viewer(owner)
        self._displaced = {
            token,
            *(each for each in self._displaced if self.main.has_viewer(each)),
        }
        return token

    def has_viewer(self, token: str) -> bool:
        """Whether a token is a live one, whichever quality its viewer watches."""
        return any(token in each.viewers for each in self._qualities)

    def owner(self, token: str) -> Owner | None:
        """Return whom a viewer belongs to, where that is known."""
        owners = (each.viewers.owner(token) for each in self._qualities)
        return next(filter(None, owners), None)

    def revoke(self, login: str) -> None:
        """End what the viewers of a login watch; their tokens die."""
        for session in self.sessions:
            session.viewers.revoke(login)

    @property
    def watching(self) -> int:
        """How many viewers asked for either quality just now."""
        tokens: set[str] = set()
        return len(
            tokens.union(*(each.viewers.watching_tokens for each in self._qualities))
        )

    @property
    def known(self) -> KnownVariants:
        """What to keep for the next time; what does not fit is to be looked at again."""
        if self.small is None or not self.fit:
            return {}
        return {
            each.uri: asdict(each.variant) for each in self._qualities if each.variant
        }

    @property
    def fit(self) -> bool:
        """Whether a player can change between both: it cannot where only one has sound."""
        known = [each.variant for each in self._qualities if each.variant is not None]
        return len({variant.codecs.count(",") for variant in known}) <= 1

    async def deliver(
        self,
        token: str,
        resource: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Delivery:
        """Return the answer to a viewer's request, as `hls_delivery.deliver()` does."""
        small = self._small
        if small is None:
            return await deliver(self.main, token, resource, query, headers)
        if resource == MULTIVARIANT_PLAYLIST:
            await small.learn(token)
            return await deliver(_Entrance(self), token, resource, query, headers)
        if resource == SMALL_PLAYLIST:
            return await deliver(small, token, MEDIA_PLAYLIST, query, headers)
        if resource.startswith(small.window.prefix):
            return await deliver(small, token, resource, query, headers)
        return await deliver(self._main, token, resource, query, headers)

    def follow(self, token: str) -> AsyncGenerator[str | bytes]:
        """Return the live feed, as `live_feed.follow()` does, of the quality a token is for."""
        if self.small is not None and self.small.has_viewer(token):
            return _while_there_is_hope(self.small, follow(self.small, token))
        if self.small is not None and token in self._displaced:
            return _until_steady(self.small, follow(self.main, token))
        return follow(self.main, token)

    def keep(self, token: str) -> None:
        """Keep awake what a viewer has asked for, while it watches something.

        It may come back: hls.js stalls for seconds where a variant that it knows has
        stopped meanwhile.
        """
        for each in self._qualities:
            if each.is_asked(token):
                with suppress(HlsCameraError):
                    each.keep(token)

    @property
    def offered(self) -> Sequence[Variant]:
        """What the multivariant playlist lists; nothing before the main one is known."""
        main = self._main.variant
        if main is None:
            return ()
        small = self._small.variant if self._small else None
        if (
            self._small is None
            or small is None
            or self._small.session.state in _NOT_OFFERED
            or not self.fit
        ):
            return (main,)
        frame_rate = _highest(main.frame_rate, small.frame_rate)
        main = replace(main, frame_rate=frame_rate)
        small = replace(small, frame_rate=frame_rate)
        again = replace(
            small,
            uri=f"{SMALL_PLAYLIST}?{_AGAIN}",
            bandwidth=small.bandwidth + small.bandwidth // _AGAIN_MORE,
            average_bandwidth=small.average_bandwidth
            + small.average_bandwidth // _AGAIN_MORE,
        )
        return main, again, small

    @property
    def _qualities(self) -> Sequence[_Quality]:
        return (self._main, self._small) if self._small else (self._main,)


async def _while_there_is_hope(
    small: StreamSession, messages: AsyncGenerator[str | bytes]
) -> AsyncGenerator[str | bytes]:
    """Yield a feed's messages until the small stream fails without a picture.

    Its viewer asks anew then, and gets the main one. An outage that passes is no reason:
    a wall of small pictures would become one of large ones.
    """
    came = False
    async with aclosing(messages):
        async for message in messages:
            if isinstance(message, bytes):
                came = True
            elif small.state is SessionState.FAILED:
                return
            elif small.state is SessionState.BACKOFF:
                if not came:
                    return
                came = False
            yield message


async def _until_steady(
    small: StreamSession, messages: AsyncGenerator[str | bytes]
) -> AsyncGenerator[str | bytes]:
    """Yield the main feed's messages until the small stream is steady again.

    Nobody else may want the small one meanwhile: it is kept awake, so that it is tried. A
    stream that comes and goes is not steady, and moves nobody to and fro.
    """
    tried = -math.inf
    async with aclosing(messages):
        async for message in messages:
            yield message
            if isinstance(message, bytes):
                continue
            if small.is_steady:
                yield MOVED
                return
            if small.is_running:
                small.demand.note()
            elif time.monotonic() - tried >= _TRY_SMALL:
                tried = time.monotonic()
                small.demand.note()
                with suppress(HlsCameraError):
                    small.wake()


def open_camera(
    specs: Sequence[StreamSpec],
    machine: Machine,
    *,
    admit: Callable[[int], None] = lambda _places: None,
    known: KnownVariants | None = None,
) -> Variants:
    """Return a camera of one or two streams, the main one first; nothing runs yet.

    `admit` is called before a stream starts, with the number of streams that start, and
    may raise StreamLimitError. `known` is an earlier camera's `known`.
    """
    timeline = Timeline()
    sessions: list[StreamSession] = []
    for spec in specs:
        find_source, main = spec.find_source, None
        if find_source is None:
            main = sessions[0]
            find_source = made_smaller(main)
        session = StreamSession(
            spec,
            machine,
            find_source,
            admit=partial(_admit, admit, main),
            timeline=timeline,
        )
        sessions.append(session)
    return Variants(*sessions, known=known)


def _admit(admit: Callable[[int], None], main: StreamSession | None) -> None:
    """Ask for one stream, and for the main one as well if that has to start for it."""
    admit(1 if main is None or main.is_running else 2)


def smaller(options: StreamOptions, height: int) -> StreamOptions:
    """Return the options of a small stream that is made of the main one.

    Its sound is the main one's; where that is left out, it is not there.
    """
    conversion = replace(
        options.conversion, mode=VideoMode.CONVERT, max_height=height, bitrate=None
    )
    return replace(options, conversion=conversion, input_options=(), audio=True)


def made_smaller(main: StreamSession) -> FindSource:
    """Return what finds the main stream, as the source of a small one made of it.

    So nobody connects to the camera twice. Whoever watches the small one keeps the main
    one awake.
    """

    async def find() -> Input:
        try:
            with main.live.lease("sub-stream"):
                main.wake()
                async with asyncio.timeout(START_WAIT):
                    # Media of an earlier run would end before the small one has begun.
                    await main.window.wait_keyframe(*main.window.run_start)
        except SourceError:
            raise
        except HlsCameraError, TimeoutError:
            raise SourceError(main.reason or EndReason.STALLED) from None
        return RelayInput(main.window, partial(main.live.lease, "relay"))

    return find


class _Quality:
    """One of a camera's streams, for delivery."""

    def __init__(
        self, all_: Variants, session: StreamSession, uri: str, known: KnownVariants
    ) -> None:
        self.session = session
        self.uri = uri
        self._all = all_
        self._known = restored(Variant, known.get(uri))
        self._known_since = time.monotonic()
        self._asked = Viewers(time.monotonic)
        session.add_listener(self._remember)

    @property
    def window(self) -> Window:
        return self.session.window

    @property
    def playlists(self) -> Playlists:
        return self.session.playlists

    @property
    def viewers(self) -> Viewers:
        return self.session.viewers

    @property
    def variants(self) -> Sequence[Variant]:
        return self._all.offered

    @property
    def variant(self) -> Variant | None:
        """What the stream is, or was when it last ran."""
        self._remember()
        return self._known

    def touch(self, token: str) -> bool:
        """Note that a viewer asks for this quality; it keeps what else it asked for."""
        if not self._all.has_viewer(token):
            return False
        self._asked.admit(token)
        self._all.keep(token)
        return self.keep(token)

    def keep(self, token: str) -> bool:
        """Note a viewer's request, wherever its token comes from, and wake the stream."""
        if token not in self.viewers:
            self.viewers.admit(token, self._all.owner(token))
        return self.session.touch(token)

    def is_asked(self, token: str) -> bool:
        """Whether a viewer has asked for this quality, and goes on watching."""
        return token in self._asked

    async def learn(self, token: str) -> None:
        """Have the stream run, where nobody knows what it is, until it is known."""
        if self.variant is not None or self.session.state in _NOT_OFFERED:
            return
        with suppress(HlsCameraError, TimeoutError):
            if self._all.has_viewer(token):
                self.keep(token)
                with self.session.live.lease("description"):
                    async with asyncio.timeout(_LEARN_WAIT):
                        await self.window.wait_ready()

    def _remember(self) -> None:
        now = window_variant(self.window, self.uri, self.session.frame_rate)
        if now is None:
            return
        if (
            self._known is None
            or not _is_same(now, self._known)
            or self._is_told_wrongly(now, self._known)
        ):
            self._known = now
            self._known_since = time.monotonic()

    def _is_told_wrongly(self, now: Variant, known: Variant) -> bool:
        """Whether a bit rate is notably higher, or has been lower for long."""
        if sum(segment.duration for segment in self.window.listed) < _TELLING:
            return False
        change = now.bandwidth / max(known.bandwidth, 1) - 1
        lasted = time.monotonic() - self._known_since
        return change > _NOTABLE or (change < -_NOTABLE and lasted > _PEAK_LASTS)


class _Entrance(_Quality):
    """The multivariant playlist, which nobody watches yet."""

    def __init__(self, all_: Variants) -> None:
        self.session = all_.main
        self._all = all_

    @override
    def touch(self, token: str) -> bool:
        return self._all.has_viewer(token) and self.keep(token)


def _highest(one: float | None, other: float | None) -> float | None:
    """Return what to tell of both frame rates, as FRAME-RATE is an upper bound.

    hls.js does not change down to a variant with more frames per second, nor up to one
    with fewer, and begins with the one that has fewest.
    """
    return None if one is None or other is None else max(one, other)


def _is_same(one: Variant, other: Variant) -> bool:
    """Whether two variants differ in their bit rates at most."""
    return (one.codecs, one.width, one.height) == (
        other.codecs,
        other.width,
        other.height,
    )
