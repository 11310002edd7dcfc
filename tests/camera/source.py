"""One FFmpeg that encodes a feed and delivers its RTP packets."""

import asyncio
import itertools
import logging
import socket
import tempfile
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from . import capture_time, clips, encoder, ffmpeg
from .ffmpeg import FfmpegError
from .keyframes import begins_keyframe
from .media import Feed, Picture
from .rtp import (
    MediaPacket,
    RtpPacket,
    SenderReport,
    TrackKind,
    is_rtcp,
    is_sender_report,
)
from .sdp import SessionDescription

_LOGGER = logging.getLogger(__name__)
_START_SECONDS = 15.0
_DATAGRAMS_AT_ONCE = 64
_RECEIVE_BUFFER = 4 * 1024 * 1024


class MediaSource:
    """One life of FFmpeg.

    Its packets arrive over Unix sockets: none is lost in a burst, and if the reader has
    died for any reason, FFmpeg cannot send and exits.
    """

    def __init__(
        self,
        feed: Feed,
        deliver: Callable[[MediaPacket], None],
        *,
        binary: str | None = None,
    ) -> None:
        self.feed = feed
        self.description = SessionDescription(())
        self.ended = asyncio.Event()
        """Set when FFmpeg has exited for any reason."""
        self._deliver = deliver
        self._binary = binary or ffmpeg.default_binary()
        self._process: Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._sockets: list[socket.socket] = []
        self._last_lines: deque[str] = deque(maxlen=20)
        self._last_keyframe: int | None = None
        self._early: list[tuple[TrackKind, bytes]] | None = []

    @property
    def errors(self) -> str:
        """FFmpeg's last lines."""
        return "\n".join(self._last_lines)

    async def start(self) -> None:
        """Start FFmpeg; return when it has described its tracks."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        feed = self.feed
        font = None
        if feed.picture is Picture.SCENE:
            font = await ffmpeg.writing_font(self._binary)
        clip = None if feed.live else await clips.clip(feed, self._binary, font)
        # FFmpeg has connected to the sockets when it prints its tracks: their files can be removed.
        with tempfile.TemporaryDirectory(prefix="camera-") as folder:
            paths = {track: Path(folder, track) for track in encoder.tracks(feed)}
            for track, path in paths.items():
                self._receive_at(path, track)
            start = time.time_ns() // 1000
            command = self._command(paths, start, clip, font)
            self._process = await self._spawn(command)
            self._read_descriptions(await self._described())
        asyncio.get_running_loop().call_soon(self._deliver_early)

    def _command(
        self,
        sockets: Mapping[TrackKind, Path],
        start: int,
        clip: Path | None,
        font: str | None,
    ) -> tuple[str, ...]:
        """Return FFmpeg's arguments; `start` is in microseconds since 1970."""
        return encoder.packetise_command(
            self.feed, sockets, start, clip=clip, font=font
        )

    def _receive_at(self, path: Path, track: TrackKind) -> None:
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sockets.append(receiver)
        receiver.setblocking(False)
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        receiver.bind(str(path))
        receive = partial(self._receive, receiver, track)
        asyncio.get_running_loop().add_reader(receiver, receive)

    async def _spawn(self, command: tuple[str, ...]) -> Process:
        stamped = self.feed.picture is Picture.CAPTURE_TIME
        process = await asyncio.create_subprocess_exec(
            self._binary,
            *command,
            stdin=PIPE if stamped else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
        )
        self._tasks.append(asyncio.create_task(self._watch(process)))
        if stamped and process.stdin:
            self._tasks.append(asyncio.create_task(self._stamp(process.stdin)))
        return process

    async def _described(self) -> str:
        """Return FFmpeg's description of its RTP outputs: the lines up to an empty one."""
        if self._process is None or self._process.stdout is None:
            raise FfmpegError("FFmpeg has not been started")
        lines: list[str] = []
        async with asyncio.timeout(_START_SECONDS):
            while line := (await self._process.stdout.readline()).decode().strip():
                lines.append(line)
            if not lines:
                await self.ended.wait()
                raise FfmpegError(f"FFmpeg ended at once: {self.errors}")
        return "\n".join(lines)

    def _read_descriptions(self, text: str) -> None:
        description = SessionDescription.parse(text)
        media = description.media
        if not self.feed.out_of_band_parameter_sets:
            media = tuple(each.without_parameter_sets() for each in media)
        self.description = replace(description, media=media, name=self.feed.title)

    async def _watch(self, process: Process) -> None:
        """Keep FFmpeg's last lines until it exits."""
        try:
            if process.stderr:
                async for line in process.stderr:
                    self._last_lines.append(line.decode(errors="replace").rstrip())
            status = await process.wait()
            if process is self._process:
                _LOGGER.error("FFmpeg ended with status %s: %s", status, self.errors)
        finally:
            # Nobody waits forever if all tasks are cancelled, for example after a timeout.
            self.ended.set()

    async def _stamp(self, stdin: asyncio.StreamWriter) -> None:
        """Write the time of capture of each frame when it is due."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        with suppress(ConnectionError):
            for frame in itertools.count():
                await asyncio.sleep(start + float(frame / self.feed.fps) - loop.time())
                stdin.write(capture_time.encode(time.time_ns() // 1_000_000))
                await stdin.drain()

    def _receive(self, receiver: socket.socket, track: TrackKind) -> None:
        """Deliver the received packets, and yield to other tasks."""
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                data = receiver.recv(65536)
            except BlockingIOError:
                return
            if self._early is None:
                self._hand_over(track, data)
            else:
                self._early.append((track, data))

    def _deliver_early(self) -> None:
        """Deliver the packets that arrived before the tracks were described.

        FFmpeg describes them when the last output is ready, after the first one has sent.
        """
        early, self._early = self._early, None
        for track, data in early or ():
            self._hand_over(track, data)

    def _hand_over(self, track: TrackKind, data: bytes) -> None:
        if not is_rtcp(data):
            self._deliver(self._parse(track, data))
        elif is_sender_report(data):
            self._deliver(SenderReport.parse(track, data))

    def _parse(self, track: TrackKind, data: bytes) -> RtpPacket:
        packet = RtpPacket.parse(track, data)
        encoding = self.description.track(track).encoding
        if track is TrackKind.VIDEO and begins_keyframe(encoding, packet.payload):
            if packet.timestamp != self._last_keyframe:
                packet = replace(packet, keyframe=True)
            self._last_keyframe = packet.timestamp
        return packet

    async def stop(self) -> None:
        """Stop FFmpeg and remove its files; may be called again."""
        loop = asyncio.get_running_loop()
        for receiver in self._sockets:
            loop.remove_reader(receiver)
            receiver.close()
        self._sockets.clear()
        self._early = []
        process, self._process = self._process, None
        if process:
            with suppress(ProcessLookupError):
                process.kill()
            await self.ended.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
