"""A still image from the newest keyframe."""

import asyncio
import errno
import os
import resource
import struct
from pathlib import Path

import psutil
import pytest

from custom_components.hls_camera.streaming import memory
from custom_components.hls_camera.streaming.errors import (
    FfmpegMissingError,
    MediaError,
    PictureTooLargeError,
    ShortageError,
    StreamNotReadyError,
    StreamStoppedError,
)
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.fmp4 import write_fragment
from custom_components.hls_camera.streaming.media.track_samples import TrackSamples
from custom_components.hls_camera.streaming.outputs import snapshot as module
from custom_components.hls_camera.streaming.outputs.snapshot import (
    SnapshotCache,
    decode_snapshot,
)
from tests.waiting import eventually

from ..media_files import H264, SILENT_VIDEO, camera_media, handed_over
from ..programs import Programs
from ..windows import START, add_part, make_window


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return width and height of a JPEG, from its frame header (ITU-T T.81, B.2.2)."""
    assert jpeg.startswith(b"\xff\xd8")
    assert jpeg.rstrip(b"\0").endswith(b"\xff\xd9")
    offset = 2
    while jpeg[offset + 1] not in {0xC0, 0xC1, 0xC2}:
        offset += 2 + int.from_bytes(jpeg[offset + 2 : offset + 4])
    height, width = struct.unpack_from(">HH", jpeg, offset + 5)
    return width, height


def fill(window: Window, ffmpeg: str) -> None:
    """Let a keyframe come."""
    media = camera_media(ffmpeg)
    window.begin_run(media.init)
    window.raise_part_target(0.2)
    window.open_segment(START)
    tracks = [
        (
            media.init.video,
            [
                each
                for each in media.closed
                if each.track_id == media.init.video.track_id
            ][:5],
        )
    ]
    data = write_fragment(1, tracks)
    samples = TrackSamples.in_fragment(data, tracks)
    add_part(window, data, 0.2, independent=True, tracks=samples)


@pytest.fixture
def window(ffmpeg: str) -> Window:
    window = make_window()
    fill(window, ffmpeg)
    return window


async def test_the_newest_keyframe_becomes_a_jpeg(
    any_ffmpeg: str, window: Window
) -> None:
    assert size_of(await SnapshotCache(any_ffmpeg).image(window)) == (320, 180)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (160, None, (160, 90)),
        (None, 90, (160, 90)),
        (160, 160, (160, 90)),
        (100, 50, (89, 50)),
    ],
)
async def test_it_is_scaled_to_fit_the_requested_size(
    any_ffmpeg: str,
    window: Window,
    width: int | None,
    height: int | None,
    size: tuple[int, int],
) -> None:
    image = await SnapshotCache(any_ffmpeg).image(window, width, height)
    assert size_of(image) == pytest.approx(size, abs=1)


@pytest.mark.parametrize(
    ("width", "height"),
    [(640, 480), (30_000, 30_000), (2**40, None), (None, 2**40), (0, 0), (-5, -5)],
)
async def test_it_is_never_made_larger(
    ffmpeg: str, window: Window, width: int | None, height: int | None
) -> None:
    cache = SnapshotCache(ffmpeg)
    whole = await cache.image(window)
    assert await cache.image(window, width, height) is whole


async def test_a_tiny_one_is_a_picture_still(ffmpeg: str, window: Window) -> None:
    width, height = size_of(await SnapshotCache(ffmpeg).image(window, 1, 1))
    assert width <= 16
    assert height > 0


async def test_a_full_range_keyframe_with_odd_sides_becomes_one_too(
    any_ffmpeg: str,
) -> None:
    picture = ("-vf", "scale=322:182:out_range=full,setsar=1", "-pix_fmt", "yuvj420p")
    media = handed_over(any_ffmpeg, *SILENT_VIDEO, *H264, *picture, "-t", "0.2")
    assert size_of(await decode_snapshot(any_ffmpeg, media.as_mp4())) == (322, 182)


async def test_simultaneous_requests_share_one_decoding(
    ffmpeg: str, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = 0
    decode = module.decode_snapshot

    async def counting(*arguments: object) -> bytes:
        nonlocal decoded
        decoded += 1
        return await decode(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "decode_snapshot", counting)
    cache = SnapshotCache(ffmpeg)
    images = await asyncio.gather(*(cache.image(window) for _ in range(5)))
    assert len(set(images)) == 1
    assert decoded == 1
    fill(window, ffmpeg)
    await cache.image(window)
    assert decoded == 1, "the same keyframe once more"
    await cache.image(window, 160)
    assert decoded == 2


async def test_the_first_keyframe_is_waited_for(ffmpeg: str) -> None:
    window = make_window()
    waiting = asyncio.create_task(SnapshotCache(ffmpeg).image(window))
    await asyncio.sleep(0)
    fill(window, ffmpeg)
    assert await waiting


async def test_but_not_for_ever(ffmpeg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEYFRAME_TIMEOUT_S", 0)
    with pytest.raises(StreamNotReadyError):
        await SnapshotCache(ffmpeg).image(make_window())


async def test_the_next_keyframe_is_waited_for_where_that_is_wished(
    ffmpeg: str, window: Window
) -> None:
    cache = SnapshotCache(ffmpeg)
    waiting = asyncio.create_task(cache.image(window, wait_for_next=True))
    await asyncio.sleep(0)
    assert not waiting.done()
    window.close_segment()
    fill(window, ffmpeg)
    assert await waiting


async def test_no_picture_of_long_ago(
    ffmpeg: str, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera is gone, and the window still has what it sent."""
    monkeypatch.setattr(module, "_KEYFRAME_TIMEOUT_S", 0.1)
    monkeypatch.setattr(module, "_MAX_SILENCE_S", -1)
    with pytest.raises(StreamNotReadyError):
        await SnapshotCache(ffmpeg).image(window)


async def test_a_stop_ends_the_wait(ffmpeg: str) -> None:
    window = make_window()
    waiting = asyncio.create_task(SnapshotCache(ffmpeg).image(window))
    await asyncio.sleep(0)
    window.clear()
    with pytest.raises(StreamStoppedError):
        await waiting


async def test_other_bytes_are_no_picture(any_ffmpeg: str) -> None:
    with pytest.raises(MediaError):
        await decode_snapshot(any_ffmpeg, b"no media")


async def test_without_ffmpeg(tmp_path: Path) -> None:
    with pytest.raises(FfmpegMissingError):
        await decode_snapshot(str(tmp_path / "ffmpeg"), b"")


async def test_a_decoder_that_hangs_is_killed(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DECODE_TIMEOUT_S", 0.05)
    with pytest.raises(MediaError):
        await decode_snapshot(programs.make("exec sleep 99"), b"")


async def test_pixels_that_are_not_square_become_square(any_ffmpeg: str) -> None:
    picture = ("-vf", "setsar=16/11", "-pix_fmt", "yuv420p")
    media = handed_over(any_ffmpeg, *SILENT_VIDEO, *H264, *picture, "-t", "0.2")
    assert size_of(await decode_snapshot(any_ffmpeg, media.as_mp4())) == (465, 180)
    smaller = await decode_snapshot(any_ffmpeg, media.as_mp4(), 400, 400)
    assert size_of(smaller) == pytest.approx((400, 155), abs=1)
    # Never larger, however wide the camera says that its pixels are.
    odd = ("-vf", "setsar=100/1", "-pix_fmt", "yuv420p")
    media = handed_over(any_ffmpeg, *SILENT_VIDEO, *H264, *odd, "-t", "0.2")
    assert size_of(await decode_snapshot(any_ffmpeg, media.as_mp4(), 5000)) == (
        1280,
        180,
    )


async def test_a_picture_that_is_too_large_is_refused(
    any_ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = ("-vf", "scale=640:360", "-pix_fmt", "yuv420p")
    media = handed_over(any_ffmpeg, *SILENT_VIDEO, *H264, *picture, "-t", "0.2")
    monkeypatch.setattr(memory, "max_pixels", lambda: 639 * 360)
    with pytest.raises(PictureTooLargeError):
        await decode_snapshot(any_ffmpeg, media.as_mp4())


async def test_a_jpeg_without_end_is_not_read_to_its_end(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MAX_JPEG_BYTES", 100_000)
    with pytest.raises(MediaError):
        await decode_snapshot(programs.make("exec cat /dev/zero"), b"")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EMFILE, "Too many open files"),
        RuntimeError("can't start new thread"),
    ],
)
async def test_without_open_files_or_threads(
    ffmpeg: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(os, "pipe", fail)
    with pytest.raises(ShortageError):
        await decode_snapshot(ffmpeg, b"")


async def test_a_decoder_has_a_parent_watch_and_a_limit(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every FFmpeg of ours has."""
    monkeypatch.setattr(module, "_DECODE_TIMEOUT_S", 2)
    waiting = asyncio.create_task(decode_snapshot(programs.make("exec sleep 99"), b""))

    def has_limit_and_leash() -> bool:
        children = psutil.Process().children()
        limits = [each.rlimit(resource.RLIMIT_DATA)[0] for each in children]
        return len(limits) > 1 and memory.memory_limit() in limits

    await eventually(has_limit_and_leash, within=2)
    with pytest.raises(MediaError):
        await waiting


async def test_a_cancelled_request_leaves_no_decoder(programs: Programs) -> None:
    waiting = asyncio.create_task(decode_snapshot(programs.make("exec sleep 99"), b""))
    for _ in range(20):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
