"""What a camera's streams are made of, as its entry tells."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util import slugify

from .const import CONF_CAMERA, CONF_SMALL, CONF_SOURCE_INFO, LOGGER
from .manager import Pull
from .source import small_source, source_finder, source_key
from .stream_options import made_height, stream_options
from .streaming.camera.camera import smaller
from .streaming.camera.options import StreamOptions
from .streaming.camera.stream_spec import StreamSpec
from .streaming.sources.source_info import SourceInfo


def pulls(hass: HomeAssistant, entry: ConfigEntry) -> tuple[Pull, ...]:
    """Return what the main stream is made of, and the small one where there is to be one.

    The small one is the camera's own where that has an address; otherwise it may be made
    of the main one.
    """
    logger = LOGGER.getChild(slugify(entry.title))
    small = small_source(entry.data)
    main_options, *small_options = pull_options(entry)
    main = _pull(hass, entry.data, main_options, logger)
    if not small_options:
        return (main,)
    logger = logger.getChild(CONF_SMALL)
    if small is not None:
        return main, _pull(hass, small, small_options[0], logger)
    made = StreamSpec(find_source=None, options=small_options[0], logger=logger)
    return main, Pull(key=f"{CONF_SMALL} {main.key}", spec=made)


def pull_options(entry: ConfigEntry) -> tuple[StreamOptions, ...]:
    """Return the options of each of `pulls`."""
    options = stream_options(entry.options)
    # The small stream is there to be watched only.
    small = replace(options, on_demand=True, lookback=0.0)
    if small_source(entry.data) is not None:
        return options, small
    height = made_height(entry.options)
    return (options,) if height is None else (options, smaller(small, height))


def _pull(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    options: StreamOptions,
    logger: logging.Logger,
) -> Pull:
    """Return what a stream is made of; `data` are an entry's, or those of its sub-stream."""
    return Pull(
        key=source_key(data),
        spec=StreamSpec(
            find_source=source_finder(hass, data),
            options=options,
            logger=logger,
            source_info=SourceInfo.from_dict(data.get(CONF_SOURCE_INFO)),
            is_dynamic=CONF_CAMERA in data,
        ),
    )
