"""Fixtures of the tests of publishing."""

import pytest
import pytest_socket

from tests import tools


@pytest.fixture(autouse=True, scope="module")
def loopback_of_servers() -> None:
    """Let servers that several tests share find a port, whichever test is the first."""
    pytest_socket.enable_socket()


@pytest.fixture
def ffmpeg() -> str:
    """Return the newest FFmpeg that we support."""
    return str(tools.ffmpeg())
