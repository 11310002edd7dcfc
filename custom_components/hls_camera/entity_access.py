"""Access to a camera by its entity, for those who may see it."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_READ
from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .coordinator import HlsCameraConfigEntry


def readable_entry(
    hass: HomeAssistant, user: User | None, entity_id: str
) -> HlsCameraConfigEntry | None:
    """Return the config entry of one of our cameras, None for other entities.

    Permission for another entity of the camera does not allow to see its pictures. Without
    a user, everything is allowed: an automation acts for the household.

    Raises:
        Unauthorized: the user may not read the entity.

    """
    if user and not user.permissions.check_entity(entity_id, POLICY_READ):
        raise Unauthorized(entity_id=entity_id, permission=POLICY_READ)
    entity = er.async_get(hass).async_get(entity_id)
    if (
        entity is None
        or (entity.domain, entity.platform) != (CAMERA_DOMAIN, DOMAIN)
        or entity.disabled
        or entity.config_entry_id is None
    ):
        return None
    return hass.config_entries.async_get_entry(entity.config_entry_id)
