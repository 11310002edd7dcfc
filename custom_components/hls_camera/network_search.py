"""The search for cameras in the network: once after each start, and on request."""

from typing import Any, Final

from homeassistant.components import network
from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntry,
    ConfigFlowContext,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.start import async_at_started

from .const import CONF_CHANNEL, DOMAIN
from .discovery import Sighting, has_mac, has_page, is_camera_of
from .finding.ws_discovery import NearbyCamera, search_network

_SOURCE: Final[dict[str, Any]] = {"source": SOURCE_INTEGRATION_DISCOVERY}


async def _async_cameras(hass: HomeAssistant) -> tuple[NearbyCamera, ...]:
    """Return the cameras that answer, in the networks that Home Assistant uses."""
    sources = await network.async_get_enabled_source_ips(hass)
    return await search_network(str(each) for each in sources if each.version == 4)


async def async_new_cameras(hass: HomeAssistant) -> tuple[NearbyCamera, ...]:
    """Return the cameras that answer and have no entry, and recorders in any case."""
    cameras = await _async_cameras(hass)
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    return tuple(
        camera
        for camera in cameras
        if not any(_is_added(Sighting.of_answer(camera), entry) for entry in entries)
    )


def _is_added(sighting: Sighting, entry: ConfigEntry) -> bool:
    """Return whether an entry has a camera; a recorder may have further channels."""
    if CONF_CHANNEL in entry.data:
        return False
    return has_mac(entry, sighting.identity) or is_camera_of(sighting, entry.data)


@callback
def async_setup_network_search(hass: HomeAssistant) -> None:
    """Offer the cameras in the network, once Home Assistant has started."""

    async def offer() -> None:
        for camera in await _async_cameras(hass):
            discovery_flow.async_create_flow(
                hass,
                DOMAIN,
                ConfigFlowContext(source=SOURCE_INTEGRATION_DISCOVERY),
                camera.as_dict(),
            )

    @callback
    def begin(hass: HomeAssistant) -> None:
        _ = hass.async_create_background_task(offer(), f"{DOMAIN} network search")

    async_at_started(hass, begin)


@callback
def async_withdraw_offers(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """End the offers of a camera that has an entry now.

    Home Assistant itself ends those with the unique id of the entry.
    """
    flows = hass.config_entries.flow
    for offer in flows.async_progress_by_handler(DOMAIN, match_context=_SOURCE):
        context = offer["context"]
        is_other = context.get("unique_id") != entry.unique_id
        if is_other and has_page(entry.data, context.get("configuration_url", "")):
            flows.async_abort(offer["flow_id"])
