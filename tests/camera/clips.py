"""Clips of feeds, encoded once and kept: repeating one costs a fraction of encoding it."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from . import encoder, ffmpeg
from .media import Feed

CACHE_VARIABLE = "XDG_CACHE_HOME"


def cache_folder() -> Path:
    """Return where clips are kept from one run to the next."""
    cache = os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache"
    return Path(cache) / "hls_camera" / "clips"


async def clip(feed: Feed, binary: str, font: str | None) -> Path:
    """Return a clip of a feed, encoded now if that was never done before."""
    command = encoder.clip_command(feed, font)
    key = sha256("\0".join((binary, *command)).encode()).hexdigest()[:32]
    folder = cache_folder()
    path = folder / f"{key}.nut"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Others may be encoding the same clip: each writes its own file, the last one stays.
        handle, unfinished = tempfile.mkstemp(prefix=f"{key}.", dir=folder)
        os.close(handle)
        try:
            await ffmpeg.run(binary, "-y", *command, unfinished)
            Path(unfinished).replace(path)  # noqa: ASYNC240
        finally:
            Path(unfinished).unlink(missing_ok=True)  # noqa: ASYNC240
    return path
