"""An input of two others, written outside the core, which is not touched for it."""

from dataclasses import dataclass
from typing import override

from custom_components.hls_camera.streaming.sources.input import (
    Input,
    OpenInput,
    ReadOptions,
    open_together,
)


@dataclass(frozen=True)
class SideBySide(Input):
    """Two pictures of the same height, with the first one's sound."""

    left: Input
    right: Input

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        return await open_together(
            [self.left, self.right],
            options,
            filter_graph="[0:v:0][1:v:0]hstack=shortest=1[both]",
            picture="[both]",
        )
