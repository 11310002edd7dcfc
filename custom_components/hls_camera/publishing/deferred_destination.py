"""A destination that is opened when it is first used."""

from collections.abc import Awaitable, Callable, Collection
from typing import override

from .destination import Destination, File


class DeferredDestination(Destination):
    """Opens a destination with the first file; a failed try is repeated with the next."""

    def __init__(self, open_: Callable[[], Awaitable[Destination]]) -> None:
        """Open with `open_`, which raises PublishError."""
        self._open = open_
        self._destination: Destination | None = None

    @override
    async def put(self, file: File) -> None:
        await (await self._opened()).put(file)

    @override
    async def get(self, name: str) -> bytes | None:
        return await (await self._opened()).get(name)

    @override
    async def remove(self, name: str) -> None:
        await (await self._opened()).remove(name)

    @override
    async def names(self) -> Collection[str]:
        return await (await self._opened()).names()

    @override
    async def close(self) -> None:
        if self._destination is not None:
            await self._destination.close()

    async def _opened(self) -> Destination:
        if self._destination is None:
            self._destination = await self._open()
        return self._destination
