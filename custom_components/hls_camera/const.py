"""Names that more than one module of the integration uses."""

import logging
from typing import Final

DOMAIN: Final = "hls_camera"
LOGGER: Final = logging.getLogger(__package__)

# The keys of an entry's data, beside those that Home Assistant names.
CONF_SOURCE_INFO: Final = "source_info"
CONF_TRANSPORT: Final = "transport"

# The keys of an entry's options.
CONF_ALWAYS_ON: Final = "always_on"
CONF_IDLE_TIMEOUT: Final = "idle_timeout"
CONF_SWITCHED_OFF: Final = "switched_off"
"""Somebody turned the camera off; it stays off until somebody turns it on."""

EVENT_HLS_CAMERA: Final = f"{DOMAIN}_event"
"""Fired on Home Assistant's bus when a stream starts, ends, fails or recovers."""

LONG_KEYFRAME_INTERVAL: Final = 4.0
"""Seconds; above it, the first picture is long in coming."""


def unique_id(entry_id: str, key: str) -> str:
    """Return the unique id of an entity: addresses of cameras change, entries do not."""
    return f"{entry_id}_{key}"
