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
from .publishing.publication import Publication, PublicationState

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
        """Follow a publication from now on."""
        self._hass = hass
        self._entry = entry
        self._subentry = subentry
        self._publication = publication
        self._is_failing = False
        self._cancel: Callable[[], None] | None = None
        self._unsubscribe = publication.add_listener(self._async_update)

    @callback
    def async_close(self) -> None:
        """Delete the issue, and follow no more."""
        self._unsubscribe()
        self._async_recover()

    @callback
    def _async_update(self) -> None:
        problem, state = self._publication.problem, self._publication.state
        if problem is None:
            # A silent camera says nothing about the destination.
            if state is not PublicationState.WAITING:
                self._async_recover()
            return
        if self._is_failing:
            return
        self._is_failing = True
        LOGGER.info(
            "Publishing %s to %s fails: %s %s",
            *(self._entry.title, self._subentry.title),
            *(problem, self._publication.detail),
        )
        delay = timedelta(0) if problem in LASTING else LONG
        self._cancel = async_call_later(self._hass, delay, self._async_create)

    @callback
    def _async_recover(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
        if self._is_failing:
            self._is_failing = False
            if self._publication.state is PublicationState.PUBLISHING:
                LOGGER.info(
                    *("%s is published to %s again", self._entry.title),
                    self._subentry.title,
                )
        self._async_set(False)

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
