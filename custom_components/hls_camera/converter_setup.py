"""Setting up a converter: its host joins the others, and its problems make repairs."""

from functools import partial
from typing import Final

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, callback

from .converter_entry import ConverterConfigEntry, async_converter
from .converters.errors import ConverterProblem
from .converters.host import Host
from .issues import OF_A_CONVERTER, Issue, async_set_issue
from .manager import CONVERTERS

_PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.SENSOR)
_ISSUES: Final = {
    ConverterProblem.LOGIN_REJECTED: Issue.CONVERTER_LOGIN_REJECTED,
    ConverterProblem.NO_HARDWARE: Issue.CONVERTER_FAILS,
    ConverterProblem.NO_PICTURE: Issue.CONVERTER_FAILS,
    ConverterProblem.REFUSED: Issue.CONVERTER_FAILS,
    ConverterProblem.STALLED: Issue.CONVERTER_FAILS,
    ConverterProblem.TOO_SLOW: Issue.CONVERTER_TOO_SLOW,
}
"""The other problems are those of a connection."""


async def async_setup_converter(
    hass: HomeAssistant, entry: ConverterConfigEntry
) -> None:
    """Use a host for conversions."""
    converter = await async_converter(
        hass, entry.data, key=entry.entry_id, name=entry.title
    )
    pool = hass.data[CONVERTERS]
    entry.runtime_data = host = pool.add(converter)
    entry.async_on_unload(pool.add_listener(partial(_show_issues, hass, entry, host)))
    await hass.config_entries.async_forward_entry_setups(entry, _PLATFORMS)


async def async_unload_converter(
    hass: HomeAssistant, entry: ConverterConfigEntry
) -> bool:
    """Move conversions away from a host, and leave nothing there."""
    if not await hass.config_entries.async_unload_platforms(entry, _PLATFORMS):
        return False
    await hass.data[CONVERTERS].remove(entry.entry_id)
    for issue in OF_A_CONVERTER:
        async_set_issue(hass, issue, False, entry=entry)
    return True


@callback
def _show_issues(hass: HomeAssistant, entry: ConverterConfigEntry, host: Host) -> None:
    """Create or delete the repair issues of a host."""
    now = (
        None
        if host.problem is None
        else _ISSUES.get(host.problem, Issue.CONVERTER_UNREACHABLE)
    )
    for issue in OF_A_CONVERTER:
        async_set_issue(hass, issue, issue is now, entry=entry)
