"""A rendition without a camera: tests put its media into its window."""

import time
from collections.abc import Callable, Mapping, Sequence

from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.outputs.hls_delivery import (
    Delivery,
    deliver,
    deliver_multivariant,
)
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
    Variant,
)
from custom_components.hls_camera.streaming.outputs.viewers import Viewers
from custom_components.hls_camera.streaming.outputs.window_playlists import (
    Playlists,
    window_variant,
)


class WindowRendition:
    """A rendition of a window, which `wake` is to start."""

    def __init__(
        self,
        window: Window,
        clock: Callable[[], float] = time.monotonic,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self.window = window
        self.playlists = Playlists(window)
        self.viewers = Viewers(clock)
        self.audience = self.viewers.audience(Demand(clock), wake)

    def variants(self) -> Sequence[Variant]:
        """Return the only variant, as soon as there is media."""
        variant = window_variant(self.window, MEDIA_PLAYLIST, 25.0)
        return (variant,) if variant else ()

    async def deliver(
        self,
        token: str,
        resource: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
    ) -> Delivery:
        """Return the answer to a viewer's request, as a camera does."""
        if resource == MULTIVARIANT_PLAYLIST:
            return await deliver_multivariant(self, token, self.variants)
        return await deliver(self, token, resource, query, headers)
