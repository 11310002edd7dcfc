"""A trial of a destination before anything is published there."""

import asyncio
import secrets
from typing import Final

from .destination import Destination, File
from .errors import PublishError, PublishProblem

_TIMEOUT_S: Final = 20.0


async def try_out(destination: Destination) -> None:
    """Write, read and remove a file.

    Its name is that of a segment: if it cannot be removed now, a publication does it.

    Raises:
        PublishError: the destination cannot be used.

    """
    name = f"{secrets.token_hex(4)}-0.m4s"
    data = secrets.token_bytes(16)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            await destination.put(File(name, data, "video/mp4", 0))
            found = await destination.get(name)
            await destination.remove(name)
    except TimeoutError as err:
        raise PublishError(PublishProblem.TIMED_OUT) from err
    if found != data:
        raise PublishError(PublishProblem.NOT_KEPT)
