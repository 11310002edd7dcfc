"""The real `hass`, as a separate program."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil

from tests import tools

from .api import AddedCamera, Api, CameraSettings, User, create_first_user
from .config_folder import write_config_folder
from .dashboard import create_dashboard, show_cameras
from .leash import Leashed

LOOPBACK: Final = "127.0.0.1"

_START_SECONDS: Final = 180.0
_RESTART: Final = 100  # the exit code with which Home Assistant requests a restart


class HomeAssistant:
    """A new Home Assistant in its own temporary folder."""

    def __init__(
        self,
        folder: Path,
        *,
        host: str = LOOPBACK,
        port: int,
        log_level: str = "info",
        components: Sequence[Path] = (),
        configuration: str = "",
    ) -> None:
        self.folder = folder
        self.user = User()
        self.address = f"http://{host}:{port}"
        write_config_folder(
            folder,
            ffmpeg=tools.ffmpeg(),
            host=host,
            port=port,
            log_level=log_level,
            components=components,
            configuration=configuration,
        )
        self._program = self._start()

    @property
    def log(self) -> Path:
        """The log file of Home Assistant."""
        return self.folder / "home-assistant.log"

    @property
    def process(self) -> psutil.Process:
        """Home Assistant itself."""
        (process,) = psutil.Process(self._program.keeper).children()
        return process

    def our_complaints(self) -> list[str]:
        """Return the integration's warnings, errors and deprecations in the log."""
        return [
            line
            for line in self.log.read_text(encoding="utf-8").splitlines()
            if "hls_camera" in line
            and re.search("WARNING|ERROR|CRITICAL|Traceback|File", line)
            and "has not been tested by Home Assistant" not in line
        ]

    def set_up(self, cameras: Sequence[CameraSettings]) -> list[AddedCamera]:
        """Wait for the start, log in, add cameras and create a dashboard with them."""
        return asyncio.run(self._set_up(cameras))

    @asynccontextmanager
    async def api(self) -> AsyncIterator[Api]:
        """Log in without a browser."""
        async with Api.log_in(self.address, self.user) as api:
            yield api

    def run(self) -> int:
        """Wait until it ends, and restart it on request; return its exit code."""
        while (exit_code := self._program.wait()) == _RESTART:
            self._program = self._start()
        return exit_code

    def stop(self) -> None:
        """Stop it, and wait for its end; may be called again."""
        self._program.stop()

    def start_again(self) -> None:
        """Start it again after `stop()`, with the same folder."""
        self._program = self._start()

    def _start(self) -> Leashed:
        return Leashed(
            # -P: custom components come from the folder, whatever the working directory.
            (tools.hass_python(), "-P", "-m", "homeassistant", "--config", self.folder),
            self.folder / "console.log",
        )

    async def _set_up(self, cameras: Sequence[CameraSettings]) -> list[AddedCamera]:
        await self._wait_answering()
        await create_first_user(self.address, self.user)
        async with self.api() as api:
            await api.wait_running()
            added = [await api.add_camera(camera) for camera in cameras]
            await create_dashboard(api)
            await show_cameras(api, added)
            return added

    async def _wait_answering(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        async with aiohttp.ClientSession(self.address) as session:
            while True:
                self._program.check()
                with suppress(aiohttp.ClientConnectionError):
                    async with session.get("/api/onboarding") as response:
                        if response.status == HTTPStatus.OK:
                            return
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no answer from {self.address}")
                await asyncio.sleep(0.1)


@contextmanager
def home_assistant(
    folder: Path, *, port: int, **arguments: Any
) -> Iterator[HomeAssistant]:
    """Run a `HomeAssistant` with these arguments for the duration of a `with` block."""
    running = HomeAssistant(folder, port=port, **arguments)
    try:
        yield running
    finally:
        running.stop()


def free_port(host: str = LOOPBACK, wanted: int = 0) -> int:
    """Return a free port: the wanted one if possible."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"there is no port at {host}")
