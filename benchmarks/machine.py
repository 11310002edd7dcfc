"""The machine and the versions of a measurement."""

import asyncio
import os
import platform
from pathlib import Path

from playwright.async_api import Browser

from tests import tools


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.machine()


async def _ffmpeg_version() -> str:
    process = await asyncio.create_subprocess_exec(
        str(tools.ffmpeg()), "-version", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode().split()[2]


async def describe(browser: Browser) -> dict[str, str]:
    """Return machine and versions, in display order."""
    return {
        "machine": f"{_processor()}, {os.process_cpu_count()} cores",
        "load": f"{os.getloadavg()[0]:.2f}",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "FFmpeg": await _ffmpeg_version(),
        "Chromium": browser.version,
    }
