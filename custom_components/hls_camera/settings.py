"""Settings for all cameras together: YAML, overridden by environment variables."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import voluptuous as vol
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, LOGGER
from .streaming.camera.limits import Limits

CONF_MAX_CONCURRENT_STREAMS: Final = "max_concurrent_streams"
CONF_MEMORY_BUDGET: Final = "memory_budget"
CONF_PART_TARGET: Final = "part_target"

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
class Settings(Limits):
    """Settings for all cameras together, and what is wrong with them."""

    ignored: tuple[str, ...] = ()
    """Environment variables with invalid values."""
    configured: tuple[str, ...] = field(default=(), compare=False)
    """The settings that YAML or the environment has."""

    @classmethod
    def load(
        cls,
        config: ConfigType,
        environment: Mapping[str, str] = os.environ,
        *,
        raised_limit: int = 0,
    ) -> Self:
        """Read YAML and environment variables; the latter, which containers use, win.

        `raised_limit` is the stream limit that somebody has raised in the UI.
        """
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
        settings = cls(**values, ignored=tuple(ignored), configured=tuple(values))
        return (
            settings.raised(raised_limit)
            if settings.can_raise(raised_limit)
            else settings
        )

    def can_raise(self, streams: int) -> bool:
        """Return whether the stream limit is lower, and nobody has configured it so."""
        if streams <= self.stream_limit:
            return False
        raised = asdict(self.raised(streams))
        return not any(getattr(self, key) != raised[key] for key in self.configured)
