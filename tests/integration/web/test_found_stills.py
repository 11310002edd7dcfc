"""Pictures of cameras that are about to be added."""

from http import HTTPStatus

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.web.found_stills import async_still_markdown


async def test_only_the_newest_pictures_are_kept(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Forms may be left open for ever."""
    texts = [async_still_markdown(hass, b"%d" % number) for number in range(9)]
    paths = [text.removeprefix("![](").removesuffix(")\n\n") for text in texts]
    assert len(set(paths)) == len(paths)
    client = await hass_client_no_auth()
    answers = [await client.get(path) for path in paths]
    forgotten, *kept = answers
    assert forgotten.status == HTTPStatus.NOT_FOUND
    assert [await each.read() for each in kept] == [
        b"%d" % each for each in range(1, 9)
    ]
    assert {each.headers["Cache-Control"] for each in kept} == {"no-store"}


def test_without_a_picture_there_is_no_text(hass: HomeAssistant) -> None:
    assert not async_still_markdown(hass, None)
