"""The specifications of a camera's streams, from its entry."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import slugify

from .const import CONF_SMALL, CONF_SOURCE_INFO, LOGGER
from .providers.provider import SourceProvider
from .providers.registry import provider_of, sources
from .stream_options import made_height, stream_options
from .streaming.camera.manager import KeyedSpec
from .streaming.camera.options import StreamOptions
from .streaming.camera.stream_spec import StreamSpec
from .streaming.camera.sub_stream import scaled_down
from .streaming.sources.source_info import SourceInfo


def stream_specs(hass: HomeAssistant, entry: ConfigEntry) -> tuple[KeyedSpec, ...]:
    """Return the specifications of the main stream and, where configured, the sub-stream.

    The camera's own sub-stream has precedence over one that is made of the main stream.
    """
    logger = LOGGER.getChild(slugify(entry.title))
    keyed_spec = partial(_keyed_spec, hass, provider_of(entry.data))
    main_source, *sub_source = sources(entry.data)
    main_options, *sub_options = options_of_streams(entry)
    main = keyed_spec(main_source, main_options, logger)
    if not sub_options:
        return (main,)
    logger = logger.getChild(CONF_SMALL)
    if sub_source:
        return main, keyed_spec(sub_source[0], sub_options[0], logger)
    made = StreamSpec(find_source=None, options=sub_options[0], logger=logger)
    return main, KeyedSpec(key=f"{CONF_SMALL} {main.key}", spec=made)


def options_of_streams(entry: ConfigEntry) -> tuple[StreamOptions, ...]:
    """Return the options of each of `stream_specs()`."""
    options = stream_options(entry.options)
    # A sub-stream is for viewers only: it neither runs always nor keeps media to record.
    small = replace(options, on_demand=True, lookback=0.0)
    if len(sources(entry.data)) > 1:
        return options, small
    height = made_height(entry.options)
    return (options,) if height is None else (options, scaled_down(small, height))


def has_sub_stream(entry: ConfigEntry) -> bool:
    """Return whether a camera has a sub-stream, its own or one that is made."""
    return len(options_of_streams(entry)) > 1


def _keyed_spec(
    hass: HomeAssistant,
    provider: SourceProvider,
    source: Mapping[str, Any],
    options: StreamOptions,
    logger: logging.Logger,
) -> KeyedSpec:
    """Return the specification of the stream from a source."""
    return KeyedSpec(
        key=provider.source_key(source),
        spec=StreamSpec(
            find_source=partial(provider.async_find, hass, source),
            options=options,
            logger=logger,
            source_info=SourceInfo.from_dict(source.get(CONF_SOURCE_INFO)),
            is_dynamic=provider.is_dynamic,
        ),
    )
