"""The forms of all providers, as the config flow shows them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import voluptuous as vol
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import Selector, TextSelector

from ..const import CONF_ALLOWED_HOSTS
from . import registry
from .provider import FormPurpose, SourceProvider

_ALLOWED_HOSTS: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Optional(CONF_ALLOWED_HOSTS): TextSelector()
}


@dataclass(frozen=True, slots=True)
class SourceForm:
    """A provider's form for one purpose."""

    provider: SourceProvider
    purpose: FormPurpose

    @property
    def step(self) -> str:
        """The form's step in the config flow."""
        return self.provider.steps.get(self.purpose, self.purpose)

    def schema(self, hass: HomeAssistant, *, with_hosts: bool = False) -> vol.Schema:
        """Return the schema; `with_hosts` adds a field for allowed hosts."""
        if self.purpose is FormPurpose.MOVED:
            return vol.Schema({})  # A question, without fields
        fields = self.provider.fields(hass, self.purpose)
        return vol.Schema({**fields, **_ALLOWED_HOSTS} if with_hosts else {**fields})


def forms_with_steps() -> Iterator[SourceForm]:
    """Yield the forms that have a step of their own."""
    for provider in registry.PROVIDERS:
        for purpose in provider.steps:
            yield SourceForm(provider, purpose)
