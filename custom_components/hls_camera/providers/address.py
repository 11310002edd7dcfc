"""A stream's address, with credentials and a transport."""

from collections.abc import Iterator
from typing import Any, ClassVar, Final, override
from urllib.parse import urlsplit

import voluptuous as vol
from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from ..const import CONF_CHANNEL, CONF_DEVICE, CONF_SMALL
from ..finding.found import Device
from ..streaming.errors import InvalidSourceError
from ..streaming.sources.address_input import AddressInput
from ..streaming.sources.source import Source, Transport, address_key
from .fields import CREDENTIALS
from .provider import Data, Fields, FormError, FormPurpose, SourceProvider

CONF_TRANSPORT: Final = "transport"
CONF_SEARCH: Final = "search"
"""Whether the camera is asked for its streams again; not kept in entries."""
_ADVANCED: Final = "advanced"
"""The form's section of settings that few cameras need; entries have no sections."""

_URL: Final = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))
_TRANSPORT: Final = SelectSelector(
    SelectSelectorConfig(
        options=list(Transport),
        mode=SelectSelectorMode.DROPDOWN,
        translation_key=CONF_TRANSPORT,
    )
)
_FIELDS: Final[Fields] = {
    vol.Required(CONF_URL): _URL,
    **CREDENTIALS,
    vol.Optional(CONF_SMALL): section(
        vol.Schema({vol.Optional(CONF_URL): _URL, **CREDENTIALS}), {"collapsed": True}
    ),
    vol.Optional(_ADVANCED): section(
        vol.Schema(
            {vol.Required(CONF_TRANSPORT, default=Transport.AUTOMATIC): _TRANSPORT}
        ),
        {"collapsed": True},
    ),
}


class AddressProvider(SourceProvider):
    """A camera's stream address, and that of its sub-stream."""

    field: ClassVar = CONF_URL
    credentials_field: ClassVar = CONF_PASSWORD
    steps: ClassVar = {
        FormPurpose.NEW: "address",
        FormPurpose.REAUTH: "reauth_confirm",
    }

    @override
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        if purpose is FormPurpose.RECONFIGURE:
            return {**_FIELDS, vol.Optional(CONF_SEARCH): BooleanSelector()}
        return CREDENTIALS if purpose is FormPurpose.REAUTH else _FIELDS

    @override
    def suggested(self, hass: HomeAssistant, data: Data) -> dict[str, Any]:
        return {**data, _ADVANCED: {CONF_TRANSPORT: data[CONF_TRANSPORT]}}

    @override
    async def async_read(
        self, hass: HomeAssistant, purpose: FormPurpose, form: Data, data: Data
    ) -> dict[str, Any]:
        if purpose is not FormPurpose.REAUTH:
            return _read(form, shown=_credentials(data))
        # The sub-stream stays as it is; without credentials of its own it has the new ones.
        return _read({key: form[key] for key in form if key != CONF_SMALL})

    @override
    def sub_source(self, data: Data) -> Data | None:
        """Return the sub-stream's source; without credentials it has the main stream's."""
        small = super().sub_source(data)
        if small is None:
            return None
        username, password = _credentials(small if any(_credentials(small)) else data)
        return {
            **small,
            CONF_USERNAME: username,
            CONF_PASSWORD: password,
            CONF_TRANSPORT: data[CONF_TRANSPORT],
        }

    @override
    def source_key(self, source: Data) -> str:
        return address_key(source[CONF_URL])

    @override
    def has_credentials(self, source: Data) -> bool:
        return any(_credentials(source))

    @override
    async def async_find(self, hass: HomeAssistant, source: Data) -> AddressInput:
        transport = Transport(source[CONF_TRANSPORT])
        found = Source.parse(source[CONF_URL], *_credentials(source), transport)
        return AddressInput(found)

    @override
    def title(self, hass: HomeAssistant, data: Data) -> str:
        return urlsplit(data[CONF_URL]).hostname or ""

    @override
    def hosts(self, data: Data) -> frozenset[str]:
        hosts = (urlsplit(each[CONF_URL]).hostname for each in _addresses(data))
        return frozenset(filter(None, hosts))

    @override
    def device_info(self, hass: HomeAssistant, data: Data) -> DeviceInfo:
        """Return the result of the search; a recorder's own facts stay with the recorder."""
        if CONF_DEVICE not in data:
            return DeviceInfo()
        device = Device.from_dict(data[CONF_DEVICE])
        if CONF_CHANNEL in data:
            return DeviceInfo(
                manufacturer=device.manufacturer or None,
                model=device.model or None,
                configuration_url=device.configuration_url or None,
            )
        return DeviceInfo(
            manufacturer=device.manufacturer or None,
            model=device.model or None,
            sw_version=device.firmware or None,
            serial_number=device.serial_number or None,
            configuration_url=device.configuration_url or None,
        )

    @override
    def moved(self, data: Data, before: str, now: str) -> dict[str, Any]:
        """Return addresses at the new host; another host, such as a relay's, stays."""
        changes: dict[str, Any] = {}
        for source in _addresses(data):
            if urlsplit(source[CONF_URL]).hostname == before:
                moved = {CONF_URL: _at_host(source[CONF_URL], now)}
                changes |= (
                    moved if source is data else {CONF_SMALL: {**source, **moved}}
                )
        return changes


ADDRESS: Final = AddressProvider()


def _addresses(data: Data) -> Iterator[Data]:
    """Yield those parts of an entry's data that have an address."""
    yield data
    if CONF_SMALL in data:
        yield data[CONF_SMALL]


def _at_host(url: str, host: str) -> str:
    """Return an address at another host; port, path and query stay."""
    parts = urlsplit(url)
    host = f"[{host}]" if ":" in host else host
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    return parts._replace(netloc=netloc).geturl()


def _read(
    form: Data,
    *,
    shown: tuple[str | None, str | None] = (None, None),
) -> dict[str, Any]:
    """Return an entry's data from a form; `shown` are the credentials it began with.

    Raises:
        FormError: an address, or its credentials, cannot be used.

    """
    url = form[CONF_URL]
    username, password = _credentials(form)
    # Each field is checked after those above it in the form.
    pasted = _parse(CONF_URL, url)
    if pasted.signs_in and (username, password) == shown:
        # Credentials in a pasted address are newer than fields that nobody has changed.
        username = password = None
    _ = _parse(CONF_USERNAME, url, username)
    main = _parse(CONF_PASSWORD, url, username, password)
    transport = form.get(_ADVANCED, {}).get(CONF_TRANSPORT, Transport.AUTOMATIC)
    data = {**_kept(main), CONF_TRANSPORT: Transport(transport)}
    section_input = form.get(CONF_SMALL, {})
    if not section_input.get(CONF_URL):
        return data
    small = _parse(CONF_SMALL, section_input[CONF_URL], *_credentials(section_input))
    same = (main.username, main.password)
    if not small.signs_in or (small.username, small.password) == same:
        # It shares the main stream's credentials, also when those change.
        return {**data, CONF_SMALL: {CONF_URL: small.url}}
    return {**data, CONF_SMALL: _kept(small)}


def _parse(
    field: str, url: str, username: str | None = None, password: str | None = None
) -> Source:
    """Return a source; `field` shows the error, as its value is the latest addition."""
    try:
        return Source.parse(url, username, password)
    except InvalidSourceError as err:
        raise FormError(field, err.problem) from err


def _credentials(data: Data) -> tuple[str | None, str | None]:
    return data.get(CONF_USERNAME), data.get(CONF_PASSWORD)


def _kept(source: Source) -> dict[str, Any]:
    """Return an address as an entry's data."""
    return {
        CONF_URL: source.url,
        CONF_USERNAME: source.username,
        CONF_PASSWORD: source.password,
    }
