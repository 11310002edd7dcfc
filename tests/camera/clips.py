"""Clips of feeds, encoded once and cached: repeating a clip is much cheaper than encoding."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path

from . import encoder, ffmpeg
from .media import Feed

CACHE_VARIABLE = "XDG_CACHE_HOME"


def cache_folder() -> Path:
    """Return the folder of the cached clips."""
    cache = os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache"
    return Path(cache) / "hls_camera" / "clips"


async def clip(feed: Feed, binary: str, font: str | None) -> Path:
    """Return a clip of a feed, and encode it if it is not in the cache."""
    command = encoder.clip_command(feed, font)
    key = sha256("\0".join((binary, *command)).encode()).hexdigest()[:32]
    folder = cache_folder()
    path = folder / f"{key}.nut"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # Other processes may be encoding the same clip: each writes its own file, the last one wins.
        handle, unfinished = tempfile.mkstemp(prefix=f"{key}.", dir=folder)
        os.close(handle)
        try:
            await ffmpeg.run(binary, "-y", *command, unfinished)
            Path(unfinished).replace(path)  # noqa: ASYNC240
        finally:
            Path(unfinished).unlink(missing_ok=True)  # noqa: ASYNC240
    return path
