"""Which encoders work on this machine: each one is tried before it is offered."""

import asyncio
import base64
import logging
import math
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import EncoderMissingError, FfmpegError
from ..ffmpeg.capture import capture
from .encoder_arguments import Encoding, encoding, needs_device
from .options import ConversionOptions, Encoder

_LOGGER: Final = logging.getLogger(__name__)

TRIAL_LIMIT: Final = 5.0
"""Seconds that a trial may take; drivers of hardware that is not well do hang."""
_LIST_LIMIT: Final = 15.0
"""The same for its list: a cold disk is no fault."""
_SECOND_LOOK: Final = 1800.0
"""Seconds."""

_DEV: Final = Path("/dev")
_RENDER_NODES: Final = "dri/renderD*"

# Where each encoder's device is; the best encoder first.
_DEVICES: Final[dict[Encoder, tuple[str, ...]]] = {
    Encoder.NVENC: ("nvidia[0-9]*",),
    Encoder.VAAPI: (_RENDER_NODES,),
    Encoder.QSV: (_RENDER_NODES,),
    Encoder.RKMPP: ("mpp_service", "rkmpp"),
    Encoder.V4L2M2M: ("video1[0-9]",),
}

# V....D libx264              libx264 H.264 / AVC / MPEG-4 AVC ...
_ENCODER_LINE = re.compile(r"^ V\S+ (\S+)", re.MULTILINE)

_PICTURES: Final = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=0.5")
_DECODED: Final = 90_000
"""Bytes of encoded media that are decoded again: they have to fit, in base64, into
one argument, which Linux limits to 128 KiB."""
_TRIAL: Final = ConversionOptions(
    bitrate=500_000, max_bitrate=500_000, buffer_size=250_000
)


@dataclass(frozen=True, slots=True)
class WorkingEncoder:
    """An encoder that was seen to work."""

    encoder: Encoder
    device: str = ""
    """The path of the render node that it works on, where it needs one."""
    decodes: bool = False
    """Whether the hardware was seen to decode as well."""


async def working_encoders(
    ffmpeg: str, *, dev: Path = _DEV, platform: str = sys.platform
) -> tuple[WorkingEncoder, ...]:
    """Return the encoders that work here, best first, software last.

    Nothing is tried that FFmpeg does not list or the machine has no device for. There
    may be none at all: some FFmpegs are built without libx264.

    Raises:
        FfmpegError: FFmpeg cannot be started, or does not list its encoders.

    """
    listed = await _listed(ffmpeg)
    found: list[WorkingEncoder] = []
    for encoder, device in _candidates(dev, platform):
        if encoder not in listed or any(each.encoder is encoder for each in found):
            continue
        if (working := await _try(ffmpeg, encoder, device)) is not None:
            found.append(working)
    if Encoder.SOFTWARE in listed:
        found.append(WorkingEncoder(Encoder.SOFTWARE))
    return tuple(found)


class EncoderSearch:
    """Finds the encoders that work here, once.

    Where hardware is there and none works it looks a second time, much later: while a
    machine boots, drivers may not be ready, and everything is slow.
    """

    def __init__(
        self,
        ffmpeg: str,
        *,
        dev: Path = _DEV,
        platform: str = sys.platform,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Search when asked for the first time; `clock` returns seconds."""
        self._ffmpeg = ffmpeg
        self._dev = dev
        self._platform = platform
        self._clock = clock
        self._found: tuple[WorkingEncoder, ...] | None = None
        self._again_at = math.inf
        self._searching = asyncio.Lock()

    async def __call__(self) -> tuple[WorkingEncoder, ...]:
        """Return the result of `working_encoders()`; raises as it does."""
        async with self._searching:
            is_first = self._found is None
            if self._found is None or self._clock() >= self._again_at:
                self._found = await working_encoders(
                    self._ffmpeg, dev=self._dev, platform=self._platform
                )
                self._again_at = math.inf
                if is_first and self._is_disappointing(self._found):
                    self._again_at = self._clock() + _SECOND_LOOK
            return self._found

    def _is_disappointing(self, found: tuple[WorkingEncoder, ...]) -> bool:
        """Whether this machine has hardware, and none of it works."""
        hardware = {encoder for encoder, _ in _candidates(self._dev, self._platform)}
        return bool(hardware) and hardware.isdisjoint(each.encoder for each in found)


def choose(
    wanted: Encoder | None, working: tuple[WorkingEncoder, ...]
) -> WorkingEncoder:
    """Return the encoder that is wanted if it works, else the best one.

    Raises:
        EncoderMissingError: none works.

    """
    if not working:
        raise EncoderMissingError
    return next((each for each in working if each.encoder is wanted), working[0])


def _candidates(dev: Path, platform: str) -> Iterator[tuple[Encoder, str]]:
    """Yield encoders with a device each, the best first."""
    if platform == "darwin":
        yield Encoder.VIDEOTOOLBOX, ""
        return
    for encoder, patterns in _DEVICES.items():
        devices = sorted(path for pattern in patterns for path in dev.glob(pattern))
        if needs_device(encoder):
            yield from ((encoder, str(path)) for path in devices)
        elif devices:
            yield encoder, ""


async def _listed(ffmpeg: str) -> set[str]:
    """Return the names of FFmpeg's video encoders."""
    listed = await capture(
        [ffmpeg, "-hide_banner", "-nostdin", "-encoders"], timeout=_LIST_LIMIT
    )
    if not listed.is_whole:
        raise FfmpegError(listed.words)
    return set(_ENCODER_LINE.findall(listed.output.decode("utf-8", "replace")))


async def _try(ffmpeg: str, encoder: Encoder, device: str) -> WorkingEncoder | None:
    """Encode half a second, then decode and encode that; None where the first fails."""
    encoded = await _run(
        ffmpeg, _PICTURES, encoding(_TRIAL, encoder, device=device), "h264"
    )
    if not encoded:
        return None
    url = (
        f"data:video/h264;base64,{base64.b64encode(encoded[:_DECODED]).decode('ascii')}"
    )
    decoded = await _run(
        ffmpeg,
        ("-f", "h264", "-i", url),
        encoding(_TRIAL, encoder, device=device, decode="h264"),
        "h264",
    )
    return WorkingEncoder(encoder, device, decodes=bool(decoded))


async def _run(
    ffmpeg: str, source: tuple[str, ...], converting: Encoding, output_format: str
) -> bytes:
    """Return the encoded source; nothing if FFmpeg does not get to the end."""
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"]
    command += [*converting.input_arguments, *source, *converting.output_arguments]
    command += ["-an", "-f", output_format, "pipe:1"]
    trial = await capture(command, timeout=TRIAL_LIMIT)
    if trial.is_whole:
        return trial.output
    tried = " ".join(converting.output_arguments)
    _LOGGER.debug("Does not work: %s: %s", tried, trial.words)
    return b""
