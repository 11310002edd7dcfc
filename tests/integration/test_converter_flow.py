"""Adding and changing a converter, as a person does."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.hls_camera.const import DOMAIN
from tests.camera.certificates import server_tls
from tests.converters.go2rtc import Go2rtcHost

from .flows import Result, begin, submit


@pytest.fixture
async def host() -> AsyncIterator[Go2rtcHost]:
    async with Go2rtcHost(username="me", password="secret") as host:
        yield host


def form(host: Go2rtcHost, **changes: Any) -> dict[str, Any]:
    return {
        "address": host.url,
        "username": "me",
        "password": "secret",
        "max_conversions": 3,
        **changes,
    }


async def add(hass: HomeAssistant, values: dict[str, Any]) -> Result:
    return await submit(hass, await begin(hass, "converter"), values)


async def test_a_converter_is_tried_out_and_added(
    hass: HomeAssistant, host: Go2rtcHost
) -> None:
    address = f" {host.url.removeprefix('http://')}/ "
    result = await add(hass, form(host, address=address))
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "127.0.0.1"
    assert result["data"] == {
        "kind": "converter",
        **form(host),
        "hardware": False,
        "verify_ssl": True,
    }
    assert not host.streams


async def test_a_login_in_the_address_is_kept_apart_from_it(
    hass: HomeAssistant, host: Go2rtcHost
) -> None:
    address = host.url.replace("://", "://me:secret@")
    values = {"address": address, "max_conversions": 3}
    result = await add(hass, values)
    data = result["data"]
    assert (data["username"], data["password"]) == ("me", "secret")
    assert data["address"] == host.url


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"address": "rtsp://127.0.0.1:8554"}, "address", "converter_address"),
        ({"address": "http://"}, "address", "converter_address"),
        ({"address": "http://a:b:c"}, "address", "converter_address"),
        (
            {"address": "http://127.0.0.1:9"},
            "address",
            "converter_cannot_connect",
        ),
        ({"password": "wrong"}, "password", "converter_login_rejected"),
        ({"hardware": True}, "hardware", "converter_no_hardware"),
    ],
)
async def test_a_form_shows_what_is_wrong_and_can_be_corrected(
    hass: HomeAssistant,
    host: Go2rtcHost,
    changes: dict[str, Any],
    field: str,
    problem: str,
) -> None:
    result = await add(hass, form(host, **changes))
    assert result["errors"] == {field: problem}
    result = await submit(hass, result, form(host))
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_certificate_that_go2rtc_signed_needs_the_owners_consent(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    tls = server_tls(tmp_path)
    async with Go2rtcHost(username="me", password="secret", tls=tls) as host:
        result = await add(hass, form(host))
        assert result["errors"] == {"verify_ssl": "converter_tls_failed"}
        result = await submit(hass, result, form(host, verify_ssl=False))
        assert result["type"] is FlowResultType.CREATE_ENTRY
        assert result["data"]["address"] == host.url
        assert not host.streams


async def test_a_converter_without_ffmpeg_is_refused(
    hass: HomeAssistant, host: Go2rtcHost
) -> None:
    host.ffmpeg = "/nowhere/ffmpeg"
    result = await add(hass, form(host))
    assert result["errors"] == {"base": "converter_no_picture"}


async def test_our_own_missing_ffmpeg_is_not_blamed_on_the_converter(
    hass: HomeAssistant, host: Go2rtcHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = await begin(hass, "converter")
    monkeypatch.setattr(hass.data["ffmpeg"], "_bin", "/nowhere/ffmpeg")
    result = await submit(hass, result, form(host))
    assert result["errors"] == {"base": "ffmpeg_missing"}


async def test_a_converter_is_added_once_and_can_be_changed(
    hass: HomeAssistant, host: Go2rtcHost
) -> None:
    entry = (await add(hass, form(host)))["result"]
    result = await add(hass, form(host))
    assert result["errors"] == {"address": "converter_known"}

    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": "reconfigure", "entry_id": entry.entry_id}
    )
    assert result["step_id"] == "reconfigure_converter"
    assert result["description_placeholders"] == {"name": "127.0.0.1"}
    result = await submit(hass, result, form(host, password="wrong"))
    assert result["errors"] == {"password": "converter_login_rejected"}
    result = await submit(hass, result, form(host, max_conversions=5))
    assert "errors" not in result, result["errors"]
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert entry.data["max_conversions"] == 5
