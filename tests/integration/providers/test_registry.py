"""One more kind of source, known to this module only: a class and a place in the registry."""

from typing import Any, ClassVar, override

import pytest
import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.selector import TextSelector
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.providers import registry
from custom_components.hls_camera.providers.fields import CREDENTIALS
from custom_components.hls_camera.providers.provider import (
    Data,
    Fields,
    FormError,
    FormPurpose,
    SourceProvider,
)
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source import Source
from tests.camera import Feed, TestCamera

from .. import SOURCE_INFO, call, eventually, set_up, streaming
from ..announcements import AXIS, announcement, hear, is_known
from ..flows import (
    Result,
    ServeCamera,
    a_form,
    begin,
    give_name,
    open_menu,
    submit,
    suggested,
)


class DeviceProvider(SourceProvider):
    """A device that knows the addresses of its streams by the names of their profiles."""

    field: ClassVar = "host"
    credentials_field: ClassVar = "password"
    steps: ClassVar = {
        FormPurpose.NEW: "device",
        FormPurpose.RECONFIGURE: "reconfigure_device",
        FormPurpose.REAUTH: "reauth_device",
    }

    def __init__(self) -> None:
        self.profiles: dict[str, TestCamera] = {}

    @override
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        if purpose is FormPurpose.REAUTH:
            return CREDENTIALS
        return {vol.Required("host"): TextSelector(), **CREDENTIALS}

    @override
    async def async_read(
        self, hass: HomeAssistant, purpose: FormPurpose, form: Data, data: Data
    ) -> dict[str, Any]:
        if "/" in form["host"]:
            raise FormError("host", "not_a_host")
        kept = {key: form.get(key) for key in ("host", "username", "password")}
        main, *sub = self.profiles
        kept["profile"] = main
        return {**kept, "small": {"profile": sub[0]}} if sub else kept

    @override
    def sub_source(self, data: Data) -> Data | None:
        return {**data, **data["small"]} if "small" in data else None

    @override
    def source_key(self, source: Data) -> str:
        return f"device {source['host']} {source['profile']}"

    @override
    def title(self, hass: HomeAssistant, data: Data) -> str:
        return str(data["host"])

    @override
    async def async_find(self, hass: HomeAssistant, source: Data) -> AddressInput:
        found = Source.parse(
            self.profiles[source["profile"]].plain_url,
            source["username"],
            source["password"],
        )
        return AddressInput(found)

    @override
    def hosts(self, data: Data) -> frozenset[str]:
        return frozenset({data["host"]})

    @override
    def moved(self, data: Data, before: str, now: str) -> dict[str, Any]:
        return {"host": now}

    @override
    def device_info(self, hass: HomeAssistant, data: Data) -> DeviceInfo:
        return DeviceInfo(manufacturer="Sharp Eyes", model="Owl 4")


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> DeviceProvider:
    """The provider, in the registry."""
    device = DeviceProvider()
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, device))
    return device


def an_entry(host: str = "owl.lan", **data: Any) -> MockConfigEntry:
    """Return an entry of the new kind."""
    kept = {"host": host, "username": "me", "password": "old", "profile": "main"}
    return MockConfigEntry(
        domain=DOMAIN,
        title="Front door",
        unique_id="ac:cc:8e:12:34:56",
        data={**kept, "source_info": SOURCE_INFO, **data},
    )


async def new_form(hass: HomeAssistant) -> Result:
    menu = await open_menu(hass)
    assert menu["menu_options"] == ["find", "address", "device", "converter"]
    return await submit(hass, menu, {"next_step_id": "device"})


async def test_its_form_makes_an_entry_whose_streams_run(
    hass: HomeAssistant,
    serve: ServeCamera,
    device: DeviceProvider,
    device_registry: dr.DeviceRegistry,
) -> None:
    device.profiles = {"main": await serve(), "sub": await serve(Feed(size=(160, 90)))}
    form = await new_form(hass)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "device")
    assert set(form["data_schema"].schema) == {"host", "username", "password"}
    filled_in = {"host": "owl/lan"}
    result = await submit(hass, form, filled_in)
    assert (result["step_id"], result["errors"]) == ("device", {"host": "not_a_host"})
    confirm = await submit(hass, result, filled_in | {"host": "owl.lan"})
    assert "160x90" in confirm["description_placeholders"]["small"]
    created = await submit(hass, confirm, {})
    await hass.async_block_till_done()

    entry = created["result"]
    data = dict(entry.data)
    assert data.pop("source_info")["video"]["width"] == 320
    assert data.pop("small")["profile"] == "sub"
    assert data["host"] == "owl.lan"
    await give_name(hass, entry)
    await call(hass, "start_stream")
    await streaming(hass)
    entry.runtime_data.camera.sub.wake()
    await eventually(lambda: len(device.profiles["sub"].connections) == 1)
    [shown] = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
    assert (shown.name, shown.model) == ("owl.lan", "Owl 4")

    again = await submit(hass, await new_form(hass), filled_in | {"host": "owl.lan"})
    assert again["reason"] == "already_configured"
    await hass.config_entries.async_unload(entry.entry_id)


async def test_its_source_can_be_changed(
    hass: HomeAssistant, camera: TestCamera, device: DeviceProvider
) -> None:
    device.profiles = {"main": camera}
    entry = await set_up(hass, an_entry())
    form = await entry.start_reconfigure_flow(hass)
    assert form["step_id"] == "reconfigure_device"
    assert suggested(form)["host"] == "owl.lan"
    confirm = await submit(hass, form, {"host": "other.lan"})
    result = await submit(hass, confirm, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["host"] == "other.lan"
    assert entry.data["username"] is None


async def test_its_credentials_are_asked_for(
    hass: HomeAssistant, serve: ServeCamera, device: DeviceProvider
) -> None:
    device.profiles = {"main": await serve(username="me", password="new")}
    entry = await set_up(hass, an_entry())
    await call(hass, "start_stream")
    await eventually(lambda: any(entry.async_get_active_flows(hass, {"reauth"})))
    [flow] = entry.async_get_active_flows(hass, {"reauth"})
    assert flow["step_id"] == "reauth_device"
    credentials = {"username": "me", "password": "wrong"}
    result: Result = await submit(hass, flow, credentials)
    assert result["errors"] == {"password": "unauthorized"}
    result = await submit(hass, result, credentials | {"password": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert (entry.data["host"], entry.data["password"]) == ("owl.lan", "new")


async def test_it_is_known_on_the_network_and_may_move(
    hass: HomeAssistant, camera: TestCamera, device: DeviceProvider
) -> None:
    device.profiles = {"main": camera}
    entry = an_entry("192.0.2.7", discovered_host="192.0.2.7", username=None)
    entry.add_to_hass(hass)
    assert is_known(await hear(hass, announcement("192.0.2.7")))
    question = await hear(hass, announcement("192.0.2.8", **AXIS))
    assert question["step_id"] == "moved"
    result = await submit(hass, question, {})
    assert result["reason"] == "moved"
    await hass.async_block_till_done()
    assert entry.data["host"] == entry.data["discovered_host"] == "192.0.2.8"
    assert entry.state is ConfigEntryState.LOADED


def test_an_entry_of_an_unknown_kind() -> None:
    with pytest.raises(LookupError):
        registry.provider_of({"from_the_future": True})


@pytest.fixture
def unknown(hass: HomeAssistant) -> MockConfigEntry:
    """An entry of a later version, or one whose provider is gone."""
    data = {"hologram": "owl.lan", "discovered_host": "192.0.2.7"}
    entry = MockConfigEntry(
        domain=DOMAIN, title="Porch", unique_id="ac:cc:8e:12:34:56", data=data
    )
    entry.add_to_hass(hass)
    return entry


async def test_an_entry_of_an_unknown_kind_says_what_to_do(
    hass: HomeAssistant, unknown: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await hass.config_entries.async_setup(unknown.entry_id)
    await hass.async_block_till_done()
    assert unknown.state is ConfigEntryState.SETUP_ERROR
    assert unknown.error_reason_translation_key == "unknown_source"
    assert unknown.reason is not None
    assert "Update HLS Camera and restart Home Assistant" in unknown.reason
    # The log has that text alone, without our own exception and where it was raised.
    assert unknown.reason in caplog.text
    assert registry.UnknownSourceError.__name__ not in caplog.text
    assert registry.provider_of.__name__ not in caplog.text
    # Its data wait for the version that knows them.
    assert unknown.data["hologram"] == "owl.lan"
    assert (await hass.config_entries.async_remove(unknown.entry_id)) == {
        "require_restart": False
    }


async def test_an_entry_of_an_unknown_kind_cannot_be_changed(
    hass: HomeAssistant, unknown: MockConfigEntry
) -> None:
    result = await unknown.start_reconfigure_flow(hass)
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "unknown_source",
    )


async def test_other_cameras_work_beside_an_entry_of_an_unknown_kind(
    hass: HomeAssistant, unknown: MockConfigEntry, camera: TestCamera
) -> None:
    form = await submit(hass, await begin(hass), a_form(camera.plain_url))
    created = await submit(hass, form, {})
    assert created["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    # Announcements: its own camera at another host, and one that nobody has added.
    assert is_known(await hear(hass, announcement("192.0.2.8", **AXIS)))
    assert (await hear(hass, announcement("192.0.2.9")))["step_id"] == "address"
    assert dict(unknown.data) == {
        "hologram": "owl.lan",
        "discovered_host": "192.0.2.7",
    }
    await hass.config_entries.async_unload(created["result"].entry_id)
