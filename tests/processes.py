"""Processes: whether they have ended, even if they are not reaped yet."""

import time
from collections.abc import Iterable

import psutil


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs; a zombie does not.

    A process whose parent has ended is reaped by the system's first process, after some
    time.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_ended(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Return whether all processes end within this many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(is_alive, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True
