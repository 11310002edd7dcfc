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

_MIB: Final = 1024 * 1024
_MIN_WINDOW_MIB: Final = 4
"""Of a stream's window: enough for a few seconds of a large picture."""

_SETTINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    CONF_MAX_CONCURRENT_STREAMS: vol.All(vol.Coerce(int), vol.Range(1, 1000)),
    CONF_MEMORY_BUDGET: vol.All(vol.Coerce(int), vol.Range(16, 1_000_000)),
    CONF_PART_TARGET: vol.All(vol.Coerce(float), vol.Range(0.1, 1.0)),
}

CONFIG_SCHEMA: Final = vol.Schema(
    {
        DOMAIN: vol.Any(
            # `hls_camera:` with nothing below it
            vol.All(None, lambda _: {}),
            vol.Schema({vol.Optional(key): check for key, check in _SETTINGS.items()}),
        )
    },
    extra=vol.ALLOW_EXTRA,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings for all cameras together."""

    max_concurrent_streams: int = 16
    """Maximum number of streams that run at the same time."""
    memory_budget: int = 384
    """MiB of memory for the media of all streams."""
    part_target: float = 0.2
    """Target duration of partial segments in seconds; shorter ones reduce the delay."""
    ignored: tuple[str, ...] = ()
    """Environment variables with invalid values."""

    @classmethod
    def load(
        cls, config: ConfigType, environment: Mapping[str, str] = os.environ
    ) -> Self:
        """Read YAML and environment variables; the latter, which containers use, win."""
        values = dict(config.get(DOMAIN, {}))
        ignored = []
        for key, check in _SETTINGS.items():
            variable = f"{DOMAIN}_{key}".upper()
            if (text := environment.get(variable)) is None:
                continue
            try:
                values[key] = check(text)
            except vol.Invalid as err:
                LOGGER.warning("Ignoring %s: %s", variable, err)
                ignored.append(variable)
        return cls(**values, ignored=tuple(ignored))

    @property
    def stream_limit(self) -> int:
        """Maximum number of streams for which the memory suffices."""
        return min(self.max_concurrent_streams, self.memory_budget // _MIN_WINDOW_MIB)

    def apply(self, options: StreamOptions) -> StreamOptions:
        """Return a stream's options with the settings for all streams.

        Each stream has an equal share of the memory budget. Stopped streams hold no
        media.
        """
        return replace(
            options,
            part_duration=self.part_target,
            window_bytes=self.memory_budget * _MIB // self.stream_limit,
        )
