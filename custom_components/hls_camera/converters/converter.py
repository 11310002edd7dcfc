"""One host that converts: its conversions under names of ours, and their removal."""

import asyncio
import secrets
from dataclasses import dataclass
from typing import Final

import aiohttp

from ..streaming.errors import SourceError
from ..streaming.ingest.probe import probe
from ..streaming.reasons import EndReason
from ..streaming.sources.address_input import AddressInput
from ..streaming.sources.source import Source
from ..streaming.transcode.elsewhere import ConversionRequest, ConvertedInput
from .errors import ConverterError, ConverterProblem
from .go2rtc import Address, Go2rtc, HostInfo
from .request import go2rtc_source, keyframe_interval

_PREFIX: Final = "hls_camera_"
_TEST_SOURCE: Final = "ffmpeg:virtual?video=testsrc&size=320x180#video=h264"
"""A test picture of go2rtc's own, which needs no camera."""
_PROBLEMS: Final = {
    EndReason.UNAUTHORIZED: ConverterProblem.LOGIN_REJECTED,
    EndReason.LOGIN_UNSUPPORTED: ConverterProblem.LOGIN_REJECTED,
    EndReason.REFUSED: ConverterProblem.NO_RTSP,
    EndReason.UNREACHABLE: ConverterProblem.NO_RTSP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConverterSettings:
    """The owner's settings of a host."""

    key: str
    """Differs between hosts, and stays."""
    name: str
    """For people."""
    address: Address
    max_conversions: int
    """Conversions at the same time."""
    use_hardware: bool = False


@dataclass(slots=True, eq=False)
class HostedConversion:
    """A conversion on a host, from its start to its removal."""

    name: str
    """Of its stream there."""
    is_streaming: bool = False
    """Whether its picture arrives."""


class Converter:
    """One host. Only streams whose names begin with `owner`'s prefix are ever removed."""

    def __init__(
        self,
        settings: ConverterSettings,
        session: aiohttp.ClientSession,
        *,
        ffmpeg: str,
        owner: str,
    ) -> None:
        """Begin without conversions; `owner` differs between programs that share a host."""
        self.settings = settings
        self.api = Go2rtc(session, settings.address)
        self.running: set[HostedConversion] = set()
        self.version: str | None = None
        """go2rtc's, once it has answered."""
        self._ffmpeg = ffmpeg
        self._prefix = f"{_PREFIX}{owner}_"
        self._rtsp_port: int | None = None
        self._removals: set[asyncio.Task[None]] = set()
        self._has_leftovers = True
        """Whether streams of ours may be there that nobody uses: after a crash, for example."""

    async def begin(
        self, source: Source, request: ConversionRequest
    ) -> tuple[HostedConversion, ConvertedInput]:
        """Start a conversion; `end()` has to follow.

        Raises:
            ConverterError: the host does not answer, or refuses.

        """
        text = go2rtc_source(source, request, use_hardware=self.settings.use_hardware)
        conversion = HostedConversion(self._new_name())
        # From now on, so that nobody else takes its place meanwhile.
        self.running.add(conversion)
        try:
            picture = await self._add(conversion.name, text)
        except BaseException:
            self.end(conversion)
            raise
        return conversion, ConvertedInput(
            host=self.settings.name,
            input=picture,
            keyframe_interval=keyframe_interval(request),
        )

    def end(self, conversion: HostedConversion) -> None:
        """Take a conversion away; nobody reads it any more."""
        self.running.discard(conversion)
        task = asyncio.create_task(self._remove(conversion.name))
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)

    async def look(self) -> HostInfo:
        """Ask the host about itself.

        Raises:
            ConverterError: it does not answer, or is no go2rtc.

        """
        info = await self.api.info()
        self.version, self._rtsp_port = info.version, info.rtsp_port
        return info

    async def try_out(self) -> None:
        """Convert a test picture and read it: answers of the API prove nothing.

        Raises:
            ConverterError: no converted picture arrives.

        """
        await self.look()
        if self.settings.use_hardware and not await self.api.working_hardware():
            raise ConverterError(ConverterProblem.NO_HARDWARE)
        hardware = "#hardware" if self.settings.use_hardware else ""
        name = self._new_name()
        try:
            picture = await self._add(name, f"{_TEST_SOURCE}{hardware}")
            info = await probe(self._ffmpeg, picture)
        except SourceError as err:
            problem = _PROBLEMS.get(err.reason, ConverterProblem.NO_PICTURE)
            raise ConverterError(problem, err.detail) from err
        finally:
            await self._remove(name)
        if info.video.codec != "h264":
            raise ConverterError(ConverterProblem.NO_PICTURE, info.video.codec)

    async def sweep(self) -> None:
        """Remove streams of ours that nobody uses.

        Raises:
            ConverterError: the host does not answer.

        """
        if not self._has_leftovers:
            return
        self._has_leftovers = False
        try:
            there = await self.api.names()
            used = {conversion.name for conversion in self.running}
            for name in there - used:
                if name.startswith(self._prefix):
                    await self.api.remove(name)
        except BaseException:
            self._has_leftovers = True
            raise

    async def close(self) -> None:
        """Wait until nothing of ours is left there, as far as the host answers."""
        while self._removals:
            await asyncio.wait(self._removals)

    def _new_name(self) -> str:
        # Nobody else may know it, nor have a stream of that name.
        return f"{self._prefix}{secrets.token_hex(8)}"

    async def _add(self, name: str, source: str) -> AddressInput:
        port = self._rtsp_port
        if port is None:
            port = (await self.look()).rtsp_port
        try:
            await self.api.add(name, source)
        except BaseException:
            # A host that answers late may add it after its removal.
            self._has_leftovers = True
            raise
        return AddressInput(self.api.source(name, port))

    async def _remove(self, name: str) -> None:
        try:
            await self.api.remove(name)
        except ConverterError:
            self._has_leftovers = True
