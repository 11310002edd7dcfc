"""Names that several modules use."""

import logging
from typing import Final

DOMAIN: Final = "hls_camera"
LOGGER: Final = logging.getLogger(__package__)

MINOR_VERSION: Final = 3
"""Of entries; version 1.1 had no `CONF_ONVIF`, version 1.2 a switch for WebRTC."""

# The keys of an entry's data, beside those of its provider.
CONF_CHANNEL: Final = "channel"
"""The key of a recorder's channel, if the camera is one."""
CONF_DEVICE: Final = "device"
"""The description of the camera or recorder by itself, if the search found it."""
CONF_DISCOVERED_HOST: Final = "discovered_host"
"""The host that the camera last announced on the network, if it did."""
CONF_EVENTS: Final = "events"
"""Within `CONF_ONVIF`: the kinds of events that the camera offers, once it was asked."""
CONF_ONVIF: Final = "onvif"
"""The port of ONVIF, if the search found the camera by it, and its events."""
CONF_SMALL: Final = "small"
"""The camera's own sub-stream, if it has one: keys of its provider, and `source_info`."""
CONF_SOURCE_INFO: Final = "source_info"
CONF_VARIANTS: Final = "variants"
"""The variants of the multivariant playlist when they last ran."""

# The keys of an entry's options; `options` has the others.
CONF_ALLOWED_HOSTS: Final = "allowed_hosts"
CONF_SWITCHED_OFF: Final = "switched_off"
"""Present while a user has switched the camera off."""

EVENT_HLS_CAMERA: Final = f"{DOMAIN}_event"
EVENT_PUBLICATION: Final = f"{DOMAIN}_publication_event"
PUBLISHING_KEY: Final = "publishing"
"""The key of the sensor that shows the state of a publication."""
"""Fired on Home Assistant's bus when a stream starts, ends, fails or recovers."""

LONG_KEYFRAME_INTERVAL: Final = 4.0
"""Seconds; with longer intervals, viewers wait long for the first picture."""


def unique_id(entry_id: str, key: str) -> str:
    """Return the unique id of an entity, which no change of the camera's source affects."""
    return f"{entry_id}_{key}"
