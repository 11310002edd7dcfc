"""A deferred destination is opened with the first file, and again if that failed."""

from collections.abc import Awaitable, Callable

import pytest

from custom_components.hls_camera.publishing.deferred_destination import (
    DeferredDestination,
)
from custom_components.hls_camera.publishing.destination import Destination, File
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem

from .memory import Memory

FILE = File("a.m4s", b"data", "video/mp4", 60)


def opening(
    *results: Destination | PublishError,
) -> tuple[list[str], Callable[[], Awaitable[Destination]]]:
    """Return the calls so far, and a function that opens with one result after the other."""
    remaining, calls = list(results), list[str]()

    async def open_() -> Destination:
        calls.append("open")
        result = remaining.pop(0)
        if isinstance(result, PublishError):
            raise result
        return result

    return calls, open_


async def test_it_is_opened_once_and_passes_everything_on() -> None:
    memory = Memory()
    calls, open_ = opening(memory)
    deferred = DeferredDestination(open_)
    assert calls == []
    await deferred.put(FILE)
    assert await deferred.get(FILE.name) == FILE.data
    assert await deferred.names() == [FILE.name]
    await deferred.remove(FILE.name)
    assert await deferred.get(FILE.name) is None
    await deferred.close()
    assert memory.is_closed
    assert calls == ["open"]


async def test_a_failed_opening_is_repeated() -> None:
    memory = Memory()
    calls, open_ = opening(PublishError(PublishProblem.LIBRARY_MISSING), memory)
    deferred = DeferredDestination(open_)
    with pytest.raises(PublishError):
        await deferred.put(FILE)
    await deferred.put(FILE)
    assert memory.files == {FILE.name: FILE}
    assert calls == ["open", "open"]


async def test_one_that_was_never_opened_closes() -> None:
    calls, open_ = opening()
    await DeferredDestination(open_).close()
    assert calls == []
