"""The sources in use, with the names of their cameras."""

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.sources_in_use import async_sources_in_use

from . import make_entry


async def test_both_streams_of_each_camera_are_in_use(hass: HomeAssistant) -> None:
    small = {"url": "rtsp://door/2"}
    door = make_entry("rtsp://door/1", small=small)
    garden = make_entry("rtsp://garden/1", title="Garden")
    unknown = MockConfigEntry(domain=DOMAIN, title="Later", data={"mosaic": []})
    for entry in (door, garden, unknown):
        entry.add_to_hass(hass)
    in_use = async_sources_in_use(hass)
    assert sorted(in_use.values()) == ["Front door", "Front door", "Garden"]
    others = async_sources_in_use(hass, besides=door.entry_id)
    assert list(others.values()) == ["Garden"]
