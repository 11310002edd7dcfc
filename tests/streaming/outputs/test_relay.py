"""A stream of ours as the input of another FFmpeg, by real FFmpegs."""

import asyncio
import gc
import os
import re
import subprocess
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import batched
from statistics import median

import pytest

from custom_components.hls_camera.streaming.camera.camera import SUB_PLAYLIST
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.outputs import relay as relay_module
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from custom_components.hls_camera.streaming.outputs.relay import Relay
from tests import tools
from tests.camera import Feed, Picture, TestCamera, capture_time

from ..camera.scenes import made_sub_stream

FEED = Feed(audio="aac", size=(320, 180), keyframe_interval=0.4)


def captured_at_zero(window: Window) -> float:
    """Return the time of capture, in seconds, of a frame at time zero of the timeline."""
    segments = [window.segment(msn) for msn in range(window.last_msn + 1)]
    whole = [segment for segment in segments if segment and segment.is_complete]
    init = window.init_section(whole[-1].init_id)
    assert init is not None
    decoding = subprocess.run(
        [
            *(tools.ffmpeg(), "-hide_banner", "-copyts", "-i", "pipe:0", "-an"),
            *("-vf", f"scale={FEED.size[0]}:{FEED.size[1]}:flags=neighbor,showinfo"),
            *("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray"),
            "pipe:1",
        ],
        input=init.data + b"".join(part.data for each in whole for part in each.parts),
        capture_output=True,
        check=True,
    )
    times = map(float, re.findall(rb"pts_time:([0-9.]+)", decoding.stderr))
    frames = batched(decoding.stdout, FEED.size[0] * FEED.size[1], strict=True)
    captured = (capture_time.decode(bytes(frame), *FEED.size) for frame in frames)
    return median(
        moment / 1000 - time
        for time, moment in zip(times, captured, strict=True)
        if moment is not None
    )


async def test_they_show_the_same_moment_at_the_same_time(ffmpeg: str) -> None:
    """Within a keyframe interval, so that a player that changes stays where it was.

    Each is placed on the timeline by the arrival of its first frame.
    """
    feed = replace(FEED, picture=Picture.CAPTURE_TIME)
    async with TestCamera(feed) as camera, made_sub_stream(ffmpeg, camera) as seen:
        await seen.text(SUB_PLAYLIST)
        window = seen.sub.window
        await window.wait_for(window.last_msn + 2)
        main = await asyncio.to_thread(captured_at_zero, seen.ours.main.window)
        sub = await asyncio.to_thread(captured_at_zero, window)
    assert abs(main - sub) < FEED.keyframe_interval


async def test_it_restarts_before_ffmpeg_remembers_too_much(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "_MAX_ANSWER_S", 1.0)
    async with TestCamera(FEED) as camera, made_sub_stream(ffmpeg, camera) as seen:
        await seen.text(SUB_PLAYLIST)
        first = seen.sub.supervisor.run
        async with asyncio.timeout(20):
            while seen.sub.supervisor.run is first:
                await seen.sub.window.wait_for(seen.sub.window.last_msn + 1)
            await seen.sub.window.wait_for(seen.sub.window.last_msn + 2)
        assert camera.total_connections == 1


class TestListener:
    @pytest.fixture
    async def relay(self, ffmpeg: str) -> AsyncIterator[Relay]:
        async with TestCamera(FEED) as camera, made_sub_stream(ffmpeg, camera) as seen:
            await seen.text(MEDIA_PLAYLIST)
            relay = await Relay.open(seen.ours.main.window, nullcontext)
            yield relay
            await relay.close()

    @staticmethod
    async def ask(url: str, request: str = "GET /{path} HTTP/1.1") -> bytes:
        """Return the first bytes of an answer, or nothing."""
        address, _, path = url.removeprefix("http://").partition("/")
        host, _, port = address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(f"{request.format(path=path)}\r\n\r\n".encode())
            return await reader.read(12)
        finally:
            writer.close()
            await writer.wait_closed()

    async def test_a_client_with_the_path_is_answered(self, relay: Relay) -> None:
        assert await self.ask(relay.url) == b"HTTP/1.1 200"

    async def test_nonsense_is_nobodys_error(
        self, relay: Relay, caplog: pytest.LogCaptureFixture
    ) -> None:
        answers = [await self.ask(relay.url, text) for text in ("", "GET", "\0")]
        assert answers == [b"", b"", b""]
        gc.collect()
        assert "never retrieved" not in caplog.text

    async def test_nobody_else(self, relay: Relay) -> None:
        assert await self.ask(relay.url[:-1]) == b""

    async def test_no_other_user_of_the_machine(
        self, relay: Relay, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(os, "geteuid", lambda: 4711)
        assert await self.ask(relay.url) == b""
