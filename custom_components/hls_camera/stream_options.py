"""An entry's options in the core's words, and the other way round."""

from collections.abc import Mapping
from typing import Any, Final

from .const import (
    CONF_ALLOWED_HOSTS,
    CONF_ALWAYS_ON,
    CONF_AUDIO,
    CONF_BITRATE,
    CONF_BUFFER_SIZE,
    CONF_ENCODER,
    CONF_IDLE_TIMEOUT,
    CONF_INPUT_OPTIONS,
    CONF_KEYFRAME_INTERVAL,
    CONF_LOOKBACK,
    CONF_MAX_BITRATE,
    CONF_MAX_FRAME_RATE,
    CONF_MAX_HEIGHT,
    CONF_PRESET,
    CONF_SMALL_HEIGHT,
    CONF_VIDEO_MODE,
    CONF_WEBRTC,
)
from .streaming.camera.options import StreamOptions
from .streaming.sources.destinations import split_hosts
from .streaming.sources.input_options import allowed_input_options
from .streaming.transcode.options import ConversionOptions, Encoder, Preset, VideoMode

AUTOMATIC: Final = "automatic"
"""The value of an option that leaves the choice to us."""
UNCHANGED: Final = "unchanged"
"""The value of an option that leaves the picture as it is."""
NONE: Final = "none"
"""The value of an option for something that is not to be there."""

_KILO: Final = 1000


def stream_options(options: Mapping[str, Any]) -> StreamOptions:
    """Return what an entry's options stand for; what is not there is the default."""
    values = option_values(options)
    encoder, height = values[CONF_ENCODER], values[CONF_MAX_HEIGHT]
    bitrate = values.get(CONF_BITRATE)
    return StreamOptions(
        on_demand=not values[CONF_ALWAYS_ON],
        idle_timeout=values[CONF_IDLE_TIMEOUT],
        audio=values[CONF_AUDIO],
        lookback=values[CONF_LOOKBACK],
        allowed_hosts=split_hosts(values.get(CONF_ALLOWED_HOSTS, "")),
        input_options=allowed_input_options(values.get(CONF_INPUT_OPTIONS, "")),
        conversion=ConversionOptions(
            mode=VideoMode(values[CONF_VIDEO_MODE]),
            encoder=None if encoder == AUTOMATIC else Encoder(encoder),
            max_height=None if height == UNCHANGED else int(height),
            max_frame_rate=values.get(CONF_MAX_FRAME_RATE),
            bitrate=None if bitrate is None else int(bitrate * _KILO),
            max_bitrate=int(values[CONF_MAX_BITRATE] * _KILO),
            buffer_size=int(values[CONF_BUFFER_SIZE] * _KILO),
            preset=Preset(values[CONF_PRESET]),
            keyframe_interval=values[CONF_KEYFRAME_INTERVAL],
        ),
    )


def made_height(options: Mapping[str, Any]) -> int | None:
    """Return how high the small picture is to be that is made of the main one, if any."""
    height = option_values(options)[CONF_SMALL_HEIGHT]
    return None if height == NONE else int(height)


def option_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of all settings, the defaults' as well."""
    stream = StreamOptions()
    conversion = stream.conversion
    defaults = {
        CONF_ALWAYS_ON: not stream.on_demand,
        CONF_IDLE_TIMEOUT: stream.idle_timeout,
        CONF_AUDIO: stream.audio,
        CONF_WEBRTC: False,
        CONF_LOOKBACK: stream.lookback,
        CONF_VIDEO_MODE: conversion.mode,
        CONF_MAX_HEIGHT: UNCHANGED,
        CONF_SMALL_HEIGHT: NONE,
        CONF_ENCODER: AUTOMATIC,
        CONF_MAX_BITRATE: conversion.max_bitrate / _KILO,
        CONF_BUFFER_SIZE: conversion.buffer_size / _KILO,
        CONF_PRESET: conversion.preset,
        CONF_KEYFRAME_INTERVAL: conversion.keyframe_interval,
    }
    return defaults | dict(options)
