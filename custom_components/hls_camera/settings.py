"""Settings for all cameras together: YAML, overridden by environment variables."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import voluptuous as vol
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, LOGGER
from .streaming.camera.options import StreamOptions

CONF_MAX_CONCURRENT_STREAMS: Final = "max_concurrent_streams"
CONF_MEMORY_BUDGET: Final = "memory_budget"
CONF_PART_TARGET: Final = "part_target"

_MEGABYTE: Final = 1024 * 1024
_LEAST_MEGABYTES: Final = 4
"""Of a stream's window: less does not hold a few seconds of a large picture."""

_SETTINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    CONF_MAX_CONCURRENT_STREAMS: vol.All(vol.Coerce(int), vol.Range(1, 1000)),
    CONF_MEMORY_BUDGET: vol.All(vol.Coerce(int), vol.Range(16, 1_000_000)),
    CONF_PART_TARGET: vol.All(vol.Coerce(float), vol.Range(0.1, 1.0)),
}

CONFIG_SCHEMA: Final = vol.Schema(
    {
        DOMAIN: vol.Any(
            # `hls_camera:` without anything below it
            vol.All(None, lambda _: {}),
            vol.Schema({vol.Optional(key): check for key, check in _SETTINGS.items()}),
        )
    },
    extra=vol.ALLOW_EXTRA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings that hold for all cameras together."""

    max_concurrent_streams: int = 16
    """How many streams may run at a time."""
    memory_budget: int = 384
    """Megabytes that the media of all streams may take."""
    part_target: float = 0.2
    """Seconds of a partial segment to aim at: shorter ones are sooner there."""
    ignored: tuple[str, ...] = ()
    """Environment variables that were left out: they make no sense."""

    @classmethod
    def load(
        cls, config: ConfigType, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Read the YAML; environment variables win, as containers are set up by them."""
        values = dict(config.get(DOMAIN, {}))
        ignored = []
        for key, check in _SETTINGS.items():
            variable = f"{DOMAIN}_{key}".upper()
            if (text := environment.get(variable)) is None:
                continue
            try:
                values[key] = check(text)
            except vol.Invalid as err:
                LOGGER.warning("%s is left out: %s", variable, err)
                ignored.append(variable)
        return cls(**values, ignored=tuple(ignored))

    @property
    def stream_limit(self) -> int:
        """How many streams may run, so that each has memory enough."""
        return min(self.max_concurrent_streams, self.memory_budget // _LEAST_MEGABYTES)

    def apply(self, options: StreamOptions) -> StreamOptions:
        """Return a stream's options with what all streams have in common.

        Each of the streams that may run has an equal share of the memory. Those that
        do not run hold no media.
        """
        return replace(
            options,
            part_duration=self.part_target,
            window_bytes=self.memory_budget * _MEGABYTE // self.stream_limit,
        )
