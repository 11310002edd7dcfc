"""Test of scripts/develop."""

import asyncio
import re
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.processes import is_alive

from .home_assistant import free_port
from .viewer import watch

DEVELOP = Path(__file__).parents[2] / "scripts" / "develop"


@pytest.mark.timeout(180)
async def test_from_start_to_ctrl_c(tmp_path: Path) -> None:
    """It prints the address of Home Assistant; Ctrl-C leaves no process behind."""
    port = free_port()
    develop = await asyncio.create_subprocess_exec(
        *(DEVELOP, "--port", str(port), "--folder", tmp_path),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert develop.stdout
        line = (await develop.stdout.readline()).decode()
        told = re.match(
            r"Home Assistant is at (\S+) \(user demo, password demo\), ready after \d+ s\.",
            line,
        )
        assert told, line
        assert told[1] == f"http://127.0.0.1:{port}"
        await watch(told[1])
        processes = psutil.Process(develop.pid).children(recursive=True)
        # Two keepers with Home Assistant and the camera, and the FFmpeg of each of them.
        assert len(processes) >= 6
        develop.send_signal(signal.SIGINT)
        started = time.monotonic()
        assert await develop.wait() == 0
        assert time.monotonic() - started < 10
        assert not any(map(is_alive, processes))
    finally:
        if develop.returncode is None:
            develop.kill()
            await develop.wait()
