"""Kinds of source that are not one address, known to this module only.

A provider returns any `Input`: here a picture of two cameras, and a generated one.
"""

import asyncio
import json
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, override

import pytest
import voluptuous as vol
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.selector import ConfigEntrySelector, TextSelector
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.providers import registry
from custom_components.hls_camera.providers.provider import (
    Data,
    Fields,
    FormPurpose,
    SourceProvider,
)
from custom_components.hls_camera.streaming.camera.sub_stream import find_main_stream
from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.input import (
    Input,
    OpenInput,
    ReadOptions,
)
from tests.camera import Feed
from tests.streaming.mosaics import SideBySide

from .. import call, eventually, make_entry, set_up, state_of, streaming
from ..flows import ServeCamera, begin, give_name, submit


@dataclass(frozen=True)
class TestPicture(Input):
    """A picture that FFmpeg generates."""

    __test__ = False

    size: str

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        return OpenInput(
            ["-re", "-f", "lavfi", "-i", f"testsrc2=size={self.size}:rate=10"],
            filter_graph="[0:v:0]null[made]",
            picture="[made]",
        )


class _OneStep(SourceProvider):
    """A kind of source whose form is kept in the entry as it is."""

    credentials_field: ClassVar = "base"

    @override
    async def async_read(
        self, hass: HomeAssistant, purpose: FormPurpose, form: Data, data: Data
    ) -> dict[str, Any]:
        return {str(key): form[str(key)] for key in self.fields(hass, purpose)}

    @override
    def source_key(self, source: Data) -> str:
        return f"{self.field} {source[self.field]}"

    @override
    @abstractmethod
    async def async_find(self, hass: HomeAssistant, source: Data) -> Input: ...


class MosaicProvider(_OneStep):
    """Two cameras of ours side by side, by the ids of their entries."""

    field: ClassVar = "left"
    steps: ClassVar = {FormPurpose.NEW: "mosaic"}

    @override
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        camera = ConfigEntrySelector({"integration": "hls_camera"})
        return {vol.Required("left"): camera, vol.Required("right"): camera}

    @override
    def title(self, hass: HomeAssistant, data: Data) -> str:
        return self.steps[FormPurpose.NEW]

    @override
    async def async_find(self, hass: HomeAssistant, source: Data) -> Input:
        tiles = [self._tile(hass, source[side]) for side in ("left", "right")]
        return SideBySide(*await asyncio.gather(*tiles))

    async def _tile(self, hass: HomeAssistant, entry_id: str) -> Input:
        entry = hass.config_entries.async_get_entry(entry_id)
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            raise SourceError(EndReason.NO_SOURCE)
        return await find_main_stream(entry.runtime_data.camera.main)()


class TestPictureProvider(_OneStep):
    """A test picture; the key of a paid service is a secret of its entry."""

    __test__ = False

    field: ClassVar = "size"
    steps: ClassVar = {FormPurpose.NEW: "test_picture"}
    secret_fields: ClassVar = frozenset({"service_key"})

    @override
    def fields(self, hass: HomeAssistant, purpose: FormPurpose) -> Fields:
        text = TextSelector()
        return {
            vol.Required("size"): text,
            vol.Required("service_key"): text,
            vol.Required("backgrounds"): text,
        }

    @override
    def title(self, hass: HomeAssistant, data: Data) -> str:
        return self.steps[FormPurpose.NEW]

    @override
    async def async_find(self, hass: HomeAssistant, source: Data) -> Input:
        return TestPicture(source["size"])


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The providers, in the registry."""
    added = (MosaicProvider(), TestPictureProvider())
    monkeypatch.setattr(registry, "PROVIDERS", (*registry.PROVIDERS, *added))


async def created(hass: HomeAssistant, step: str, form: dict[str, Any]) -> Any:
    """Go through the form of a kind of source; return the set-up entry."""
    shown = await begin(hass, step)
    assert (shown["type"], shown["step_id"]) == (FlowResultType.FORM, step)
    confirm = await submit(hass, shown, form)
    assert confirm["step_id"] == "confirm", confirm["errors"]
    result = await submit(hass, confirm, {})
    await hass.async_block_till_done()
    entry = result["result"]
    assert entry.state is ConfigEntryState.LOADED
    assert entry.title == step
    await give_name(hass, entry)
    return entry


async def test_two_cameras_are_one_camera(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    cameras = [await serve(Feed(size=(160, 90))), await serve(Feed(size=(240, 90)))]
    left, right = [
        await set_up(hass, make_entry(camera.plain_url, title=f"Part {number}"))
        for number, camera in enumerate(cameras)
    ]
    form = {"left": left.entry_id, "right": right.entry_id}
    entry = await created(hass, "mosaic", form)
    video = entry.data["source_info"]["video"]
    assert (video["width"], video["height"]) == (160 + 240, 90)
    await call(hass, "start_stream")
    await streaming(hass)
    # Its parts come from their streams here: nobody connects to a camera twice.
    assert [len(camera.connections) for camera in cameras] == [1, 1]
    # There is no address that WebRTC could read instead.
    hass.config_entries.async_update_entry(entry, options={"webrtc": "on"})
    entry.runtime_data.async_options_changed()
    await hass.async_block_till_done()
    assert "web_rtc" not in str(state_of(hass, "camera.front_door").attributes)

    await hass.config_entries.async_unload(left.entry_id)
    await eventually(lambda: entry.runtime_data.camera.main.reason == "no_source")
    await hass.config_entries.async_unload(entry.entry_id)


async def test_a_generated_picture_is_a_camera(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    form = {
        "size": "160x90",
        "service_key": "0pen-sesame",
        "backgrounds": "http://me:hunter2@pictures.lan/",
    }
    entry = await created(hass, "test_picture", form)
    await call(hass, "start_stream")
    await streaming(hass)
    diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(diagnostics)
    assert "0pen-sesame" not in text
    assert "hunter2" not in text
    assert "pictures.lan" in text
    await hass.config_entries.async_unload(entry.entry_id)


def test_its_text_has_no_fields() -> None:
    """Logs show it, and a field may be a password."""
    assert str(TestPicture("160x90")) == "TestPicture"
