"""The producer on this machine: an FFmpeg that reads the input of a run."""

import logging

import pytest

from custom_components.hls_camera.streaming.errors import FfmpegMissingError
from custom_components.hls_camera.streaming.ffmpeg.process import ProcessListener
from custom_components.hls_camera.streaming.ingest.producer import LocalProducer
from custom_components.hls_camera.streaming.ingest.run_spec import RunSpec
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from tests.specs import run_spec

from ..programs import Programs

LOGGER = logging.getLogger(__name__)


def spec(address: str = "rtsp://me:hunter2@host/live") -> RunSpec:
    video = VideoInfo(codec="h264", width=640, height=360)
    return run_spec(address, make_plan(SourceInfo(video=video)))


async def test_its_process_delivers_output_and_end(programs: Programs) -> None:
    output = bytearray()
    lines: list[str] = []
    program = programs.make("echo media; echo hunter2: Connection refused >&2; exit 1")
    process = await LocalProducer(program, LOGGER).launch(
        spec(), ProcessListener(on_output=output.extend, on_log_line=lines.append)
    )
    assert await process.wait() == 1
    assert bytes(output) == b"media\n"
    assert process.failure is EndReason.REFUSED
    assert process.log == tuple(lines) == ("**REDACTED**: Connection refused",)
    assert not process.has_trouble


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://me:hunter2@host/live", "rtsp://host/live"),
        ("http://me:hunter2@host/live", "http://host/live"),
        (
            "rtmp://host/live?password=hunter2",
            "'rtmp://host/live?password=**REDACTED**'",
        ),
    ],
)
async def test_its_command_is_logged_without_credentials(
    programs: Programs, caplog: pytest.LogCaptureFixture, address: str, shown: str
) -> None:
    caplog.set_level(logging.DEBUG, LOGGER.name)
    process = await LocalProducer(programs.make("exit 0"), LOGGER).launch(
        spec(address), ProcessListener(on_output=lambda _: None)
    )
    await process.wait()
    [command] = [text for text in caplog.messages if text.startswith("Command: ")]
    assert f" -i {shown} " in command
    assert "hunter2" not in command
    # Its user name is a part of this word.
    assert "-f nut" in command


async def test_an_ffmpeg_that_is_not_there() -> None:
    with pytest.raises(FfmpegMissingError):
        await LocalProducer("/nowhere/ffmpeg", LOGGER).launch(
            spec(), ProcessListener(on_output=lambda _: None)
        )
