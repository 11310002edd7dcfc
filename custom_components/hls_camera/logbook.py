"""The bus event in Home Assistant's logbook."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME, CONF_TYPE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_HLS_CAMERA
from .streaming.camera.events import EventType

# Home Assistant does not translate these texts, but it does translate the reasons.
_MESSAGES: Final[dict[str, str]] = {
    EventType.STARTED: "started streaming",
    EventType.ENDED: "stopped streaming ({reason})",
    EventType.FAILED: "has a problem ({reason})",
    EventType.RECOVERED: "is streaming again after {outage:.0f} s",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe our event."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        data = event.data
        values = {**data, "reason": _reason(hass, data.get("reason", ""))}
        return {
            LOGBOOK_ENTRY_NAME: data[ATTR_NAME],
            LOGBOOK_ENTRY_MESSAGE: _MESSAGES[data[CONF_TYPE]].format_map(values),
            LOGBOOK_ENTRY_ENTITY_ID: data[ATTR_ENTITY_ID],
        }

    async_describe_event(DOMAIN, EVENT_HLS_CAMERA, describe)


@callback
def _reason(hass: HomeAssistant, reason: str) -> str:
    """Return the name of a reason, as the event entity has it."""
    texts = async_get_cached_translations(
        hass, hass.config.language, "entity", integration=DOMAIN
    )
    of_events = f"component.{DOMAIN}.entity.event.stream.state_attributes"
    return texts.get(f"{of_events}.reason.state.{reason}", reason.replace("_", " "))
