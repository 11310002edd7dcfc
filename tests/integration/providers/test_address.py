"""Addresses in the form, and their data in an entry."""

from typing import Any
from urllib.parse import quote

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.camera import Feed

from .. import make_entry, set_up
from ..flows import (
    PASSWORD,
    TCP,
    ServeCamera,
    a_form,
    begin,
    closed_port,
    open_sections,
    second,
    submit,
    suggested,
    suggested_second,
)


async def test_credentials_of_any_characters(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="ad@m/in ä", password=PASSWORD)
    form = a_form(camera.plain_url, username="ad@m/in ä", password=PASSWORD)
    result = await submit(hass, await begin(hass), form)
    result = await submit(hass, result, {})
    data = result["result"].data
    assert (data["username"], data["password"]) == ("ad@m/in ä", PASSWORD)
    assert PASSWORD not in data["url"]


async def test_credentials_in_the_address_are_taken_out_of_it(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="admin", password="secret")
    result = await submit(hass, await begin(hass), a_form(camera.url))
    result = await submit(hass, result, {})
    data = result["result"].data
    assert data["url"] == camera.plain_url
    assert (data["username"], data["password"]) == ("admin", "secret")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"url": "front door"}, {"url": "not_an_address"}),
        ({"url": "rtsp://[::1/live"}, {"url": "not_an_address"}),
        ({"url": "file:///etc/passwd"}, {"url": "scheme_not_allowed"}),
        ({"url": "rtsp:///live"}, {"url": "host_missing"}),
        ({"url": "rtsp://camera:0/live"}, {"url": "not_an_address"}),
        ({"url": "rtsp://me:pa/ss@camera/live"}, {"url": "credentials_unclear"}),
        ({"url": "srt://camera"}, {"url": "port_missing"}),
        ({"url": "rtsp://camera/\x07live"}, {"url": "control_character"}),
        ({"username": "ad\nmin"}, {"username": "control_character"}),
        ({"username": "ad:min"}, {"username": "colon_in_username"}),
        ({"password": "sec\0ret"}, {"password": "control_character"}),
    ],
)
async def test_invalid_addresses(
    hass: HomeAssistant,
    serve: ServeCamera,
    changes: dict[str, str],
    errors: dict[str, str],
) -> None:
    camera = await serve()
    form = a_form(camera.plain_url, username="admin", password="secret") | changes
    result = await submit(hass, await begin(hass), form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    # Nothing is lost, and the way on is open.
    assert suggested(result) == form
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_credentials_in_a_pasted_address_are_newer_than_the_forms(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    """The form shows the old ones, which a person who pastes an address may overlook."""
    camera = await serve(username="new", password=PASSWORD)
    old = {"username": "old", "password": "old"}
    entry = make_entry(camera.plain_url, **old)
    await set_up(hass, entry)
    address = camera.plain_url.replace("://", f"://new:{quote(PASSWORD, safe='')}@")
    form = {"url": address, **TCP}
    result = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, result, form | old)
    assert result["step_id"] == "confirm", result["errors"]
    # Input in the fields is newer still.
    result = await entry.start_reconfigure_flow(hass)
    result = await submit(hass, result, form | {"username": "new", "password": "typed"})
    assert result["errors"] == {"password": "unauthorized"}
    assert suggested(result)["url"] == address
    assert suggested(result)["password"] == "typed"


async def test_an_address_as_it_is_pasted(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="admin", password="ünïcödé ✓")
    pasted = camera.plain_url.replace("rtsp", "\u200b RTSP") + "\n"
    form = a_form(pasted, username="admin", password="ünïcödé ✓")
    result = await submit(hass, await begin(hass), form)
    result = await submit(hass, result, {})
    assert result["result"].data["url"] == camera.plain_url


async def test_a_default_port_makes_no_other_camera(hass: HomeAssistant) -> None:
    make_entry("rtsp://camera.local/live").add_to_hass(hass)
    form = a_form("rtsp://Camera.local:554/live")
    result = await submit(hass, await begin(hass), form)
    assert result["reason"] == "already_configured"


async def test_a_second_smaller_stream(hass: HomeAssistant, serve: ServeCamera) -> None:
    main = await serve(username="admin", password="secret")
    small = await serve(Feed(size=(160, 90)), username="admin", password="secret")
    form = a_form(main.plain_url, username="admin", password="secret")
    result = await submit(hass, await begin(hass), form | second(small.plain_url))
    found = result["description_placeholders"]["small"]
    assert found.startswith("\n\n**Sub-stream:** H.264, 160x90")
    result = await submit(hass, result, {})
    kept = dict(result["result"].data["small"])
    assert kept.pop("source_info")["video"]["width"] == 160
    assert kept == {"url": small.plain_url}


async def test_a_second_stream_comes_changes_and_goes(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    main = await serve(username="admin", password="secret")
    same = await serve(username="admin", password="secret")
    own = await serve(username="own", password=PASSWORD)
    entry = make_entry(main.plain_url, username="admin", password="secret")
    await set_up(hass, entry)

    async def reconfigure(form: dict[str, Any]) -> None:
        result = await entry.start_reconfigure_flow(hass)
        assert suggested_second(result).get("url") == (
            entry.data.get("small", {}).get("url")
        )
        result = await submit(hass, result, form)
        result = await submit(hass, result, {})
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED

    form = {"url": main.url, **TCP}
    await reconfigure(form | second(same.url))
    # The same credentials are kept once.
    assert set(entry.data["small"]) == {"url", "source_info"}
    await reconfigure(form | second(own.url))
    kept = entry.data["small"]
    assert kept["url"] == own.plain_url
    assert (kept["username"], kept["password"]) == ("own", PASSWORD)
    # An emptied address is none.
    await reconfigure(form | {"small": {"username": "own"}})
    assert "small" not in entry.data


async def test_a_second_stream_that_cannot_be(
    hass: HomeAssistant, serve: ServeCamera, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    main, locked = await serve(), await serve(username="admin", password="right")
    larger, small = await serve(Feed(size=(640, 360))), await serve()
    result = await begin(hass)
    for address, error in (
        ("the garden", "not_an_address"),
        (main.plain_url, "same_stream"),
        (entry.data["url"], "in_use"),
        (await closed_port(serve), "refused"),
        (locked.plain_url, "credentials_missing"),
        (larger.plain_url, "not_smaller"),
    ):
        form = a_form(main.plain_url) | second(address)
        result = await submit(hass, result, form)
        assert (result["step_id"], result["errors"]) == ("address", {"small": error})
        assert suggested_second(result) == {"url": address}
        # The field with the error is to be seen.
        assert open_sections(result) == {"small"}
        if error == "in_use":
            assert result["description_placeholders"]["detail"] == "Front door"
    result = await submit(
        hass, result, a_form(main.plain_url) | second(small.plain_url)
    )
    await submit(hass, result, {})

    # It is taken now, for another entry as well.
    result = await submit(hass, await begin(hass), a_form(small.plain_url))
    assert result["reason"] == "already_configured"
    assert result["description_placeholders"] == {"name": "127.0.0.1"}
