"""A camera is published in the UI: a destination is tried out before it is kept."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.requirements import RequirementsNotFound
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera import publish_settings
from custom_components.hls_camera.config_flow import HlsCameraConfigFlow
from custom_components.hls_camera.const import DOMAIN
from tests.publishing.servers import PASSWORD, USERNAME, Nginx, free_port, nginx

from . import SOURCE_INFO, set_up
from .flows import Result, suggested
from .publishing import HLS, files, publishing_entry, to_folder

ADDRESS = "rtsp://camera.example/live"
OFF = {"switched_off": True}
"""The options of a camera that is switched off: nothing is published meanwhile."""
KEY = "secret-key-of-the-door"
S3_FORM = {
    "bucket": "cameras",
    "prefix": "/door/",
    "access_key_id": "key",
    "secret_access_key": "hush",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Nginx]:
    with nginx(tmp_path) as server:
        yield server


@pytest.fixture
def folder(hass: HomeAssistant, tmp_path: Path) -> Path:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path / "door"


async def camera_with(
    hass: HomeAssistant,
    *publications: dict[str, Any],
    url: str = ADDRESS,
    **more: Any,
) -> MockConfigEntry:
    """Return a camera that is switched off, with publications."""
    made = publishing_entry(url, *publications, options=OFF, **more)
    return await set_up(hass, made)


async def begin(hass: HomeAssistant, entry: MockConfigEntry, kind: str) -> Result:
    """Begin to publish, and choose how."""
    flow = hass.config_entries.subentries
    menu = await flow.async_init(
        (entry.entry_id, "publication"), context={"source": "user"}
    )
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["folder", "web_server", "s3", "rtmp"]
    return await flow.async_configure(menu["flow_id"], {"next_step_id": kind})


async def change(hass: HomeAssistant, entry: MockConfigEntry) -> Result:
    """Begin to change the only publication."""
    [subentry_id] = entry.subentries
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, "publication"),
        context={"source": "reconfigure", "subentry_id": subentry_id},
    )


async def submit(hass: HomeAssistant, page: Result, **form: Any) -> Result:
    hls = {} if "server" in form else HLS
    return await hass.config_entries.subentries.async_configure(
        page["flow_id"], {"name": "Web", **hls, **form}
    )


async def test_a_folder(hass: HomeAssistant, folder: Path) -> None:
    entry = await camera_with(hass)
    page = await begin(hass, entry, "folder")
    assert page["description_placeholders"]["name"] == "Front door"
    end = await submit(hass, page, name=" My  web ", path=f" {folder}/ ", listed=4.0)
    assert end["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    [subentry] = entry.subentries.values()
    assert subentry.title == "My web"
    assert subentry.data == to_folder(folder, listed=4)
    # Nothing is left of the trial.
    assert not files(folder)


async def test_a_web_server(hass: HomeAssistant, server: Nginx) -> None:
    entry = await camera_with(hass)
    page = await begin(hass, entry, "web_server")
    address = f"{server.url}door"
    again = await submit(hass, page, address=address, username=USERNAME, password="x")
    assert again["errors"] == {"password": "login_rejected"}
    assert suggested(again)["address"] == address
    login = {"username": USERNAME, "password": PASSWORD}
    end = await submit(hass, again, address=address, **login)
    assert end["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    [subentry] = entry.subentries.values()
    assert subentry.data == {"to": "web_server", "address": address, **login, **HLS}
    assert subentry.unique_id is None


@pytest.mark.parametrize(
    ("kind", "form", "errors"),
    [
        ("folder", {"path": "published/door"}, {"path": "not_absolute"}),
        ("folder", {"path": "/config/www/../../etc"}, {"path": "not_absolute"}),
        ("folder", {"path": "/etc/door"}, {"path": "not_allowed"}),
        ("folder", {"path": "/srv", "name": "  "}, {"name": "name_missing"}),
        ("web_server", {"address": "example.org"}, {"address": "not_http"}),
        (
            "web_server",
            {"address": "https://u:secret@example.org"},
            {"address": "has_credentials"},
        ),
        ("s3", {**S3_FORM, "endpoint": "s3.example"}, {"endpoint": "not_http"}),
        ("rtmp", {"server": "live.example", "stream_key": KEY}, {"server": "not_rtmp"}),
        (
            "rtmp",
            {"server": f"rtmp://live.example/app/{KEY}", "stream_key": KEY},
            {"server": "key_in_address"},
        ),
        (
            "rtmp",
            {"server": "rtmp://live.example/app", "stream_key": "a b"},
            {"stream_key": "key_invalid"},
        ),
    ],
)
async def test_what_cannot_be_used_is_an_error_of_its_field(
    hass: HomeAssistant, kind: str, form: dict[str, Any], errors: dict[str, str]
) -> None:
    entry = await camera_with(hass)
    page = await begin(hass, entry, kind)
    again = await submit(hass, page, **form)
    assert again["errors"] == errors
    assert not entry.subentries


async def test_an_object_store_that_does_not_answer(hass: HomeAssistant) -> None:
    entry = await camera_with(hass)
    page = await begin(hass, entry, "s3")
    endpoint = f"http://127.0.0.1:{free_port()}"
    again = await submit(hass, page, **S3_FORM, endpoint=endpoint)
    assert again["errors"] == {"base": "unreachable"}
    assert suggested(again)["prefix"] == "/door/"


async def test_the_library_of_object_stores_is_installed_with_progress(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    installing, installed = asyncio.Event(), asyncio.Event()

    async def install(*_: Any, **__: Any) -> None:
        installing.set()
        await installed.wait()

    monkeypatch.setattr(publish_settings, "is_installed", lambda _: installed.is_set())
    monkeypatch.setattr(publish_settings, "async_process_requirements", install)
    entry = await camera_with(hass)
    page = await begin(hass, entry, "s3")
    endpoint = f"http://127.0.0.1:{free_port()}"
    waiting = await submit(hass, page, **S3_FORM, endpoint=endpoint)
    assert waiting["type"] is FlowResultType.SHOW_PROGRESS
    assert waiting["progress_action"] == "library"
    await installing.wait()
    flow = hass.config_entries.subentries
    still = await flow.async_configure(page["flow_id"])
    assert still["type"] is FlowResultType.SHOW_PROGRESS
    installed.set()
    await hass.async_block_till_done()
    # The dialog asks again: the form goes on where it was.
    again = await flow.async_configure(page["flow_id"])
    assert again["step_id"] == "s3"
    assert again["errors"] == {"base": "unreachable"}
    assert suggested(again)["bucket"] == "cameras"


async def test_a_library_that_cannot_be_installed_is_an_error_of_the_form(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def install(*_: Any, **__: Any) -> None:
        raise RequirementsNotFound("hls_camera", ["aiobotocore"])

    monkeypatch.setattr(publish_settings, "is_installed", lambda _: False)
    monkeypatch.setattr(publish_settings, "async_process_requirements", install)
    entry = await camera_with(hass)
    again = await submit(hass, await begin(hass, entry, "s3"), **S3_FORM)
    assert again["errors"] == {"base": "library_missing"}


@pytest.mark.parametrize(("stream", "kept"), [("sub", {"stream": "sub"}), ("main", {})])
async def test_the_stream_of_a_camera_with_a_sub_stream(
    hass: HomeAssistant, folder: Path, stream: str, kept: dict[str, str]
) -> None:
    small = {"url": f"{ADDRESS}/small", "source_info": SOURCE_INFO}
    entry = await camera_with(hass, small=small)
    page = await begin(hass, entry, "folder")
    await submit(hass, page, path=str(folder), stream=stream)
    await hass.async_block_till_done()
    [subentry] = entry.subentries.values()
    assert subentry.data == to_folder(folder, **kept)
    shown = suggested(await change(hass, entry))
    assert shown.get("stream", "main") == stream


async def test_a_camera_without_a_sub_stream_is_not_asked_which_stream(
    hass: HomeAssistant,
) -> None:
    page = await begin(hass, await camera_with(hass), "folder")
    assert "stream" not in page["data_schema"].schema


async def test_a_streaming_service(hass: HomeAssistant, server: Nginx) -> None:
    entry = await camera_with(hass)
    page = await begin(hass, entry, "rtmp")
    again = await submit(
        hass, page, server=f"rtmp://127.0.0.1:{free_port()}/live", stream_key=KEY
    )
    assert again["errors"] == {"base": "unreachable"}
    address = f"rtmp://127.0.0.1:{server.rtmp_port}/live"
    end = await submit(hass, again, server=f"{address}/", stream_key=f" {KEY} ")
    assert end["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    [subentry] = entry.subentries.values()
    assert subentry.data == {"to": "rtmp", "server": address, "stream_key": KEY}


async def test_two_cameras_are_not_published_to_the_same_place(
    hass: HomeAssistant, folder: Path
) -> None:
    await camera_with(hass, to_folder(folder))
    second = await camera_with(hass, url=f"{ADDRESS}/2")
    again = await submit(
        hass, await begin(hass, second, "folder"), path=str(folder) + "/"
    )
    assert again["errors"] == {"path": "destination_in_use"}
    assert again["description_placeholders"]["detail"] == "Front door"


async def test_a_publication_is_changed(hass: HomeAssistant, folder: Path) -> None:
    entry = await camera_with(hass, to_folder(folder))
    page = await change(hass, entry)
    assert page["step_id"] == "folder"
    assert suggested(page) == {"name": "Web", "path": str(folder), **HLS}
    end = await submit(hass, page, name="Site", path=str(folder), listed=9)
    assert (end["type"], end["reason"]) == (FlowResultType.ABORT, "changed")
    assert end["description_placeholders"] == {"name": "Front door"}
    await hass.async_block_till_done()
    [subentry] = entry.subentries.values()
    assert subentry.title == "Site"
    assert subentry.data == to_folder(folder, listed=9)


def test_a_converter_is_not_published() -> None:
    converter = MockConfigEntry(domain=DOMAIN, data={"kind": "converter"})
    assert HlsCameraConfigFlow.async_get_supported_subentry_types(converter) == {}
