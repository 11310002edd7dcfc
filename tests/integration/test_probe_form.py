"""The probe of a camera before it is added: every error, and the way out of it."""

from collections.abc import Callable
from typing import Any

import pytest
from homeassistant.components.ffmpeg import DATA_FFMPEG, FFmpegManager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

from custom_components.hls_camera import probe_form
from custom_components.hls_camera.streaming.errors import (
    FfmpegError,
    ShortageError,
    SourceError,
)
from custom_components.hls_camera.streaming.reasons import EndReason
from tests.camera import Feed, faults

from .flows import (
    ServeCamera,
    a_form,
    begin,
    closed_port,
    open_sections,
    submit,
    suggested,
)


async def unknown_host(serve: ServeCamera) -> str:
    return "rtsp://camera.invalid/live"


async def wrong_path(serve: ServeCamera) -> str:
    camera = await serve()
    return camera.plain_url.replace("/camera", "/elsewhere")


async def wrong_password(serve: ServeCamera) -> str:
    camera = await serve(username="admin", password="right")
    return camera.plain_url


async def sound_only(serve: ServeCamera) -> str:
    camera = await serve(Feed(video=None, audio="aac"))
    return camera.plain_url


@pytest.mark.parametrize(
    ("address", "errors"),
    [
        (closed_port, {"url": "refused"}),
        (unknown_host, {"url": "unreachable"}),
        (wrong_path, {"url": "not_found"}),
        (wrong_password, {"password": "unauthorized"}),
        (sound_only, {"url": "no_video"}),
    ],
)
async def test_a_camera_that_cannot_be_read(
    hass: HomeAssistant,
    serve: ServeCamera,
    address: Callable[[ServeCamera], Any],
    errors: dict[str, str],
) -> None:
    form = a_form(await address(serve), username="admin", password="wrong")
    result = await submit(hass, await begin(hass), form)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "address")
    assert result["errors"] == errors
    assert suggested(result) == form

    camera = await serve()
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_a_camera_that_asks_for_a_username_that_nobody_has_entered(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="admin", password="right")
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["errors"] == {"username": "credentials_missing"}
    form = a_form(camera.plain_url, username="admin", password="right")
    result = await submit(hass, result, form)
    assert result["step_id"] == "confirm"


async def test_a_refused_transport_opens_the_section_of_its_field(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(transports=["udp"])
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["errors"] == {"advanced": "transport_refused"}
    assert open_sections(result) == {"advanced"}


async def test_a_camera_that_does_not_answer(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_form, "PROBE_TIMEOUT_S", 2.0)
    camera = await serve(faults=[faults.Silent()])
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["errors"] == {"url": "timed_out"}
    camera.clear()
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_without_ffmpeg(hass: HomeAssistant, serve: ServeCamera) -> None:
    camera = await serve()
    there = hass.data[DATA_FFMPEG]
    hass.data[DATA_FFMPEG] = FFmpegManager(hass, "/nowhere/ffmpeg")
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["errors"] == {"base": "ffmpeg_missing"}
    hass.data[DATA_FFMPEG] = there
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


@pytest.mark.parametrize(
    ("error", "errors", "detail"),
    [
        (SourceError(EndReason.DISCONNECTED, "reset"), "cannot_read", "reset"),
        (SourceError(EndReason.DISCONNECTED), "cannot_read", "disconnected"),
        (SourceError(EndReason.UNSUPPORTED, "461"), "unsupported", "461"),
        (SourceError(EndReason.UNREADABLE, "nonsense"), "cannot_read", "nonsense"),
        (FfmpegError("cannot start"), "ffmpeg_failed", "cannot start"),
        (ShortageError("no thread"), "out_of_resources", ""),
    ],
)
async def test_other_failures_have_ffmpegs_message(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    errors: str,
    detail: str,
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(probe_form, "probe", fail)
    result = await submit(hass, await begin(hass), a_form("rtsp://camera/live"))
    assert result["errors"] == {"base": errors}
    assert result["description_placeholders"]["detail"] == detail
