"""Live feeds of viewers who want the sub-stream, with real FFmpegs and two real streams."""

import asyncio
import json
from contextlib import aclosing

import pytest

from custom_components.hls_camera.streaming.camera.camera import Quality
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.outputs.live_feed import MOVED
from tests.camera import TestCamera
from tests.streams import reach

from ..servers import free_port
from .scenes import CORE, SMALL, two_streams


class TestWhoFollowsTheSmallOne:
    """A viewer of the sub-stream, who prefers the main stream to no picture."""

    async def test_gets_the_main_one_while_the_small_one_is_in_trouble(
        self, ffmpeg: str
    ) -> None:
        async with two_streams(ffmpeg, small=None) as camera:
            ours = camera.ours
            assert ours.sub is not None
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.sub.audience
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                states = [json.loads(text)["state"] async for text in messages]
            assert set(states) <= {StreamState.IDLE, StreamState.STARTING}
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience

    async def test_gets_the_main_one_when_the_small_one_was_given_up(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            two_streams(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            ours = camera.ours
            token = ours.open_viewer(Quality.SUB)
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                states = [json.loads(text)["state"] async for text in messages]
            assert StreamState.FAILED not in states
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience

    async def test_keeps_it_over_an_outage_that_passes(self, ffmpeg: str) -> None:
        async with two_streams(ffmpeg) as camera:
            ours = camera.ours
            assert camera.small is not None
            token = ours.open_viewer(Quality.SUB)
            async with aclosing(ours.follow(token)) as messages:
                for _ in range(2):
                    async for message in messages:
                        if isinstance(message, bytes):
                            break
                    for connection in camera.small.connections:
                        connection.reset()
                    async for message in messages:
                        if isinstance(message, str) and "run" in message:
                            break
                    else:
                        raise AssertionError("it ended")

    async def test_goes_back_to_it_once_that_is_steady(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody else asks for the small one, and the main one's feed never fails."""
        monkeypatch.setattr(f"{CORE}.ingest.recovery.HEALTHY_AFTER_S", 1.0)
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL_S", 0.2)
        port = free_port()
        async with two_streams(
            ffmpeg, small=None, elsewhere=f"rtsp://127.0.0.1:{port}/camera"
        ) as camera:
            ours = camera.ours
            sub = ours.sub
            assert sub is not None
            sub.wake()
            await reach(sub, StreamState.BACKOFF)
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience
            async with aclosing(ours.follow(token)) as messages:
                async for message in messages:
                    if isinstance(message, bytes):
                        break
                async with TestCamera(SMALL, port=port), asyncio.timeout(40):
                    said = [text async for text in messages if isinstance(text, str)]
                    assert said[-1] == MOVED
                    assert sub.is_steady
                    token = ours.open_viewer(Quality.SUB)
                    assert token in sub.audience

    async def test_wakes_it_where_it_rests(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such as where there was no place for it, or its password was corrected."""
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL_S", 0.2)
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            two_streams(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            ours = camera.ours
            assert ours.sub is not None
            ours.sub.wake()
            await reach(ours.sub, StreamState.FAILED)
            token = ours.open_viewer(Quality.SUB)
            small.authenticator = None
            ours.sub.arm()
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                async for _ in messages:
                    if ours.sub.state is StreamState.STREAMING:
                        break

    async def test_stays_with_the_main_one_while_it_comes_and_goes(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL_S", 0.2)
        async with two_streams(ffmpeg) as camera:
            ours = camera.ours
            sub = ours.sub
            assert sub is not None
            assert camera.small is not None
            sub.wake()
            await reach(sub, StreamState.STREAMING)
            for connection in camera.small.connections:
                connection.reset()
            await reach(sub, StreamState.BACKOFF)
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience
            async with aclosing(ours.follow(token)) as messages:
                async for _ in messages:
                    if sub.state is StreamState.STREAMING:
                        break
                said = [await anext(messages) for _ in range(40)]
            assert MOVED not in said
