"""Settings for all cameras together: YAML, overridden by environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import voluptuous as vol
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, LOGGER

CONF_MAX_CONCURRENT_STREAMS: Final = "max_concurrent_streams"
DEFAULT_MAX_CONCURRENT_STREAMS: Final = 16

_LIMITS: Final = {CONF_MAX_CONCURRENT_STREAMS: cv.positive_int}

CONFIG_SCHEMA: Final = vol.Schema(
    {
        DOMAIN: vol.Any(
            # `hls_camera:` without anything below it
            vol.All(None, lambda _: {}),
            vol.Schema({vol.Optional(key): check for key, check in _LIMITS.items()}),
        )
    },
    extra=vol.ALLOW_EXTRA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings that hold for all cameras together."""

    max_concurrent_streams: int = DEFAULT_MAX_CONCURRENT_STREAMS
    """How many streams may run at a time."""

    @classmethod
    def load(
        cls, config: ConfigType, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Read the YAML; environment variables win, as containers are set up by them."""
        values: dict[str, int] = dict(config.get(DOMAIN, {}))
        for key, check in _LIMITS.items():
            variable = f"{DOMAIN}_{key}".upper()
            if (text := environment.get(variable)) is None:
                continue
            try:
                values[key] = check(text)
            except vol.Invalid:
                LOGGER.warning("%s is not a whole number and is left out", variable)
        return cls(**values)
