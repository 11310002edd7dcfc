"""The config flow, as a person goes through it."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers import device_registry as dr, entity_registry as er

from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.naming import camera_device
from tests.camera import TestCamera

type Result = Any
type ServeCamera = Callable[..., Awaitable[TestCamera]]

TCP: dict[str, Any] = {"advanced": {"transport": "tcp"}}
"""The part of a form that nobody has to unfold."""
PASSWORD = "p@ss:w/o?r#d %41"


def a_form(url: str, **changes: Any) -> dict[str, Any]:
    """Return a form's input."""
    return {"url": url, **TCP, **changes}


async def open_menu(hass: HomeAssistant) -> Result:
    """Begin to add a camera."""
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})


async def begin(hass: HomeAssistant, step: str = "address") -> Result:
    """Begin to add a camera, and choose how."""
    return await submit(hass, await open_menu(hass), {"next_step_id": step})


async def open_options(
    hass: HomeAssistant, entry: ConfigEntry, step: str = "options"
) -> Result:
    """Open the dialog of a camera's options, and choose what to change."""
    options = hass.config_entries.options
    menu = await options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    return await options.async_configure(menu["flow_id"], {"next_step_id": step})


async def give_name(
    hass: HomeAssistant, entry: ConfigEntry, name: str = "Front door"
) -> None:
    """Name a new camera and its entities, as Home Assistant's last page does."""
    device = camera_device(hass, entry)
    assert device
    dr.async_get(hass).async_update_device(device.id, name_by_user=name)
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        entity_id = registry.async_regenerate_entity_id(entity)
        registry.async_update_entity(entity.entity_id, new_entity_id=entity_id)
    await hass.async_block_till_done()


async def submit(hass: HomeAssistant, flow: Result, form: dict[str, Any]) -> Result:
    """Submit a form; return the step after the probe, if there is one."""
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["progress_action"] == "probe"
        await hass.async_block_till_done()
        result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    return result


def suggested(result: Result) -> dict[str, Any]:
    """Return the suggested values of the form's fields, in its sections."""
    values: dict[str, Any] = {}
    for field, content in result["data_schema"].schema.items():
        if isinstance(content, section):
            if filled := suggested({"data_schema": content.schema}):
                values[str(field)] = filled
        elif field.description and "suggested_value" in field.description:
            values[str(field)] = field.description["suggested_value"]
    return values


def open_sections(result: Result) -> set[str]:
    """Return the sections of a form that are unfolded."""
    return {
        str(field)
        for field, content in result["data_schema"].schema.items()
        if isinstance(content, section) and not content.options["collapsed"]
    }


def second(url: str, **credentials: str) -> dict[str, Any]:
    """Return the input for the sub-stream."""
    return {"small": {"url": url, **credentials}}


def suggested_second(result: Result) -> dict[str, Any]:
    """Return the suggested values of the sub-stream's fields."""
    return suggested({"data_schema": result["data_schema"].schema["small"].schema})


async def closed_port(serve: ServeCamera) -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"rtsp://127.0.0.1:{unused.getsockname()[1]}/live"
