"""The card's modules, for Home Assistant's frontend."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components.frontend import DOMAIN as FRONTEND, add_extra_js_url
from homeassistant.components.http import StaticPathConfig  # type: ignore[attr-defined] # public, but not marked so
from homeassistant.core import HomeAssistant

from .const import DOMAIN

FOLDER: Final = Path(__file__).parent / "frontend"
ENTRY: Final = "hls-camera-card.js"
"""The module that the frontend loads; it imports the others."""


async def async_setup_card(hass: HomeAssistant) -> None:
    """Serve the card's modules, and have the frontend load the first of them.

    Their path contains a hash of their content: browsers may cache them for long, and
    load new ones after an update.
    """
    version = await hass.async_add_executor_job(content_hash, FOLDER)
    path = f"/{DOMAIN}/{version}"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(path, str(FOLDER), cache_headers=True)]
    )
    if FRONTEND in hass.config.components:
        add_extra_js_url(hass, f"{path}/{ENTRY}")


def content_hash(folder: Path) -> str:
    """Return a hash of all files in a folder; blocking, so not for the event loop."""
    digest = sha256()
    for file in sorted(folder.iterdir()):
        digest.update(f"{file.name}\0".encode())
        digest.update(sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]
