"""Short runs of FFmpeg: taken whole, or ended in time."""

import asyncio
import signal

import psutil
import pytest

from custom_components.hls_camera.streaming.errors import FfmpegMissingError
from custom_components.hls_camera.streaming.ffmpeg.capture import capture
from custom_components.hls_camera.streaming.reasons import EndReason

from ..programs import Programs


async def test_its_whole_output_is_returned(programs: Programs) -> None:
    program = programs.make("head -c 300000 /dev/zero; echo done >&2")
    captured = await capture([program], timeout=30)
    assert captured.is_whole
    assert captured.output == bytes(300_000)
    assert captured.words == "done"


async def test_it_reads_what_it_is_given(programs: Programs) -> None:
    given = bytes(range(256)) * 4000
    captured = await capture([programs.make("cat")], given, timeout=30)
    assert captured.output == given


async def test_a_failure_has_its_reason(programs: Programs) -> None:
    program = programs.make("echo part; echo Connection refused >&2; exit 1")
    captured = await capture([program], timeout=30)
    assert not captured.is_whole
    assert captured.output == b"part\n"
    assert captured.reason is EndReason.REFUSED


async def test_silence_has_words_too(programs: Programs) -> None:
    assert (await capture([programs.make("exit 1")], timeout=30)).words == "no word"


@pytest.mark.parametrize(
    ("script", "timeout", "limit"),
    [("exec sleep 99", 0.05, 1000), ("exec yes", 30, 1000)],
    ids=["too-slow", "too-much"],
)
async def test_it_is_ended_where_it_does_not_end(
    programs: Programs, script: str, timeout: float, limit: int
) -> None:
    captured = await capture([programs.make(script)], timeout=timeout, limit=limit)
    assert not captured.is_whole
    assert len(captured.output) <= limit
    assert psutil.Process().children() == []


async def test_one_that_is_cancelled_is_gone(programs: Programs) -> None:
    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, started.set)
    program = programs.make("kill -USR1 $PPID; exec sleep 99")
    capturing = asyncio.create_task(capture([program], timeout=30))
    await started.wait()
    loop.remove_signal_handler(signal.SIGUSR1)
    capturing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await capturing
    assert psutil.Process().children() == []


async def test_no_program() -> None:
    with pytest.raises(FfmpegMissingError):
        await capture(["/nowhere/ffmpeg"], timeout=1)
