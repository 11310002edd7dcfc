"""A stream is published as HLS: players play it, and nothing is left behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import m3u8
import pytest

from custom_components.hls_camera.publishing.destination import File
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from custom_components.hls_camera.publishing.folder import Folder
from custom_components.hls_camera.publishing.hls_publisher import (
    HlsOptions,
    HlsPublisher,
)
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from tests import tools
from tests.streaming.clocks import Clock
from tests.streaming.media_files import INIT, camera_media, run_ffmpeg

from .memory import Memory
from .streams import Stream

OPTIONS = HlsOptions(segment_duration=2.0, listed=3)


@asynccontextmanager
async def publishing(
    publisher: HlsPublisher, stream: Stream
) -> AsyncGenerator[asyncio.Queue[int]]:
    """Publish; yield a queue of the sizes of what was published."""
    published = asyncio.Queue[int]()
    task = asyncio.create_task(
        publisher.publish(stream.live, published.put_nowait), eager_start=True
    )
    try:
        yield published
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def publish(
    publisher: HlsPublisher, stream: Stream, seconds: float, segments: int
) -> None:
    """Publish so many seconds, which make so many segments."""
    async with publishing(publisher, stream) as published, asyncio.timeout(10):
        stream.play(seconds)
        for _ in range(segments):
            await published.get()


async def test_each_segment_is_there_before_a_playlist_names_it() -> None:
    memory, stream = Memory(), Stream()
    await publish(HlsPublisher(memory, OPTIONS), stream, 5, 2)
    order = [name.split("-", 1)[-1] for name in memory.written]
    assert order == [
        *("init-1.mp4", "1.m4s", MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST),
        *("2.m4s", MEDIA_PLAYLIST),
    ]
    assert [round(each.duration) for each in memory.playlist.segments] == [2, 2]
    top = m3u8.loads(memory.files[MULTIVARIANT_PLAYLIST].data.decode())
    assert [variant.uri for variant in top.playlists] == [MEDIA_PLAYLIST]


async def test_caches_keep_segments_for_ever_and_playlists_for_a_second() -> None:
    memory, stream = Memory(), Stream()
    await publish(HlsPublisher(memory, OPTIONS), stream, 3, 1)
    controls = {each.content_type: each.cache_control for each in memory.files.values()}
    assert controls == {
        "video/mp4": "public, max-age=31536000, immutable",
        "application/vnd.apple.mpegurl": "public, max-age=1",
    }


async def test_old_segments_are_removed_when_no_player_can_want_them() -> None:
    memory, stream, clock = Memory(), Stream(), Clock()
    publisher = HlsPublisher(memory, OPTIONS, clock=clock)
    async with publishing(publisher, stream) as published, asyncio.timeout(10):
        for number in range(1, 30):
            clock.now += 2
            stream.play(2)
            if number > 1:
                await published.get()
    names = [name for name in memory.files if name.endswith(".m4s")]
    listed = {each.uri for each in memory.playlist.segments}
    assert len(listed) == OPTIONS.listed
    assert listed < set(names)
    assert len(names) < 20


async def test_another_init_section_replaces_the_first() -> None:
    memory, stream, clock = Memory(), Stream(), Clock()
    publisher = HlsPublisher(memory, OPTIONS, clock=clock)
    async with publishing(publisher, stream) as published, asyncio.timeout(10):
        stream.play(3)
        await published.get()
        stream.end_run()
        stream.begin_run(INIT)
        await published.get()
    inits = [segment.init_section.uri for segment in memory.playlist.segments]
    assert [name.split("-", 1)[1] for name in inits] == ["init-1.mp4"] * 2


async def test_a_failure_loses_nothing() -> None:
    memory, stream = Memory(), Stream()
    publisher = HlsPublisher(memory, OPTIONS)
    await publish(publisher, stream, 3, 1)
    memory.error = PublishError(PublishProblem.UNREACHABLE)
    failing = asyncio.create_task(
        publisher.publish(stream.live, lambda _: None), eager_start=True
    )
    stream.play(2)
    with pytest.raises(PublishError):
        await failing
    memory.error = None
    await publish(publisher, stream, 2, 2)
    numbers = [each.uri.split("-")[1] for each in memory.playlist.segments]
    assert numbers == ["1.m4s", "2.m4s", "3.m4s"]
    assert publisher.dropped == 0


async def test_the_next_publication_continues_the_playlist_and_cleans_up() -> None:
    memory = Memory()
    memory.files["holiday.jpg"] = File("holiday.jpg", b"", "image/jpeg", 0)
    await publish(HlsPublisher(memory, OPTIONS), Stream(), 9, 4)
    before = memory.playlist
    old = {each.uri for each in before.segments}
    clock = Clock()
    second, stream = HlsPublisher(memory, OPTIONS, clock=clock), Stream()
    async with publishing(second, stream) as published, asyncio.timeout(10):
        stream.play(3)
        await published.get()
        assert old < set(memory.files)
        after = memory.playlist
        assert after.media_sequence == before.media_sequence + 3
        assert after.discontinuity_sequence == 1
        clock.now += 60
        stream.play(2)
        await published.get()
        stream.play(2)
        await published.get()
    assert not old & set(memory.files)
    await second.remove()
    assert set(memory.files) == {"holiday.jpg"}


async def test_the_end_is_told_to_players() -> None:
    memory = Memory()
    publisher = HlsPublisher(memory, OPTIONS)
    await publisher.finish()
    assert not memory.files
    await publish(publisher, Stream(), 3, 1)
    assert not memory.playlist.is_endlist
    await publisher.finish()
    assert memory.playlist.is_endlist


async def test_ffmpeg_plays_every_picture_of_what_is_published(
    ffmpeg: str, tmp_path: Path
) -> None:
    media = camera_media(ffmpeg)
    stream = Stream(media.init)
    publisher = HlsPublisher(Folder(tmp_path / "door"), HlsOptions(segment_duration=1))
    async with publishing(publisher, stream) as published, asyncio.timeout(10):
        stream.push(media.closed)
        for _ in range(2):
            await published.get()
    await publisher.finish()
    address = str(tmp_path / "door" / MULTIVARIANT_PLAYLIST)
    played = await asyncio.to_thread(
        run_ffmpeg,
        str(tools.ffmpeg()),
        *("-i", address, "-map", "0:v", "-f", "framecrc", "-"),
    )
    pictures = [line for line in played.splitlines() if not line.startswith(b"#")]
    assert len(pictures) == 50


async def test_a_destination_that_loses_all_files_is_complete_again_after_a_minute() -> (
    None
):
    memory, stream, clock = Memory(), Stream(), Clock()
    publisher = HlsPublisher(memory, OPTIONS, clock=clock)
    await publish(publisher, stream, 9, 4)
    before = memory.playlist.media_sequence
    memory.files.clear()
    clock.now += 61
    await publish(publisher, stream, 8, 4)
    playlist = memory.playlist
    [init] = {each.init_section.uri for each in playlist.segments}
    named = {init, *(each.uri for each in playlist.segments)}
    assert named | {MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST} <= set(memory.files)
    assert playlist.media_sequence > before
