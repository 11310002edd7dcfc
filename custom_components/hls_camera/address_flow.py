"""The steps of the options flow for the addresses at which other programs read a camera."""

from collections.abc import Callable
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState, ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_NAME
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.dt import as_local, utc_from_timestamp

from .addresses import ADDRESSES, Address
from .const import DOMAIN
from .coordinator import HlsCameraConfigEntry
from .naming import camera_name
from .options import choice
from .providers.registry import is_known
from .stream_specs import has_sub_stream
from .streaming.camera.camera import Quality
from .web.address_urls import (
    AddressFormat,
    Base,
    Resource,
    address_path,
    async_base_url,
)

_BASE: Final = "base_address"
"""Not "base", under which forms show errors of no field."""
_BASE_CHOICE: Final = "base"
_QUALITY: Final = "quality"
_REVOKED: Final = "revoked"
_SHOWN: Final = vol.Schema(
    {vol.Optional(str(each)): TextSelector() for each in AddressFormat}
)
"""The URLs of an address as text fields: browsers select and copy their text."""


class AddressesFlow(OptionsFlow):
    """Add an address to a camera, and revoke others."""

    def __init__(self) -> None:
        """Begin without a new address."""
        self._urls: dict[str, str] = {}
        """The URLs of the new address, by their formats."""
        self._program = ""
        """The name of the new address."""

    async def async_step_addresses(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """List the addresses, to revoke some and to add one."""
        if not is_known(self.config_entry.data):
            return self.async_abort(reason="unknown_source")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_apply(user_input)
            if not errors and self._urls:
                return await self.async_step_address()
            if not errors:
                return self._finish()
        addresses = self.hass.data[ADDRESSES].async_of(self.config_entry.entry_id)
        text = await self._async_text()
        fields: dict[vol.Marker, Any] = {vol.Optional(CONF_NAME): TextSelector()}
        if has_sub_stream(self.config_entry):
            fields[vol.Optional(_QUALITY)] = choice(_QUALITY, *Quality)
        fields[vol.Required(_BASE, default=Base.INTERNAL.value)] = choice(
            _BASE_CHOICE, *Base
        )
        if addresses:
            listed = [
                SelectOptionDict(value=each.id, label=text(each)) for each in addresses
            ]
            fields[vol.Optional(_REVOKED)] = SelectSelector(
                SelectSelectorConfig(
                    options=listed, multiple=True, mode=SelectSelectorMode.LIST
                )
            )
        return self.async_show_form(
            step_id="addresses",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input
            ),
            errors=errors,
            description_placeholders={
                CONF_NAME: camera_name(self.hass, self.config_entry)
            },
        )

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the URLs of the new address, this once."""
        if user_input is not None:
            return self._finish()
        return self.async_show_form(
            step_id="address",
            data_schema=self.add_suggested_values_to_schema(_SHOWN, self._urls),
            description_placeholders={
                CONF_NAME: camera_name(self.hass, self.config_entry),
                "program": self._program,
            },
            last_step=True,
        )

    async def _async_apply(self, form: dict[str, Any]) -> dict[str, str]:
        """Revoke and add what the form says; return its errors, and change nothing then."""
        addresses = self.hass.data[ADDRESSES]
        entry_id = self.config_entry.entry_id
        revoked = set(form.get(_REVOKED, ()))
        name = " ".join(form.get(CONF_NAME, "").split())
        base_url = ""
        if name:
            kept = (
                each for each in addresses.async_of(entry_id) if each.id not in revoked
            )
            if name.casefold() in {each.name.casefold() for each in kept}:
                return {CONF_NAME: "name_taken"}
            try:
                base_url = async_base_url(self.hass, Base(form[_BASE]))
            except HomeAssistantError as err:
                return {_BASE: str(err.translation_key)}
        if revoked:
            await addresses.async_revoke(entry_id, revoked)
        if name:
            added = await addresses.async_add(entry_id, name)
            wanted = form.get(_QUALITY)
            quality = Quality(wanted) if wanted else None
            self._program = name
            self._urls = {
                each: base_url + address_path(added.token, Resource(each, quality))
                for each in AddressFormat
            }
        return {}

    async def _async_text(self) -> Callable[[Address], str]:
        """Return a function that describes an address: its name, its readers, its use."""
        translations = await async_get_translations(
            self.hass, self.hass.config.language, "selector", {DOMAIN}
        )
        entry: HlsCameraConfigEntry = self.config_entry
        is_loaded = entry.state is ConfigEntryState.LOADED

        def text(address: Address) -> str:
            values: dict[str, Any] = {"name": address.name}
            readers = 0
            if is_loaded:
                viewers = entry.runtime_data.camera.viewers
                readers = viewers.watching_by(address.owner.login)
            if readers:
                key = "reading"
                values["readers"] = readers
            elif address.last_used is not None:
                key = "used"
                used = as_local(utc_from_timestamp(address.last_used))
                values["time"] = f"{used:%Y-%m-%d %H:%M}"
            else:
                key = "unused"
            found = translations[f"component.{DOMAIN}.selector.address.options.{key}"]
            return found.format(**values)

        return text

    def _finish(self) -> ConfigFlowResult:
        """End the dialog; the options stay as they are."""
        return self.async_create_entry(data=dict(self.config_entry.options))
