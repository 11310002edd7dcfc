"""A camera for tests, demos and measurements: real media over RTSP, and faults on demand.

    async with TestCamera(Feed(video="hevc", audio="pcmu")) as camera:
        ...  # watch camera.url
        await camera.wait_connected()
        camera.inject(faults.Stall())

FFmpeg encodes and packetizes the media that a `Feed` describes. This package does the rest: the
source's packets become one continuous `Presentation`, each client joins it with a `Playout`, the
client's RTSP `Session` selects the transport, and the `Connection` passes the packets through the
injected faults. `python -m tests.camera --help` runs cameras without tests.
"""

from . import capture_time, faults
from .auth import AuthScheme
from .camera import Exchange, TestCamera
from .connection import Connection
from .ffmpeg import FfmpegError, default_binary
from .media import Feed, Picture
from .playout import Join
from .rtp import TrackKind
from .server import RtspServer
from .transport import Lower

__all__ = [
    "AuthScheme",
    "Connection",
    "Exchange",
    "Feed",
    "FfmpegError",
    "Join",
    "Lower",
    "Picture",
    "RtspServer",
    "TestCamera",
    "TrackKind",
    "capture_time",
    "default_binary",
    "faults",
]
