"""A camera's options: when its stream runs, and what is made of picture and sound."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .const import (
    CONF_ALLOWED_HOSTS,
    CONF_ALWAYS_ON,
    CONF_AUDIO,
    CONF_BITRATE,
    CONF_BUFFER_SIZE,
    CONF_ENCODER,
    CONF_IDLE_TIMEOUT,
    CONF_INPUT_OPTIONS,
    CONF_KEYFRAME_INTERVAL,
    CONF_LOOKBACK,
    CONF_MAX_BITRATE,
    CONF_MAX_FRAME_RATE,
    CONF_MAX_HEIGHT,
    CONF_PRESET,
    CONF_SMALL_HEIGHT,
    CONF_VIDEO_MODE,
    CONF_WEBRTC,
)
from .coordinator import HlsCameraConfigEntry
from .manager import MANAGER
from .stream_options import AUTOMATIC, NONE, UNCHANGED, option_values
from .streaming.errors import FfmpegError, InvalidInputOptionsError
from .streaming.sources.destinations import invalid_host
from .streaming.sources.input_options import parse_input_options
from .streaming.transcode.options import Preset, VideoMode

_SECTION_PICTURE: Final = "picture"
_SECTION_EXPERT: Final = "expert"
_HEIGHTS: Final = (UNCHANGED, "1080", "720", "480", "360", "240")
_SMALL_HEIGHTS: Final = (NONE, "480", "360", "240", "180")


class HlsCameraOptionsFlow(OptionsFlow):
    """Change a camera's options."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options, until all of them can be kept."""
        errors: dict[str, str] = {}
        option = ""
        values = option_values(self.config_entry.options)
        if user_input is not None:
            values = _flat(user_input)
            error, option = _problem(values)
            if error is None:
                # What is no setting, such as that somebody switched it off, stays.
                kept = {
                    key: value
                    for key, value in self.config_entry.options.items()
                    if key not in _KEYS
                }
                return self._async_keep({**kept, **values})
            errors["base"] = error
        encoders = await self._async_encoders(values[CONF_ENCODER])
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                _schema(encoders), _nested(values)
            ),
            errors=errors,
            description_placeholders={"option": option},
        )

    async def _async_encoders(self, chosen: str) -> list[str]:
        """Return the encoders to choose from, the chosen one in any case.

        Without a FFmpeg that works, all other options can be changed all the same.
        """
        try:
            working = await self.hass.data[MANAGER].find_encoders()
        except FfmpegError:
            working = ()
        found = [str(each.encoder) for each in working]
        is_missing = chosen != AUTOMATIC and chosen not in found
        return [*found, chosen] if is_missing else found

    @callback
    def _async_keep(self, options: dict[str, Any]) -> ConfigFlowResult:
        """Keep the options, and let the stream go on with them.

        Reloading the entry would do, but would also send all viewers away.
        """
        entry: HlsCameraConfigEntry = self.config_entry
        self.hass.config_entries.async_update_entry(entry, options=options)
        if entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.async_options_changed()
        return self.async_create_entry(data=options)


def _problem(values: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return why the values cannot be kept, if so, and the part that is to be mended."""
    if host := invalid_host(values.get(CONF_ALLOWED_HOSTS, "")):
        return "not_a_host", host
    try:
        parse_input_options(values.get(CONF_INPUT_OPTIONS, ""))
    except InvalidInputOptionsError as err:
        return "input_option_not_allowed", err.named
    return None, ""


def _number(minimum: float, maximum: float, unit: str, step: float = 1) -> Any:
    return NumberSelector(
        NumberSelectorConfig(
            min=minimum,
            max=maximum,
            step=step,
            mode=NumberSelectorMode.BOX,
            unit_of_measurement=unit,
        )
    )


def _choice(options: list[str], translation_key: str) -> Any:
    return SelectSelector(
        SelectSelectorConfig(
            options=options,
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=translation_key,
        )
    )


def _schema(encoders: Sequence[str]) -> vol.Schema:
    picture = {
        vol.Required(CONF_VIDEO_MODE): _choice(list(VideoMode), CONF_VIDEO_MODE),
        vol.Required(CONF_MAX_HEIGHT): _choice(list(_HEIGHTS), CONF_MAX_HEIGHT),
        vol.Optional(CONF_MAX_FRAME_RATE): _number(1, 60, "fps"),
        vol.Required(CONF_SMALL_HEIGHT): _choice(
            list(_SMALL_HEIGHTS), CONF_SMALL_HEIGHT
        ),
        vol.Required(CONF_ENCODER): _choice([AUTOMATIC, *encoders], CONF_ENCODER),
    }
    expert = {
        vol.Optional(CONF_BITRATE): _number(50, 50_000, "kbit/s"),
        vol.Required(CONF_MAX_BITRATE): _number(50, 50_000, "kbit/s"),
        vol.Required(CONF_BUFFER_SIZE): _number(50, 100_000, "kbit"),
        vol.Required(CONF_PRESET): _choice(list(Preset), CONF_PRESET),
        vol.Required(CONF_KEYFRAME_INTERVAL): _number(0.5, 10, "s", 0.5),
        vol.Optional(CONF_INPUT_OPTIONS): TextSelector(),
        vol.Optional(CONF_ALLOWED_HOSTS): TextSelector(),
    }
    return vol.Schema(
        {
            vol.Required(CONF_ALWAYS_ON): BooleanSelector(),
            vol.Required(CONF_IDLE_TIMEOUT): _number(5, 3600, "s"),
            vol.Required(CONF_AUDIO): BooleanSelector(),
            vol.Required(CONF_WEBRTC): BooleanSelector(),
            vol.Required(CONF_LOOKBACK): _number(0, 120, "s"),
            vol.Required(_SECTION_PICTURE): section(
                vol.Schema(picture), {"collapsed": True}
            ),
            vol.Required(_SECTION_EXPERT): section(
                vol.Schema(expert), {"collapsed": True}
            ),
        }
    )


def _in_sections() -> dict[str, frozenset[str]]:
    """Return the keys of each section."""
    return {
        str(key): frozenset(map(str, value.schema.schema))
        for key, value in _schema(()).schema.items()
        if isinstance(value, section)
    }


_SECTIONS: Final = _in_sections()
_KEYS: Final = frozenset(map(str, _schema(()).schema)).union(*_SECTIONS.values())


def _flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values without its sections."""
    values = {key: user_input[key] for key in user_input if key not in _SECTIONS}
    for name in _SECTIONS:
        values |= user_input[name]
    return values


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in the form's sections."""
    inside = frozenset().union(*_SECTIONS.values())
    nested: dict[str, Any] = {
        key: value for key, value in values.items() if key not in inside
    }
    for name, keys in _SECTIONS.items():
        nested[name] = {key: values[key] for key in keys if key in values}
    return nested
