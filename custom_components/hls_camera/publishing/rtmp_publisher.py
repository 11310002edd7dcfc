"""Publishes a stream by RTMP, as YouTube and Twitch take it."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final, override

from ..streaming.errors import FfmpegError, StreamStoppedError
from ..streaming.ffmpeg.launch import launch
from ..streaming.ffmpeg.process import FfmpegProcess, ProcessListener
from ..streaming.live.stream import LiveStream
from ..streaming.media.fmp4 import InitSection
from ..streaming.outputs.relay import RelayInput
from ..streaming.sources.input import OpenInput, ReadOptions
from .errors import PublishError, PublishProblem
from .publisher import Publisher
from .rtmp_address import RtmpAddress
from .rtmp_gateway import MAX_UNSENT_BYTES, RtmpGateway, connect

_INTERVAL_S: Final = 1.0
"""Between two looks at what was sent."""
_ACCEPT_TIMEOUT_S: Final = 20.0
_READ_OPTIONS: Final = ReadOptions(read_timeout=60.0)
_SILENCE: Final = (
    "-f",
    "lavfi",
    "-i",
    "anullsrc=channel_layout=stereo:sample_rate=44100",
)


class RtmpPublisher(Publisher):
    """Lets FFmpeg copy a stream of ours to a server; a silent camera gets silent sound."""

    def __init__(self, address: RtmpAddress, key: str, ffmpeg: str) -> None:
        """Publish at an address, with the executable of FFmpeg."""
        self._address = address
        self._key = key
        self._ffmpeg = ffmpeg
        self._dropped = 0

    @property
    @override
    def dropped(self) -> int:
        return self._dropped

    async def try_out(self) -> None:
        """Connect to the server; raise PublishError if that fails.

        Only a stream would show whether the key is valid.
        """
        _, writer = await connect(self._address)
        writer.close()

    @override
    async def publish(self, live: LiveStream, published: Callable[[int], None]) -> None:
        while True:
            run = live.window.run_start
            try:
                first = await live.window.wait_keyframe(*run)
            except StreamStoppedError:
                await asyncio.sleep(_INTERVAL_S)
                continue
            await self._publish_run(live, first.init, published)
            if live.window.run_start == run:
                raise PublishError(PublishProblem.DISCONNECTED)

    async def _publish_run(
        self, live: LiveStream, init: InitSection, published: Callable[[int], None]
    ) -> None:
        """Publish until FFmpeg ends: with the camera's run, or because the server ends it."""
        if not init.codecs.startswith("avc1"):
            raise PublishError(PublishProblem.NOT_SUPPORTED)
        try:
            gateway = await RtmpGateway.open(self._address, self._key)
            try:
                process = await launch(
                    RelayInput(
                        live.window,
                        partial(live.lease, "publication relay"),
                        self._note_dropped,
                    ),
                    _READ_OPTIONS,
                    partial(self._command, init, gateway),
                    ProcessListener(on_output=lambda _data: None),
                )
                try:
                    await self._follow(process, gateway, published)
                finally:
                    await process.stop()
            finally:
                await gateway.close()
        except (FfmpegError, OSError) as err:
            raise PublishError(PublishProblem.REFUSED, str(err)) from err

    async def _follow(
        self,
        process: FfmpegProcess,
        gateway: RtmpGateway,
        published: Callable[[int], None],
    ) -> None:
        """Report what is sent until FFmpeg ends."""
        sent, waited = 0, 0.0
        exited = asyncio.create_task(process.wait())
        try:
            while not exited.done():
                await asyncio.wait({exited}, timeout=_INTERVAL_S)
                if gateway.is_accepted and gateway.sent > sent:
                    published(gateway.sent - sent)
                    sent = gateway.sent
                waited += _INTERVAL_S
                if not gateway.is_accepted and waited >= _ACCEPT_TIMEOUT_S:
                    raise PublishError(PublishProblem.TIMED_OUT)
        finally:
            exited.cancel()
        if gateway.error is not None:
            raise gateway.error
        if not gateway.is_accepted:
            raise PublishError(gateway.rejection)

    def _note_dropped(self, segments: int) -> None:
        self._dropped += segments

    def _command(
        self, init: InitSection, gateway: RtmpGateway, opened: OpenInput
    ) -> list[str]:
        silence: tuple[str, ...] = ()
        sound: tuple[str, ...] = ("-map", "0:a:0", "-c:a", "copy")
        if init.audio is None or "mp4a" not in init.codecs:
            # YouTube plays no stream without sound.
            silence = _SILENCE
            sound = ("-map", "1:a:0", "-c:a", "aac", "-b:a", "32k", "-shortest")
        return [
            *(self._ffmpeg, "-hide_banner", "-nostdin", "-nostats"),
            *("-loglevel", "level+warning", *opened.arguments, *silence),
            *("-map", opened.picture, "-c:v", "copy", *sound),
            *("-f", "flv", "-flvflags", "no_duration_filesize"),
            *("-send_buffer_size", str(MAX_UNSENT_BYTES)),
            *("-rtmp_tcurl", gateway.shown_url),
            *("-rtmp_app", self._address.application),
            *("-rtmp_playpath", gateway.placeholder, gateway.url),
        ]

    @override
    async def finish(self) -> None:
        pass  # The end of the connection is the end of the stream.

    @override
    async def remove(self) -> None:
        pass  # The server decides about what it has.

    @override
    async def close(self) -> None:
        pass
