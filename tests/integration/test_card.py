"""Our card's modules: the frontend is told of them, and browsers get them."""

import re
from pathlib import Path

from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, UrlManager
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.card import ENTRY, FOLDER, content_hash
from custom_components.hls_camera.const import DOMAIN


def with_frontend(hass: HomeAssistant) -> UrlManager:
    """Set up a frontend with its list of modules; its own files are not needed."""
    hass.config.components.add("frontend")
    urls = hass.data[DATA_EXTRA_MODULE_URL] = UrlManager(lambda *_: None, [])
    return urls


async def test_the_frontend_loads_the_card(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """By itself, and with all that it imports; browsers may keep it."""
    urls = with_frontend(hass)
    assert await async_setup_component(hass, DOMAIN, {})
    [url] = urls.urls
    assert url == f"/{DOMAIN}/{content_hash(FOLDER)}/{ENTRY}"

    client = await hass_client_no_auth()
    seen: set[str] = set()
    ahead = {ENTRY}
    while ahead:
        name = ahead.pop()
        seen.add(name)
        response = await client.get(f"{url.rpartition('/')[0]}/{name}")
        assert response.status == 200
        assert response.content_type == "text/javascript"
        assert "max-age=2678400" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert not response.headers.get("Server")
        imported = re.findall(r'from "\./(.+?)"', await response.text())
        ahead |= set(imported) - seen
    assert seen == {file.name for file in FOLDER.iterdir()}


async def test_there_may_be_no_frontend(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})


def test_another_version_has_another_address(tmp_path: Path) -> None:
    """Also where only what the first module imports is another, or has another name."""
    module = tmp_path / "one.js"
    hashes = set()
    for content in ("1", "2"):
        module.write_text(content)
        hashes.add(content_hash(tmp_path))
    module.rename(tmp_path / "two.js")
    hashes.add(content_hash(tmp_path))
    assert len(hashes) == 3
    assert content_hash(tmp_path) in hashes


def test_nothing_comes_from_elsewhere() -> None:
    """The card loads files of Home Assistant's or ours only; links are for people."""
    for file in FOLDER.iterdir():
        imports = re.findall(r'(?:from|import)\s*\(?"(.+?)"', file.read_text())
        assert all(each.startswith("./") for each in imports)
