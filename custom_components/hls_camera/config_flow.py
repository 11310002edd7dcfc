"""Add a camera in the UI: ask for its address, look at it, tell what was found."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final, override

import voluptuous as vol
from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .const import CONF_CAMERA, CONF_SOURCE_INFO, CONF_TRANSPORT, DOMAIN
from .describe import async_describe
from .options_flow import HlsCameraOptionsFlow
from .source import (
    async_find_source,
    async_other_cameras,
    camera_key,
    other_camera,
    source_key,
)
from .streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    InvalidSourceError,
    SourceError,
)
from .streaming.options import Source, Transport
from .streaming.probe import probe
from .streaming.reasons import EndReason
from .streaming.source_info import SourceInfo

PROBE_TIMEOUT: float = 15.0
"""Seconds that a camera has to send a picture."""
_QUICK: Final = 0.5
"""Seconds that a form may take to be answered."""
_SHOWN_AT_LEAST: Final = 1.0
"""Seconds of the progress step, so that the browser hears of its end."""

_CREDENTIALS: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Optional(CONF_USERNAME): TextSelector(
        TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="off")
    ),
    vol.Optional(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
    ),
}
_SOURCE: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Required(CONF_URL): TextSelector(TextSelectorConfig(type=TextSelectorType.URL)),
    **_CREDENTIALS,
    vol.Required(CONF_TRANSPORT, default=Transport.TCP): SelectSelector(
        SelectSelectorConfig(
            options=list(Transport),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_TRANSPORT,
        )
    ),
}
# The form of each step that leads to a look at the camera. Those that ask for another
# integration's camera are made when they are shown: there may be new ones.
_FORMS: Final = {
    "address": vol.Schema({vol.Required(CONF_NAME): TextSelector(), **_SOURCE}),
    "reconfigure": vol.Schema(_SOURCE),
    "reauth_confirm": vol.Schema(_CREDENTIALS),
}
_CAMERA_FORMS: Final = frozenset({"camera", "reconfigure_camera"})

# The field that a person has to look at; the errors' texts have the same keys.
_FIELDS: Final = {
    EndReason.UNREACHABLE: CONF_URL,
    EndReason.REFUSED: CONF_URL,
    EndReason.NOT_FOUND: CONF_URL,
    EndReason.NO_SOURCE: CONF_CAMERA,
    EndReason.NO_VIDEO: CONF_URL,
    EndReason.TIMED_OUT: CONF_URL,
    EndReason.UNAUTHORIZED: CONF_PASSWORD,
    EndReason.UNSUPPORTED: "base",
}


class HlsCameraConfigFlow(ConfigFlow, domain=DOMAIN):
    """Add a camera, change its address, or take new credentials.

    All three show a form, look at the camera, and show the form again, filled in and
    with what is wrong, until the camera sends a picture.
    """

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Begin with an empty form."""
        self._form = "address"
        self._input: dict[str, Any] = {}
        self._errors: dict[str, str] = {}
        self._detail = ""
        self._source: Source | None = None
        self._probe: asyncio.Task[SourceInfo] | None = None
        self._shown_at: float | None = None
        self._found: SourceInfo | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> HlsCameraOptionsFlow:
        """Return the flow that changes the options."""
        return HlsCameraOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask where a new camera comes from, where there is a choice."""
        if not async_other_cameras(self.hass):
            return await self.async_step_address(user_input)
        return self.async_show_menu(step_id="user", menu_options=["address", "camera"])

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new camera's address."""
        return await self._async_step_form("address", user_input)

    async def async_step_camera(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for another integration's camera."""
        return await self._async_step_form("camera", user_input)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a camera's new address, or for the camera to take instead."""
        entry = self._get_reconfigure_entry()
        if CONF_CAMERA in entry.data:
            return await self.async_step_reconfigure_camera()
        self._input = self._input or dict(entry.data)
        return await self._async_step_form("reconfigure", user_input)

    async def async_step_reconfigure_camera(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the camera to take instead."""
        if not self._input:
            entity_id = other_camera(self.hass, self._get_reconfigure_entry().data)
            self._input = {CONF_CAMERA: entity_id} if entity_id else {}
        return await self._async_step_form("reconfigure_camera", user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """The camera no longer takes its credentials."""
        self._input = dict(entry_data)
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials."""
        return await self._async_step_form("reauth_confirm", user_input)

    async def _async_step_form(
        self, form: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Show a form until the address can be one; then look at the camera."""
        self._form = form
        schema = self._schema()
        if user_input is not None:
            # A field that was emptied is missing from the input.
            kept = {
                key: self._input[key] for key in self._input if key not in schema.schema
            }
            self._input = kept | user_input
            await self._async_find()
            if self._source is not None:
                self._abort_if_there(self._source_data())
                return await self._async_look()
        errors, self._errors = self._errors, {}
        return self.async_show_form(
            step_id=form,
            data_schema=self.add_suggested_values_to_schema(schema, self._input),
            errors=errors,
            description_placeholders={"detail": self._detail},
            last_step=False,
        )

    def _schema(self) -> vol.Schema:
        """Return the form's schema."""
        if self._form not in _CAMERA_FORMS:
            return _FORMS[self._form]
        camera = EntitySelector(
            EntitySelectorConfig(
                domain=CAMERA_DOMAIN, include_entities=async_other_cameras(self.hass)
            )
        )
        fields: dict[vol.Marker, Selector[Any]] = {vol.Required(CONF_CAMERA): camera}
        if self._form == "camera":
            fields = {vol.Required(CONF_NAME): TextSelector(), **fields}
        return vol.Schema(fields)

    def _abort_if_there(self, data: Mapping[str, Any]) -> None:
        """End the flow where another entry has this source."""
        key = CONF_CAMERA if CONF_CAMERA in data else CONF_URL
        self._async_abort_entries_match({key: source_key(data)})

    def _source_data(self) -> dict[str, Any]:
        """Return what an entry keeps of where its stream comes from."""
        if self._form in _CAMERA_FORMS:
            return {CONF_CAMERA: camera_key(self.hass, self._input[CONF_CAMERA])}
        assert self._source is not None
        return {
            CONF_URL: self._source.url,
            CONF_USERNAME: self._source.username,
            CONF_PASSWORD: self._source.password,
            CONF_TRANSPORT: self._source.transport,
        }

    async def _async_find(self) -> None:
        """Make a source of the input, or note which field is wrong and how."""
        if self._form not in _CAMERA_FORMS:
            self._parse()
            return
        self._source = None
        try:
            self._source = await async_find_source(self.hass, self._source_data())
        except SourceError as err:
            self._errors = self._errors_of(err)

    def _parse(self) -> None:
        """Make a source of an address, or note which field is wrong and how."""
        url = self._input[CONF_URL]
        username = self._input.get(CONF_USERNAME)
        password = self._input.get(CONF_PASSWORD)
        transport = Transport(self._input[CONF_TRANSPORT])
        # What comes first in the form is looked at first, and alone.
        for field, credentials in (
            (CONF_URL, (None, None)),
            (CONF_USERNAME, (username, None)),
            (CONF_PASSWORD, (username, password)),
        ):
            try:
                self._source = Source.parse(url, *credentials, transport)
            except InvalidSourceError as err:
                self._source, self._errors = None, {field: err.problem}
                return

    async def _async_look(self) -> ConfigFlowResult:
        """Look at the camera; most tell within a moment what is wrong, or what they send.

        Only a slow one gets a step with a progress indicator.
        """
        assert self._source is not None
        self._probe = self.hass.async_create_task(
            self._async_probe(self._source), f"{DOMAIN} probe"
        )
        await asyncio.wait({self._probe}, timeout=_QUICK)
        if not self._probe.done() or self._probe.cancelled():
            return await self.async_step_probe()
        step = getattr(self, f"async_step_{self._after_probe(self._probe)}")
        result: ConfigFlowResult = await step()
        return result

    async def _async_probe(self, source: Source) -> SourceInfo:
        """Probe; do not end at once after the progress step has been shown.

        A browser that does not yet listen for the end would wait for it for ever.
        """
        ffmpeg = get_ffmpeg_manager(self.hass).binary
        try:
            found = await probe(ffmpeg, source, timeout=PROBE_TIMEOUT)
        except HlsCameraError:
            await self._async_be_seen()
            raise
        await self._async_be_seen()
        return found

    async def _async_be_seen(self) -> None:
        """Wait until a progress step has been there for a while, if there is one."""
        if self._shown_at is not None:
            shown = self.hass.loop.time() - self._shown_at
            await asyncio.sleep(_SHOWN_AT_LEAST - shown)

    async def async_step_probe(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Show that the camera is being looked at."""
        assert self._probe is not None
        # It is cancelled where the form was closed: nobody sees what comes then.
        if not self._probe.done() or self._probe.cancelled():
            if self._shown_at is None:
                self._shown_at = self.hass.loop.time()
            return self.async_show_progress(
                step_id="probe", progress_action="probe", progress_task=self._probe
            )
        return self.async_show_progress_done(
            next_step_id=self._after_probe(self._probe)
        )

    def _after_probe(self, probed: asyncio.Task[SourceInfo]) -> str:
        """Take what was found; return the step that comes next."""
        self._probe = self._shown_at = None
        try:
            self._found = probed.result()
        except HlsCameraError as err:
            self._errors = self._errors_of(err)
            return self._form
        return "finish" if self.source == SOURCE_REAUTH else "confirm"

    @callback
    @override
    def async_remove(self) -> None:
        """Look no longer: the person has closed the form."""
        if self._probe is not None:
            self._probe.cancel()

    def _errors_of(self, error: HlsCameraError) -> dict[str, str]:
        """Return the form's errors after a failed look."""
        match error:
            case SourceError(reason=reason) if reason in _FIELDS:
                self._detail = error.detail
                # Another camera's form has one field for all that can be wrong.
                is_camera = self._form in _CAMERA_FORMS and _FIELDS[reason] != "base"
                return {CONF_CAMERA if is_camera else _FIELDS[reason]: reason}
            case FfmpegMissingError():
                return {"base": EndReason.FFMPEG_MISSING}
        self._detail = str(error)
        is_ffmpeg = isinstance(error, FfmpegError)
        return {"base": "ffmpeg_failed" if is_ffmpeg else "cannot_read"}

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was found."""
        assert self._found is not None
        if user_input is not None:
            return await self.async_step_finish()
        return self.async_show_form(
            step_id="confirm",
            description_placeholders=await async_describe(self.hass, self._found),
            last_step=True,
        )

    async def async_step_finish(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Keep the camera."""
        assert self._found is not None
        data = self._source_data()
        self._abort_if_there(data)
        data[CONF_SOURCE_INFO] = self._found.as_dict()
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data=data
            )
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data=data
            )
        return self.async_create_entry(title=self._input[CONF_NAME], data=data)
