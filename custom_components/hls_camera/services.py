"""Actions; their methods are in the camera entity."""

from homeassistant.components.camera.const import DOMAIN as CAMERA_DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers.service import async_register_platform_entity_service

from .const import DOMAIN

# Action, method of the camera entity, and whether it returns data
ACTIONS = (
    ("start_stream", "async_start_stream", SupportsResponse.NONE),
    ("stop_stream", "async_stop_stream", SupportsResponse.NONE),
    ("restart_stream", "async_restart_stream", SupportsResponse.NONE),
    ("get_status", "async_get_status", SupportsResponse.ONLY),
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for action, method, supports_response in ACTIONS:
        async_register_platform_entity_service(
            hass,
            DOMAIN,
            action,
            entity_domain=CAMERA_DOMAIN,
            schema=None,
            func=method,
            supports_response=supports_response,
        )
