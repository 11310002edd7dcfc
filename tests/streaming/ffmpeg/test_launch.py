"""The start of an FFmpeg on an input: both end together, however it goes."""

import asyncio
import errno
from typing import override

import psutil
import pytest

from custom_components.hls_camera.streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    ShortageError,
    SourceChangedError,
)
from custom_components.hls_camera.streaming.ffmpeg.launch import launch
from custom_components.hls_camera.streaming.ffmpeg.process import ProcessListener
from custom_components.hls_camera.streaming.sources.input import (
    Input,
    OpenInput,
    ReadOptions,
)
from custom_components.hls_camera.streaming.sources.local_endpoint import LocalEndpoint
from tests.specs import read_options

from ..programs import Programs

IGNORING = ProcessListener(on_output=lambda _: None)


class Endpoint(LocalEndpoint):
    url = shown_url = "http://127.0.0.1/"
    is_open = True

    @override
    async def close(self) -> None:
        self.is_open = False


class Camera(Input):
    """An input with one endpoint."""

    def __init__(self, *arguments: str, error: Exception | None = None) -> None:
        self.arguments = arguments
        self.endpoint = Endpoint()
        self.error = error

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        if self.error is not None:
            raise self.error
        return OpenInput(self.arguments, [self.endpoint])


async def start(camera: Camera, program: str) -> list[str]:
    """Start a program on a camera, wait for its end, and return its output."""
    output = bytearray()
    process = await launch(
        camera,
        read_options(),
        lambda opened: [program, *opened.arguments],
        ProcessListener(on_output=output.extend),
    )
    assert camera.endpoint.is_open
    await process.wait()
    return output.decode().split()


async def test_an_input_is_open_for_as_long_as_its_ffmpeg_lives(
    programs: Programs,
) -> None:
    camera = Camera("-i", "one")
    assert await start(camera, programs.make('echo "$@"')) == ["-i", "one"]
    assert not camera.endpoint.is_open


async def test_an_ffmpeg_that_is_not_there_leaves_nothing_open() -> None:
    camera = Camera()
    with pytest.raises(FfmpegMissingError):
        await start(camera, "/nowhere/ffmpeg")
    assert not camera.endpoint.is_open


async def test_a_command_that_cannot_be_built_leaves_nothing_open() -> None:
    camera = Camera()

    def fail(_: OpenInput) -> list[str]:
        raise SourceChangedError("it is another one now")

    with pytest.raises(SourceChangedError):
        await launch(camera, read_options(), fail, IGNORING)
    assert not camera.endpoint.is_open


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.EMFILE, "Too many open files"), ShortageError),
        (OSError(errno.EADDRNOTAVAIL, "No loopback interface"), FfmpegError),
        # It is no program that is missing.
        (PermissionError(errno.EACCES, "Permission denied"), FfmpegError),
        (MemoryError(), ShortageError),
    ],
)
async def test_an_input_that_cannot_be_opened(
    error: Exception, expected: type[FfmpegError]
) -> None:
    with pytest.raises(FfmpegError) as caught:
        await start(Camera(error=error), "ffmpeg")
    assert type(caught.value) is expected


async def test_a_start_that_is_cancelled_leaves_nothing_open(
    programs: Programs,
) -> None:
    """Here while FFmpeg is asked which options it knows."""
    camera, program = Camera("-tls_verify", "0"), programs.make("exec sleep 99")
    asking = asyncio.Event()

    def command(opened: OpenInput) -> list[str]:
        asking.set()
        return [program, *opened.arguments]

    starting = asyncio.create_task(launch(camera, read_options(), command, IGNORING))
    await asking.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not camera.endpoint.is_open
    assert psutil.Process().children() == []


@pytest.mark.parametrize("is_known", [True, False])
async def test_tls_options_of_rtsp_are_for_those_that_know_them(
    programs: Programs, *, is_known: bool
) -> None:
    """Each input of several has some."""
    knows = "-tls_verify" if is_known else "nothing"
    program = programs.make(
        f'case "$*" in *demuxer=rtsp*) echo {knows};; *) echo "$@";; esac'
    )
    camera = Camera(*("-tls_verify", "0", "-i", "one") * 2)
    expected = ["-i", "one"] * 2
    if is_known:
        expected = ["-tls_verify", "0", "-i", "one"] * 2
    assert await start(camera, program) == expected
