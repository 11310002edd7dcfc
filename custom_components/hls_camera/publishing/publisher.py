"""The way in which a stream is published."""

from collections.abc import Callable
from typing import Protocol

from ..streaming.live.stream import LiveStream


class Publisher(Protocol):
    """Publishes one stream. Each method raises PublishError."""

    @property
    def dropped(self) -> int:
        """Segments that the destination was too slow for."""

    async def publish(self, live: LiveStream, published: Callable[[int], None]) -> None:
        """Publish until it fails or is cancelled; it may be called again.

        `published` is called with the number of bytes that arrived.
        """

    async def finish(self) -> None:
        """Tell players that nothing more follows."""

    async def remove(self) -> None:
        """Remove what was published."""

    async def close(self) -> None:
        """Release what the publisher holds on this machine."""
