"""Processes: whether they have ended, whoever has to bury them."""

import time
from collections.abc import Iterable

import psutil


def is_alive(process: psutil.Process) -> bool:
    """Whether a process runs; one that only waits for its parent to notice does not.

    A process whose parent died first is buried by the system's first process, which
    takes its time.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_ended(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Return whether all processes end within so many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(is_alive, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
