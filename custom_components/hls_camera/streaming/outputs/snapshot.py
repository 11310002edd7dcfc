"""Snapshots: JPEG images of the newest keyframe, decoded by FFmpeg."""

import asyncio
from typing import Final

from ..errors import MediaError, PictureTooLargeError, StreamNotReadyError
from ..ffmpeg.capture import capture
from ..live.segments import PartialSegment
from ..live.window import Window
from ..media.fmp4 import InitSection, write_fragment
from ..memory import limit_pixels
from ..reasons import EndReason

_KEYFRAME_TIMEOUT_S: Final = 9.0
"""Seconds in which a stream must start; Home Assistant waits ten for an image."""
_DECODE_TIMEOUT_S: Final = 5.0
"""Seconds in which FFmpeg must decode a picture."""
_MIN_SIDE_PX: Final = 16
"""Pixels: if one side is too small, scaling rounds the other one to zero."""
_MAX_JPEG_BYTES: Final = 32 * 1024**2
"""Bytes of one JPEG; the largest picture that is decoded has less."""
_SQUARE_PIXELS: Final = "scale='iw*clip(sar,0.25,4)':ih,setsar=1"
"""JPEG has no pixels that are wider than high, which some cameras send."""
_MAX_SILENCE_S: Final = 5.0
"""Seconds without media after which the newest keyframe no longer shows the present."""


class SnapshotCache:
    """The snapshot of a window's newest keyframe, decoded once for all requests."""

    def __init__(self, ffmpeg: str) -> None:
        """Decode with this FFmpeg."""
        self._ffmpeg = ffmpeg
        self._decoding = asyncio.Lock()
        self._key: tuple[object, ...] = ()
        self._image = b""

    async def image(
        self,
        window: Window,
        width: int | None = None,
        height: int | None = None,
        *,
        wait_for_next: bool = False,
    ) -> bytes:
        """Return the newest keyframe as JPEG; wait for one if there is none.

        It is scaled down to fit width and height, but never up: anybody with a picture's
        address may request any size, and a large one would cost much memory.

        With `wait_for_next`, or if the newest keyframe is from before an interruption that
        lasts, it waits for the next one.

        Raises:
            StreamNotReadyError: no keyframe came in time.
            StreamStoppedError: the stream was stopped meanwhile.
            FfmpegError: FFmpeg cannot be started.
            MediaError: the keyframe cannot be decoded.

        """
        is_old = wait_for_next or window.silence > _MAX_SILENCE_S
        earliest = window.next_part if is_old else (0, 0)
        try:
            async with asyncio.timeout(_KEYFRAME_TIMEOUT_S):
                keyframe = await window.wait_keyframe(*earliest)
        except TimeoutError:
            raise StreamNotReadyError from None
        video = keyframe.init.video
        width = _smaller(width, than=video.width)
        height = _smaller(height, than=video.height)
        async with self._decoding:
            key = (keyframe.part, width, height)
            if key != self._key:
                media = _first_frame(keyframe.init, keyframe.part)
                self._image = await decode_snapshot(self._ffmpeg, media, width, height)
                self._key = key
            return self._image


def _smaller(side: int | None, *, than: int) -> int | None:
    """Return the side to scale to, in pixels; None if there is nothing to scale."""
    if side is None or not 0 < side < than:
        return None
    return max(side, _MIN_SIDE_PX)


def _first_frame(init: InitSection, part: PartialSegment) -> bytes:
    """Return MP4 of a partial segment's first frame: FFmpeg would decode them all."""
    frame = next(iter(part.video))
    return init.data + write_fragment(1, [(init.video, [frame])])


async def decode_snapshot(
    ffmpeg: str,
    media: bytes,
    width: int | None = None,
    height: int | None = None,
    *,
    container: str = "mp4",
) -> bytes:
    """Return the first frame of a file as JPEG, scaled down to width and height.

    Raises:
        FfmpegMissingError: the executable does not exist.
        FfmpegError: the system cannot start it.
        PictureTooLargeError: the frame has too many pixels to decode here.
        MediaError: FFmpeg cannot decode it.

    """
    command = [ffmpeg, "-hide_banner", "-loglevel", "error", *limit_pixels()]
    command += ["-f", container, "-i", "pipe:0", "-frames:v", "1", "-an"]
    command += ["-vf", ",".join([_SQUARE_PIXELS, *_scaled_down(width, height)])]
    command += ["-pix_fmt", "yuvj420p", "-strict", "unofficial"]
    command += ["-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"]
    decoded = await capture(
        command, media, timeout=_DECODE_TIMEOUT_S, limit=_MAX_JPEG_BYTES
    )
    if decoded.is_whole and decoded.output:
        return decoded.output
    if decoded.reason is EndReason.PICTURE_TOO_LARGE:
        raise PictureTooLargeError(decoded.words)
    msg = "no picture in the newest keyframe"
    raise MediaError(msg)


def _scaled_down(width: int | None, height: int | None) -> list[str]:
    """Return the filter that fits a picture into width and height, if one is needed."""
    if not width and not height:
        return []
    wide = f"'min(iw,{width})'" if width else "-2"
    high = f"'min(ih,{height})'" if height else "-2"
    return [f"scale={wide}:{high}:force_original_aspect_ratio=decrease"]
