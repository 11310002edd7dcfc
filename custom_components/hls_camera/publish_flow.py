"""Add and change the publications of a camera in the UI: its subentries."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_PATH
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .const import DOMAIN
from .form_sections import BASE
from .naming import camera_name
from .providers.fields import CREDENTIALS
from .providers.provider import FormError
from .publications import publication_entries
from .publish_settings import (
    CONF_ACCESS_KEY_ID,
    CONF_ADDRESS,
    CONF_BUCKET,
    CONF_ENDPOINT,
    CONF_LISTED,
    CONF_PREFIX,
    CONF_REGION,
    CONF_SECRET_ACCESS_KEY,
    CONF_SEGMENT_DURATION,
    CONF_SERVER,
    CONF_STREAM,
    CONF_STREAM_KEY,
    CONF_TO,
    SUB_STREAM,
    async_install_library,
    async_needs_library,
    async_try_out,
    destination_key,
    kind_of,
)
from .publishing.errors import PublishError, PublishProblem
from .publishing.kinds import DestinationKind
from .publishing.rtmp_address import parse_rtmp_address
from .publishing.stream_key import is_stream_key
from .publishing.web_address import InvalidAddressError, parse_web_address
from .stream_specs import has_sub_stream

type _Fields = Mapping[vol.Marker, Selector[Any]]

_TEXT: Final = TextSelector()
_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_PASSWORD: Final = CREDENTIALS[vol.Optional(CONF_PASSWORD)]
_MAIN_STREAM: Final = "main"
_STREAM: Final[_Fields] = {
    vol.Required(CONF_STREAM, default=_MAIN_STREAM): SelectSelector(
        SelectSelectorConfig(
            options=[_MAIN_STREAM, SUB_STREAM], translation_key="published_stream"
        )
    ),
}
_HLS: Final[_Fields] = {
    vol.Required(CONF_SEGMENT_DURATION, default=2.0): NumberSelector(
        NumberSelectorConfig(min=2, max=4, step=0.5, unit_of_measurement="s")
    ),
    vol.Required(CONF_LISTED, default=6): NumberSelector(
        NumberSelectorConfig(min=3, max=100, step=1, mode=NumberSelectorMode.BOX)
    ),
}
_FIELDS: Final[Mapping[DestinationKind, _Fields]] = {
    DestinationKind.FOLDER: {vol.Required(CONF_PATH): _TEXT, **_HLS},
    DestinationKind.WEB_SERVER: {
        vol.Required(CONF_ADDRESS): _URL,
        **CREDENTIALS,
        **_HLS,
    },
    DestinationKind.S3: {
        vol.Required(CONF_BUCKET): _TEXT,
        vol.Optional(CONF_PREFIX): _TEXT,
        vol.Optional(CONF_ENDPOINT): _URL,
        vol.Optional(CONF_REGION): _TEXT,
        vol.Required(CONF_ACCESS_KEY_ID): _TEXT,
        vol.Required(CONF_SECRET_ACCESS_KEY): _PASSWORD,
        **_HLS,
    },
    DestinationKind.RTMP: {
        vol.Required(CONF_SERVER): _TEXT,
        vol.Required(CONF_STREAM_KEY): _PASSWORD,
    },
}
_PLACES: Final = {
    DestinationKind.FOLDER: CONF_PATH,
    DestinationKind.WEB_SERVER: CONF_ADDRESS,
    DestinationKind.S3: CONF_BUCKET,
    DestinationKind.RTMP: CONF_STREAM_KEY,
}
"""The field that shows most problems of a destination."""
_LOGINS: Final = {
    DestinationKind.WEB_SERVER: CONF_PASSWORD,
    DestinationKind.S3: CONF_SECRET_ACCESS_KEY,
}
"""The field that shows a rejected login."""


def form_schema(kind: DestinationKind, *, has_sub_stream: bool) -> vol.Schema:
    """Return the form for a kind of destination."""
    stream = _STREAM if has_sub_stream else {}
    return vol.Schema({vol.Required(CONF_NAME): _TEXT, **_FIELDS[kind], **stream})


class PublicationFlow(ConfigSubentryFlow):
    """Ask for a destination, and try it out before it is kept."""

    _form: Mapping[str, Any]
    """The form that waits for the library of its kind of destination."""
    _installation: asyncio.Task[None] | None = None

    async def async_step_user(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> SubentryFlowResult:
        """Ask for the kind of destination."""
        return self.async_show_menu(
            step_id="user",
            menu_options=[str(kind) for kind in DestinationKind],
            description_placeholders={CONF_NAME: self._camera_name},
        )

    async def async_step_reconfigure(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> SubentryFlowResult:
        """Show the form with the present settings."""
        subentry = self._get_reconfigure_subentry()
        return self._show(
            kind_of(subentry.data), {CONF_NAME: subentry.title, **subentry.data}
        )

    async def async_step_folder(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a folder."""
        return await self._async_step(DestinationKind.FOLDER, user_input)

    async def async_step_web_server(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a web server."""
        return await self._async_step(DestinationKind.WEB_SERVER, user_input)

    async def async_step_s3(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for an object store; its library is installed before it is tried out."""
        if user_input is not None and await async_needs_library(
            self.hass, DestinationKind.S3
        ):
            self._form = user_input
            return await self.async_step_library()
        return await self._async_step(DestinationKind.S3, user_input)

    async def async_step_library(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> SubentryFlowResult:
        """Show that the library of object stores is being installed."""
        if self._installation is None:
            self._installation = self.hass.async_create_task(
                self._async_install_library()
            )
        if self._installation.done():
            self._installation = None
            return self.async_show_progress_done(next_step_id="library_done")
        return self.async_show_progress(
            step_id="library",
            progress_action="library",
            progress_task=self._installation,
        )

    async def _async_install_library(self) -> None:
        """Install the library; if that fails, the trial of the destination says so."""
        with suppress(PublishError):
            await async_install_library(self.hass, DestinationKind.S3)

    async def async_step_library_done(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> SubentryFlowResult:
        """Continue with the form."""
        return await self._async_step(DestinationKind.S3, dict(self._form))

    async def async_step_rtmp(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for an RTMP server."""
        return await self._async_step(DestinationKind.RTMP, user_input)

    async def _async_step(
        self, kind: DestinationKind, form: dict[str, Any] | None
    ) -> SubentryFlowResult:
        """Show a form until its destination can be used; then keep it."""
        if form is None:
            return self._show(kind, {})
        try:
            name, data = await self._async_read(kind, form)
        except FormError as err:
            return self._show(kind, form, err)
        if self.source == SOURCE_RECONFIGURE:
            result = self.async_update_and_abort(
                self._get_entry(),
                self._get_reconfigure_subentry(),
                title=name,
                data=data,
                reason="changed",
            )
            result["description_placeholders"] = {CONF_NAME: self._camera_name}
            return result
        return self.async_create_entry(title=name, data=data)

    def _show(
        self,
        kind: DestinationKind,
        form: Mapping[str, Any],
        error: FormError | None = None,
    ) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=kind,
            data_schema=self.add_suggested_values_to_schema(
                form_schema(kind, has_sub_stream=has_sub_stream(self._get_entry())),
                form,
            ),
            errors={error.field: error.problem} if error else None,
            description_placeholders={
                CONF_NAME: self._camera_name,
                "detail": error.detail if error else "",
            },
            last_step=True,
        )

    async def _async_read(
        self, kind: DestinationKind, form: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """Return the name and the data of a subentry from a form.

        Raises:
            FormError: some of the input cannot be used, or the destination fails.

        """
        name = " ".join(form[CONF_NAME].split())
        if not name:
            raise FormError(CONF_NAME, "name_missing")
        data = {
            CONF_TO: str(kind),
            **{
                key: _CLEAN[key](value) if key in _CLEAN else value
                for key, value in form.items()
                if key != CONF_NAME and (key, value) != (CONF_STREAM, _MAIN_STREAM)
            },
        }
        if kind is DestinationKind.RTMP and data[CONF_STREAM_KEY] in data[CONF_SERVER]:
            raise FormError(CONF_SERVER, "key_in_address")
        self._check_unused(kind, data)
        try:
            await async_try_out(self.hass, data)
        except PublishError as err:
            raise FormError(
                _field_of(kind, err.problem), err.problem, err.detail
            ) from err
        return name, data

    def _check_unused(self, kind: DestinationKind, data: Mapping[str, Any]) -> None:
        """Raise FormError if another publication has this destination: they would mix."""
        own = (
            self._reconfigure_subentry_id if self.source == SOURCE_RECONFIGURE else None
        )
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            for subentry_id, each in publication_entries(entry).items():
                if subentry_id != own and (
                    destination_key(each.data) == destination_key(data)
                ):
                    raise FormError(
                        _PLACES[kind],
                        "destination_in_use",
                        camera_name(self.hass, entry),
                    )

    @property
    def _camera_name(self) -> str:
        return camera_name(self.hass, self._get_entry())


def _folder(text: str) -> str:
    """Return the path of a folder; raise FormError if it is none."""
    path = PurePosixPath(text.strip())
    if not path.is_absolute() or ".." in path.parts:
        raise FormError(CONF_PATH, "not_absolute")
    return str(path)


def _address(field: str, text: str) -> str:
    """Return a web address; raise FormError if it is none."""
    try:
        return str(parse_web_address(text))
    except InvalidAddressError as err:
        raise FormError(field, err.problem) from None


def _server(text: str) -> str:
    """Return the address of an RTMP server; raise FormError if it is none."""
    try:
        return parse_rtmp_address(text).url
    except InvalidAddressError as err:
        raise FormError(CONF_SERVER, err.problem) from None


def _stream_key(text: str) -> str:
    """Return a stream key; raise FormError if it is none."""
    if not is_stream_key(text.strip()):
        raise FormError(CONF_STREAM_KEY, "key_invalid")
    return text.strip()


_CLEAN: Final[Mapping[str, Callable[[Any], Any]]] = {
    CONF_ADDRESS: partial(_address, CONF_ADDRESS),
    CONF_ENDPOINT: partial(_address, CONF_ENDPOINT),
    CONF_LISTED: int,
    CONF_PATH: _folder,
    CONF_PREFIX: lambda text: text.strip("/ "),
    CONF_SERVER: _server,
    CONF_STREAM_KEY: _stream_key,
}
"""Functions that return a field's value as a subentry keeps it, or raise FormError."""


def _field_of(kind: DestinationKind, problem: PublishProblem) -> str:
    """Return the field that shows a problem."""
    match problem:
        case PublishProblem.LOGIN_REJECTED:
            return _LOGINS[kind]
        case PublishProblem.NOT_FOUND | PublishProblem.NOT_ALLOWED:
            return _PLACES[kind]
    return BASE
