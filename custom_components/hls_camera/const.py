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
