"""What every test has.

The test plugin of Home Assistant is active for all of them, also for those of the core:
a test fails when it leaves a task, a timer or a thread behind.
"""

import pytest


@pytest.fixture(autouse=True)
def loopback(socket_enabled: None) -> None:
    """Allow sockets, which the plugin forbids; it still lets them reach 127.0.0.1 only."""
