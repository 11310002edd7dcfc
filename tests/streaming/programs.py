"""Programs that stand in for FFmpeg."""

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from shlex import quote


class Programs:
    """Makes shell scripts that can be run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def make(self, script: str) -> str:
        """Return the path of a program that does this."""
        path = self._folder / f"program-{next(self._numbers)}"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        return str(path)

    def sending(
        self, media: bytes | Iterable[bytes], then: str = "exec sleep 99"
    ) -> str:
        """Return the path of a program that sends media and then does something else."""
        path = self._folder / f"media-{next(self._numbers)}"
        path.write_bytes(media if isinstance(media, bytes) else b"".join(media))
        return self.make(f"cat {quote(str(path))}\n{then}")
