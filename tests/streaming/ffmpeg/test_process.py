"""FFmpeg: the command for a plan, and the process that runs it."""

import asyncio
import errno
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import override

import psutil
import pytest

from custom_components.hls_camera.streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    ShortageError,
)
from custom_components.hls_camera.streaming.ffmpeg import process as module
from custom_components.hls_camera.streaming.ffmpeg.guard import ParentWatch
from custom_components.hls_camera.streaming.ffmpeg.process import (
    MAX_LOG_LINES,
    FfmpegProcess,
    ProcessListener,
)
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.redact import REDACTED
from custom_components.hls_camera.streaming.sources.input import OpenInput
from custom_components.hls_camera.streaming.sources.local_endpoint import LocalEndpoint
from tests.processes import wait_ended

from ..programs import Programs


async def spawn(
    command: list[str],
    *,
    on_output: Callable[[bytes], None] = lambda _: None,
    opened: OpenInput | None = None,
    on_progress: Callable[[dict[str, str]], None] | None = None,
) -> FfmpegProcess:
    return await FfmpegProcess.spawn(
        command,
        ProcessListener(on_output=on_output, on_progress=on_progress),
        opened=opened,
    )


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class TestProcess:
    async def test_its_output_goes_to_the_callback(self) -> None:
        chunks: list[bytes] = []
        process = await spawn(["/bin/echo", "-n", "media"], on_output=chunks.append)
        assert await process.wait() == 0
        assert b"".join(chunks) == b"media"

    async def test_all_it_wrote_was_taken_when_it_is_gone(
        self, programs: Programs
    ) -> None:
        size = 0

        def count(data: bytes) -> None:
            nonlocal size
            size += len(data)

        process = await spawn(
            [programs.make("head -c 3000000 /dev/zero")], on_output=count
        )
        await process.wait()
        assert size == 3_000_000

    async def test_its_newest_lines_are_kept_without_credentials(
        self, programs: Programs
    ) -> None:
        program = programs.make(
            "for n in $(seq 200); do echo line $n of hunter2 >&2; done; printf rest >&2"
        )
        process = await spawn([program], opened=OpenInput(secrets=["hunter2"]))
        await process.wait()
        assert len(process.log) == MAX_LOG_LINES
        assert process.log[-1] == f"line 200 of {REDACTED}"

    async def test_a_password_hides_no_reason(self, programs: Programs) -> None:
        program = programs.make("echo rtsp://host/live: Connection refused >&2")
        process = await spawn([program], opened=OpenInput(secrets=["refused"]))
        await process.wait()
        assert process.reason is EndReason.REFUSED
        assert process.log == (f"rtsp://host/live: Connection {REDACTED}",)

    async def test_the_line_with_the_reason_is_the_detail(
        self, programs: Programs
    ) -> None:
        program = programs.make(
            "echo method SETUP failed: 453 not for hunter2 >&2; echo goodbye >&2; exit 1"
        )
        process = await spawn([program], opened=OpenInput(secrets=["hunter2"]))
        await process.wait()
        assert process.failure is EndReason.BUSY
        assert process.detail == f"method SETUP failed: 453 not for {REDACTED}"

    @pytest.mark.parametrize(
        ("script", "failure", "detail"),
        [
            ("echo something new >&2; exit 1", EndReason.UNREADABLE, "something new"),
            ("echo something new >&2", EndReason.NO_VIDEO, "something new"),
            ("exit 1", EndReason.NO_VIDEO, ""),
        ],
    )
    async def test_an_unknown_failure_has_its_own_message(
        self, programs: Programs, script: str, failure: EndReason, detail: str
    ) -> None:
        process = await spawn([programs.make(script)])
        await process.wait()
        assert (process.failure, process.detail) == (failure, detail)

    async def test_a_line_without_an_end_does_not_pile_up(
        self, programs: Programs
    ) -> None:
        program = programs.make(
            "head -c 300000 /dev/zero | tr '\\0' x >&2; echo >&2; echo after it >&2"
        )
        process = await spawn([program])
        await process.wait()
        assert process.log == ("after it",)

    async def test_progress_comes_as_whole_reports(self, any_ffmpeg: str) -> None:
        reports: list[dict[str, str]] = []
        process = await spawn(
            [
                *(any_ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin"),
                *("-progress", module.PROGRESS, "-f", "lavfi"),
                *("-i", "color=duration=1:rate=10", "-f", "null", "-"),
            ],
            on_progress=reports.append,
        )
        await process.wait()
        await asyncio.sleep(0)
        assert reports[-1]["frame"] == "10"
        assert reports[-1]["progress"] == "end"
        assert process.log == ()

    async def test_without_anyone_interested_progress_is_taken_all_the_same(
        self, programs: Programs
    ) -> None:
        program = programs.make("echo progress=end > /proc/self/fd/${1#pipe:}")
        process = await spawn([program, module.PROGRESS])
        assert await process.wait() == 0

    async def test_stop_ends_it_kindly(self, any_ffmpeg: str) -> None:
        started = asyncio.Event()
        process = await spawn(
            [
                *(any_ffmpeg, "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi"),
                *("-i", "color", "-f", "framecrc", "-flush_packets", "1", "pipe:1"),
            ],
            on_output=lambda _: started.set(),
        )
        await started.wait()
        while_it_runs = process.returncode
        await process.stop()
        assert (while_it_runs, process.returncode) == (None, 255)
        assert not is_there(process.pid)
        await process.stop()

    async def test_a_process_that_ignores_the_signal_is_killed(
        self, programs: Programs
    ) -> None:
        started = asyncio.Event()
        program = programs.make("trap '' TERM; echo; while :; do sleep 9; done")
        process = await spawn([program], on_output=lambda _: started.set())
        await started.wait()
        await process.stop(0.05)
        assert process.returncode == -signal.SIGKILL

    async def test_a_process_that_cannot_handle_the_signal_is_killed(
        self, any_ffmpeg: str
    ) -> None:
        """A stopped process takes no signal but this."""
        assert module.STOP_GRACE == 5.0
        started = asyncio.Event()
        process = await spawn(
            [
                *(any_ffmpeg, "-loglevel", "error", "-nostdin", "-re", "-f", "lavfi"),
                *("-i", "color", "-f", "framecrc", "-flush_packets", "1", "pipe:1"),
            ],
            on_output=lambda _: started.set(),
        )
        await started.wait()
        os.kill(process.pid, signal.SIGSTOP)
        await process.stop(0.05)
        assert process.returncode == -signal.SIGKILL
        assert not is_there(process.pid)

    async def test_a_stop_that_is_cancelled_kills(self, programs: Programs) -> None:
        started = asyncio.Event()
        program = programs.make("trap '' TERM; echo; while :; do sleep 9; done")
        process = await spawn([program], on_output=lambda _: started.set())
        await started.wait()
        stopping = asyncio.create_task(process.stop())
        await asyncio.sleep(0)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert not is_there(process.pid)

    async def test_its_own_children_end_with_it(self, programs: Programs) -> None:
        """It has a process group of its own."""
        output = bytearray()
        started = asyncio.Event()

        def take(data: bytes) -> None:
            output.extend(data)
            started.set()

        process = await spawn(
            [programs.make("sleep 99 & echo $!; wait")], on_output=take
        )
        await started.wait()
        child = psutil.Process(int(output))
        await process.stop()
        assert await asyncio.to_thread(wait_ended, [child], 2)

    async def test_the_end_is_reported_after_all_output(
        self, programs: Programs
    ) -> None:
        """Also the second one of those who wait."""
        process = await spawn([programs.make("exec sleep 0.1")])
        waiting = {asyncio.create_task(process.wait()) for _ in range(2)}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert psutil.Process().children() == []
        await asyncio.wait(waiting)

    async def test_a_cancelled_wait_does_not_shorten_the_end(
        self, programs: Programs
    ) -> None:
        """As a probe does that is cancelled."""
        closing, may_close = asyncio.Event(), asyncio.Event()

        class Slow(LocalEndpoint):
            url = shown_url = "http://127.0.0.1/"

            @override
            async def close(self) -> None:
                closing.set()
                await may_close.wait()

        opened = OpenInput(endpoints=[Slow()])
        process = await spawn([programs.make("exit 0")], opened=opened)
        waiting = asyncio.create_task(process.wait())
        await closing.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        may_close.set()
        await process.stop()
        assert psutil.Process().children() == []

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            (OSError(errno.EMFILE, "Too many open files"), ShortageError),
            (RuntimeError("can't start new thread"), ShortageError),
            (MemoryError(), ShortageError),
            (OSError(errno.EIO, "Input/output error"), FfmpegError),
        ],
    )
    async def test_a_system_that_cannot_start_it(
        self,
        error: Exception,
        expected: type[FfmpegError],
        programs: Programs,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Also where only its parent watch cannot be started."""

        async def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(ParentWatch, "attach", fail)
        with pytest.raises(expected) as caught:
            await spawn([programs.make("exec sleep 99")])
        assert type(caught.value) is expected
        assert psutil.Process().children() == []

    async def test_a_program_that_is_not_there(self) -> None:
        with pytest.raises(FfmpegMissingError, match="/nowhere/ffmpeg"):
            await spawn(["/nowhere/ffmpeg"])

    async def test_a_program_that_may_not_run(self, tmp_path: Path) -> None:
        program = tmp_path / "ffmpeg"
        program.touch()
        with pytest.raises(FfmpegMissingError):
            await spawn([str(program)])

    async def test_a_program_that_cannot_run(self, tmp_path: Path) -> None:
        program = tmp_path / "ffmpeg"
        program.write_bytes(b"\x7fELF nonsense")
        program.chmod(0o700)
        with pytest.raises(FfmpegError, match=re.compile("format", re.IGNORECASE)):
            await spawn([str(program)])

    def test_wherever_its_start_is_cancelled_nothing_stays_open(
        self, programs: Programs
    ) -> None:
        """Each moment has an event loop of its own, which closes at once."""
        program = programs.make("while :; do sleep 0.01; done")

        async def life() -> None:
            process = await spawn([program, "{progress}"])
            try:
                await process.wait()
            finally:
                await process.stop()

        async def cancel_after(turns: int) -> None:
            living = asyncio.create_task(life())
            for _ in range(turns):
                await asyncio.sleep(0)
                time.sleep(0.001)  # noqa: ASYNC251 — other tasks have their turns too
            living.cancel()
            await asyncio.wait({living})

        for turns in range(40):
            before = set(Path("/proc/self/fd").iterdir())
            loop = asyncio.new_event_loop()
            try:
                loop.run_until_complete(cancel_after(turns))
            finally:
                loop.close()
            assert set(Path("/proc/self/fd").iterdir()) == before, turns
