"""The places of one stream: the hosts that it left, and the one that it uses."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from ..streaming.reasons import EndReason
from ..streaming.transcode.elsewhere import ConversionRequest, ConvertedInput, Placement
from .converter import HostedConversion
from .errors import ConverterError, ConverterProblem
from .host import Host
from .pause import Pause
from .request import source_of

_LONGEST_PAUSE: Final = 60
"""First pauses for which a stream avoids a host that it left, at most."""
_CHOICE_S: Final = 2.0
"""Seconds in which a host has to be found; then this machine converts: viewers wait."""
_PROVEN_AFTER_S: Final = 60.0
"""Seconds of streaming that prove a host for a stream."""


class Hosts(Protocol):
    """All hosts, as a stream sees them."""

    def candidates(
        self, places: StreamPlaces, request: ConversionRequest
    ) -> list[Host]:
        """Return the hosts that could convert for a stream, the best one first."""

    def joined(self, places: StreamPlaces) -> None:
        """Note that a stream converts."""

    def left(self, places: StreamPlaces) -> None:
        """Note that it does not convert any more."""


class StreamPlaces:
    """Takes a place for each run of a stream."""

    def __init__(
        self,
        hosts: Hosts,
        on_better: Callable[[], None],
        *,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without a place; `on_better` is called when the stream should move.

        `pause` is the seconds for which it avoids a host that it left once.
        """
        self.move = on_better
        self.request: ConversionRequest | None = None
        """The latest one."""
        self.host: Host | None = None
        """The present host; None for this machine."""
        self.is_streaming = False
        """Whether the present run has brought a picture."""
        self.left: str | None = None
        """The host that the stream left because it failed, if it is not back there."""
        self._hosts = hosts
        self._clock = clock
        self._pause = pause
        self._avoided: dict[str, Pause] = {}
        self._suspects: dict[Host, ConverterProblem] = {}
        """Hosts that the stream left, until its camera has proved to be well."""

    def avoids(self, host: Host) -> bool:
        """Whether the stream has left a host recently, or again and again."""
        pause = self._avoided.get(host.key)
        return pause is not None and not pause.is_over

    async def take(self, request: ConversionRequest) -> Placement:
        """Return the best place for the next run; `end()` has to follow."""
        self.request = request
        begun = await self._begin(request)
        self.host = begun.host if begun else None
        self._hosts.joined(self)
        return _Placement(self, begun, self._clock)

    async def _begin(self, request: ConversionRequest) -> _Begun | None:
        """Begin a conversion at the best host that takes it; None if there is none."""
        source = source_of(request)
        if source is None:
            return None
        latest = asyncio.get_running_loop().time() + _CHOICE_S
        for host in self._hosts.candidates(self, request):
            # While others were asked, it may have failed or become full.
            if not host.room:
                continue
            try:
                async with asyncio.timeout_at(latest):
                    conversion, picture = await host.converter.begin(source, request)
            except TimeoutError:
                # Others used up the time: it is not to blame.
                break
            except ConverterError as err:
                self._could_not_begin(host, err)
            else:
                return _Begun(host, conversion, picture)
        return None

    def _could_not_begin(self, host: Host, error: ConverterError) -> None:
        if error.problem is ConverterProblem.REFUSED:
            # It takes other sources.
            self._avoid(host)
        else:
            host.fail(error.problem, error.detail)

    def picture_came(self) -> None:
        """Accuse the hosts that failed this stream: its camera is well."""
        self.is_streaming = True
        for host, problem in self._suspects.items():
            host.accuse(problem)
        self._suspects.clear()
        if self.host is not None and self.host.key == self.left:
            self.left = None

    def end(self, reason: EndReason | None, seconds: float | None) -> None:
        """Note the end of a run, `seconds` after its first picture if there was one."""
        host, self.host = self.host, None
        self.is_streaming = False
        self._hosts.left(self)
        if host is None:
            if reason is not None and seconds is None:
                # It is the camera that is away.
                for suspect in self._suspects:
                    self._avoided.pop(suspect.key, None)
                self._suspects.clear()
            return
        if seconds is not None and seconds >= _PROVEN_AFTER_S:
            self._avoided.pop(host.key, None)
        if reason is None:
            return
        self.left = host.key
        self._avoid(host)
        if reason is EndReason.TOO_SLOW:
            host.note_too_slow()
            return
        self._suspects[host] = (
            ConverterProblem.NO_PICTURE if seconds is None else ConverterProblem.STALLED
        )
        host.wake()

    def _avoid(self, host: Host) -> None:
        pause = self._avoided.setdefault(
            host.key,
            Pause(self._clock, first=self._pause, longest=_LONGEST_PAUSE * self._pause),
        )
        pause.begin()


class _Begun(NamedTuple):
    """A conversion that has begun on a host."""

    host: Host
    conversion: HostedConversion
    picture: ConvertedInput


class _Placement:
    """The place of one run; `begun` is None on this machine."""

    def __init__(
        self, places: StreamPlaces, begun: _Begun | None, clock: Callable[[], float]
    ) -> None:
        self.converted = begun.picture if begun else None
        self._places = places
        self._begun = begun
        self._clock = clock
        self._streaming_since: float | None = None

    def picture_came(self) -> None:
        """Note the first partial segment of the run."""
        self._streaming_since = self._clock()
        if self._begun is not None:
            self._begun.conversion.is_streaming = True
        self._places.picture_came()

    def end(self, reason: EndReason | None) -> None:
        """Free the place; the run's FFmpeg is gone. None where it did not fail."""
        since = self._streaming_since
        if self._begun is not None:
            self._begun.host.converter.end(self._begun.conversion)
        self._places.end(reason, None if since is None else self._clock() - since)
