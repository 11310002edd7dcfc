"""Run cameras until Ctrl-C: `python -m tests.camera --help`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import get_args

from .auth import AuthScheme
from .camera import TestCamera
from .commands import FAULTS, HELP, CommandError, carry_out, parse_fault
from .media import AudioCodec, Feed, H264Keyframes, H264Profile, Picture, VideoCodec
from .playout import Join
from .server import RtspServer


def _size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.camera",
        description="Serve test cameras over RTSP until Ctrl-C.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8554)
    add("--path", default="camera", help="path of the URL; --count appends a number")
    add("--count", type=int, default=0, metavar="N", help="number of cameras")
    none = ("none",)
    add("--video", choices=get_args(VideoCodec.__value__) + none, default="h264")
    add("--audio", choices=get_args(AudioCodec.__value__) + none, default="aac")
    add("--size", type=_size, default=(1280, 720), metavar="WIDTHxHEIGHT")
    add("--fps", type=Fraction, default=Fraction(25))
    add("--keyframe-interval", type=float, default=2.0, metavar="SECONDS")
    add("--keyframes", choices=get_args(H264Keyframes.__value__), default="idr")
    add("--bframes", type=int, default=0, metavar="N")
    add("--profile", choices=get_args(H264Profile.__value__), help="H.264 profile")
    add("--bitrate", type=int, metavar="BITS", help="bits of video per second")
    add("--picture", type=Picture, choices=list(Picture), default=Picture.SCENE)
    add("--title", default="Camera")
    add("--clip", action="store_true", help="repeat a clip that is encoded in advance")
    add("--join", type=Join, choices=list(Join), default=Join.IDR)
    add("--username")
    add("--password", default="")
    add("--auth", type=AuthScheme, choices=list(AuthScheme), default=AuthScheme.DIGEST)
    add(
        "--fault",
        action="append",
        default=[],
        metavar="FAULT",
        help=f"a fault and its value, such as 'jump 3600'; one of: {', '.join(FAULTS)}",
    )
    add("--ffmpeg", metavar="PATH", help="FFmpeg for encoding")
    return parser


def _camera(options: argparse.Namespace, path: str, title: str) -> TestCamera:
    feed = Feed(
        video=None if options.video == "none" else options.video,
        audio=None if options.audio == "none" else options.audio,
        size=options.size,
        fps=options.fps,
        keyframe_interval=options.keyframe_interval,
        keyframes=options.keyframes,
        bframes=options.bframes,
        profile=options.profile,
        video_bitrate=options.bitrate,
        picture=options.picture,
        title=title,
        live=not options.clip,
    )
    return TestCamera(
        feed,
        path=path,
        username=options.username,
        password=options.password,
        auth_scheme=options.auth,
        join=options.join,
        faults=[parse_fault(fault) for fault in options.fault],
        binary=options.ffmpeg,
    )


class _Commands:
    """Executes the commands on stdin, if stdin can be read."""

    def __init__(self, cameras: Sequence[TestCamera]) -> None:
        self._cameras = cameras
        self._pending = b""
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> None:
        """Read and execute commands until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            loop.add_reader(sys.stdin, self._read)
        except OSError:  # stdin is a file, or closed
            return
        try:
            while True:
                await self._carry_out(await self._lines.get())
        finally:
            loop.remove_reader(sys.stdin)

    async def _carry_out(self, line: str) -> None:
        try:
            await carry_out(line, self._cameras)
        except CommandError as error:
            sys.stderr.write(f"{error}\n{HELP}")
        else:
            sys.stderr.write(f"done: {line}\n")

    def _read(self) -> None:
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            asyncio.get_running_loop().remove_reader(sys.stdin)
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            if text := line.decode(errors="replace").strip():
                self._lines.put_nowait(text)


async def _run(options: argparse.Namespace) -> None:
    numbers = [str(number + 1) for number in range(options.count)]
    cameras = [
        _camera(options, options.path + number, f"{options.title} {number}".strip())
        for number in numbers or [""]
    ]
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with RtspServer(*cameras, host=options.host, port=options.port):
        for camera in cameras:
            sys.stdout.write(f"{camera.url}\n")
        sys.stdout.flush()
        commands = asyncio.create_task(_Commands(cameras).run())
        await stop.wait()
        commands.cancel()
        await asyncio.gather(commands, return_exceptions=True)


def main() -> None:
    """Run the cameras that the command line describes."""
    parser = _parser()
    options = parser.parse_args()
    try:
        asyncio.run(_run(options))
    except CommandError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
