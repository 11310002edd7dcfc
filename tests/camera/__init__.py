"""A camera for tests, demos and measurements: real pictures over RTSP, and faults on demand.

    async with TestCamera(Feed(video="hevc", audio="pcmu")) as camera:
        ...  # have camera.url watched
        await camera.wait_connected()
        camera.inject(faults.Stall())

FFmpeg encodes and packetises what a `Feed` describes. The rest is this package: the source's
packets become one unbroken `Presentation`, each client joins it by a `Playout`, its RTSP
`Session` says where the packets go, and the `Connection` leads them past the faults that were
injected. `python -m tests.camera --help` runs cameras by themselves.
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
