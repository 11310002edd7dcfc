"""Plays one cell of the matrix: a camera, the core, and hls.js in Chromium."""

import asyncio
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from tests.browser.core_server import CoreServer, CoreServerError
from tests.browser.player import PlayerError, Report, playing
from tests.camera import TestCamera

from .cases import CodecCase

_PATIENCE: Final = 60.0
"""Seconds for everything but playing."""
_LAG: Final = 1.5
"""Seconds that a player may lag behind the wall clock."""
_PASSING: Final = {"bufferStalledError", "bufferAppendNoProgress"}
"""Harmless errors: the player waits for more media."""


async def play(
    browser: Browser, case: CodecCase, ffmpeg: Path, seconds: float
) -> list[str]:
    """Play a cell; return the problems in words, empty if it plays."""
    try:
        async with (
            asyncio.timeout(_PATIENCE + seconds),
            TestCamera(case.feed) as camera,
            CoreServer(camera.url, ffmpeg=ffmpeg) as server,
            playing(browser, server.address) as player,
        ):
            before = await player.play(seconds / 2)
            after = await player.play(seconds / 2)
            treatment = server.lines[0]
    except (CoreServerError, PlayerError, TimeoutError) as error:
        return [f"it did not begin: {error}"]
    return [*_of_plan(case, treatment), *_of_player(case, before, after, seconds)]


def _of_plan(case: CodecCase, treatment: str) -> list[str]:
    video, audio = case.actions
    found = f"({video})" in treatment and treatment.endswith(f"({audio})")
    return [] if found else [treatment]


def _of_player(
    case: CodecCase, before: Report, after: Report, seconds: float
) -> list[str]:
    wrong = [
        f"{error['details']}: {error['message']}"
        for error in after.errors
        if error["fatal"]
        or (error["type"] == "mediaError" and error["details"] not in _PASSING)
    ]
    if after.played < seconds - _LAG - len(after.waits):
        wrong.append(f"{after.played:.1f} s were shown in {seconds:g} s")
    if (after.width, after.height) != case.feed.size:
        wrong.append(f"the picture is {after.width}x{after.height}")
    if case.feed.audio is None and after.audio_bytes:
        wrong.append("there is sound")
    if case.feed.audio is not None and after.audio_bytes <= before.audio_bytes:
        wrong.append("the sound does not go on")
    return wrong
