"""Errors by which a machine says that it has run out of something."""

import errno

import pytest

from custom_components.hls_camera.streaming.shortage import is_shortage


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
    ],
)
def test_it_is_one(error: Exception) -> None:
    assert is_shortage(error)


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "No such file"), RuntimeError("else")]
)
def test_it_is_none(error: Exception) -> None:
    assert not is_shortage(error)
