"""Add a camera in the UI: ask for its source, probe it, and show the result."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, override

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
)
from homeassistant.const import CONF_NAME, CONF_URL
from homeassistant.core import callback
from homeassistant.data_entry_flow import AbortFlow

from .announcement_flow import NEW_ADDRESS, AnnouncedCameraFlow
from .camera_events import without_known_kinds
from .const import (
    CONF_ALLOWED_HOSTS,
    CONF_CHANNEL,
    CONF_DEVICE,
    CONF_DISCOVERED_HOST,
    CONF_ONVIF,
    CONF_SMALL,
    DOMAIN,
    MINOR_VERSION,
)
from .converter_entry import is_converter
from .converter_flow import ConverterSteps
from .describe import async_describe
from .find_flow import FindSteps
from .form_sections import open_at
from .found_streams import async_find_again, async_probe_found, async_unique_id_for
from .options_flow import HlsCameraOptionsFlow
from .probe_form import ProbeResult, async_probe_beside_stream, async_probe_sources
from .providers.address import CONF_SEARCH
from .providers.provider import FormError, FormPurpose
from .providers.registry import is_known, provider_of, source_keys
from .providers.source_form import SourceForm, forms_with_steps
from .publish_flow import PublicationFlow
from .publish_settings import PUBLICATION
from .sources_in_use import async_sources_in_use
from .stream_options import stream_options
from .streaming.reasons import EndReason
from .streaming.sources.destinations import invalid_host
from .web.found_stills import async_still_markdown

_MAX_WAIT_WITHOUT_PROGRESS_S: Final = 0.5
_MIN_PROGRESS_S: Final = 1.0
"""Shorter, and a browser may miss the end of the progress step."""
_PAGE: Final = frozenset({EndReason.BAD_REQUEST, EndReason.WEB_PAGE})
"""The answers of a camera at an address that is no stream's, such as that of its page."""
_KEPT: Final = (CONF_CHANNEL, CONF_DEVICE, CONF_DISCOVERED_HOST, CONF_ONVIF)
"""The keys of an entry that a new address does not change."""


class HlsCameraConfigFlow(ConverterSteps, AnnouncedCameraFlow, domain=DOMAIN):
    """Add a camera, change its source, or ask for new credentials.

    All three show a form, probe the camera, and show the form again with the input and
    the error until the camera sends a picture.
    """

    VERSION = 1
    MINOR_VERSION = MINOR_VERSION

    def __init__(self) -> None:
        """Begin with an empty form, and add a step for each form of the providers."""
        super().__init__()
        for form in forms_with_steps():
            step = partial(self._async_step_form, form)
            setattr(self, f"async_step_{form.step}", step)
        self._find = FindSteps(self, self._async_use_address)
        self._form = NEW_ADDRESS
        self._is_pasted = False
        """Whether the address is from the form that finds cameras: the last page, which
        comes at once, then has the result of the probe."""
        self._error: FormError | None = None
        self._leads_elsewhere = False
        """Whether a new camera redirected to a host that the user may allow."""
        self._data: dict[str, Any] = {}
        """The entry's data, from the input."""
        self._probe: asyncio.Task[ProbeResult | None] | None = None
        self._shown_at: float | None = None
        self._found: ProbeResult | None = None

    @classmethod
    @callback
    @override
    def async_supports_options_flow(cls, config_entry: ConfigEntry) -> bool:
        """Return whether an entry has options: a camera has."""
        return not is_converter(config_entry.data)

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HlsCameraOptionsFlow:
        """Return the options flow."""
        return HlsCameraOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flow of publications, which only cameras have."""
        if is_converter(config_entry.data):
            return {}
        return {PUBLICATION: PublicationFlow}

    @property
    @override
    def _name(self) -> str:
        """The name of the camera; a new one that did not announce itself has its source's."""
        name = super()._name
        if name or not self._data:
            return name
        return self._form.provider.title(self.hass, self._data)

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask how to add a new camera."""
        steps = [
            form.step
            for form in forms_with_steps()
            if form.purpose is FormPurpose.NEW and form.provider.is_available(self.hass)
        ]
        self._find.look_around()
        return self.async_show_menu(
            step_id="user", menu_options=["find", *steps, "converter"]
        )

    async def _async_use_address(self, form: dict[str, Any]) -> ConfigFlowResult:
        """Probe a stream address from another form; show its own form for an error."""
        self._is_pasted = True
        return await self._async_step_form(NEW_ADDRESS, form)

    async def async_step_page(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Find the camera whose web page has the address that was entered."""
        return await self._find.search_at(self._input[CONF_URL], self._input)

    @override
    def _show_find(self, host: str) -> ConfigFlowResult:
        return self._find.show_at(host)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a camera's new source, or for a converter's settings."""
        if is_converter(self._get_reconfigure_entry().data):
            return await self.async_step_reconfigure_converter(user_input)
        data = without_known_kinds(self._get_reconfigure_entry().data)
        if not is_known(data):
            raise AbortFlow("unknown_source")
        form = SourceForm(provider_of(data), FormPurpose.RECONFIGURE)
        self._discovered = {key: data[key] for key in _KEPT if key in data}
        self._input = self._input or form.provider.suggested(self.hass, data)
        return await self._async_step_form(form, user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for new credentials."""
        form = SourceForm(provider_of(entry_data), FormPurpose.REAUTH)
        self._input = form.provider.suggested(self.hass, entry_data)
        return await self._async_step_form(form)

    @override
    async def _async_step_form(
        self, form: SourceForm, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show a form until its input is valid; then probe its sources."""
        self._form = form
        schema = form.schema(self.hass, with_hosts=self._leads_elsewhere)
        if user_input is not None:
            # Input lacks fields that were emptied.
            kept = {
                key: self._input[key] for key in self._input if key not in schema.schema
            }
            self._input = kept | user_input
            self._error = None
            try:
                self._data = await self._async_read()
            except FormError as err:
                self._error = err
            else:
                return await self._async_probe()
        # A browser may fetch the form twice: the error stays until the next input.
        error = self._error
        is_redirected = error is not None and error.problem == EndReason.REDIRECTED
        if is_redirected and form.purpose is FormPurpose.NEW:
            self._leads_elsewhere = True
            schema = form.schema(self.hass, with_hosts=True)
        placeholders = {CONF_NAME: self._name, "detail": error.detail if error else ""}
        if self._announced is not None:
            placeholders |= {
                "before": self._moved_entry().data[CONF_DISCOVERED_HOST],
                "now": self._announced.host,
            }
        errors: dict[str, str] = {}
        if error is not None:
            schema, place = open_at(schema, error.field)
            errors[place] = error.problem
        return self.async_show_form(
            step_id=form.step,
            data_schema=self.add_suggested_values_to_schema(schema, self._input),
            errors=errors,
            description_placeholders=placeholders,
            last_step=False,
        )

    async def _async_read(self) -> dict[str, Any]:
        """Return the entry's data from the input.

        Raises:
            FormError: some of the input cannot be used.
            AbortFlow: another entry has this source.

        """
        if self._form.purpose is FormPurpose.MOVED:
            data = self._moved_data()
        else:
            entry = self._entry
            data = await self._form.provider.async_read(
                self.hass, self._form.purpose, self._input, entry.data if entry else {}
            )
        if host := invalid_host(self._input.get(CONF_ALLOWED_HOSTS, "")):
            raise FormError(CONF_ALLOWED_HOSTS, "not_a_host", host)
        in_use = async_sources_in_use(self.hass, besides=self.context.get("entry_id"))
        main_key, *sub_keys = source_keys(data)
        if main_key in in_use:
            raise self._already_configured(in_use[main_key])
        for key in sub_keys:
            if key == main_key:
                raise FormError(CONF_SMALL, "same_stream")
            if key in in_use:
                raise FormError(CONF_SMALL, "in_use", in_use[key])
        return data

    async def _async_probe(self) -> ConfigFlowResult:
        """Probe the camera; only a slow one gets a step with a progress indicator."""
        self._probe = self.hass.async_create_task(
            self._async_probe_and_wait(), f"{DOMAIN} probe"
        )
        await asyncio.wait({self._probe}, timeout=_MAX_WAIT_WITHOUT_PROGRESS_S)
        if not self._probe.done() or self._probe.cancelled():
            return await self.async_step_probe()
        step = getattr(self, f"async_step_{self._after_probe(self._probe)}")
        result: ConfigFlowResult = await step()
        return result

    async def _async_probe_and_wait(self) -> ProbeResult | None:
        """Return the result of the probe, or store its error.

        Wait a moment after the progress step has been shown: a browser that misses the
        end because it does not listen yet would wait forever.
        """
        found = None
        try:
            found = await self._async_found()
        except FormError as err:
            self._error = err
        if self._shown_at is not None:
            shown = self.hass.loop.time() - self._shown_at
            await asyncio.sleep(_MIN_PROGRESS_S - shown)
        return found

    async def _async_found(self) -> ProbeResult:
        """Return the result of the probe.

        Raises:
            FormError: the camera cannot be used.

        """
        entry = self._entry
        options = entry.options if entry else self._new_options
        hosts = stream_options(options).allowed_hosts
        if self._input.get(CONF_SEARCH):
            self._data = await async_find_again({**self._discovered, **self._data})
            self._discovered = {}
        play = partial(self._async_play, hosts)
        return await async_probe_beside_stream(entry, play)

    async def _async_play(self, hosts: frozenset[str]) -> ProbeResult:
        """Probe the sources; a sub-stream that only the search named may be unusable."""
        if not self._input.get(CONF_SEARCH):
            return await async_probe_sources(self.hass, self._data, hosts)
        self._data, found = await async_probe_found(self.hass, self._data, hosts)
        return found

    async def async_step_probe(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Show progress while the probe runs."""
        assert self._probe is not None
        # Closing the form cancels the probe; nobody sees the next step.
        if not self._probe.done() or self._probe.cancelled():
            if self._shown_at is None:
                self._shown_at = self.hass.loop.time()
            return self.async_show_progress(
                step_id="probe", progress_action="probe", progress_task=self._probe
            )
        return self.async_show_progress_done(
            next_step_id=self._after_probe(self._probe)
        )

    def _after_probe(self, probe: asyncio.Task[ProbeResult | None]) -> str:
        """Store the result of the probe; return the next step."""
        self._probe = self._shown_at = None
        self._found = probe.result()
        if self._found is None:
            problem = self._error.problem if self._error else ""
            return "page" if self._is_pasted and problem in _PAGE else self._form.step
        is_known = self._form.purpose in {FormPurpose.REAUTH, FormPurpose.MOVED}
        return "finish" if is_known or self._is_pasted else "confirm"

    @callback
    @override
    def async_remove(self) -> None:
        """Stop the probe or the search: the user has closed the form."""
        self._find.stop()
        if self._probe is not None:
            self._probe.cancel()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the result of the probe."""
        if user_input is not None:
            return await self.async_step_finish()
        return self.async_show_form(
            step_id="confirm",
            description_placeholders=await self._async_description(),
            last_step=True,
        )

    async def _async_description(self) -> dict[str, str]:
        """Return the result of the probe as texts."""
        assert self._found is not None
        found = await async_describe(self.hass, self._found.first, self._found.small)
        still = async_still_markdown(self.hass, self._found.still)
        return {CONF_NAME: self._name, **found, "still": still}

    async def async_step_finish(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Create the entry, or update it."""
        in_use = async_sources_in_use(self.hass, besides=self.context.get("entry_id"))
        for key in source_keys(self._data):
            if key in in_use:
                raise self._already_configured(in_use[key])
        assert self._found is not None
        data = {**self._found.kept_in(self._data), **self._discovered}
        match self._form.purpose:
            case FormPurpose.NEW:
                is_new_to_user = self._is_pasted
                return self.async_create_entry(
                    title=self._name,
                    data=data,
                    options=self._new_options,
                    description="found" if is_new_to_user else None,
                    description_placeholders=(
                        await self._async_description() if is_new_to_user else None
                    ),
                )
            case FormPurpose.MOVED:
                self._async_move_other_channels()
                result = self.async_update_reload_and_abort(
                    self._moved_entry(), data_updates=data, reason="moved"
                )
            case FormPurpose.REAUTH:
                result = self.async_update_reload_and_abort(
                    self._get_reauth_entry(), data_updates=data
                )
            case _:
                entry = self._get_reconfigure_entry()
                result = self.async_update_reload_and_abort(
                    entry,
                    data=data,
                    unique_id=async_unique_id_for(self.hass, entry, data),
                )
        result["description_placeholders"] = {CONF_NAME: self._name}
        return result

    @property
    def _new_options(self) -> dict[str, Any]:
        """The first options of a new camera."""
        hosts = self._input.get(CONF_ALLOWED_HOSTS)
        return {CONF_ALLOWED_HOSTS: hosts} if hosts else {}
