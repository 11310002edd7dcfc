"""Fixtures of the converters."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tests import tools
from tests.camera import Feed, TestCamera

from .go2rtc import Go2rtcHost
from .real_go2rtc import RealGo2rtc, find_go2rtc
from .requests import Server

_STAND_IN: Final = "stand-in"
_SERVERS: Final = (_STAND_IN, *filter(None, [find_go2rtc()]))
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


@pytest.fixture(params=_SERVERS)
async def server(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Server]:
    """Return the stand-in for go2rtc and, where there is one, a real go2rtc."""
    program: str = request.param
    server = Go2rtcHost() if program == _STAND_IN else RealGo2rtc(program, tmp_path)
    async with server:
        yield server


@pytest.fixture
async def camera() -> AsyncIterator[TestCamera]:
    """Return a camera with H.265 and G.711, behind a login."""
    feed = Feed(video="hevc", audio="pcma", size=(160, 90))
    async with TestCamera(feed, username="viewer", password=PASSWORD) as camera:
        yield camera
