"""Fixtures of all tests.

The test plugin of Home Assistant is active for all of them, also for those of the core:
a test fails when it leaves a task, a timer or a thread behind.
"""

from typing import Final

import pytest

_PLAY_SECONDS: Final = 8.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the tests of players take as long as it takes to trust them."""
    parser.addoption(
        "--play-seconds",
        type=float,
        default=_PLAY_SECONDS,
        help="how long a player plays to show that it does not stall"
        " (default: %(default)s)",
    )


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Allow sockets, which the plugin forbids; it still lets them reach 127.0.0.1 only."""
