"""The forms of repair issues."""

from typing import Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant

from .error_translation import async_form_error_text
from .found_streams import async_replace_streams
from .naming import camera_name
from .providers.provider import FormError


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
        problem = ""
        if user_input is not None:
            try:
                await async_replace_streams(self.hass, entry)
            except FormError as err:
                problem = await async_form_error_text(self.hass, err)
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="search",
            errors={"base": "not_found"} if problem else {},
            description_placeholders={
                CONF_NAME: camera_name(self.hass, entry),
                "problem": problem,
            },
        )
