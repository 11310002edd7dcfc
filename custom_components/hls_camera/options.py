"""The options of a camera: one description for each, in the order of the form."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import voluptuous as vol
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .const import CONF_ALLOWED_HOSTS
from .streaming.camera.options import StreamOptions
from .streaming.errors import InvalidInputOptionsError
from .streaming.sources.destinations import invalid_host, split_hosts
from .streaming.sources.input_options import allowed_input_options, parse_input_options
from .streaming.transcode.options import THIS_MACHINE, Encoder, Preset, VideoMode
from .webrtc import CONF_WEBRTC, WebRtc

CONF_CONVERT_ON: Final = "convert_on"
CONF_ENCODER: Final = "encoder"
CONF_SMALL_HEIGHT: Final = "small_height"

AUTOMATIC: Final = "automatic"
"""The choice that leaves the encoder to the integration."""
_UNCHANGED: Final = "unchanged"
"""The choice that keeps the camera's height."""
_NONE: Final = "none"
"""The choice without a sub-stream."""

_DEFAULTS: Final = StreamOptions()
_KILO: Final = 1000


class Section(StrEnum):
    """Sections of the form, by their keys in the translations."""

    PICTURE = "picture"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a value cannot be kept."""

    error: str
    """The key of its text in the translations."""
    culprit: str
    """The part of the value that has to be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDescription:
    """An option: its key in entries, its field in the form, and its value in the core."""

    key: str
    selector: Selector[Any]
    default: Any = None
    """None if the field may be empty."""
    section: Section | None = None
    """None for a field above the sections."""
    value_fn: Callable[[Any], Any] = lambda value: value
    """Converts a value that an entry keeps to the core's."""
    problem_fn: Callable[[Any], Problem | None] = lambda _value: None
    """Checks a value that the selector allows."""

    @property
    def marker(self) -> vol.Marker:
        """The key in the form's schema."""
        return (vol.Optional if self.default is None else vol.Required)(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreOption(OptionDescription):
    """An option with a field in the core."""

    field: str


class StreamOption(CoreOption):
    """An option that is a field of `StreamOptions`."""


class ConversionOption(CoreOption):
    """An option that is a field of `ConversionOptions`."""


def choice(key: str, *values: str) -> Selector[Any]:
    """Return a drop-down list; its texts are those of `key` in the translations."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(values),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=key,
        )
    )


def _number(
    minimum: float, maximum: float, unit: str, step: float = 1
) -> Selector[Any]:
    return NumberSelector(
        NumberSelectorConfig(
            min=minimum,
            max=maximum,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


def height(value: str) -> int | None:
    """Return a chosen height in pixels, None if the choice is none."""
    return None if value in {_UNCHANGED, _NONE} else int(value)


def _kilobits(value: float) -> int:
    return int(value * _KILO)


def _host_problem(value: str) -> Problem | None:
    host = invalid_host(value)
    return None if host is None else Problem("not_a_host", host)


def _input_options_problem(value: str) -> Problem | None:
    try:
        parse_input_options(value)
    except InvalidInputOptionsError as err:
        return Problem("input_option_not_allowed", err.named)
    return None


OPTIONS: Final[tuple[OptionDescription, ...]] = (
    StreamOption(
        key="always_on",
        selector=BooleanSelector(),
        default=not _DEFAULTS.on_demand,
        field="on_demand",
        value_fn=lambda value: not value,
    ),
    StreamOption(
        key="idle_timeout",
        selector=_number(5, 3600, "s"),
        default=_DEFAULTS.idle_timeout,
        field="idle_timeout",
    ),
    StreamOption(
        key="audio",
        selector=BooleanSelector(),
        default=_DEFAULTS.audio,
        field="audio",
    ),
    StreamOption(
        key="lookback",
        selector=_number(0, 120, "s"),
        default=_DEFAULTS.lookback,
        field="lookback",
    ),
    ConversionOption(
        key="video_mode",
        section=Section.PICTURE,
        selector=choice("video_mode", *VideoMode),
        default=_DEFAULTS.conversion.mode,
        field="mode",
        value_fn=VideoMode,
    ),
    ConversionOption(
        key="max_height",
        section=Section.PICTURE,
        selector=choice("max_height", _UNCHANGED, "1080", "720", "480", "360", "240"),
        default=_UNCHANGED,
        field="max_height",
        value_fn=height,
    ),
    ConversionOption(
        key="max_frame_rate",
        section=Section.PICTURE,
        selector=_number(1, 60, "fps"),
        field="max_frame_rate",
    ),
    OptionDescription(
        key=CONF_SMALL_HEIGHT,
        section=Section.PICTURE,
        selector=choice(CONF_SMALL_HEIGHT, _NONE, "480", "360", "240", "180"),
        default=_NONE,
        value_fn=height,
    ),
    ConversionOption(
        key=CONF_ENCODER,
        section=Section.PICTURE,
        # The form adds the encoders that work on this machine.
        selector=choice(CONF_ENCODER, AUTOMATIC),
        default=AUTOMATIC,
        field="encoder",
        value_fn=lambda value: None if value == AUTOMATIC else Encoder(value),
    ),
    ConversionOption(
        key=CONF_CONVERT_ON,
        section=Section.PICTURE,
        # The form adds the converters.
        selector=choice(CONF_CONVERT_ON, AUTOMATIC, THIS_MACHINE),
        default=_DEFAULTS.conversion.convert_on,
        field="convert_on",
    ),
    ConversionOption(
        key="bitrate",
        section=Section.EXPERT,
        selector=_number(50, 50_000, "kbit/s"),
        field="bitrate",
        value_fn=_kilobits,
    ),
    ConversionOption(
        key="max_bitrate",
        section=Section.EXPERT,
        selector=_number(50, 50_000, "kbit/s"),
        default=_DEFAULTS.conversion.max_bitrate / _KILO,
        field="max_bitrate",
        value_fn=_kilobits,
    ),
    ConversionOption(
        key="buffer_size",
        section=Section.EXPERT,
        selector=_number(50, 100_000, "kbit"),
        default=_DEFAULTS.conversion.buffer_size / _KILO,
        field="buffer_size",
        value_fn=_kilobits,
    ),
    ConversionOption(
        key="preset",
        section=Section.EXPERT,
        selector=choice("preset", *Preset),
        default=_DEFAULTS.conversion.preset,
        field="preset",
        value_fn=Preset,
    ),
    ConversionOption(
        key="keyframe_interval",
        section=Section.EXPERT,
        selector=_number(0.5, 10, "s", step=0.5),
        default=_DEFAULTS.conversion.keyframe_interval,
        field="keyframe_interval",
    ),
    StreamOption(
        key="input_options",
        section=Section.EXPERT,
        selector=TextSelector(),
        field="input_options",
        value_fn=allowed_input_options,
        problem_fn=_input_options_problem,
    ),
    StreamOption(
        key=CONF_ALLOWED_HOSTS,
        section=Section.EXPERT,
        selector=TextSelector(),
        field="allowed_hosts",
        value_fn=split_hosts,
        problem_fn=_host_problem,
    ),
    OptionDescription(
        key=CONF_WEBRTC,
        section=Section.EXPERT,
        selector=choice(CONF_WEBRTC, *WebRtc),
        default=WebRtc.OFF,
    ),
)
