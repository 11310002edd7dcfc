"""The defaults of the base class: a kind of source without hosts of its own."""

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.discovery import changes

from .. import SOURCE_INFO
from ..announcements import announcement, hear


@pytest.fixture
def taken(hass: HomeAssistant) -> MockConfigEntry:
    """An entry with another integration's camera."""
    data = {"camera": "camera.porch", "source_info": SOURCE_INFO}
    entry = MockConfigEntry(domain=DOMAIN, title="Front door", data=data)
    entry.add_to_hass(hass)
    return entry


async def test_it_is_no_announced_camera(
    hass: HomeAssistant, taken: MockConfigEntry
) -> None:
    assert (await hear(hass, announcement("192.0.2.7")))["step_id"] == "address"


async def test_it_does_not_move(taken: MockConfigEntry) -> None:
    data = {**taken.data, "discovered_host": "192.0.2.7"}
    heard = announcement("192.0.2.8")
    assert changes(heard, data) == {"discovered_host": "192.0.2.8"}
