"""A folder as a destination, such as one that a web server serves."""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from errno import EACCES, EDQUOT, ENOENT, ENOSPC, ENOTDIR, EPERM, EROFS
from pathlib import Path
from typing import Final, override

from .destination import Destination, File
from .errors import PublishError, PublishProblem

_PROBLEMS: Final = {
    ENOSPC: PublishProblem.FULL,
    EDQUOT: PublishProblem.FULL,
    EACCES: PublishProblem.FORBIDDEN,
    EPERM: PublishProblem.FORBIDDEN,
    EROFS: PublishProblem.FORBIDDEN,
    ENOENT: PublishProblem.NOT_FOUND,
    ENOTDIR: PublishProblem.NOT_FOUND,
}


class Folder(Destination):
    """Writes files into a folder, which it makes if its parent exists."""

    def __init__(self, path: Path) -> None:
        """Write into `path`."""
        self._path = path

    @override
    async def put(self, file: File) -> None:
        def write() -> None:
            self._path.mkdir(exist_ok=True)
            temporary = self._path / f".{file.name}.tmp"
            try:
                temporary.write_bytes(file.data)
                temporary.replace(self._path / file.name)
            except OSError:
                with suppress(OSError):
                    temporary.unlink(missing_ok=True)
                raise

        await _in_thread(write)

    @override
    async def get(self, name: str) -> bytes | None:
        def read() -> bytes | None:
            try:
                return (self._path / name).read_bytes()
            except FileNotFoundError:
                return None

        return await _in_thread(read)

    @override
    async def remove(self, name: str) -> None:
        await _in_thread(lambda: (self._path / name).unlink(missing_ok=True))

    @override
    async def names(self) -> Collection[str]:
        def list_names() -> list[str]:
            if not self._path.is_dir():
                return []
            return [each.name for each in self._path.iterdir()]

        return await _in_thread(list_names)

    @override
    async def close(self) -> None:
        pass


async def _in_thread[T](job: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(job)
    except OSError as err:
        problem = _PROBLEMS.get(err.errno or 0, PublishProblem.REFUSED)
        raise PublishError(problem, err.strerror or "") from err
