"""FFmpeg: the command for a plan, and the process that runs it."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Self, override

from .confine import Leash, kill_group, limit_memory
from .errors import FfmpegError, FfmpegMissingError
from .options import PROTOCOLS, Source, StreamOptions
from .plan import Action, Plan
from .redact import Redactor

LOG_LINES: Final = 50
STOP_GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""

_PROGRESS: Final = "{progress}"
"""Stands in a command for the pipe that takes FFmpeg's progress reports."""

# One fragment per video frame up to 33 frames per second; two above. `frag_every_frame`
# would also cut at every audio frame, three times as often, and FFmpeg 9 moves decode
# times when it does (docs/architecture.md has the counts).
_FRAGMENT_DURATION_US: Final = 30_000

# frag_discont with delay_moov: true decode times, no edit list for a late track.
# negative_cts_offsets: B-frames without an edit list.
_MOVFLAGS: Final = (
    "empty_moov+default_base_moof+skip_trailer+frag_keyframe+delay_moov"
    "+frag_discont+negative_cts_offsets"
)


_ANALYSIS: Final = 0.5
"""Seconds of the stream that FFmpeg looks at first: enough for parameter sets."""
_LONG_ANALYSIS: Final = 10.0
"""The same for a camera that sends sound seconds before its first picture: without a
picture's size FFmpeg gives up. It costs other cameras most of a second."""


def input_arguments(
    source: Source, *, read_timeout: float, look_longer: bool = False
) -> list[str]:
    """Return FFmpeg's arguments that open a source. They contain the credentials.

    `look_longer` is for one whose sound comes before its picture.
    """
    timeout = str(int(read_timeout * 1_000_000))
    arguments = ["-protocol_whitelist", PROTOCOLS[source.scheme]]
    if source.is_rtsp:
        arguments += ["-rtsp_transport", source.transport, "-timeout", timeout]
    else:
        arguments += ["-rw_timeout", timeout]
    if source.scheme in {"rtsps", "https"}:
        # Cameras have self-signed certificates; FFmpeg 9 would refuse them.
        arguments += ["-tls_verify", "0"]
    # The frame rate is not waited for.
    arguments += ["-fpsprobesize", "0"]
    analysis = _LONG_ANALYSIS if look_longer else _ANALYSIS
    arguments += ["-analyzeduration", str(int(analysis * 1_000_000))]
    return [*arguments, "-i", source.url_with_credentials()]


def build_command(
    ffmpeg: str,
    options: StreamOptions,
    plan: Plan,
    *,
    use_wallclock: bool = False,
    look_longer: bool = False,
    keyframe_wait: float = 0.0,
) -> list[str]:
    """Return the command that writes fragmented MP4 to its standard output.

    `use_wallclock` takes the time of arrival for the camera's own: the last resort for
    one that lies about time. `look_longer` is for one whose sound comes before its
    picture. For `keyframe_wait` seconds, a camera may send nothing at first.
    """
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats"]
    command += ["-loglevel", "level+warning"]
    # FFmpeg 9 looks once in this period (seconds) whether it was told to end.
    command += ["-stats_period", "0.2", "-progress", _PROGRESS]
    if use_wallclock:
        command += ["-use_wallclock_as_timestamps", "1"]
    command += input_arguments(
        options.source,
        read_timeout=options.stall_timeout + keyframe_wait,
        look_longer=look_longer,
    )
    command += ["-map", "0:v:0", *_video_arguments(plan, options)]
    if plan.audio.action is not Action.DROP:
        command += ["-map", "0:a:0?", *_audio_arguments(plan)]
    # Priming samples and B-frames must not reach below a decode time of zero.
    command += ["-output_ts_offset", "10", "-max_interleave_delta", "500000"]
    command += ["-f", "mp4", "-movflags", _MOVFLAGS]
    return [*command, "-frag_duration", str(_FRAGMENT_DURATION_US), "pipe:1"]


def _video_arguments(plan: Plan, options: StreamOptions) -> list[str]:
    if plan.video.action is Action.COPY:
        # Some cameras' first packet has no presentation time: the muxer would abort.
        return ["-c:v", "copy", "-bsf:v", "setts=pts='if(eq(PTS,NOPTS),DTS,PTS)'"]
    # Counted from the last one: after a gap there is no burst to catch up.
    due = f"gte(t,prev_forced_t+{options.keyframe_interval:g})"
    keyframes = f"expr:if(isnan(prev_forced_t),1,{due})"
    arguments = ["-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency"]
    arguments += ["-pix_fmt", "yuv420p", "-crf", "23", "-maxrate", "4M"]
    arguments += ["-bufsize", "4M", "-fps_mode", "vfr", "-sc_threshold", "0"]
    # Chroma subsampling needs even sides.
    arguments += ["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"]
    return [*arguments, "-force_key_frames", keyframes]


def _audio_arguments(plan: Plan) -> list[str]:
    if plan.audio.action is Action.COPY:
        # From MPEG-TS, AAC comes in ADTS frames; from RTSP it passes unchanged.
        return ["-c:a", "copy", "-bsf:a", "aac_adtstoasc"]
    # G.711 has 8 kHz, for which AAC has no bit rate worth hearing.
    return ["-c:a", "aac", "-ar", "16000", "-b:a", "48k"]


class FfmpegProcess(asyncio.SubprocessProtocol):
    """A running FFmpeg: output goes to a callback, its log to a bounded ring.

    Its standard output is always drained: a FFmpeg that blocks on a full pipe does
    not listen to SIGTERM.
    """

    def __init__(
        self,
        on_output: Callable[[bytes], None],
        redactor: Redactor,
        on_progress: Callable[[dict[str, str]], None] | None = None,
    ) -> None:
        """Use `spawn()` instead."""
        self._on_output = on_output
        self._on_progress = on_progress
        self._redactor = redactor
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self._log_rest = b""
        self._transport: asyncio.SubprocessTransport | None = None
        self._closed = asyncio.get_running_loop().create_future()
        self._leash: Leash | None = None

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        *,
        on_output: Callable[[bytes], None],
        redactor: Redactor,
        on_progress: Callable[[dict[str, str]], None] | None = None,
    ) -> Self:
        """Start FFmpeg in a process group of its own.

        Raises:
            FfmpegMissingError: there is no such executable.
            FfmpegError: the system cannot start it.

        """
        process = cls(on_output, redactor, on_progress)
        try:
            await process._start(command)
        except (FileNotFoundError, PermissionError) as err:
            raise FfmpegMissingError(command[0]) from err
        except OSError as err:
            raise FfmpegError(err.strerror or "cannot start") from err
        return process

    async def _start(self, command: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        progress_read, progress_write = os.pipe()
        try:
            # First, since nobody would end a FFmpeg that runs while this is cancelled.
            await loop.connect_read_pipe(
                lambda: _ProgressReader(self.progress_received),
                os.fdopen(progress_read, "rb", buffering=0),
            )
            progress = f"pipe:{progress_write}"
            await loop.subprocess_exec(
                lambda: self,
                *(part.replace(_PROGRESS, progress) for part in command),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(progress_write,),
                start_new_session=True,
            )
        except asyncio.CancelledError:
            # asyncio has killed what it had started; the pipes are yet to close.
            if self._transport is not None:
                await self._closed
            raise
        finally:
            os.close(progress_write)
        try:
            limit_memory(self.pid)
            self._leash = await Leash.attach(self.pid)
        except BaseException:
            await self._kill()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._transport is not None
        return self._transport.get_pid()

    @property
    def returncode(self) -> int | None:
        """The exit status; negative where a signal ended it; None while it runs."""
        return self._transport.get_returncode() if self._transport else None

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return tuple(self._log)

    async def wait(self) -> int:
        """Return the exit status once FFmpeg is gone and all it wrote was taken."""
        await asyncio.shield(self._closed)
        leash, self._leash = self._leash, None
        if leash is not None:
            await leash.release()
        return self.returncode or 0

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """End FFmpeg: SIGTERM, then, `grace` seconds later, SIGKILL.

        It is gone and reaped afterwards.
        """
        try:
            self._signal(signal.SIGTERM)
            async with asyncio.timeout(grace):
                await self.wait()
        except TimeoutError:
            await self._kill()
        except asyncio.CancelledError:
            await self._kill()
            raise

    async def _kill(self) -> None:
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            kill_group(self.pid, number)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    @override
    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        assert isinstance(data, bytes)
        if fd == 1:
            self._on_output(data)
            return
        *lines, rest = (self._log_rest + data).split(b"\n")
        self._log_rest = rest[-4096:]
        for line in lines:
            if text := line.decode("utf-8", "replace").strip():
                self._log.append(self._redactor(text))

    def progress_received(self, report: dict[str, str]) -> None:
        """Take a whole report: keys and values as FFmpeg names them."""
        if self._on_progress is not None:
            self._on_progress(report)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            # Everything is over, yet the transport warns unless it is told so.
            self._transport.close()
        if not self._closed.done():
            self._closed.set_result(None)


class _ProgressReader(asyncio.Protocol):
    """Gather `key=value` lines into reports; `progress=` ends each."""

    def __init__(self, on_report: Callable[[dict[str, str]], None]) -> None:
        self._on_report = on_report
        self._rest = b""
        self._report: dict[str, str] = {}

    @override
    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            key, _, value = line.decode("ascii", "replace").partition("=")
            self._report[key] = value.strip()
            if key == "progress":
                self._on_report(self._report)
                self._report = {}
