"""The dashboard: Home Assistant's own cards, nothing that a user could not click together."""

from collections.abc import Sequence
from typing import Any

from .api import AddedCamera, Api

_URL_PATH = "cameras"


async def create_dashboard(api: Api) -> None:
    """Make an empty dashboard, and have Home Assistant open with it."""
    await api.command(
        "lovelace/dashboards/create",
        url_path=_URL_PATH,
        title="Cameras",
        icon="mdi:cctv",
        allow_single_word=True,
    )
    await api.command(
        "frontend/set_system_data", key="core", value={"default_panel": _URL_PATH}
    )


async def show_cameras(api: Api, cameras: Sequence[AddedCamera]) -> None:
    """Put cameras on the dashboard, instead of those that it shows."""
    await api.command(
        "lovelace/config/save", url_path=_URL_PATH, config=_dashboard(cameras)
    )


def _dashboard(cameras: Sequence[AddedCamera]) -> dict[str, Any]:
    sections = [section for camera in cameras for section in _sections(camera)]
    view = {
        "type": "sections",
        "title": "Cameras",
        "max_columns": 3,
        "sections": sections,
    }
    return {"views": [view]}


def _sections(camera: AddedCamera) -> list[dict[str, Any]]:
    picture = {
        "type": "picture-entity",
        "entity": camera.entity_id,
        "camera_view": "live",
        "show_name": False,
        "show_state": False,
        "grid_options": {"columns": "full"},
    }
    sensors = {
        "type": "entities",
        "title": camera.name,
        "entities": [
            {"entity": entity_id, "name": {"type": "entity"}}
            for entity_id in camera.sensors
        ],
        "grid_options": {"columns": "full"},
    }
    return [
        {"type": "grid", "column_span": 2, "cards": [picture]},
        {"type": "grid", "cards": [sensors]},
    ]
