"""The dashboard, with features that users also have in the UI."""

from collections.abc import Mapping, Sequence
from typing import Any

from .api import AddedCamera, Api

type Card = Mapping[str, Any]
"""A card in a dashboard's YAML."""

_URL_PATH = "cameras"


def stock_card(entity_id: str) -> Card:
    """Return Home Assistant's own card that shows a camera live."""
    return {
        "type": "picture-entity",
        "entity": entity_id,
        "camera_view": "live",
        "show_name": False,
        "show_state": False,
    }


async def create_dashboard(api: Api) -> None:
    """Create an empty dashboard as the default of Home Assistant."""
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
    """Replace the dashboard's content with cameras."""
    sections = [section for camera in cameras for section in _sections(camera)]
    await _show(api, type="sections", max_columns=3, sections=sections)


async def show_cards(api: Api, cards: Sequence[Card]) -> None:
    """Replace the dashboard's content with cards in one section."""
    section = {"type": "grid", "column_span": 3, "cards": cards}
    await _show(api, type="sections", max_columns=3, sections=[section])


async def show_panel(api: Api, card: Card) -> None:
    """Replace the dashboard's content with one card that fills it."""
    await _show(api, type="panel", cards=[card])


async def show_views(api: Api, views: Mapping[str, Sequence[Card]]) -> None:
    """Replace the dashboard's content with several views, by their paths."""
    await _save(
        api,
        [
            {"path": path, "title": path.title(), "type": "masonry", "cards": cards}
            for path, cards in views.items()
        ],
    )


def view_path(path: str) -> str:
    """Return the path of the page that shows a view of `show_views()`."""
    return f"/{_URL_PATH}/{path}"


async def shown_cards(api: Api) -> list[Card]:
    """Return the cards that a person or `show_cards()` has put on the dashboard."""
    config = await api.command("lovelace/config", url_path=_URL_PATH)
    sections = config["views"][0]["sections"]
    return [card for section in sections for card in section["cards"]]


async def _show(api: Api, **view: Any) -> None:
    await _save(api, [{"title": "Cameras", **view}])


async def _save(api: Api, views: Sequence[Mapping[str, Any]]) -> None:
    config = {"views": views}
    await api.command("lovelace/config/save", url_path=_URL_PATH, config=config)


def _sections(camera: AddedCamera) -> list[dict[str, Any]]:
    picture = {**stock_card(camera.entity_id), "grid_options": {"columns": "full"}}
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
