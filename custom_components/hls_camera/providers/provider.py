"""The base class of providers, and the purposes and errors of their forms."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar

import voluptuous as vol
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.selector import Selector

from ..const import CONF_SMALL
from ..streaming.sources.input import Input

type Data = Mapping[str, Any]
"""An entry's data, a part of it, or the input of a form."""
type Fields = Mapping[vol.Marker, Selector[Any] | section]
"""A form's fields."""


class FormPurpose(StrEnum):
    """The purposes of a form; the value is the step of a form that all providers share."""

    NEW = "new"
    RECONFIGURE = "reconfigure"
    REAUTH = "reauth"
    MOVED = "moved"


class FormError(Exception):
    """An error in a form that the user can correct."""

    def __init__(self, field: str, problem: str, detail: str = "") -> None:
        """Name the field, and the problem by its key in the translations.

        `detail` is FFmpeg's message, without credentials.
        """
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem
        self.detail = detail


class SourceProvider(ABC):
    """One kind of source: its forms, its data in an entry, and the way to its stream.

    `data` is an entry's data. `source` is the data of one stream: the entry's data for
    the main stream, those of `sub_source()` for the sub-stream.
    """

    field: ClassVar[str]
    """The form's field for the source. Entries of this kind have it as a key, no others."""
    credentials_field: ClassVar[str]
    """The form's field that shows rejected credentials."""
    steps: ClassVar[Mapping[FormPurpose, str]]
    """The config flow's step for each form of this provider's own."""
    secret_fields: ClassVar[frozenset[str]] = frozenset({CONF_USERNAME, CONF_PASSWORD})
    """Keys, at any depth of an entry's data, that diagnostics do not show."""
    is_dynamic: ClassVar[bool] = False
    """Whether the source and its credentials may change without a form of ours."""

    # Forms

    def is_available(self, hass: HomeAssistant) -> bool:
        """Return whether there is something of this kind to add."""
        return True

    @abstractmethod
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        """Return the fields of a form; the flow adds allowed hosts."""

    def suggested(self, hass: HomeAssistant, data: Data) -> dict[str, Any]:
        """Return the values with which the form of an existing entry begins."""
        return dict(data)

    @abstractmethod
    async def async_read(
        self, hass: HomeAssistant, purpose: FormPurpose, form: Data, data: Data
    ) -> dict[str, Any]:
        """Return an entry's data from a form; `data` is empty for a new camera.

        Raises:
            FormError: a field has a value that cannot be used.

        """

    # Sources

    def sub_source(self, data: Data) -> Data | None:
        """Return the source of an entry's sub-stream, None if it has none of its own."""
        return data.get(CONF_SMALL)

    @abstractmethod
    def source_key(self, source: Data) -> str:
        """Return a key that no other source has."""

    def has_credentials(self, source: Data) -> bool:
        """Return whether a source comes with a username or password."""
        return True

    @abstractmethod
    async def async_find(self, hass: HomeAssistant, source: Data) -> Input:
        """Return the input for the next connection; called before each one.

        An address is an `AddressInput`. Other inputs, such as a picture of several
        streams, are subclasses of `Input`.

        Raises:
            SourceError: the source is not available.
            InvalidSourceError: its data cannot be used.

        """

    @callback
    def async_track_return(
        self, hass: HomeAssistant, source: Data, returned: Callable[[], None]
    ) -> Callable[[], None]:
        """Call `returned` whenever a source is available again; return an unsubscriber."""
        return lambda: None

    # The camera

    @abstractmethod
    def title(self, hass: HomeAssistant, data: Data) -> str:
        """Return the first name of a new camera; Home Assistant asks for another one."""

    def hosts(self, data: Data) -> frozenset[str]:
        """Return the hosts in an entry's data, by which an announced camera is known."""
        return frozenset()

    def moved(self, data: Data, before: str, now: str) -> dict[str, Any]:
        """Return the changes of an entry's data when its camera has another host."""
        return {}

    def device_info(self, hass: HomeAssistant, data: Data) -> DeviceInfo:
        """Return manufacturer, model and versions of the camera, as far as known."""
        return DeviceInfo()

    def credentials_owner(self, hass: HomeAssistant, data: Data) -> str | None:
        """Return the entity id of the camera whose integration has the credentials."""
        return None
