"""A process of FFmpeg: started, watched, read and ended."""

import asyncio
import errno
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Final, Self, override

from ..errors import FfmpegError, FfmpegMissingError, ShortageError
from ..memory import memory_limit
from ..reasons import EndReason
from ..shortage import is_shortage
from ..sources.input import OpenInput
from .batched_pipe import SMALL_CAPACITY_BYTES
from .guard import ParentWatch, kill_group, limit_memory, make_expendable
from .log import dooms, find_cause, is_track_refused
from .pipe_reader import OutputPipe, PipeReader, open_pipe

MAX_LOG_LINES: Final = 50
STOP_GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL."""
KILL_LIMIT: Final = 2.0
"""Seconds from SIGKILL after which nobody waits for a process any longer: a driver that
hangs may hold it."""

PROGRESS: Final = "{progress}"
"""Placeholder in a command for the pipe that takes FFmpeg's progress reports."""
SIDE_OUTPUT: Final = "{side output}"
"""Placeholder within a command for the pipe of an output beside standard output."""
SIDE_PERIOD_S: Final = 0.1
"""Seconds for which that output may wait if standard output could wait as well: otherwise it
is read along with standard output, because each wake-up costs more than the reading."""

_NO_PROGRAM: Final = frozenset(
    {
        *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG),
        *(errno.EACCES, errno.EPERM),
    }
)
"""The system's errors where no program of that name exists, or none that may run."""

_MAX_LINE_BYTES: Final = 4096
"""Bytes; longer lines are left out. FFmpeg cuts its own after a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessListener:
    """The callbacks of a process."""

    on_output: Callable[[bytes], None]
    """Called with each piece of its standard output."""
    on_progress: Callable[[dict[str, str]], None] | None = None
    """Called with each of FFmpeg's progress reports."""
    on_side_output: Callable[[bytes], None] = lambda _data: None
    """Called with each piece of the output beside standard output."""
    on_log_line: Callable[[str], None] | None = None
    """Called with each line of its log, without credentials."""
    on_undecodable: Callable[[], None] | None = None
    """Called for each picture that cannot be decoded here."""
    patience: Callable[[], float] | None = None
    """Returns the seconds for which output may wait in its pipe; asked after each read.

    The output beside it is read along with it, and 0.1 s later at most.
    """


class FfmpegProcess(asyncio.SubprocessProtocol):
    """A running FFmpeg: output goes to a callback, its log to a bounded ring.

    Its standard output is always drained: a FFmpeg that blocks on a full pipe does
    not listen to SIGTERM.
    """

    def __init__(
        self, listener: ProcessListener, opened: OpenInput, stdin: bytes | None
    ) -> None:
        """Use `spawn()` instead."""
        self._listener = listener
        self._stdin = stdin
        self._output = OutputPipe(self._take_output, listener.patience)
        self._progress = ProgressReader(listener.on_progress)
        self._side = OutputPipe(
            listener.on_side_output,
            self._side_patience if listener.patience else None,
            capacity=SMALL_CAPACITY_BYTES,
        )
        self._input = opened
        self._said: deque[str] = deque(maxlen=MAX_LOG_LINES)
        """The newest lines as they came. They may contain credentials: they stay private."""
        self._log: deque[str] = deque(maxlen=MAX_LOG_LINES)
        self._log_lines = _Lines()
        self._transport: asyncio.SubprocessTransport | None = None
        self._closed = asyncio.get_running_loop().create_future()
        self._parent_watch: ParentWatch | None = None
        self._releasing: asyncio.Task[None] | None = None

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        listener: ProcessListener,
        *,
        opened: OpenInput | None = None,
        stdin: bytes | None = None,
    ) -> Self:
        """Start FFmpeg in a process group of its own.

        It reads `opened`, which is closed when FFmpeg is gone or could not be started.
        `stdin` is written to its standard input, which is empty without it.

        Raises:
            FfmpegMissingError: there is no such executable.
            FfmpegError: the system cannot start it.

        """
        process = cls(listener, opened or OpenInput(), stdin)
        try:
            async with AsyncExitStack() as failed:
                failed.push_async_callback(process._release)
                await process._start_or_end(command)
                failed.pop_all()
        except (OSError, MemoryError, RuntimeError) as err:
            raise _start_error(command[0], err) from err
        return process

    async def _start_or_end(self, command: Sequence[str]) -> None:
        """Start FFmpeg; end it again if this is cancelled meanwhile.

        A start cannot be cancelled half way: asyncio would leave pipes open.
        """
        starting = asyncio.create_task(self._start(command))
        try:
            await asyncio.wait({starting})
        except asyncio.CancelledError:
            await asyncio.wait({starting})
            if starting.exception() is None:
                await self._kill()
            raise
        starting.result()

    async def _start(self, command: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        readers = {PROGRESS: self._progress, SIDE_OUTPUT: self._side}
        command = list(command)
        with ExitStack() as write_ends:
            output = await open_pipe(self._output, write_ends)
            passed: list[int] = []
            for placeholder, reader in readers.items():
                if not any(placeholder in part for part in command):
                    continue
                passed.append(await open_pipe(reader, write_ends))
                pipe = f"pipe:{passed[-1]}"
                command = [part.replace(placeholder, pipe) for part in command]
            await loop.subprocess_exec(
                lambda: self,
                *command,
                stdin=DEVNULL if self._stdin is None else PIPE,
                stdout=output,
                pass_fds=tuple(passed),
                start_new_session=True,
                env=_environment(),
            )
        try:
            limit_memory(self.pid, memory_limit())
            make_expendable(self.pid)
            self._parent_watch = await ParentWatch.attach(self.pid)
        except Exception:
            await self._kill()
            raise

    @property
    def pid(self) -> int:
        """The process id."""
        assert self._transport is not None
        return self._transport.get_pid()

    @property
    def cpu_time(self) -> float | None:
        """Seconds of processor time so far; None where the system has no such figure."""
        # Linux's clock id of another process (clock_getcpuclockid)
        clock = (~self.pid << 3) | 2
        try:
            return time.clock_gettime(clock)
        except OSError, AttributeError:
            return None

    @property
    def returncode(self) -> int | None:
        """The exit status; negative where a signal ended it; None while it runs."""
        return self._transport.get_returncode() if self._transport else None

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return tuple(self._log)

    @property
    def reason(self) -> EndReason | None:
        """The reason of its end, from the camera's answer or FFmpeg's log, where known.

        The log is searched before redaction: a password may be one of the known words.
        """
        if trouble := self._input.trouble:
            return trouble.reason
        return find_cause(self._said).reason

    @property
    def has_trouble(self) -> bool:
        """Whether the input cannot be read, although FFmpeg goes on trying."""
        return self._input.trouble is not None

    @property
    def needs_gateway(self) -> bool:
        """Whether FFmpeg could not read its input without a gateway of ours."""
        return self._input.needs_gateway

    @property
    def failure(self) -> EndReason:
        """The reason of an end without a picture."""
        if self.reason is not None:
            return self.reason
        has_failed = bool(self.returncode and self._said)
        return EndReason.UNREADABLE if has_failed else EndReason.NO_VIDEO

    @property
    def detail(self) -> str:
        """The line of the log with the reason, otherwise the last one; without credentials."""
        if trouble := self._input.trouble:
            return self._input.redact(trouble.detail)
        line = find_cause(self._said).line
        return "" if line is None else self._log[line]

    @property
    def is_track_refused(self) -> bool:
        """Whether the camera described a track that it did not hand out.

        Not where it asked for other credentials.
        """
        return is_track_refused(self._said)

    def read_now(self) -> None:
        """Read the output that waits in the pipe: a viewer wants it."""
        self._output.read_now()

    def _take_output(self, data: bytes) -> None:
        # First what was written beside it until now.
        self._side.take_now()
        self._listener.on_output(data)

    def _side_patience(self) -> float:
        assert self._listener.patience is not None
        return self._listener.patience() + SIDE_PERIOD_S

    async def wait(self) -> int:
        """Return the exit status after FFmpeg has gone and all its output was delivered."""
        await asyncio.wait({self._closed})
        await self._release()
        return self.returncode or 0

    async def _release(self) -> None:
        """Close the resources of a process that has gone.

        All waiters wait for the whole of it; a cancelled one does not cut it short.
        """
        if self._releasing is None:
            self._releasing = asyncio.create_task(self._close_resources())
        await asyncio.shield(self._releasing)

    async def _close_resources(self) -> None:
        await self._output.finish()
        await self._progress.finish()
        await self._side.finish()
        try:
            await self._input.close()
        finally:
            if self._parent_watch is not None:
                await self._parent_watch.release()

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """End FFmpeg: SIGTERM, then, `grace` seconds later, SIGKILL.

        It is gone and reaped afterwards, unless the system holds it: then it ends later.
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
        gone = asyncio.create_task(self.wait())
        _left_behind.add(gone)
        gone.add_done_callback(_left_behind.discard)
        await asyncio.wait({gone}, timeout=KILL_LIMIT)

    def _signal(self, number: signal.Signals) -> None:
        self._read_to_the_end()
        if self.returncode is None:
            kill_group(self.pid, number)

    def _read_to_the_end(self) -> None:
        self._output.read_to_the_end()
        self._side.read_to_the_end()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport
        given = transport.get_pipe_transport(0)
        if self._stdin is not None and isinstance(given, asyncio.WriteTransport):
            given.write(self._stdin)
            given.write_eof()

    @override
    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        # Only its log comes through a pipe of asyncio's.
        assert isinstance(data, bytes)
        for line in self._log_lines.feed(data):
            if text := line.decode("utf-8", "replace").strip():
                self._take_log_line(text)

    def _take_log_line(self, text: str) -> None:
        shown = self._input.redact(text)
        self._said.append(text)
        self._log.append(shown)
        if self._listener.on_log_line is not None:
            self._listener.on_log_line(shown)
        if self._listener.on_undecodable is not None and dooms(text):
            self._listener.on_undecodable()

    @override
    def process_exited(self) -> None:
        self._read_to_the_end()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            # The transport warns unless it is closed, although nothing is left open.
            self._transport.close()
        if not self._closed.done():
            self._closed.set_result(None)


_left_behind: Final[set[asyncio.Task[int]]] = set()
"""Tasks that wait for killed processes: the event loop alone would drop them."""


def _start_error(ffmpeg: str, error: Exception) -> FfmpegError:
    """Return the error for a program that cannot be started."""
    if isinstance(error, OSError) and error.errno in _NO_PROGRAM:
        return FfmpegMissingError(ffmpeg)
    return system_error(error)


def system_error(error: Exception) -> FfmpegError:
    """Return the error for a system that lacks the resources for FFmpeg."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return ShortageError(words) if is_shortage(error) else FfmpegError(words)


def _environment() -> dict[str, str]:
    """Return our environment without its proxies: an input names its own."""
    environment = {**os.environ, "no_proxy": ""}
    environment.pop("http_proxy", None)
    return environment


class _Lines:
    """Splits bytes into whole lines; drops those that are too long.

    Half of a line may have half of a password, which nobody would know.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._is_too_long = False

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if lines and self._is_too_long:
            del lines[0]
            self._is_too_long = False
        if len(self._rest) > _MAX_LINE_BYTES:
            self._rest = b""
            self._is_too_long = True
        return [line for line in lines if len(line) <= _MAX_LINE_BYTES]


class ProgressReader(PipeReader):
    """Collects `key=value` lines into reports; `progress=` ends each."""

    def __init__(self, on_report: Callable[[dict[str, str]], None] | None) -> None:
        super().__init__()
        self._on_report = on_report
        self._lines = _Lines()
        self._report: dict[str, str] = {}

    @override
    def data_received(self, data: bytes) -> None:
        for line in self._lines.feed(data):
            key, _, value = line.decode("ascii", "replace").partition("=")
            self._report[key] = value.strip()
            if key == "progress":
                if self._on_report is not None:
                    self._on_report(self._report)
                self._report = {}
