"""If Home Assistant is killed, the integration's own guard ends its processes."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.processes import is_alive, wait_ended

from .cameras import demo_cameras
from .home_assistant import free_port, home_assistant
from .viewer import watch

SECONDS = 2.0
"""Seconds from the end of Home Assistant to that of all FFmpegs."""


def pulls_from_a_camera(process: psutil.Process) -> bool:
    """Return whether a process is a running FFmpeg of the integration."""
    try:
        return "-protocol_whitelist" in process.cmdline() and is_alive(process)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.timeout(180)
def test_no_ffmpeg_outlives_home_assistant(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with (
        home_assistant(tmp_path / "config", port=free_port()) as running,
        demo_cameras(["Garden"], tmp_path / "cameras.log", (320, 180)) as cameras,
    ):
        running.set_up(cameras)
        asyncio.run(watch(running.address))
        # The keeper of `scripts/develop` is in between: it must not be the one to end FFmpeg.
        [hass] = [
            process
            for process in psutil.Process().children(recursive=True)
            if process.name() != "sh"
            and "homeassistant" in process.cmdline()
            and "leash.py" not in " ".join(process.cmdline())
        ]
        keeper = hass.parent()
        assert keeper is not None
        children = hass.children(recursive=True)
        ffmpegs = [each for each in children if pulls_from_a_camera(each)]
        assert len(ffmpegs) == 1
        assert cameras[0].password not in " ".join(ffmpegs[0].cmdline())
        keeper.suspend()
        try:
            hass.kill()
            killed = time.monotonic()
            assert wait_ended(ffmpegs, SECONDS)
            record_property("seconds", round(time.monotonic() - killed, 3))
            # The guard itself also ends.
            assert wait_ended(children, SECONDS)
        finally:
            keeper.resume()
