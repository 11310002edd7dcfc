"""Home Assistants for the tests of a module: their start takes longer than the tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest_socket

from tests.demo.api import CameraSettings
from tests.demo.cameras import demo_cameras
from tests.demo.home_assistant import HomeAssistant, free_port, home_assistant


@contextmanager
def home_with_cameras(
    folder: Path, size: tuple[int, int]
) -> Iterator[tuple[HomeAssistant, CameraSettings, CameraSettings]]:
    """Run a Home Assistant beside two cameras, which have not been added to it yet."""
    pytest_socket.enable_socket()  # the plugin forbids them again for each test
    with (
        home_assistant(folder / "config", port=free_port()) as running,
        demo_cameras(("Garden", "Front door"), folder / "cameras.log", size) as cameras,
    ):
        garden, front_door = cameras
        yield running, garden, front_door
