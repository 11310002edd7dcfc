"""What programs get that read a camera as one endless file, by real FFmpegs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import (
    StreamNotReadyError,
    StreamStoppedError,
    TooSlowError,
)
from custom_components.hls_camera.streaming.media.endless import Format
from custom_components.hls_camera.streaming.outputs import reader as reader_module
from tests.streams import process_of, reach

from ..armed_camera import camera_with_sound
from ..endless_files import pictures
from ..probing import probe_file


async def beginning(file: AsyncIterator[bytes], size: int) -> bytes:
    """Return so many bytes of a file, or some more."""
    data = b""
    async for piece in file:
        data += piece
        if len(data) >= size:
            break
    return data


@pytest.mark.parametrize("wanted", Format)
async def test_a_reader_goes_on_over_a_death_of_ffmpeg(
    ffmpeg: str, tmp_path: Path, wanted: Format
) -> None:
    """It wakes the stream, and its times never run backwards."""
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aclosing(ours.read(wanted)) as file,
    ):
        data = await beginning(file, 100_000)
        assert ours.statistics().readers == {wanted: 1}
        assert ours.statistics().viewers == 1
        os.kill(process_of(ours), signal.SIGKILL)
        await reach(ours.main, StreamState.BACKOFF)
        await reach(ours.main, StreamState.STREAMING)
        data += await beginning(file, 200_000)
        assert camera.total_connections <= 3
    path = tmp_path / "endless"
    path.write_bytes(data)
    probed = probe_file(path)
    for kind in ("video", "audio"):
        times = probed.times(kind)
        assert times == sorted(times)
    assert len(pictures(path)) == len(probed.packets["video"])


async def test_all_readers_and_viewers_share_one_connection(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aclosing(ours.read(Format.MP4)) as one,
        aclosing(ours.read(Format.MPEG_TS)) as two,
        aclosing(ours.follow(ours.open_viewer())) as feed,
    ):
        await anext(one)
        connections = camera.total_connections
        await asyncio.gather(anext(two), anext(feed))
        assert ours.statistics().readers == {Format.MP4: 1, Format.MPEG_TS: 1}
        assert ours.statistics().viewers == 3
        assert camera.total_connections == connections
        assert len(camera.connections) == 1


async def test_a_reader_that_has_left_is_not_counted(ffmpeg: str) -> None:
    async with camera_with_sound(ffmpeg) as (ours, _):
        async with aclosing(ours.read(Format.MPEG_TS)) as file:
            await anext(file)
        assert ours.statistics().readers == {}
        assert ours.viewers.watching == 0
        assert len(ours.viewers) == 0


async def test_a_stopped_camera_refuses_readers(ffmpeg: str) -> None:
    async with camera_with_sound(ffmpeg) as (ours, _):
        await ours.stop()
        with pytest.raises(StreamStoppedError):
            ours.read(Format.MP4)


async def test_a_stop_ends_the_file(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, _),
        aclosing(ours.read(Format.MP4)) as file,
    ):
        await anext(file)
        await ours.stop()
        async with asyncio.timeout(5):
            assert all([data async for data in file])


async def test_a_slow_reader_is_dropped_and_others_go_on(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MAX_QUEUED", 40)
    async with (
        camera_with_sound(ffmpeg) as (ours, _),
        aclosing(ours.read(Format.MPEG_TS)) as slow,
        aclosing(ours.read(Format.MPEG_TS)) as quick,
    ):
        await anext(slow)
        async for _ in quick:
            if ours.main.window.played > 3:
                break
        with pytest.raises(TooSlowError):
            await anext(slow)
        assert await anext(quick)
        assert ours.statistics().readers == {Format.MPEG_TS: 1}


async def test_a_reader_gets_signs_of_life_while_the_camera_is_away(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "PAUSE_INTERVAL_S", 0.1)
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aclosing(ours.read(Format.MP4)) as file,
    ):
        await anext(file)
        camera.refuse_connections()
        for connection in camera.connections:
            connection.reset()
        async with asyncio.timeout(10):
            async for data in file:
                if data == b"\0\0\0\x08free":
                    break


async def test_a_camera_that_shows_nothing_in_time_is_an_error(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "FIRST_PICTURE_TIMEOUT_S", 0.1)
    async with camera_with_sound(ffmpeg) as (ours, camera):
        camera.refuse_connections()
        with pytest.raises(StreamNotReadyError):
            await anext(ours.read(Format.MP4))
        assert ours.viewers.watching == 0
