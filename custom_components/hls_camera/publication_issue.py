"""The repair issue and the log lines of a publication that fails."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, LOGGER
from .issues import Issue, async_set_issue
from .publish_settings import PUBLICATION
from .publishing.errors import LASTING
from .publishing.outages import OutageEvent, OutageEventType
from .publishing.publication import Publication

LONG: Final = timedelta(minutes=5)
"""The time after which a problem that may pass becomes an issue."""


class PublicationIssue:
    """Creates the issue when a problem lasts, and deletes it when something is published."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        subentry: ConfigSubentry,
        publication: Publication,
    ) -> None:
        """Begin without an issue; `async_report()` follows the outages."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self._publication = publication
        self._cancel: Callable[[], None] | None = None

    @callback
    def async_close(self) -> None:
        """Delete the issue."""
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        self._async_set(False)

    @callback
    def async_report(self, event: OutageEvent) -> None:
        """Create or delete the issue; log the change."""
        names = self._entry.title, self._subentry.title
        match event:
            case OutageEvent(type=OutageEventType.FAILED, problem=problem):
                detail = self._publication.detail
                LOGGER.info("Publishing %s to %s fails: %s %s", *names, problem, detail)
                delay = timedelta(0) if problem in LASTING else LONG
                self._cancel = async_call_later(self._hass, delay, self._async_create)
                return
            case OutageEvent(type=OutageEventType.RECOVERED):
                LOGGER.info("%s is published to %s again", *names)
        self.async_close()

    async def _async_create(self, _now: datetime) -> None:
        """Create the issue, with the form's text about the problem."""
        self._cancel = None
        texts = await async_get_translations(
            self._hass, self._hass.config.language, "config_subentries", {DOMAIN}
        )
        if (problem := self._publication.problem) is not None:
            errors = f"component.{DOMAIN}.config_subentries.{PUBLICATION}.error"
            text = texts[f"{errors}.{problem}"]
            detail = self._publication.detail
            self._async_set(True, problem=text.replace("{detail}", detail))

    @callback
    def _async_set(self, is_there: bool, **placeholders: str) -> None:
        async_set_issue(
            self._hass,
            Issue.PUBLISHING_FAILED,
            is_there,
            entry=self._entry,
            part=self._subentry.subentry_id,
            destination=self._subentry.title,
            **placeholders,
        )
