"""The streams of all cameras: how many may run, and that all of them end."""

import asyncio
import logging

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .settings import Settings
from .streaming.errors import HlsCameraError, StreamLimitError
from .streaming.options import StreamOptions
from .streaming.reasons import EndReason
from .streaming.session import StreamSession
from .streaming.source_info import SourceInfo


class SourceInUseError(HlsCameraError):
    """Another session already pulls from this stream address."""


class StreamManager:
    """Own the session of every camera."""

    def __init__(self, ffmpeg: str, settings: Settings) -> None:
        """Use the FFmpeg executable of that name or path for everything."""
        self.ffmpeg = ffmpeg
        self.settings = settings
        self._sessions: dict[str, StreamSession] = {}
        """By stream address: one pull from a camera feeds everything."""

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
        options: StreamOptions,
        *,
        logger: logging.Logger,
        source_info: SourceInfo | None,
    ) -> StreamSession:
        """Make the session of a camera; it does not run yet.

        Raises:
            SourceInUseError: there is a session for this address.

        """
        address = options.source.url
        if address in self._sessions:
            raise SourceInUseError(str(options.source))
        session = StreamSession(
            options,
            ffmpeg=self.ffmpeg,
            logger=logger,
            source_info=source_info,
            admit=lambda: self._admit(address),
        )
        self._sessions[address] = session
        return session

    async def close_session(
        self, session: StreamSession, reason: EndReason = EndReason.STOPPED
    ) -> None:
        """End a session for good; its FFmpeg is gone afterwards."""
        try:
            await session.stop(reason)
        finally:
            self._sessions.pop(session.options.source.url, None)

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

    def _admit(self, address: str) -> None:
        """Let the stream of an address run, or not.

        Raises:
            StreamLimitError: as many others run as may.

        """
        limit = self.settings.max_concurrent_streams
        others = sum(
            session.is_running
            for other, session in self._sessions.items()
            if other != address
        )
        if others >= limit:
            raise StreamLimitError(limit)


MANAGER: HassKey[StreamManager] = HassKey(DOMAIN)


@callback
def async_setup_manager(hass: HomeAssistant, settings: Settings) -> None:
    """Make the manager; Home Assistant's stop ends everything it runs."""
    manager = StreamManager(get_ffmpeg_manager(hass).binary, settings)
    hass.data[MANAGER] = manager

    async def stop_all(_event: Event) -> None:
        await manager.shutdown()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop_all)
