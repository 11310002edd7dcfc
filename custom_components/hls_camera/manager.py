"""The streams of all cameras: how many may run, and that all of them end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .issues import Issue, async_set_issue
from .settings import Settings
from .streaming.admission import Conversions
from .streaming.errors import HlsCameraError, StreamLimitError
from .streaming.hardware import EncoderSearch
from .streaming.options import Source, StreamOptions
from .streaming.reasons import EndReason
from .streaming.session import StreamSession
from .streaming.source_info import SourceInfo

_BETWEEN_STARTS: Final = 0.5
"""Seconds; sixteen streams that start together would all be late."""


class SourceInUseError(HlsCameraError):
    """Another session already pulls from this source."""


class StreamManager:
    """Own the session of every camera."""

    def __init__(
        self, ffmpeg: str, settings: Settings, on_full: Callable[[bool], None]
    ) -> None:
        """Use the FFmpeg executable of that name or path for everything.

        `on_full` is called with True when the limit keeps a stream from running, and
        with False when there is room again.
        """
        self.ffmpeg = ffmpeg
        self.settings = settings
        self._on_full = on_full
        self._is_full = False
        self._next_turn = 0.0
        self._sessions: dict[str, StreamSession] = {}
        """By source: one pull from a camera feeds everything."""
        self.find_encoders = EncoderSearch(ffmpeg)
        self.conversions = Conversions(self.find_encoders)

    @property
    def sessions(self) -> tuple[StreamSession, ...]:
        """The sessions of all cameras, running or not."""
        return tuple(self._sessions.values())

    @property
    def running(self) -> int:
        """How many streams run now."""
        return sum(session.is_running for session in self._sessions.values())

    def open_session(
        self,
        key: str,
        find_source: Callable[[], Awaitable[Source]],
        options: StreamOptions,
        *,
        logger: logging.Logger,
        source_info: SourceInfo | None,
    ) -> StreamSession:
        """Make the session of a camera; it does not run yet.

        `key` tells its source from all others.

        Raises:
            SourceInUseError: there is a session for this source.

        """
        if key in self._sessions:
            raise SourceInUseError
        session = StreamSession(
            find_source,
            self.settings.apply(options),
            ffmpeg=self.ffmpeg,
            logger=logger,
            conversions=self.conversions,
            source_info=source_info,
            admit=lambda: self._admit(key),
        )
        session.add_listener(self._session_changed)
        self._sessions[key] = session
        return session

    async def wait_for_turn(self) -> None:
        """Return at once; if somebody else has had a turn just now, a while later."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next_turn)
        self._next_turn = turn + _BETWEEN_STARTS
        await asyncio.sleep(turn - now)

    async def close_session(
        self, session: StreamSession, reason: EndReason = EndReason.STOPPED
    ) -> None:
        """End a session for good; its FFmpeg is gone afterwards."""
        try:
            await session.stop(reason)
        finally:
            self._sessions = {
                key: other
                for key, other in self._sessions.items()
                if other is not session
            }

    async def shutdown(self) -> None:
        """End all sessions; no FFmpeg is left afterwards."""
        await asyncio.gather(
            *(
                self.close_session(session, EndReason.SHUTDOWN)
                for session in self.sessions
            ),
            return_exceptions=True,
        )

    def find(self, token: str) -> StreamSession | None:
        """Return the session that a viewer's token belongs to."""
        return next(
            (session for session in self.sessions if session.has_viewer(token)), None
        )

    def _admit(self, key: str) -> None:
        """Let the stream of a source run, or not.

        Raises:
            StreamLimitError: as many others run as may.

        """
        limit = self.settings.stream_limit
        others = sum(
            session.is_running
            for other, session in self._sessions.items()
            if other != key
        )
        if others >= limit:
            self._note_full(True)
            raise StreamLimitError(limit)

    def _session_changed(self) -> None:
        if self.running < self.settings.stream_limit:
            self._note_full(False)

    def _note_full(self, is_full: bool) -> None:
        if is_full is not self._is_full:
            self._is_full = is_full
            self._on_full(is_full)


MANAGER: HassKey[StreamManager] = HassKey(DOMAIN)


@callback
def async_setup_manager(hass: HomeAssistant, settings: Settings) -> None:
    """Make the manager; Home Assistant's stop ends everything it runs."""

    @callback
    def show_full(is_full: bool) -> None:
        limit = str(settings.stream_limit)
        async_set_issue(hass, Issue.STREAM_LIMIT, is_full, limit=limit)

    async_set_issue(
        hass,
        Issue.SETTING_IGNORED,
        bool(settings.ignored),
        variables=", ".join(settings.ignored),
    )
    manager = StreamManager(get_ffmpeg_manager(hass).binary, settings, show_full)
    hass.data[MANAGER] = manager

    async def stop_all(_event: Event) -> None:
        await manager.shutdown()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop_all)
