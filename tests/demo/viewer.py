"""A viewer of the demo."""

import aiohttp

from .api import Api, User


async def watch(address: str) -> None:
    """Request the demo camera's picture, so that its stream runs."""
    async with (
        Api.log_in(address, User()) as api,
        aiohttp.ClientSession(address) as session,
    ):
        stream = await api.command("camera/stream", entity_id="camera.garden")
        async with session.get(stream["url"]) as response:
            assert "#EXT-X-STREAM-INF" in await response.text()
