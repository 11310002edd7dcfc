"""Access to a camera by its entity."""

import pytest
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.hls_camera.entity_access import readable_entry

from . import CAMERA, STATUS


def who_may_read(hass: HomeAssistant, *entity_ids: str) -> MockUser:
    user = MockUser().add_to_hass(hass)
    each = {entity_id: {POLICY_READ: True} for entity_id in entity_ids}
    user.mock_policy({"entities": {"entity_ids": each}})
    return user


async def test_who_may_see_a_camera_gets_its_entry(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    assert readable_entry(hass, None, CAMERA) is loaded
    assert readable_entry(hass, who_may_read(hass, CAMERA), CAMERA) is loaded


async def test_who_may_see_another_entity_of_the_camera_does_not(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    user = who_may_read(hass, STATUS)
    with pytest.raises(Unauthorized):
        readable_entry(hass, user, CAMERA)
    assert readable_entry(hass, user, STATUS) is None


async def test_other_entities_have_no_entry_of_ours(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    registry = er.async_get(hass)
    other = registry.async_get_or_create("camera", "other", "1").entity_id
    assert readable_entry(hass, None, other) is None
    assert readable_entry(hass, None, "camera.unknown") is None
    registry.async_update_entity(CAMERA, disabled_by=er.RegistryEntryDisabler.USER)
    assert readable_entry(hass, None, CAMERA) is None
