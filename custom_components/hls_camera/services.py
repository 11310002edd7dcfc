"""Actions. The camera entity has their methods, except that of `get_url`."""

from datetime import timedelta
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.camera.const import (
    DATA_COMPONENT,
    DOMAIN as CAMERA_DOMAIN,
)
from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import (
    async_extract_entities,
    async_register_platform_entity_service,
)

from .addresses import ADDRESSES
from .const import DOMAIN
from .coordinator import HlsCameraConfigEntry
from .entity_access import readable_entry
from .stream_specs import has_sub_stream
from .streaming.camera.camera import Quality
from .web.address_urls import (
    AddressFormat,
    Base,
    Resource,
    address_path,
    async_base_url,
)

# Action, method of the camera entity, and whether it returns data
ACTIONS = (
    ("start_stream", "async_start_stream", SupportsResponse.NONE),
    ("stop_stream", "async_stop_stream", SupportsResponse.NONE),
    ("restart_stream", "async_restart_stream", SupportsResponse.NONE),
    ("get_status", "async_get_status", SupportsResponse.ONLY),
)
GET_URL: Final = "get_url"
MIN_DURATION: Final = timedelta(minutes=1)
MAX_DURATION: Final = timedelta(days=7)
_DEFAULT_DURATION: Final = timedelta(hours=1)

_GET_URL_SCHEMA: Final = cv.make_entity_service_schema(
    {
        vol.Required("format", default=AddressFormat.HLS): vol.Coerce(AddressFormat),
        vol.Optional("quality"): vol.Coerce(Quality),
        vol.Required("base", default=Base.INTERNAL): vol.Coerce(Base),
        vol.Optional("duration", default=_DEFAULT_DURATION): vol.All(
            cv.time_period, vol.Range(MIN_DURATION, MAX_DURATION)
        ),
    }
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
    hass.services.async_register(
        DOMAIN,
        GET_URL,
        _async_get_url,
        schema=_GET_URL_SCHEMA,
        supports_response=SupportsResponse.ONLY,
    )


async def _async_get_url(call: ServiceCall) -> ServiceResponse:
    """Return a temporary URL of each camera, and when it expires.

    Home Assistant's own helper for actions requires permission to control a camera. To see
    it is enough for a URL, as for the card.

    Raises:
        Unauthorized: the user may not read a camera.
        HomeAssistantError: Home Assistant has no URL of this kind.
        ServiceValidationError: there is no such camera, or it has no sub-stream.

    """
    hass, wanted = call.hass, call.data
    cameras = await _async_cameras(call)
    base = async_base_url(hass, wanted["base"])
    resource = Resource(wanted["format"], wanted.get("quality"))
    answer: dict[str, Any] = {}
    for entity_id, entry in cameras.items():
        if resource.quality is Quality.SUB and not has_sub_stream(entry):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_sub_stream",
                translation_placeholders={"camera": entity_id},
            )
        token, expires = hass.data[ADDRESSES].async_issue(
            entry.entry_id, wanted["duration"], call.context.user_id
        )
        answer[entity_id] = {
            "url": base + address_path(token, resource),
            "expires": expires.isoformat(),
        }
    return answer


async def _async_cameras(call: ServiceCall) -> dict[str, HlsCameraConfigEntry]:
    """Return the entries of the cameras that an action targets, by their entity ids."""
    hass, user = call.hass, None
    if call.context.user_id is not None:
        user = await hass.auth.async_get_user(call.context.user_id)
        if user is None:
            raise UnknownUser(context=call.context)
    wants_all = call.data.get("entity_id") == ENTITY_MATCH_ALL
    cameras: dict[str, HlsCameraConfigEntry] = {}
    for entity in await async_extract_entities(
        hass.data[DATA_COMPONENT].entities, call
    ):
        try:
            entry = readable_entry(hass, user, entity.entity_id)
        except Unauthorized:
            if wants_all:
                continue
            raise
        if entry is not None:
            cameras[entity.entity_id] = entry
    if not cameras:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key="no_camera"
        )
    return cameras
