"""Cameras whose entries have publications."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import m3u8
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.const import DOMAIN

from . import make_entry

PUBLISHING: Final = "sensor.front_door_web_publishing"
PROBLEM: Final = "binary_sensor.front_door_web_problem"
HLS: Final = {"segment_duration": 2.0, "listed": 6}


def to_folder(path: Path, **changes: Any) -> dict[str, Any]:
    """Return the data of a publication to a folder."""
    return {"to": "folder", "path": str(path), **HLS, **changes}


def to_web_server(address: str, **changes: Any) -> dict[str, Any]:
    """Return the data of a publication to a web server."""
    return {"to": "web_server", "address": address, **HLS, **changes}


def publishing_entry(
    url: str, *publications: Mapping[str, Any], **more: Any
) -> MockConfigEntry:
    """Return the entry of a camera, which is published; the first one is named "Web"."""
    made = make_entry(url, **more)
    return MockConfigEntry(
        domain=DOMAIN,
        title=made.title,
        data=made.data,
        options=made.options,
        subentries_data=[
            ConfigSubentryData(
                data=data,
                subentry_type="publication",
                title="Web" if number == 0 else f"Web {number}",
                unique_id=None,
            )
            for number, data in enumerate(publications)
        ],
    )


def playlist(folder: Path) -> m3u8.M3U8:
    """Return the media playlist in a folder, an empty one if there is none."""
    path = folder / "media.m3u8"
    return m3u8.loads(path.read_text() if path.exists() else "#EXTM3U\n")


def files(folder: Path) -> list[str]:
    """Return the names of the files in a folder, none if there is no such folder."""
    return [each.name for each in folder.iterdir()] if folder.exists() else []


def entities(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return the ids of the entities of an entry's publications."""
    registry = er.async_get(hass)
    every = er.async_entries_for_config_entry(registry, entry.entry_id)
    return {each.entity_id for each in every if each.config_subentry_id}
