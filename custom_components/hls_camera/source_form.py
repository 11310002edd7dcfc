"""The forms that ask where a camera's streams come from, and what an entry keeps of them."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
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

from .const import CONF_ALLOWED_HOSTS, CONF_CAMERA, CONF_SMALL, CONF_TRANSPORT
from .source import async_other_cameras, camera_key, other_camera, small_source
from .streaming.errors import InvalidSourceError
from .streaming.sources.source import Source, Transport

_NAME: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Required(CONF_NAME): TextSelector()
}
_ALLOWED_HOSTS: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Optional(CONF_ALLOWED_HOSTS): TextSelector()
}
_CREDENTIALS: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Optional(CONF_USERNAME): TextSelector(
        TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="off")
    ),
    vol.Optional(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
    ),
}
_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_ADDRESSES: Final[dict[vol.Marker, Selector[Any] | section]] = {
    vol.Required(CONF_URL): _URL,
    **_CREDENTIALS,
    vol.Required(CONF_TRANSPORT, default=Transport.AUTOMATIC): SelectSelector(
        SelectSelectorConfig(
            options=list(Transport),
            mode=SelectSelectorMode.DROPDOWN,
            translation_key=CONF_TRANSPORT,
        )
    ),
    vol.Optional(CONF_SMALL): section(
        vol.Schema({vol.Optional(CONF_URL): _URL, **_CREDENTIALS}), {"collapsed": True}
    ),
}

# Each step's form. Those that ask for another integration's camera are made when they
# are shown: there may be new ones.
FORMS: Final = {
    "address": vol.Schema({**_NAME, **_ADDRESSES}),
    "reconfigure": vol.Schema(_ADDRESSES),
    "reauth_confirm": vol.Schema(_CREDENTIALS),
    "moved": vol.Schema({}),
}
NEW_CAMERA_FORMS: Final = frozenset({"address", "camera"})
CAMERA_FORMS: Final = frozenset({"camera", "reconfigure_camera"})


class FormError(Exception):
    """What a person has to mend in a form before its sources can be taken."""

    def __init__(self, field: str, problem: str, detail: str = "") -> None:
        """Name the field and the problem, by its key in the translations.

        `detail` is what FFmpeg says; it has no credentials.
        """
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.detail = detail


@callback
def async_schema(
    hass: HomeAssistant, form: str, *, with_hosts: bool = False
) -> vol.Schema:
    """Return a form's schema; `with_hosts` adds a field for hosts to allow."""
    if with_hosts:
        return async_schema(hass, form).extend(_ALLOWED_HOSTS)
    if form not in CAMERA_FORMS:
        return FORMS[form]
    camera = EntitySelector(
        EntitySelectorConfig(
            domain=CAMERA_DOMAIN, include_entities=async_other_cameras(hass)
        )
    )
    fields = {vol.Required(CONF_CAMERA): camera, vol.Optional(CONF_SMALL): camera}
    return vol.Schema({**_NAME, **fields} if form == "camera" else fields)


@callback
def cameras_in(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a form is filled with that asks for the cameras that an entry keeps."""
    kept = {CONF_CAMERA: data, CONF_SMALL: small_source(data)}
    return {
        field: entity_id
        for field, source in kept.items()
        if source and (entity_id := other_camera(hass, source))
    }


@callback
def from_cameras(hass: HomeAssistant, filled_in: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an entry keeps of other cameras."""
    data: dict[str, Any]
    data, *small = (
        {CONF_CAMERA: camera_key(hass, filled_in[field])}
        for field in (CONF_CAMERA, CONF_SMALL)
        if field in filled_in
    )
    return {**data, CONF_SMALL: small[0]} if small else data


def from_addresses(
    filled_in: Mapping[str, Any], kept: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what an entry keeps of addresses; `kept` is what it has kept so far.

    Raises:
        FormError: one of them, or its credentials, cannot be used.

    """
    url = filled_in[CONF_URL]
    username, password = _credentials(filled_in)
    # What comes first in the form is looked at first, and alone.
    pasted = _parse(CONF_URL, url)
    if pasted.signs_in and (username, password) == _credentials(kept or {}):
        # The fields are as they were shown: what was pasted is newer.
        username = password = None
    _ = _parse(CONF_USERNAME, url, username)
    first = _parse(CONF_PASSWORD, url, username, password)
    data = {**_kept(first), CONF_TRANSPORT: Transport(filled_in[CONF_TRANSPORT])}
    second = filled_in.get(CONF_SMALL, {})
    if not second.get(CONF_URL):
        return data
    small = _parse(CONF_SMALL, second[CONF_URL], *_credentials(second))
    same = (first.username, first.password)
    if not small.signs_in or (small.username, small.password) == same:
        # The first one's credentials: both have new ones when the camera has.
        return {**data, CONF_SMALL: {CONF_URL: small.url}}
    return {**data, CONF_SMALL: _kept(small)}


def _parse(
    field: str, url: str, username: str | None = None, password: str | None = None
) -> Source:
    """Return a source; `field` is the form's whose value is new in it."""
    try:
        return Source.parse(url, username, password)
    except InvalidSourceError as err:
        raise FormError(field, err.problem) from err


def _credentials(data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return data.get(CONF_USERNAME), data.get(CONF_PASSWORD)


def _kept(source: Source) -> dict[str, Any]:
    """Return what an entry keeps of an address."""
    return {
        CONF_URL: source.url,
        CONF_USERNAME: source.username,
        CONF_PASSWORD: source.password,
    }
