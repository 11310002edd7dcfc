"""The forms of repair issues."""

import asyncio
from contextlib import suppress
from typing import Any, Final, override

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, UnknownEntry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, callback

from .const import DOMAIN
from .found_streams import async_replace_streams
from .naming import camera_name
from .providers.provider import FormError

_MIN_PROGRESS_S: Final = 1.0
"""Shorter, and a browser may miss the end of the search."""


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001
    issue_id: str,  # noqa: ARG001
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the form of an issue; `FIXABLE` has one so far, that of a lost stream."""
    assert data is not None
    return SearchAgainFlow(str(data["entry_id"]))


class SearchAgainFlow(RepairsFlow):
    """Searches a camera for its streams again, and uses those that it finds."""

    def __init__(self, entry_id: str) -> None:
        """Prepare for the camera of an entry."""
        self._entry_id = entry_id
        self._task: asyncio.Task[FormError | None] | None = None
        """The search; it returns its error."""
        self._error: FormError | None = None

    async def async_step_init(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002 - names the issue
    ) -> RepairsFlowResult:
        """Ask before anything is sent to the camera."""
        return await self.async_step_search()

    async def async_step_search(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Search when the user submits the form; show it again if nothing is found."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None:
            return self.async_abort(reason="camera_removed")
        if user_input is not None:
            self._error = None
            self._task = self.hass.async_create_task(
                self._async_search(entry), f"{DOMAIN} search"
            )
            return await self.async_step_searching()
        # A browser may fetch the form twice: the error stays until the next search.
        error = self._error
        return self.async_show_form(
            step_id="search",
            errors={"base": error.problem} if error else {},
            description_placeholders={
                CONF_NAME: camera_name(self.hass, entry),
                "detail": error.detail if error else "",
            },
        )

    async def _async_search(self, entry: ConfigEntry) -> FormError | None:
        """Return the error of a search; a browser may miss the end of a shorter one."""
        shown_at = self.hass.loop.time()
        error = None
        try:
            # The entry may be removed meanwhile.
            with suppress(UnknownEntry):
                await async_replace_streams(self.hass, entry)
        except FormError as err:
            error = err
        await asyncio.sleep(_MIN_PROGRESS_S - (self.hass.loop.time() - shown_at))
        return error

    async def async_step_searching(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> RepairsFlowResult:
        """Show progress while the search runs."""
        assert self._task is not None
        # Closing the dialog cancels the search; nobody sees the next step.
        if not self._task.done() or self._task.cancelled():
            return self.async_show_progress(
                step_id="searching",
                progress_action="searching",
                progress_task=self._task,
            )
        self._error = self._task.result()
        self._task = None
        step = "replaced" if self._error is None else "search"
        return self.async_show_progress_done(next_step_id=step)

    async def async_step_replaced(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> RepairsFlowResult:
        """End the repair: the entry has the streams that were found."""
        if self.hass.config_entries.async_get_entry(self._entry_id) is None:
            return self.async_abort(reason="camera_removed")
        return self.async_create_entry(data={})

    @callback
    @override
    def async_remove(self) -> None:
        """Stop the search: the user has closed the dialog."""
        if self._task is not None:
            self._task.cancel()
