"""The specifications of a camera's streams, from its entry."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import slugify

from .const import CONF_CAMERA, CONF_SMALL, CONF_SOURCE_INFO, LOGGER
from .manager import KeyedSpec
from .source import small_source, source_finder, source_key
from .stream_options import made_height, stream_options
from .streaming.camera.camera import smaller
from .streaming.camera.options import StreamOptions
from .streaming.camera.stream_spec import StreamSpec
from .streaming.sources.source_info import SourceInfo


def stream_specs(hass: HomeAssistant, entry: ConfigEntry) -> tuple[KeyedSpec, ...]:
    """Return the specifications of the main stream and, where configured, the sub-stream.

    The camera's own sub-stream has precedence over one that is made of the main stream.
    """
    logger = LOGGER.getChild(slugify(entry.title))
    small = small_source(entry.data)
    main_options, *small_options = options_of_streams(entry)
    main = _keyed_spec(hass, entry.data, main_options, logger)
    if not small_options:
        return (main,)
    logger = logger.getChild(CONF_SMALL)
    if small is not None:
        return main, _keyed_spec(hass, small, small_options[0], logger)
    made = StreamSpec(find_source=None, options=small_options[0], logger=logger)
    return main, KeyedSpec(key=f"{CONF_SMALL} {main.key}", spec=made)


def options_of_streams(entry: ConfigEntry) -> tuple[StreamOptions, ...]:
    """Return the options of each of `stream_specs()`."""
    options = stream_options(entry.options)
    # A sub-stream is for viewers only: it neither runs always nor keeps media to record.
    small = replace(options, on_demand=True, lookback=0.0)
    if small_source(entry.data) is not None:
        return options, small
    height = made_height(entry.options)
    return (options,) if height is None else (options, smaller(small, height))


def _keyed_spec(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    options: StreamOptions,
    logger: logging.Logger,
) -> KeyedSpec:
    """Return a stream's specification; `data` is an entry's, or its sub-stream's."""
    return KeyedSpec(
        key=source_key(data),
        spec=StreamSpec(
            find_source=source_finder(hass, data),
            options=options,
            logger=logger,
            source_info=SourceInfo.from_dict(data.get(CONF_SOURCE_INFO)),
            is_dynamic=CONF_CAMERA in data,
        ),
    )
