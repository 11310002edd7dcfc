"""The steps of the config flow for converters: add one, or change it."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import (
    CONF_ADDRESS,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_USERNAME,
    CONF_VERIFY_SSL,
)
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from yarl import URL

from .const import DOMAIN
from .converter_entry import (
    CONF_HARDWARE,
    CONF_KIND,
    CONF_MAX_CONVERSIONS,
    CONVERTER,
    async_converter,
    is_converter,
)
from .converters.errors import ConverterError, ConverterProblem
from .streaming.errors import HlsCameraError

_BASE: Final = "base"
_MAX_LIMIT: Final = 64
CONVERTER_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_ADDRESS): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        vol.Optional(CONF_USERNAME): TextSelector(
            TextSelectorConfig(autocomplete="username")
        ),
        vol.Optional(CONF_PASSWORD): TextSelector(
            TextSelectorConfig(
                type=TextSelectorType.PASSWORD, autocomplete="current-password"
            )
        ),
        vol.Required(CONF_MAX_CONVERSIONS, default=4): NumberSelector(
            NumberSelectorConfig(
                min=1, max=_MAX_LIMIT, step=1, mode=NumberSelectorMode.BOX
            )
        ),
        vol.Required(CONF_HARDWARE, default=False): BooleanSelector(),
        vol.Required(CONF_VERIFY_SSL, default=True): BooleanSelector(),
    }
)
_FIELDS: Final = {
    ConverterProblem.CANNOT_CONNECT: CONF_ADDRESS,
    ConverterProblem.LOGIN_REJECTED: CONF_PASSWORD,
    ConverterProblem.NO_HARDWARE: CONF_HARDWARE,
    ConverterProblem.NOT_GO2RTC: CONF_ADDRESS,
    ConverterProblem.TIMED_OUT: CONF_ADDRESS,
    ConverterProblem.TLS_FAILED: CONF_VERIFY_SSL,
}
"""The fields that show a problem; the others are shown above the form."""


class ConverterSteps(ConfigFlow):
    """Add or change a converter; a test picture shows whether it works."""

    async def async_step_converter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new converter."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data, errors = await self._async_check(user_input)
            if not errors:
                return self.async_create_entry(
                    title=URL(data[CONF_ADDRESS]).host or "", data=data
                )
        return self.async_show_form(
            step_id="converter",
            data_schema=self.add_suggested_values_to_schema(
                CONVERTER_SCHEMA, user_input
            ),
            errors=errors,
            last_step=True,
        )

    async def async_step_reconfigure_converter(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other settings of a converter."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data, errors = await self._async_check(user_input)
            if not errors:
                result = self.async_update_reload_and_abort(entry, data=data)
                result["description_placeholders"] = {CONF_NAME: entry.title}
                return result
        return self.async_show_form(
            step_id="reconfigure_converter",
            data_schema=self.add_suggested_values_to_schema(
                CONVERTER_SCHEMA, user_input or entry.data
            ),
            errors=errors,
            description_placeholders={CONF_NAME: entry.title},
            last_step=True,
        )

    async def _async_check(
        self, form: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """Return an entry's data from the form's input, and the errors of its fields."""
        data = {**form, CONF_KIND: CONVERTER}
        url = _parsed(form[CONF_ADDRESS])
        if url is None:
            return data, {CONF_ADDRESS: "converter_address"}
        data[CONF_ADDRESS] = str(url.with_user(None))
        if url.user:
            data[CONF_USERNAME] = form.get(CONF_USERNAME) or url.user
            data[CONF_PASSWORD] = form.get(CONF_PASSWORD) or url.password or ""
        if self._is_known(url):
            return data, {CONF_ADDRESS: "converter_known"}
        converter = await async_converter(self.hass, data, key="", name="")
        try:
            await converter.try_out()
        except ConverterError as err:
            problem = f"converter_{err.problem}"
            return data, {_FIELDS.get(err.problem, _BASE): problem}
        except HlsCameraError:
            return data, {_BASE: "ffmpeg_missing"}
        return data, {}

    def _is_known(self, url: URL) -> bool:
        """Return whether another entry has this host and port."""
        own = self.context.get("entry_id")
        return any(
            URL(entry.data[CONF_ADDRESS]).host_port_subcomponent
            == url.host_port_subcomponent
            for entry in self.hass.config_entries.async_entries(DOMAIN)
            if is_converter(entry.data) and entry.entry_id != own
        )


def _parsed(address: str) -> URL | None:
    """Return an address as a person types it; None if it is none of HTTP."""
    address = address.strip()
    try:
        url = URL(address if "://" in address else f"http://{address}")
    except ValueError:
        return None
    is_usable = url.scheme in {"http", "https"} and url.host
    return url.with_path(url.path.rstrip("/")) if is_usable else None
