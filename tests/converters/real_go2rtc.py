"""A real go2rtc, on ports that it keeps, where one is on the PATH."""

import asyncio
import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Final, Self

from tests import tools
from tests.publishing.servers import free_port

_START_TIMEOUT_S: Final = 20.0


def find_go2rtc() -> str | None:
    """Return the path of the program; None where there is none."""
    return shutil.which("go2rtc")


class RealGo2rtc:
    """Runs go2rtc with a configuration of its own, below a folder.

    It asks nobody on this machine for a login.
    """

    username: Final = ""
    password: Final = ""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._configuration = folder / "go2rtc.yaml"
        self._port, self._rtsp_port = free_port(), free_port()
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        configuration = {
            "api": {"listen": f"127.0.0.1:{self._port}"},
            "rtsp": {"listen": f"127.0.0.1:{self._rtsp_port}"},
            "webrtc": {"listen": ""},
            "ffmpeg": {"bin": str(tools.ffmpeg())},
        }
        # Its configuration is YAML, of which JSON is a part.
        self._configuration.write_text(json.dumps(configuration))
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            *("-config", str(self._configuration)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_START_TIMEOUT_S):
            for port in (self._port, self._rtsp_port):
                await _wait_for(port)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()


async def _wait_for(port: int) -> None:
    """Wait until somebody listens on a port."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        with closing(writer):
            return
