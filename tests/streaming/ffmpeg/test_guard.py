"""A child neither outlives nor outgrows us."""

import asyncio
import signal
import sys
from pathlib import Path

import psutil

from custom_components.hls_camera.streaming.ffmpeg.guard import (
    ParentWatch,
    kill_group,
    limit_memory,
    make_expendable,
)
from tests.processes import wait_ended

_OWNER = """
import asyncio, sys
sys.path.insert(0, sys.argv[1])
from streaming.ffmpeg.guard import ParentWatch

async def main():
    child = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    await ParentWatch.attach(child.pid)
    print(child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""
_CORE = Path(__file__).parents[3] / "custom_components" / "hls_camera"


async def _sleeper() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)


async def test_a_child_dies_with_its_owner_also_when_that_is_killed() -> None:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _OWNER, _CORE, stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    child = psutil.Process(int(await owner.stdout.readline()))
    owner.kill()
    await owner.wait()
    assert await asyncio.to_thread(wait_ended, [child], 2)


async def test_a_released_leash_harms_nobody() -> None:
    child = await _sleeper()
    parent_watch = await ParentWatch.attach(child.pid)
    await parent_watch.release()
    assert child.returncode is None
    child.kill()
    await child.wait()


async def test_a_child_cannot_allocate_above_its_limit() -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "input(); bytearray(200 << 20)",
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    limit_memory(child.pid, 100 << 20)
    _, said = await child.communicate(b"\n")
    assert b"MemoryError" in said


def _oom_score(pid: int | str) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text("ascii"))


async def test_a_child_is_ended_before_us_where_memory_is_used_up() -> None:
    child = await _sleeper()
    try:
        make_expendable(child.pid)
        assert _oom_score(child.pid) == min(_oom_score("self") + 500, 1000)
    finally:
        child.kill()
        await child.wait()


async def test_a_child_that_is_gone_needs_no_limit() -> None:
    child = await _sleeper()
    child.kill()
    await child.wait()
    limit_memory(child.pid, 100 << 20)
    make_expendable(child.pid)
    kill_group(child.pid, signal.SIGKILL)
    assert not psutil.pid_exists(child.pid)


async def test_a_signal_reaches_the_whole_group() -> None:
    child = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        "sleep 60 & echo $!; wait",
        start_new_session=True,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    grandchild = psutil.Process(int(await child.stdout.readline()))
    kill_group(child.pid, signal.SIGTERM)
    assert await child.wait() == -signal.SIGTERM
    assert await asyncio.to_thread(wait_ended, [grandchild], 2)
