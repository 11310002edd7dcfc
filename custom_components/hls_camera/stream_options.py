"""An entry's options as those of the core."""

from collections.abc import Mapping
from typing import Any

from .options import (
    CONF_SMALL_HEIGHT,
    OPTIONS,
    ConversionOption,
    CoreOption,
    StreamOption,
    height,
)
from .streaming.camera.options import StreamOptions
from .streaming.transcode.options import ConversionOptions


def stream_options(options: Mapping[str, Any]) -> StreamOptions:
    """Return the core's options; options that an entry does not keep have their defaults."""
    values = option_values(options)

    def fields(kind: type[CoreOption]) -> dict[str, Any]:
        return {
            each.field: each.value_fn(values[each.key])
            for each in OPTIONS
            if isinstance(each, kind) and each.key in values
        }

    conversion = ConversionOptions(**fields(ConversionOption))
    return StreamOptions(**fields(StreamOption), conversion=conversion)


def made_height(options: Mapping[str, Any]) -> int | None:
    """Return the height of a sub-stream made of the main stream; None if not wanted."""
    return height(option_values(options)[CONF_SMALL_HEIGHT])


def option_values(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry's options with the defaults of those that it does not keep."""
    defaults = {each.key: each.default for each in OPTIONS if each.default is not None}
    kept = {key: value for key, value in options.items() if value is not None}
    return defaults | kept
