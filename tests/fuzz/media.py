"""FFmpeg's media: boxes, and the whole path from its bytes to a playlist."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Final

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.boxes import Box, BoxReader
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, read_fragment
from custom_components.hls_camera.streaming.media.nal_units import (
    sequence_parameter_sets,
)
from custom_components.hls_camera.streaming.media.orientation import Orientation
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
from tests.streaming.media_files import FRAGMENTED, run_ffmpeg

_MAX_BOX: Final = 4096
_WINDOW_BYTES: Final = 64 * 1024


def read_boxes(data: bytes) -> None:
    """Cut bytes into boxes; the first byte selects the size of the chunks."""
    step, data = (data[0] + 1, data[1:]) if data else (1, b"")
    reader = BoxReader(max_box_size=_MAX_BOX)
    whole = _boxes(BoxReader(max_box_size=_MAX_BOX), [data])
    chunks = [data[start : start + step] for start in range(0, len(data), step)]
    assert _boxes(reader, chunks) == whole
    assert len(reader._buffer) <= _MAX_BOX + step
    assert sum(box.size for box in whole) <= len(data)


def _boxes(reader: BoxReader, chunks: Sequence[bytes]) -> list[Box]:
    """Return the boxes before the first invalid one, each in a list of its own."""
    boxes: list[Box] = []
    try:
        for chunk in chunks:
            boxes += reader.feed(chunk)
    except MediaError:
        return []
    return boxes


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
    ftyp = moof = init = segmenter = None
    for box in BoxReader().feed(data):
        match box.type:
            case b"ftyp":
                ftyp = box
            case b"moov" if ftyp and not segmenter:
                init = InitSection.from_boxes(ftyp, box)
                _check_init(init)
                window.begin_run(init)
                segmenter = Segmenter(
                    init, window, Packaging(), clock=lambda: 1_790_000_000.0
                )
            case b"moof":
                moof = box
            case b"mdat" if moof and init and segmenter:
                samples = read_fragment(moof, box, init)
                assert sum(len(sample.data) for sample in samples) <= len(box.payload)
                for sample in samples:
                    sequence_parameter_sets(init.video, sample.data)
                segmenter.push(samples)
    if segmenter:
        segmenter.flush()


def _check_init(init: InitSection) -> None:
    """Check the quoted texts of a playlist."""
    assert init.codecs.isascii()
    assert init.codecs.isprintable()
    assert '"' not in init.codecs
    assert len(init.codecs) < 200
    for orientation in Orientation:
        with suppress(MediaError):
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
        (*picture, *sound, *h264, "-c:a", "libopus"),
    )
    return [
        run_ffmpeg(str(tools.ffmpeg()), *variant, "-t", "1.2", *FRAGMENTED, "pipe:1")
        for variant in variants
    ]


WORDS: Final = (
    *(b"ftyp", b"moov", b"moof", b"mdat", b"traf", b"trun", b"tfhd", b"tfdt"),
    *(
        b"\0\0\0\0",
        b"\0\0\0\1",
        b"\0\0\0\x08",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
    ),
    *(b"\0\0\x27\x10", b"\x80\0\0\0", b"\0\0\x0f\x01", b"\0\x02\0\x38"),
)
"""Types, sizes and flags."""
