"""Fixtures of the converters."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests import tools
from tests.camera import Feed, TestCamera

from .go2rtc import Go2rtcHost

PASSWORD = "se#c?r@et %2f:/\\'\"{output}${HOME}`|&;+=<>*~ €ä"


@pytest.fixture
def ffmpeg() -> str:
    """Return the newest FFmpeg that we support."""
    return str(tools.ffmpeg())


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def host() -> AsyncIterator[Go2rtcHost]:
    async with Go2rtcHost() as host:
        yield host


@pytest.fixture
async def camera() -> AsyncIterator[TestCamera]:
    """Return a camera with H.265 and G.711, behind a login."""
    feed = Feed(video="hevc", audio="pcma", size=(160, 90))
    async with TestCamera(feed, username="viewer", password=PASSWORD) as camera:
        yield camera
