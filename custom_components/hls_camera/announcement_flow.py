"""The steps for cameras that announce themselves, or a new address."""

from abc import abstractmethod
from typing import Any, Final, override
from urllib.parse import urlsplit

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.core import DOMAIN as HOMEASSISTANT_DOMAIN, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo
from homeassistant.helpers.typing import DiscoveryInfoType

from .const import CONF_DISCOVERED_HOST
from .discovery import (
    RTSP_SERVICE,
    Announcement,
    Lease,
    Sighting,
    changes,
    has_mac,
    is_camera_of,
    is_ignored_at,
    is_moved,
    mac_of_entry,
    suggested_form,
)
from .finding.search import Target
from .finding.ws_discovery import MAX_CAMERAS, NearbyCamera
from .naming import camera_name
from .providers.address import ADDRESS
from .providers.provider import FormPurpose
from .providers.registry import provider_of
from .providers.source_form import SourceForm

NEW_ADDRESS: Final = SourceForm(ADDRESS, FormPurpose.NEW)


class AnnouncedCameraFlow(ConfigFlow):
    """A flow that announcements begin: of a new camera, or of one that may have moved."""

    def __init__(self) -> None:
        """Begin without an announcement."""
        self._input: dict[str, Any] = {}
        self._discovered: dict[str, Any] = {}
        """The part of an entry's data that is from the camera itself."""
        self._announced: Announcement | None = None
        """The announcement of a camera that may have moved."""

    @property
    def _entry(self) -> ConfigEntry | None:
        """The entry that the flow is about; None for a new camera, or if it was removed."""
        entry_id = self.context.get("entry_id", "")
        return self.hass.config_entries.async_get_entry(entry_id)

    @property
    def _name(self) -> str:
        """The name of the camera that the flow is about."""
        if self._entry is not None:
            return camera_name(self.hass, self._entry)
        return str(self._input.get(CONF_NAME, ""))

    @staticmethod
    def _already_configured(name: str) -> AbortFlow:
        return AbortFlow("already_configured", {CONF_NAME: name})

    @abstractmethod
    def _show_find(self, host: str) -> ConfigFlowResult:
        """Show the form that asks for the login to a camera at a host."""

    @abstractmethod
    async def _async_step_form(
        self, form: SourceForm, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show a form until its input is valid; then probe its sources."""

    @override
    async def async_step_zeroconf(
        self, discovery_info: ZeroconfServiceInfo
    ) -> ConfigFlowResult:
        """Offer an announced camera; nothing is sent to it before the user adds it."""
        sighting = Sighting.of_service(discovery_info)
        if moved := await self._async_recognize(sighting):
            return moved
        if discovery_info.type != RTSP_SERVICE:
            return self._show_find(str(Target(sighting.host, discovery_info.port)))
        self._discovered = {CONF_DISCOVERED_HOST: sighting.host}
        self._input = suggested_form(discovery_info)
        return await self._async_step_form(NEW_ADDRESS)

    @override
    async def async_step_ssdp(
        self, discovery_info: SsdpServiceInfo
    ) -> ConfigFlowResult:
        """Offer a camera that announces itself by UPnP."""
        sighting = Sighting.of_upnp(discovery_info)
        if sighting is None:
            raise AbortFlow("no_address")
        if moved := await self._async_recognize(sighting):
            return moved
        return self._show_find(sighting.host)

    @override
    async def async_step_integration_discovery(
        self, discovery_info: DiscoveryInfoType
    ) -> ConfigFlowResult:
        """Offer a camera that has answered a search in the network."""
        camera = NearbyCamera(**discovery_info)
        if moved := await self._async_recognize(Sighting.of_answer(camera)):
            return moved
        return self._show_find(camera.address)

    async def _async_recognize(self, sighting: Sighting) -> ConfigFlowResult | None:
        """Return the question whether a camera has moved; None for a new camera.

        Raises:
            AbortFlow: it has an entry, is ignored, or is already offered.

        """
        known = await self.async_set_unique_id(sighting.identity)
        changed = changes(sighting, known.data) if known else {}
        if known and is_moved(changed):
            return await self._async_ask_whether_moved(known, sighting)
        if known and known.source == SOURCE_IGNORE:
            changed = {CONF_DISCOVERED_HOST: sighting.host}
        placeholders = {CONF_NAME: camera_name(self.hass, known) if known else ""}
        self._abort_if_unique_id_configured(
            changed, reload_on_update=False, description_placeholders=placeholders
        )
        for entry in self._async_current_entries(include_ignore=True):
            if has_mac(entry, sighting.identity):
                if is_moved(changes(sighting, entry.data)):
                    return await self._async_ask_whether_moved(entry, sighting)
                raise self._already_configured(camera_name(self.hass, entry))
            if is_camera_of(sighting, entry.data) or is_ignored_at(sighting, entry):
                raise self._already_configured(camera_name(self.hass, entry))
        if self._async_in_progress(True, {"configuration_url": sighting.page}):
            raise AbortFlow(
                "already_in_progress", translation_domain=HOMEASSISTANT_DOMAIN
            )
        if len(self._async_in_progress(include_uninitialized=True)) >= MAX_CAMERAS:
            raise AbortFlow("too_many_cameras")
        self.context["configuration_url"] = sighting.page
        self.context["title_placeholders"] = {CONF_NAME: sighting.name}
        return None

    @override
    async def async_step_ignore(self, user_input: dict[str, Any]) -> ConfigFlowResult:
        """Ignore an offered camera, also if it announces itself in another way."""
        offers = self._async_in_progress(
            match_context={"unique_id": user_input["unique_id"]}
        )
        result = await super().async_step_ignore(user_input)
        for offer in offers:
            if page := offer["context"].get("configuration_url"):
                result["data"] = {CONF_DISCOVERED_HOST: urlsplit(page).hostname}
        return result

    async def _async_ask_whether_moved(
        self, entry: ConfigEntry, announced: Announcement
    ) -> ConfigFlowResult:
        """Ask the user, unless the camera still answers at its address.

        Any device can repeat this camera's announcements and answers. So nothing is sent
        to the announced address, least of all a password, before the user confirms it.
        """
        name = camera_name(self.hass, entry)
        if await self._async_answers(entry):
            raise self._already_configured(name)
        # With the entry's own id, "Ignore" would replace the entry.
        await self.async_set_unique_id(f"{entry.unique_id} at {announced.host}")
        self._abort_if_unique_id_configured(description_placeholders={CONF_NAME: name})
        self._announced = announced
        self.context["entry_id"] = entry.entry_id
        self.context["title_placeholders"] = {CONF_NAME: name}
        return await self.async_step_moved()

    @override
    async def async_step_dhcp(
        self, discovery_info: DhcpServiceInfo
    ) -> ConfigFlowResult:
        """Follow a camera with a known MAC address to a new IP address."""
        lease = Lease(discovery_info.ip)
        for entry in self._async_current_entries(include_ignore=False):
            is_its = has_mac(entry, discovery_info.macaddress)
            if is_its and is_moved(changes(lease, entry.data)):
                return await self._async_ask_whether_moved(entry, lease)
        raise AbortFlow("not_moved")

    async def _async_answers(self, entry: ConfigEntry) -> bool:
        return (
            entry.state is ConfigEntryState.LOADED
            and await entry.runtime_data.async_answers()
        )

    async def async_step_moved(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether a camera has the announced address."""
        if user_input is not None and await self._async_answers(self._moved_entry()):
            raise AbortFlow("still_there", {CONF_NAME: self._name})
        provider = provider_of(self._moved_entry().data)
        form = SourceForm(provider, FormPurpose.MOVED)
        return await self._async_step_form(form, user_input)

    def _moved_entry(self) -> ConfigEntry:
        """Return the entry of the camera that may have moved."""
        if self._entry is None:
            raise AbortFlow("camera_removed")
        return self._entry

    def _moved_data(self) -> dict[str, Any]:
        """Return the data of its entry with the announced host."""
        assert self._announced is not None
        data = self._moved_entry().data
        return {**data, **changes(self._announced, data)}

    @callback
    def _async_move_other_channels(self) -> None:
        """Let the other channels of a recorder follow the one that was confirmed."""
        assert self._announced is not None
        moved = self._moved_entry()
        mac = mac_of_entry(moved)
        for entry in self._async_current_entries(include_ignore=False):
            if entry is moved or not mac or mac_of_entry(entry) != mac:
                continue
            changed = changes(self._announced, entry.data)
            if is_moved(changed):
                data = {**entry.data, **changed}
                self.hass.config_entries.async_update_entry(entry, data=data)
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
