"""The options of a camera: their form, and the menu that leads to it and to the addresses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .address_flow import AddressesFlow
from .const import CONF_SOURCE_INFO
from .converter_entry import converter_names
from .coordinator import HlsCameraConfigEntry
from .describe import async_describe_conversion
from .form_sections import open_at
from .manager import MANAGER
from .naming import camera_name
from .options import (
    AUTOMATIC,
    CONF_CONVERT_ON,
    CONF_ENCODER,
    OPTIONS,
    OptionDescription,
    Problem,
    Section,
    choice,
)
from .stream_options import made_height, option_values, stream_options
from .streaming.errors import FfmpegError
from .streaming.sources.source_info import SourceInfo
from .streaming.transcode.options import THIS_MACHINE

_WEBRTC_HELP: Final = "https://github.com/hls-camera/hls_camera/blob/main/docs/settings.md#webrtc-by-go2rtc"
_KEYS = frozenset(each.key for each in OPTIONS)


class HlsCameraOptionsFlow(AddressesFlow):
    """Change a camera's options, or its addresses for other programs."""

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["options", "addresses"],
            description_placeholders={
                CONF_NAME: camera_name(self.hass, self.config_entry)
            },
        )

    async def async_step_options(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options until all of them are valid."""
        culprit = None
        values = option_values(self.config_entry.options)
        if user_input is not None:
            values = _flat(user_input)
            culprit = _culprit(values)
            if culprit is None:
                # Entries keep more here than options, such as "switched off".
                kept = {
                    key: value
                    for key, value in self.config_entry.options.items()
                    if key not in _KEYS
                }
                return self._async_keep({**kept, **values})
        converters = converter_names(self.hass)
        if values.get(CONF_CONVERT_ON) not in {THIS_MACHINE, *converters}:
            values[CONF_CONVERT_ON] = AUTOMATIC
        encoders = await self._async_encoders(values[CONF_ENCODER])
        schema = _schema(encoders, converters)
        errors: dict[str, str] = {}
        placeholders = {
            CONF_NAME: camera_name(self.hass, self.config_entry),
            "picture": await self._async_picture(),
            "webrtc_help": _WEBRTC_HELP,
            "option": "",
        }
        if culprit is not None:
            option, problem = culprit
            schema, place = open_at(schema, option.key)
            errors[place] = problem.error
            placeholders["option"] = problem.culprit
        return self.async_show_form(
            step_id="options",
            data_schema=self.add_suggested_values_to_schema(schema, _nested(values)),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_picture(self) -> str:
        """Return which settings of the picture apply to this camera."""
        options = self.config_entry.options
        return await async_describe_conversion(
            self.hass,
            SourceInfo.from_dict(self.config_entry.data.get(CONF_SOURCE_INFO)),
            stream_options(options).conversion.mode,
            makes_sub=made_height(options) is not None,
        )

    async def _async_encoders(self, chosen: str) -> list[str]:
        """Return the encoders that work here, and the chosen one.

        Without a working FFmpeg, all other options can still be changed.
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
        """Update the entry, and apply the options to the running stream.

        Reloading the entry would disconnect all viewers.
        """
        entry: HlsCameraConfigEntry = self.config_entry
        self.hass.config_entries.async_update_entry(entry, options=options)
        if entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.async_options_changed()
        return self.async_create_entry(data=options)


def _culprit(values: Mapping[str, Any]) -> tuple[OptionDescription, Problem] | None:
    """Return the first option with a problem, from the top of the form."""
    for each in OPTIONS:
        if each.key in values and (problem := each.problem_fn(values[each.key])):
            return each, problem
    return None


def _schema(encoders: Sequence[str], converters: Mapping[str, str]) -> vol.Schema:
    """Return the form's schema.

    `encoders` can be chosen beside the automatic choice, `converters` by their names.
    """

    def selector(option: OptionDescription) -> Selector[Any]:
        if option.key == CONF_ENCODER:
            return choice(CONF_ENCODER, AUTOMATIC, *encoders)
        if option.key == CONF_CONVERT_ON:
            return _hosts(converters)
        return option.selector

    def fields(within: Section | None) -> dict[vol.Marker, Any]:
        return {
            each.marker: selector(each)
            for each in OPTIONS
            if each.section is within and (converters or each.key != CONF_CONVERT_ON)
        }

    sections = {
        vol.Required(name): section(vol.Schema(fields(name)), {"collapsed": True})
        for name in Section
    }
    return vol.Schema({**fields(None), **sections})


def _hosts(converters: Mapping[str, str]) -> Selector[Any]:
    """Return a drop-down list of the places for a conversion."""
    named = {AUTOMATIC: AUTOMATIC, THIS_MACHINE: THIS_MACHINE, **converters}
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=value, label=label)
                for value, label in named.items()
            ],
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_CONVERT_ON,
        )
    )


def _flat(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's values without its sections."""
    values = {key: user_input[key] for key in user_input if key not in Section}
    for name in Section:
        values |= user_input[name]
    return values


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values in the form's sections."""
    sections = {each.key: each.section for each in OPTIONS}
    nested: dict[str, Any] = {name: {} for name in Section}
    for key, value in values.items():
        within = sections.get(key)
        (nested if within is None else nested[within])[key] = value
    return nested
