"""FFmpeg's media: NUT, and the whole path from its bytes to a playlist."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Final

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.ingest.command import OUTPUT
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.demuxer import Demuxer
from custom_components.hls_camera.streaming.media.fmp4 import InitSection
from custom_components.hls_camera.streaming.media.nal_units import (
    sequence_parameter_sets,
)
from custom_components.hls_camera.streaming.media.nut import NutReader
from custom_components.hls_camera.streaming.media.orientation import Orientation
from custom_components.hls_camera.streaming.media.packet import Packet
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MultivariantPlaylist,
)
from custom_components.hls_camera.streaming.outputs.window_playlists import (
    Playlists,
    window_variant,
)
from tests import tools
from tests.streaming import rfc8216
from tests.streaming.media_files import run_ffmpeg

_MAX_FRAME: Final = 4096
_MAX_HEADER: Final = 1024 * 1024
_WINDOW_BYTES: Final = 64 * 1024


def read_nut(data: bytes) -> None:
    """Take bytes apart; the first byte says in what chunks they come."""
    step, data = (data[0] + 1, data[1:]) if data else (1, b"")
    reader = NutReader(max_frame_bytes=_MAX_FRAME)
    whole = _packets(NutReader(max_frame_bytes=_MAX_FRAME), [data])
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    assert _packets(reader, chunks) == whole
    assert all(len(packet.data) <= _MAX_FRAME for packet in whole)
    assert reader.unread_bytes <= _MAX_HEADER + step


def _packets(reader: NutReader, chunks: Sequence[bytes]) -> list[Packet]:
    """Return the packets, none where there is an error."""
    packets: list[Packet] = []
    try:
        for chunk in chunks:
            packets += reader.feed(chunk)
    except MediaError:
        return []
    return packets


def package(data: bytes) -> None:
    """Process FFmpeg's bytes like a run; the result must be playable."""
    window = Window(max_duration=4, max_bytes=_WINDOW_BYTES)
    with suppress(MediaError):
        _package(data, window)
    assert window.size <= _WINDOW_BYTES
    if not window.is_listable:
        return
    variant = window_variant(window, MEDIA_PLAYLIST, None)
    assert variant is not None
    multivariant = MultivariantPlaylist(variants=(variant,))
    assert multivariant.render().isprintable() is False
    for with_hold_back in (True, False):
        playlist = Playlists(window).playlist(with_hold_back=with_hold_back)
        rfc8216.parse(playlist.render())


def _package(data: bytes, window: Window) -> None:
    demuxer = Demuxer()
    samples = demuxer.feed(data)
    if (init := demuxer.init) is None:
        return
    _check_init(init)
    window.begin_run(init)
    segmenter = Segmenter(init, window, Packaging(), clock=lambda: 1_790_000_000.0)
    for sample in samples:
        sequence_parameter_sets(init.video, sample.data)
        segmenter.push([sample])
    segmenter.flush()


def _check_init(init: InitSection) -> None:
    """Check the quoted texts of a playlist."""
    assert init.codecs.isascii()
    assert init.codecs.isprintable()
    assert '"' not in init.codecs
    assert len(init.codecs) < 200
    for orientation in Orientation:
        assert init.turned(orientation).codecs == init.codecs


@cache
def seeds() -> Sequence[bytes]:
    """Return short media of the real FFmpeg, with each codec of its output."""
    picture = ("-f", "lavfi", "-i", "color=size=64x64:rate=10")
    sound = ("-f", "lavfi", "-i", "sine=sample_rate=8000")
    h264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5")
    hevc = (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=error",
    )
    slices = ("-x264-params", "slices=2", "-bf", "0")
    variants = (
        (*picture, *h264),
        (*picture, *h264, *slices),
        (*picture, *h264, "-bf", "2"),
        (*picture, *hevc),
        (*picture, *sound, *h264, "-c:a", "aac"),
    )
    return [
        run_ffmpeg(str(tools.ffmpeg()), *variant, "-t", "1.2", *OUTPUT, "pipe:1")
        for variant in variants
    ]


WORDS: Final = (
    *(b"NM\x7a\x56\x1f\x5f\x04\xad", b"NS\x11\x40\x5b\xf2\xf9\xdb"),
    *(b"NK\xe4\xad\xee\xca\x45\x69", b"NI\xab\x68\xb5\x96\xba\x78"),
    *(b"nut/multimedia container\0", b"H264", b"HEVC", b"\x04\xff\0\0\0"),
    *(b"\0\0\0\1", b"\0\0\1", b"\0", b"\1", b"\x7f", b"\xff\x7f", b"\x81\0"),
    *(b"\xff\xff\xff\xff\x7f", b"\xff\xf1\x4c\x40", b"\x67\x64", b"\x68", b"\x42\1"),
)
"""Start codes, codecs, numbers and what parameter sets begin with."""
