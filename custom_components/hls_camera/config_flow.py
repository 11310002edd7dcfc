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
from homeassistant.data_entry_flow import AbortFlow, section
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

from .const import CONF_CAMERA, CONF_SMALL, CONF_SOURCE_INFO, CONF_TRANSPORT, DOMAIN
from .describe import async_describe
from .options_flow import HlsCameraOptionsFlow
from .source import (
    async_find_source,
    async_other_cameras,
    camera_key,
    other_camera,
    small_source,
    source_key,
    source_keys,
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
_ADDRESS: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_SOURCE: Final[dict[vol.Marker, Selector[Any] | section]] = {
    vol.Required(CONF_URL): _ADDRESS,
    **_CREDENTIALS,
    vol.Required(CONF_TRANSPORT, default=Transport.TCP): SelectSelector(
        SelectSelectorConfig(
            options=list(Transport),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_TRANSPORT,
        )
    ),
    vol.Optional(CONF_SMALL): section(
        vol.Schema({vol.Optional(CONF_URL): _ADDRESS, **_CREDENTIALS}),
        {"collapsed": True},
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

_FIRST: Final = "first"
"""The main stream, beside the one whose key is CONF_SMALL."""

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
        self._data: dict[str, Any] = {}
        """What an entry keeps of the input."""
        self._probe: asyncio.Task[Mapping[str, SourceInfo]] | None = None
        self._shown_at: float | None = None
        self._found: Mapping[str, SourceInfo] = {}
        """What each of the sources sends."""

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
            data = self._get_reconfigure_entry().data
            self._input = {
                field: entity_id
                for field, source in (
                    (CONF_CAMERA, data),
                    (CONF_SMALL, small_source(data)),
                )
                if source and (entity_id := other_camera(self.hass, source))
            }
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
            sources = await self._async_find()
            if not self._errors:
                return await self._async_look(sources)
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
        fields: dict[vol.Marker, Selector[Any]] = {
            vol.Required(CONF_CAMERA): camera,
            vol.Optional(CONF_SMALL): camera,
        }
        if self._form == "camera":
            fields = {vol.Required(CONF_NAME): TextSelector(), **fields}
        return vol.Schema(fields)

    def _in_use(self) -> frozenset[str]:
        """Return the sources of all other entries."""
        own = self.context.get("entry_id")
        entries = self._async_current_entries()
        return frozenset[str]().union(
            *(source_keys(entry.data) for entry in entries if entry.entry_id != own)
        )

    async def _async_find(self) -> dict[str, Source]:
        """Find the sources of the input, or note which field is wrong and how."""
        is_camera = self._form in _CAMERA_FORMS
        data = self._data = self._of_cameras() if is_camera else self._of_addresses()
        if self._errors:
            return {}
        in_use = self._in_use()
        if source_key(data) in in_use:
            raise AbortFlow("already_configured")
        found: dict[str, Mapping[str, Any]] = {_FIRST: data}
        if (small := small_source(data)) is not None:
            found[CONF_SMALL] = small
            if source_key(small) in in_use | {source_key(data)}:
                self._errors = {CONF_SMALL: "in_use"}
                return {}
        sources = {}
        for which, each in found.items():
            try:
                sources[which] = await async_find_source(self.hass, each)
            except SourceError as err:
                self._errors = self._errors_of(err, which)
                break
        return sources

    def _of_cameras(self) -> dict[str, Any]:
        """Return what an entry keeps of other cameras."""
        data: dict[str, Any]
        data, *small = (
            {CONF_CAMERA: camera_key(self.hass, self._input[field])}
            for field in (CONF_CAMERA, CONF_SMALL)
            if field in self._input
        )
        return {**data, CONF_SMALL: small[0]} if small else data

    def _of_addresses(self) -> dict[str, Any]:
        """Return what an entry keeps of addresses, or note which field is wrong and how."""
        url = self._input[CONF_URL]
        username = self._input.get(CONF_USERNAME)
        password = self._input.get(CONF_PASSWORD)
        transport = Transport(self._input[CONF_TRANSPORT])
        data: dict[str, Any] = {}
        # What comes first in the form is looked at first, and alone.
        for field, credentials in (
            (CONF_URL, (None, None)),
            (CONF_USERNAME, (username, None)),
            (CONF_PASSWORD, (username, password)),
        ):
            try:
                data = _kept(Source.parse(url, *credentials))
            except InvalidSourceError as err:
                self._errors = {field: err.problem}
                return {}
        data[CONF_TRANSPORT] = transport
        # New credentials are those of both streams: the second one stays as it is.
        small = {} if self.source == SOURCE_REAUTH else self._input.get(CONF_SMALL, {})
        if small.get(CONF_URL):
            try:
                source = Source.parse(
                    small[CONF_URL], small.get(CONF_USERNAME), small.get(CONF_PASSWORD)
                )
            except InvalidSourceError as err:
                self._errors = {CONF_SMALL: err.problem}
                return {}
            first = data[CONF_USERNAME], data[CONF_PASSWORD]
            if (source.username, source.password) in ((None, None), first):
                # The first one's credentials: both have new ones when the camera has.
                data[CONF_SMALL] = {CONF_URL: source.url}
            else:
                data[CONF_SMALL] = _kept(source)
        return data

    async def _async_look(self, sources: Mapping[str, Source]) -> ConfigFlowResult:
        """Look at the camera; most tell within a moment what is wrong, or what they send.

        Only a slow one gets a step with a progress indicator.
        """
        self._probe = self.hass.async_create_task(
            self._async_probe(sources), f"{DOMAIN} probe"
        )
        await asyncio.wait({self._probe}, timeout=_QUICK)
        if not self._probe.done() or self._probe.cancelled():
            return await self.async_step_probe()
        step = getattr(self, f"async_step_{self._after_probe(self._probe)}")
        result: ConfigFlowResult = await step()
        return result

    async def _async_probe(
        self, sources: Mapping[str, Source]
    ) -> Mapping[str, SourceInfo]:
        """Probe, or note which field is wrong and how.

        It does not end at once after the progress step has been shown: a browser that
        does not yet listen for the end would wait for it for ever.
        """
        ffmpeg = get_ffmpeg_manager(self.hass).binary
        found: dict[str, SourceInfo] = {}
        for which, source in sources.items():
            try:
                found[which] = await probe(ffmpeg, source, timeout=PROBE_TIMEOUT)
            except HlsCameraError as err:
                self._errors = self._errors_of(err, which)
                break
        if CONF_SMALL in found and _pixels(found[CONF_SMALL]) > _pixels(found[_FIRST]):
            self._errors = {CONF_SMALL: "not_smaller"}
        if self._shown_at is not None:
            shown = self.hass.loop.time() - self._shown_at
            await asyncio.sleep(_SHOWN_AT_LEAST - shown)
        return found

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

    def _after_probe(self, probed: asyncio.Task[Mapping[str, SourceInfo]]) -> str:
        """Take what was found; return the step that comes next."""
        self._probe = self._shown_at = None
        self._found = probed.result()
        if self._errors:
            return self._form
        return "finish" if self.source == SOURCE_REAUTH else "confirm"

    @callback
    @override
    def async_remove(self) -> None:
        """Look no longer: the person has closed the form."""
        if self._probe is not None:
            self._probe.cancel()

    def _errors_of(self, error: HlsCameraError, which: str) -> dict[str, str]:
        """Return the form's errors after a failed look at one of the sources."""
        self._detail = str(error)
        match error:
            case FfmpegMissingError():
                return {"base": EndReason.FFMPEG_MISSING}
            case FfmpegError():
                return {"base": "ffmpeg_failed"}
            case SourceError(reason=reason) if reason in _FIELDS:
                self._detail = error.detail
                field, problem = _FIELDS[reason], str(reason)
            case _:
                field, problem = "base", "cannot_read"
        # Of these there is one field for all that can be wrong.
        if which == CONF_SMALL:
            field = CONF_SMALL
        elif self._form in _CAMERA_FORMS and field != "base":
            field = CONF_CAMERA
        return {field: problem}

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Tell what was found."""
        if user_input is not None:
            return await self.async_step_finish()
        found = await async_describe(
            self.hass, self._found[_FIRST], self._found.get(CONF_SMALL)
        )
        return self.async_show_form(
            step_id="confirm", description_placeholders=found, last_step=True
        )

    async def async_step_finish(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Keep the camera."""
        if not source_keys(self._data).isdisjoint(self._in_use()):
            raise AbortFlow("already_configured")
        data = {**self._data, CONF_SOURCE_INFO: self._found[_FIRST].as_dict()}
        if CONF_SMALL in data:
            info = self._found[CONF_SMALL].as_dict()
            data[CONF_SMALL] = {**data[CONF_SMALL], CONF_SOURCE_INFO: info}
        if self.source == SOURCE_REAUTH:
            return self.async_update_reload_and_abort(
                self._get_reauth_entry(), data_updates=data
            )
        if self.source == SOURCE_RECONFIGURE:
            return self.async_update_reload_and_abort(
                self._get_reconfigure_entry(), data=data
            )
        return self.async_create_entry(title=self._input[CONF_NAME], data=data)


def _kept(source: Source) -> dict[str, Any]:
    """Return what an entry keeps of an address."""
    return {
        CONF_URL: source.url,
        CONF_USERNAME: source.username,
        CONF_PASSWORD: source.password,
    }


def _pixels(info: SourceInfo) -> int:
    return info.video.width * info.video.height
