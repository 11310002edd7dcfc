"""FFmpeg's arguments that read one address."""

from typing import Final

from ..memory import limit_pixels
from .input import ReadOptions
from .source import FORMATS, PROTOCOLS, Source, Transport

_TRANSPORTS: Final = {
    # It tries the next one where the camera answers 461.
    Transport.AUTOMATIC: (
        *("-rtsp_transport", "tcp+udp"),
        *("-rtsp_flags", "+prefer_tcp"),
    ),
    Transport.TCP: ("-rtsp_transport", "tcp"),
    Transport.UDP: ("-rtsp_transport", "udp"),
}
_ANALYSIS_S: Final = 0.5
"""Seconds of the stream that FFmpeg analyses first: enough for parameter sets."""
_LONG_ANALYSIS_S: Final = 10.0
"""The same for a camera that sends sound seconds before its first picture: without a
picture's size FFmpeg gives up. It costs other cameras most of a second."""
_MAX_TRACKS: Final = 64
"""Tracks of a source, above which it is refused, or the rest is left out: FFmpeg would ask
a camera for each of a thousand."""
_LONG_FRAME_INTERVAL_S: Final = 0.5
"""Seconds from one picture to the next above which FFmpeg's usual analysis takes long."""


def read_arguments(source: Source, options: ReadOptions) -> list[str]:
    """Return the options of FFmpeg's protocol, demuxer and decoder for an address.

    `-i` and an address follow. The first option limits the protocols that FFmpeg may speak.
    """
    timeout = str(int(options.read_timeout * 1_000_000))
    arguments = ["-protocol_whitelist", PROTOCOLS[source.scheme]]
    if source.is_rtsp:
        arguments += [*_TRANSPORTS[source.transport], "-timeout", timeout]
        # FFmpeg sets up each track that is described, and gives up where the camera
        # refuses one: never ask for metadata.
        kinds = "video+audio" if options.with_sound else "video"
        arguments += ["-allowed_media_types", kinds]
    else:
        # Not `-timeout`: for RTMP it means to wait for a caller, and each protocol
        # counts it in another unit.
        arguments += ["-rw_timeout", timeout]
    if source.scheme == "udp":
        # Packets that FFmpeg has no time for are lost, but it continues.
        arguments += ["-overrun_nonfatal", "1"]
    if source.scheme == "rtsps":
        # Cameras have self-signed certificates; FFmpeg 9 would refuse them.
        arguments += ["-tls_verify", "0"]
    if options.use_wallclock:
        arguments += ["-use_wallclock_as_timestamps", "1"]
    # The frame rate is not waited for.
    arguments += ["-fpsprobesize", "0"]
    analysis = _LONG_ANALYSIS_S if options.look_longer else _ANALYSIS_S
    if source.is_joined:
        analysis += options.keyframe_wait
    arguments += ["-analyzeduration", str(int(analysis * 1_000_000))]
    arguments += ["-max_streams", str(_MAX_TRACKS)]
    arguments += limit_pixels()
    if options.frame_interval > _LONG_FRAME_INTERVAL_S:
        # Otherwise it waits for several pictures, to know in which order they come.
        arguments += ["-max_ts_probe", "1"]
    arguments += options.extra_arguments
    return [*arguments, "-format_whitelist", FORMATS[source.scheme]]
