"""Names that more than one module of the integration uses."""

import logging
from typing import Final

DOMAIN: Final = "hls_camera"
LOGGER: Final = logging.getLogger(__package__)

# The keys of an entry's data, beside those of its provider.
CONF_DISCOVERED_HOST: Final = "discovered_host"
"""The host that the camera last announced on the network, if it did."""
CONF_SMALL: Final = "small"
"""The camera's own sub-stream, if it has one: keys of its provider, and `source_info`."""
CONF_SOURCE_INFO: Final = "source_info"
CONF_VARIANTS: Final = "variants"
"""The variants of the multivariant playlist when they last ran."""

# The keys of an entry's options.
CONF_ALLOWED_HOSTS: Final = "allowed_hosts"
"""Hosts beside the camera's own that it may lead to."""
CONF_ALWAYS_ON: Final = "always_on"
CONF_AUDIO: Final = "audio"
CONF_BITRATE: Final = "bitrate"
"""Kilobits per second, as the other two."""
CONF_BUFFER_SIZE: Final = "buffer_size"
CONF_ENCODER: Final = "encoder"
CONF_IDLE_TIMEOUT: Final = "idle_timeout"
CONF_INPUT_OPTIONS: Final = "input_options"
CONF_KEYFRAME_INTERVAL: Final = "keyframe_interval"
CONF_LOOKBACK: Final = "lookback"
CONF_MAX_BITRATE: Final = "max_bitrate"
CONF_MAX_FRAME_RATE: Final = "max_frame_rate"
CONF_MAX_HEIGHT: Final = "max_height"
CONF_PRESET: Final = "preset"
CONF_SMALL_HEIGHT: Final = "small_height"
CONF_SWITCHED_OFF: Final = "switched_off"
"""Somebody turned the camera off; it stays off until somebody turns it on."""
CONF_VIDEO_MODE: Final = "video_mode"
CONF_WEBRTC: Final = "webrtc"

EVENT_HLS_CAMERA: Final = f"{DOMAIN}_event"
"""Fired on Home Assistant's bus when a stream starts, ends, fails or recovers."""

LONG_KEYFRAME_INTERVAL: Final = 4.0
"""Seconds; above it, the first picture is long in coming."""


def unique_id(entry_id: str, key: str) -> str:
    """Return the unique id of an entity: addresses of cameras change, entries do not."""
    return f"{entry_id}_{key}"
