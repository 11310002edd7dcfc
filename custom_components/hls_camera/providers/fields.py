"""Fields that the forms of several providers have."""

from typing import Any, Final

import voluptuous as vol
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import (
    Selector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

CREDENTIALS: Final[dict[vol.Marker, Selector[Any]]] = {
    vol.Optional(CONF_USERNAME): TextSelector(
        TextSelectorConfig(type=TextSelectorType.TEXT, autocomplete="off")
    ),
    vol.Optional(CONF_PASSWORD): TextSelector(
        TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
    ),
}
