"""Diagnostics for bug reports, without credentials."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from homeassistant.components.diagnostics import (
    REDACTED,
    async_redact_data,
    device_entry_as_dict,
)
from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .camera_events import async_camera_events
from .converter_entry import is_converter
from .converters.host import Host
from .coordinator import HlsCameraCoordinator
from .providers.registry import is_known, provider_of
from .publish_settings import SECRETS
from .publishing.publication import Publication
from .stream_report import stream_report
from .streaming.camera.rendition import Rendition
from .streaming.redact import Redactor


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> dict[str, Any]:
    """Return diagnostics of one converter or camera, with streams while it is set up."""
    described = {
        "entry": {
            "state": entry.state.value,
            "reason": Redactor()(entry.reason) if entry.reason else None,
            "data": _shown(entry.data),
            "options": dict(entry.options),
        }
    }
    if entry.state is not ConfigEntryState.LOADED:
        return described
    if is_converter(entry.data):
        return {**described, "host": _host(entry.runtime_data)}
    events = async_camera_events(hass, entry)
    return {
        **described,
        **_running(entry.runtime_data),
        "events": None if events is None else events.device.report(),
        "publications": [
            _publication(subentry, publication)
            for subentry, publication in entry.runtime_data.publications.all
        ],
    }


def _publication(subentry: ConfigSubentry, publication: Publication) -> dict[str, Any]:
    """Return diagnostics of a publication."""
    return {
        "settings": _redacted(async_redact_data(subentry.data, SECRETS)),
        "state": publication.state,
        "since": publication.since.isoformat() if publication.since else None,
        "problem": publication.problem,
        "detail": publication.detail,
        "dropped": publication.dropped,
        **asdict(publication.figures),
    }


def _host(host: Host) -> dict[str, Any]:
    """Return diagnostics of a converter that is set up."""
    return {
        "version": host.converter.version,
        "problem": host.problem,
        "detail": host.detail,
        "conversions": len(host.converter.running),
        "limit": host.limit,
    }


def _running(coordinator: HlsCameraCoordinator) -> dict[str, Any]:
    """Return diagnostics of a camera that is set up."""
    manager, small = coordinator.manager, coordinator.camera.sub
    return {
        "manager": {
            "ffmpeg": manager.ffmpeg,
            "settings": asdict(manager.limits),
            "running": manager.running,
            "media_bytes": manager.media_bytes,
            "conversions": manager.conversions.running,
            "conversion_load": manager.conversions.load,
            "conversion_capacity": manager.conversions.capacity,
        },
        "stream": _stream(coordinator.camera.main),
        "small_stream": None if small is None else _stream(small),
        "variants": [asdict(variant) for variant in coordinator.camera.offered],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: ConfigEntry[Any], device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return diagnostics of a device's camera and its entities."""
    return {
        **await async_get_config_entry_diagnostics(hass, entry),
        "device": device_entry_as_dict(device),
        "entities": {
            entity.entity_id: _entity(hass, entity)
            for entity in er.async_entries_for_device(
                er.async_get(hass), device.id, include_disabled_entities=True
            )
        },
    }


def _entity(hass: HomeAssistant, entity: er.RegistryEntry) -> dict[str, Any]:
    """Return an entity's state without attributes: a camera's contain an access token."""
    state = hass.states.get(entity.entity_id)
    return {
        "state": state.state if state else None,
        "disabled_by": entity.disabled_by,
    }


def _stream(rendition: Rendition) -> dict[str, Any]:
    """Return diagnostics of one stream."""
    return {
        **stream_report(rendition),
        "keep_awake": rendition.keep_awake,
        "log": rendition.supervisor.log,
    }


def _shown(data: Mapping[str, Any]) -> Any:
    """Return an entry's data without credentials, also those within addresses.

    Nobody knows which fields of an unknown kind of source are secret: none is shown.
    """
    if not is_known(data):
        return dict.fromkeys(data, REDACTED)
    return _redacted(async_redact_data(data, provider_of(data).secret_fields))


def _redacted(value: Any) -> Any:
    """Return a JSON value with its texts redacted."""
    match value:
        case str():
            return Redactor()(value)
        case Mapping():
            return {key: _redacted(each) for key, each in value.items()}
        case list() | tuple():
            return [_redacted(each) for each in value]
    return value
