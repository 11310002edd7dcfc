"""The messages to a viewer who follows a stream frame by frame."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import (
    StreamStoppedError,
    TooManyRequestsError,
)
from custom_components.hls_camera.streaming.outputs.viewers import Owner
from tests.camera import Feed, TestCamera
from tests.streams import open_stream

from ..media_files import boxes_of

ALICE = Owner("Alice", "on her phone")

type Messages = AsyncGenerator[str | bytes]

LOGGER = logging.getLogger(__name__)


@asynccontextmanager
async def live(ffmpeg: str) -> AsyncIterator[tuple[Camera, TestCamera]]:
    """Arm the stream of a camera."""
    async with TestCamera(Feed(audio="aac")) as camera:
        stream = open_stream(ffmpeg, camera.url, logger=LOGGER)
        stream.arm()
        try:
            yield stream, camera
        finally:
            await stream.stop()


async def texts(messages: Messages) -> AsyncIterator[dict[str, Any]]:
    async for message in messages:
        if isinstance(message, str):
            yield json.loads(message)


async def until_run(messages: Messages) -> dict[str, Any]:
    """Return the message that begins a run."""
    async for text in texts(messages):
        if text["type"] == "run":
            return text
    raise AssertionError("no run")


async def bytes_of(messages: Messages) -> bytes:
    """Return the next bytes."""
    async for message in messages:
        if isinstance(message, bytes):
            return message
    raise AssertionError("no bytes")


async def test_a_viewer_wakes_the_stream_and_gets_its_frames(ffmpeg: str) -> None:
    """First how it is, then a run: an init section of each track, then fragments."""
    async with (
        live(ffmpeg) as (stream, _),
        aclosing(stream.follow(stream.open_viewer())) as messages,
    ):
        first = json.loads(await anext(messages))
        assert first["type"] == "status"
        assert first["viewers"] == 1
        run = await until_run(messages)
        picture, sound = run["tracks"]
        assert picture["mime"].startswith('video/mp4; codecs="avc1.')
        assert sound == {
            "kind": "audio",
            "mime": 'audio/mp4; codecs="mp4a.40.2"',
            "timescale": 16000,
        }
        for number, handler in enumerate((b"vide", b"soun")):
            init = await bytes_of(messages)
            assert init[0] == number
            (ftyp, _), (moov, payload) = boxes_of(init[1:])
            assert (ftyp, moov) == (b"ftyp", b"moov")
            assert payload.count(b"trak") == 1
            assert payload.count(b"trex") == 1
            assert handler in payload
        numbers: set[int] = set()
        while numbers != {0, 1}:
            fragment = await bytes_of(messages)
            numbers.add(fragment[0])
            *_, moof, mdat = [box_type for box_type, _ in boxes_of(fragment[1:])]
            assert (moof, mdat) == (b"moof", b"mdat")


async def test_a_restart_is_another_run_of_the_same_viewer(ffmpeg: str) -> None:
    async with (
        live(ffmpeg) as (stream, _),
        aclosing(stream.follow(stream.open_viewer())) as messages,
    ):
        before = await until_run(messages)
        await stream.restart()
        assert await until_run(messages) == before
        assert stream.viewers.watching == 1


async def test_viewers_learn_that_a_camera_has_gone(ffmpeg: str) -> None:
    async with (
        live(ffmpeg) as (stream, camera),
        aclosing(stream.follow(stream.open_viewer())) as messages,
    ):
        await until_run(messages)
        camera.refuse_connections()
        for connection in camera.connections:
            connection.reset()
        async for text in texts(messages):
            if text.get("state") == StreamState.BACKOFF:
                assert text["reason"]
                break


async def test_a_stop_ends_it_with_a_last_word(ffmpeg: str) -> None:
    async with (
        live(ffmpeg) as (stream, _),
        aclosing(stream.follow(stream.open_viewer())) as messages,
    ):
        await until_run(messages)
        await stream.stop()
        [*_, last] = [text async for text in texts(messages)]
    assert last["type"] == "status"
    assert last["state"] == "stopped"


async def test_a_dead_token_gets_nothing(ffmpeg: str) -> None:
    async with live(ffmpeg) as (stream, _):
        with pytest.raises(StreamStoppedError):
            await anext(stream.follow("guessed"))


async def test_a_viewer_has_one_at_a_time(ffmpeg: str) -> None:
    """Its token is for one, and dies with it."""
    async with live(ffmpeg) as (stream, _):
        token = stream.open_viewer()
        async with aclosing(stream.follow(token)) as feed:
            await anext(feed)
            with pytest.raises(TooManyRequestsError):
                await anext(stream.follow(token))
            await anext(feed)
        assert token not in stream.viewers


async def test_it_ends_with_its_viewers_login(ffmpeg: str) -> None:
    """At once, and nothing more of the picture is sent."""
    async with live(ffmpeg) as (stream, _):
        messages = stream.follow(stream.open_viewer(owner=ALICE))
        async with aclosing(messages):
            await until_run(messages)
            stream.viewers.revoke(ALICE.login)
            async with asyncio.timeout(10):
                rest = [message async for message in messages]
        media = [message for message in rest if isinstance(message, bytes)]
        assert {each[5:9] for each in media} == {b"ftyp"}


async def test_viewers_who_left_are_not_counted(ffmpeg: str) -> None:
    async with live(ffmpeg) as (stream, _):
        token = stream.open_viewer()
        async with aclosing(stream.follow(token)) as messages:
            await until_run(messages)
            assert stream.viewers.watching == 1
        assert stream.viewers.watching == 0
        assert token not in stream.viewers
