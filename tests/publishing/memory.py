"""A destination in memory."""

from collections.abc import Collection
from typing import override

import m3u8

from custom_components.hls_camera.publishing.destination import Destination, File
from custom_components.hls_camera.publishing.errors import PublishError
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST


class Memory(Destination):
    """Keeps files in memory, and fails on demand."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.error: PublishError | None = None
        self.written: list[str] = []
        self.is_closed = False

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    @override
    async def put(self, file: File) -> None:
        self._fail()
        self.files[file.name] = file
        self.written.append(file.name)

    @override
    async def get(self, name: str) -> bytes | None:
        self._fail()
        return self.files[name].data if name in self.files else None

    @override
    async def remove(self, name: str) -> None:
        self._fail()
        self.files.pop(name, None)

    @override
    async def names(self) -> Collection[str]:
        return list(self.files)

    @override
    async def close(self) -> None:
        self.is_closed = True

    @property
    def playlist(self) -> m3u8.M3U8:
        """The media playlist, read by an independent reader."""
        return m3u8.loads(self.files[MEDIA_PLAYLIST].data.decode())
