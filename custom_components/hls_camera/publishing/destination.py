"""Where HLS is published: a place that keeps files by name."""

from collections.abc import Collection
from typing import NamedTuple, Protocol


class File(NamedTuple):
    """A file to publish."""

    name: str
    data: bytes
    content_type: str
    max_age: int
    """Seconds for which caches may keep it."""

    @property
    def cache_control(self) -> str:
        """The value of Cache-Control (RFC 9111, 5.2.2)."""
        immutable = ", immutable" if self.max_age >= _FOR_EVER_S else ""
        return f"public, max-age={self.max_age}{immutable}"


_FOR_EVER_S = 365 * 24 * 3600


class Destination(Protocol):
    """Keeps files. Each method raises PublishError."""

    async def put(self, file: File) -> None:
        """Write a file, in place of one of that name. Nobody reads half of it."""

    async def get(self, name: str) -> bytes | None:
        """Return a file's data; None if there is no such file."""

    async def remove(self, name: str) -> None:
        """Remove a file, if it exists."""

    async def names(self) -> Collection[str]:
        """Return the names of the files there, where that can be known."""

    async def close(self) -> None:
        """Release what the destination holds on this machine."""
