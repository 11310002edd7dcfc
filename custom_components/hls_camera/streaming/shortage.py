"""Errors of a machine that has run out of a resource."""

from errno import EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC
from typing import Final

_ERRNOS: Final = frozenset({EAGAIN, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSPC})
_NO_THREAD: Final = "can't start new thread"
"""Python's RuntimeError; it has no type or number of its own."""


def is_shortage(error: BaseException) -> bool:
    """Whether memory, threads, processes or open files are used up."""
    match error:
        case MemoryError():
            return True
        case OSError(errno=number):
            return number in _ERRNOS
        case RuntimeError():
            return _NO_THREAD in str(error)
    return False
