"""URLs of addresses: one name for each format and quality, below Home Assistant's own URL."""

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.core_config import async_process_ha_core_config
from homeassistant.exceptions import HomeAssistantError

from custom_components.hls_camera.streaming.camera.camera import SUB_PLAYLIST, Quality
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.web.address_urls import (
    RESOURCES,
    AddressFormat,
    Base,
    Resource,
    address_path,
    async_base_url,
)

HLS = AddressFormat.HLS


@pytest.mark.parametrize(
    ("quality", "playlist"),
    [
        (None, MULTIVARIANT_PLAYLIST),
        (Quality.MAIN, MEDIA_PLAYLIST),
        (Quality.SUB, SUB_PLAYLIST),
    ],
)
def test_playlists_have_the_names_that_the_camera_gives_them(
    quality: Quality | None, playlist: str
) -> None:
    """Playlists lead to each other by these names."""
    path = address_path("token", Resource(HLS, quality))
    assert path == f"/api/hls/hls_camera/address/token/{playlist}"


def test_each_name_leads_to_one_resource() -> None:
    assert len(set(RESOURCES.values())) == len(RESOURCES) == len(AddressFormat) * 3
    for name, resource in RESOURCES.items():
        assert address_path("token", resource).endswith(f"/{name}")


async def test_each_base_is_the_one_that_home_assistant_is_set_to(
    hass: HomeAssistant,
) -> None:
    await async_process_ha_core_config(
        hass,
        {
            "internal_url": "http://192.0.2.4:8123",
            "external_url": "https://home.example.com",
        },
    )
    assert async_base_url(hass, Base.INTERNAL) == "http://192.0.2.4:8123"
    assert async_base_url(hass, Base.EXTERNAL) == "https://home.example.com"


@pytest.mark.parametrize("base", Base)
async def test_a_base_that_is_not_set_is_an_error(
    hass: HomeAssistant, base: Base, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is not used instead: it may not lead to Home Assistant."""
    other = {
        Base.INTERNAL: {"external_url": "https://home.example.com"},
        Base.EXTERNAL: {"internal_url": "http://192.0.2.4:8123"},
    }
    # This machine has no address in a network either.
    monkeypatch.setattr(hass.config, "api", None)
    await async_process_ha_core_config(hass, other[base])
    with pytest.raises(HomeAssistantError) as error:
        async_base_url(hass, base)
    assert error.value.translation_key == f"no_{base}_url"
