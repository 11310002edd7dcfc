"""The bus events in Home Assistant's logbook."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from homeassistant.components.logbook.const import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.const import ATTR_ENTITY_ID, ATTR_NAME, CONF_TYPE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_HLS_CAMERA, EVENT_PUBLICATION
from .publishing.outages import OutageEventType
from .streaming.camera.events import EventType

# Home Assistant does not translate these texts, but it does translate the reasons.
_STREAM_MESSAGES: Final[Mapping[str, str]] = {
    EventType.STARTED: "started streaming",
    EventType.ENDED: "stopped streaming ({reason})",
    EventType.FAILED: "has a problem ({reason})",
    EventType.RECOVERED: "is streaming again after {outage:.0f} s",
}
_PUBLICATION_MESSAGES: Final[Mapping[str, str]] = {
    OutageEventType.FAILED: "cannot be published to {destination} ({reason})",
    OutageEventType.RECOVERED: "is published to {destination} again after {outage:.0f} s",
}


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event], dict[str, str]]], None],
) -> None:
    """Describe our events."""
    for event_type, messages, reasons in (
        (EVENT_HLS_CAMERA, _STREAM_MESSAGES, "event.stream.state_attributes.reason"),
        (
            EVENT_PUBLICATION,
            _PUBLICATION_MESSAGES,
            "sensor.publishing.state_attributes.problem",
        ),
    ):
        describe = partial(_describe, hass, messages, reasons)
        async_describe_event(DOMAIN, event_type, describe)


@callback
def _describe(
    hass: HomeAssistant, messages: Mapping[str, str], reasons: str, event: Event
) -> dict[str, str]:
    """Return a line; `reasons` is the part of the translations that names the reasons."""
    data = event.data
    values = {**data, "reason": _reason(hass, reasons, data.get("reason", ""))}
    return {
        LOGBOOK_ENTRY_NAME: data[ATTR_NAME],
        LOGBOOK_ENTRY_MESSAGE: messages[data[CONF_TYPE]].format_map(values),
        LOGBOOK_ENTRY_ENTITY_ID: data[ATTR_ENTITY_ID],
    }


@callback
def _reason(hass: HomeAssistant, reasons: str, reason: str) -> str:
    """Return the name of a reason, as entities show it."""
    texts = async_get_cached_translations(
        hass, hass.config.language, "entity", integration=DOMAIN
    )
    name = f"component.{DOMAIN}.entity.{reasons}.state.{reason}"
    return texts.get(name, reason.replace("_", " "))
