"""FFmpeg's arguments that convert a picture: in software, or on each kind of hardware.

A hardware encoder wants its pictures in the memory of its device. Where the device also
decodes them they never leave it; otherwise they are made ready in software and sent up.
"""

import math
from dataclasses import dataclass
from typing import Final

from ..media.orientation import Orientation
from .options import ConversionOptions, Encoder

_EARLY: Final = 0.25
"""Share of a frame's duration by which one may come early under a cap: cameras are not
exact."""
_KEYFRAME_FRAMES: Final = 50
"""Frames for each second between keyframes after which a hardware encoder makes one by
itself; those that are asked for come first, up to this rate."""
_SOFTWARE_KEYFRAME_FRAMES: Final = 120
_SOFTWARE_GROUP: Final = 250
"""Frames, at least: the default of libx264."""
_HARDWARE_RATE: Final = 0.5
"""The average bit rate asked of hardware, of the highest, where only a quality is wanted:
no way of asking for one is common to the drivers."""

_DEVICE: Final = "hw"
"""The name by which filters and decoders know the device."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Arguments of FFmpeg that convert one picture into H.264."""

    input_arguments: tuple[str, ...]
    """Before `-i`."""
    filters: str
    """The filters that make the picture ready for the encoder."""
    encoder_arguments: tuple[str, ...]
    """After it, for the encoder alone."""

    @property
    def output_arguments(self) -> tuple[str, ...]:
        """After it, for a picture that no other filters make."""
        return ("-vf", self.filters, *self.encoder_arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hardware:
    """How FFmpeg is spoken to about one kind of hardware; `{}` is for a device's path."""

    encoder: tuple[str, ...]
    """The arguments after `-c:v`."""
    devices: tuple[str, ...] = ()
    """For `-init_hw_device`; the last one is named `hw`."""
    codecs: frozenset[str] = frozenset({"h264", "hevc"})
    """The codecs that it also decodes, as far as it is used for that."""
    decoder: tuple[str, ...] = ()
    """Before `-i`; `{}` is for the codec."""
    output_format: str = ""
    """Of decoded pictures that stay on the device."""
    scaler: str = ""
    """Filters for those; `{}` is for width and height."""
    upload: str = "format=nv12"
    """Filters that hand pictures over that are not on the device."""


# Their common arguments; B-frames are shown later than they are sent.
_HIGH: Final = ("-bf", "0", "-profile:v", "high")
_HIGH_41: Final = (*_HIGH, "-level:v", "4.1")

# Filters are set up before a decoder has opened its device (FFmpeg 8): hwupload finds
# one by name only. With `format=a|nv12,hwupload` a picture that could not be decoded
# on the device comes up to it, the others pass.
_HARDWARE: Final[dict[Encoder, _Hardware]] = {
    Encoder.NVENC: _Hardware(
        devices=(f"cuda={_DEVICE}",),
        decoder=("-hwaccel", "cuda", "-hwaccel_device", _DEVICE),
        output_format="cuda",
        scaler="format=cuda|nv12,hwupload,scale_cuda={}:format=nv12",
        encoder=(
            *(*_HIGH, "-level:v", "auto", "-preset:v", "p2", "-tune:v", "ll"),
            *("-rc:v", "vbr", "-forced-idr", "1"),
        ),
    ),
    Encoder.VAAPI: _Hardware(
        devices=(f"vaapi={_DEVICE}:{{}}",),
        decoder=(
            *("-hwaccel", "vaapi", "-hwaccel_device", _DEVICE),
            *("-hwaccel_flags", "allow_profile_mismatch"),
        ),
        output_format="vaapi",
        scaler=(
            "format=vaapi|nv12,hwupload,"
            "scale_vaapi={}:out_color_matrix=bt709:out_range=tv:format=nv12"
        ),
        upload="format=nv12,hwupload",
        encoder=(*_HIGH_41, "-sei:v", "0"),
    ),
    Encoder.QSV: _Hardware(
        devices=("vaapi=va:{}", f"qsv={_DEVICE}@va"),
        # From RTSP, its decoder would miss the parameter sets. FFmpeg below 7 does not
        # know a filter before `-i`, and decodes in software.
        decoder=(
            *("-hwaccel", "qsv", "-hwaccel_device", _DEVICE),
            *("-c:v", "{}_qsv", "-bsf:v", "dump_extra"),
        ),
        output_format="qsv",
        scaler="format=qsv|nv12,hwupload=extra_hw_frames=64,vpp_qsv={}:format=nv12",
        upload="format=nv12,hwupload=extra_hw_frames=64",
        encoder=(*_HIGH_41, "-async_depth:v", "1", "-forced_idr", "1"),
    ),
    Encoder.RKMPP: _Hardware(
        decoder=("-hwaccel", "rkmpp", "-afbc", "rga"),
        output_format="drm_prime",
        scaler="scale_rkrga={}:format=nv12:afbc=1",
        encoder=_HIGH_41,
    ),
    Encoder.V4L2M2M: _Hardware(
        codecs=frozenset({"h264"}),
        # It decodes into memory like any other decoder.
        decoder=("-c:v", "{}_v4l2m2m"),
        upload="format=yuv420p",
        encoder=("-bf", "0", "-pix_fmt", "yuv420p"),
    ),
    Encoder.VIDEOTOOLBOX: _Hardware(
        # Pictures are fetched back: the scaler on the device takes no others.
        decoder=("-hwaccel", "videotoolbox"),
        encoder=_HIGH_41,
    ),
}

# The rotations in software, as Home Assistant rotates its still images.
_TURNS: Final[dict[Orientation, tuple[str, ...]]] = {
    Orientation.NORMAL: (),
    Orientation.MIRROR: ("hflip",),
    Orientation.ROTATE_180: ("hflip", "vflip"),
    Orientation.FLIP: ("vflip",),
    Orientation.ROTATE_LEFT_AND_FLIP: ("transpose=cclock_flip",),
    Orientation.ROTATE_LEFT: ("transpose=cclock",),
    Orientation.ROTATE_RIGHT_AND_FLIP: ("transpose=clock_flip",),
    Orientation.ROTATE_RIGHT: ("transpose=clock",),
}


def needs_device(encoder: Encoder) -> bool:
    """Whether `encoding()` has to know the path of a render node."""
    return encoder in _HARDWARE and any(
        "{}" in device for device in _HARDWARE[encoder].devices
    )


def encoding(
    options: ConversionOptions,
    encoder: Encoder,
    orientation: Orientation = Orientation.NORMAL,
    *,
    device: str = "",
    decode: str | None = None,
) -> Encoding:
    """Return the arguments that convert a picture; `options.encoder` is not looked at.

    `device` is the path of a render node, for encoders that need one. `decode` is the
    source's codec if the hardware is to decode it too: without, and where it is not
    one for this hardware, software does.
    """
    rate = _cap(options.max_frame_rate)
    turns = _TURNS[orientation]
    hardware = _HARDWARE.get(encoder)
    if hardware is None:
        filters = (*rate, f"scale={_size(options)}", *turns)
        return Encoding(
            (), ",".join(filters), _output(options, encoder, _software(options))
        )
    arguments = [
        argument
        for each in hardware.devices
        for argument in ("-init_hw_device", each.format(device))
    ]
    if hardware.devices:
        arguments += ["-filter_hw_device", _DEVICE]
    # The picture is turned in software: few drivers can, and none reports it beforehand.
    filters = (*rate, f"scale={_size(options)}", *turns, hardware.upload)
    if decode in hardware.codecs:
        arguments += [part.format(decode) for part in hardware.decoder]
        if hardware.output_format and not turns:
            arguments += ["-hwaccel_output_format", hardware.output_format]
            filters = (*rate, hardware.scaler.format(_size(options)))
    return Encoding(
        tuple(arguments),
        ",".join(filters),
        _output(options, encoder, (*hardware.encoder, *_rate(options))),
    )


def _output(
    options: ConversionOptions, encoder: Encoder, settings: tuple[str, ...]
) -> tuple[str, ...]:
    interval = options.keyframe_interval
    # Counted from the last one: after a gap there is no burst to catch up.
    due = f"gte(t,prev_forced_t+{interval:g})"
    per_second, least = _KEYFRAME_FRAMES, 1
    if encoder is Encoder.SOFTWARE:
        per_second, least = _SOFTWARE_KEYFRAME_FRAMES, _SOFTWARE_GROUP
    return (
        *("-fps_mode", "vfr", "-c:v", encoder.value, *settings),
        *("-g", str(max(least, math.ceil(interval * per_second)))),
        *("-force_key_frames", f"expr:if(isnan(prev_forced_t),1,{due})"),
    )


def _software(options: ConversionOptions) -> tuple[str, ...]:
    quality = ("-b:v", str(options.bitrate)) if options.bitrate else ("-crf", "23")
    return (
        *("-preset", options.preset.value, "-tune", "zerolatency"),
        *("-pix_fmt", "yuv420p", *quality, *_ceiling(options), "-sc_threshold", "0"),
    )


def _rate(options: ConversionOptions) -> tuple[str, ...]:
    average = options.bitrate or int(options.max_bitrate * _HARDWARE_RATE)
    return ("-b:v", str(average), *_ceiling(options))


def _ceiling(options: ConversionOptions) -> tuple[str, ...]:
    highest = max(options.max_bitrate, options.bitrate or 0)
    return ("-maxrate", str(highest), "-bufsize", str(options.buffer_size))


def _cap(frame_rate: float | None) -> tuple[str, ...]:
    """Return the filter that drops frames that come too soon.

    It never repeats a frame, as FFmpeg's `fps` does, and leaves times as they are. (FFmpeg
    9 refuses `-fpsmax` with a variable frame rate, 5.1 rounds all times to the cap.)
    """
    if frame_rate is None:
        return ()
    # In frames at the cap: the variable is when the next one is due.
    now, due = f"t*{frame_rate:g}", "ld(0)"
    following = f"st(0,max({due},{now}-{_EARLY})+1)"
    return (f"select='if(gte({now},{due}-{_EARLY}),{following})'",)


def _size(options: ConversionOptions) -> str:
    """Return width and height as options of a scaling filter.

    Chroma subsampling needs even sides; a pixel more or less goes into the shape of
    the pixels.
    """
    if options.max_height is None:
        return "w='trunc(iw/2)*2':h='trunc(ih/2)*2'"
    height = f"min(ih,{options.max_height})"
    return f"w='trunc(iw*{height}/ih/2)*2':h='trunc({height}/2)*2'"
