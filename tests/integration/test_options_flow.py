"""Changing a camera's options in the UI."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.ffmpeg import DATA_FFMPEG, FFmpegManager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.outputs import snapshot
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
    Preset,
    VideoMode,
)
from tests.camera import TestCamera

from . import (
    CAMERA,
    OPTIONS_FORM,
    call,
    camera_entity,
    eventually,
    make_entry,
    set_up,
    state_of,
    streaming,
)
from .flows import Result, a_form, begin, open_options, open_sections, submit, suggested


def filled_in(result: Result) -> dict[str, Any]:
    """Return the suggested values of the options form, in its sections."""
    values: dict[str, Any] = {}
    for field, value in result["data_schema"].schema.items():
        if isinstance(value, section):
            values[str(field)] = suggested({"data_schema": value.schema})
        else:
            values[str(field)] = field.description["suggested_value"]
    return values


async def test_the_dialog_offers_options_and_addresses(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    menu = await hass.config_entries.options.async_init(loaded.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["options", "addresses"]
    assert menu["description_placeholders"] == {"name": "Front door"}


async def test_options(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    result = await open_options(hass, loaded)
    assert filled_in(result) == OPTIONS_FORM
    placeholders: Any = result["description_placeholders"]
    assert placeholders["name"] == "Front door"
    assert "copied unchanged" in placeholders["picture"]
    assert placeholders["webrtc_help"].endswith("/docs/settings.md#webrtc-by-go2rtc")
    assert not open_sections(result)

    chosen = {
        "always_on": True,
        "idle_timeout": 60,
        "audio": False,
        "lookback": 30,
        "picture": {
            "video_mode": "convert",
            "max_height": "240",
            "max_frame_rate": 10,
            "small_height": "none",
            "encoder": "libx264",
        },
        "expert": {
            "bitrate": 300,
            "max_bitrate": 500,
            "buffer_size": 250,
            "preset": "ultrafast",
            "keyframe_interval": 0.5,
            "input_options": "-fflags +genpts",
            "allowed_hosts": "cdn.example.com, [fe80::1]:8080",
            "webrtc": "on",
        },
    }
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], chosen
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await streaming(hass)
    main = loaded.runtime_data.camera.main
    assert main.planner.options == StreamOptions(
        on_demand=False,
        idle_timeout=60,
        audio=False,
        lookback=30,
        allowed_hosts=frozenset({"cdn.example.com", "[fe80::1]:8080"}),
        input_options=("-fflags", "+genpts"),
        conversion=ConversionOptions(
            mode=VideoMode.CONVERT,
            encoder=Encoder.SOFTWARE,
            max_height=240,
            max_frame_rate=10,
            bitrate=300_000,
            max_bitrate=500_000,
            buffer_size=250_000,
            preset=Preset.ULTRAFAST,
            keyframe_interval=0.5,
        ),
    )
    assert main.window.latest_init.audio is None

    result = await open_options(hass, loaded)
    assert filled_in(result) == chosen
    await hass.config_entries.options.async_configure(
        result["flow_id"], OPTIONS_FORM | {"idle_timeout": 5}
    )
    await eventually(lambda: state_of(hass, CAMERA).state == "idle")
    # Emptied fields are empty.
    assert "input_options" not in loaded.options
    assert "allowed_hosts" not in loaded.options


async def test_viewers_go_on_when_options_change(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    coordinator = loaded.runtime_data
    token = coordinator.camera.open_viewer()
    await streaming(hass)
    for changes, goes_on in (({"idle_timeout": 60}, True), ({"audio": False}, False)):
        result = await open_options(hass, loaded)
        await hass.config_entries.options.async_configure(
            result["flow_id"], OPTIONS_FORM | changes
        )
        assert loaded.runtime_data is coordinator
        assert (coordinator.camera.main.state is StreamState.STREAMING) is goes_on
        await streaming(hass)
        assert token in coordinator.camera.viewers


async def test_options_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    result = await open_options(hass, loaded)
    await hass.config_entries.options.async_configure(
        result["flow_id"], OPTIONS_FORM | {"idle_timeout": 60}
    )
    assert loaded.options["idle_timeout"] == 60


@pytest.mark.parametrize(
    ("unusable", "error", "named"),
    [
        ({"input_options": "-i /etc/passwd"}, "input_option_not_allowed", "-i"),
        ({"allowed_hosts": "cdn.example.com http://x/"}, "not_a_host", "http://x/"),
        ({"allowed_hosts": "camera:port"}, "not_a_host", "camera:port"),
    ],
)
async def test_an_unusable_option_is_refused_and_all_else_is_kept(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    unusable: dict[str, str],
    error: str,
    named: str,
) -> None:
    result = await open_options(hass, loaded)
    expert = dict(OPTIONS_FORM["expert"]) | unusable
    form = OPTIONS_FORM | {"idle_timeout": 77, "expert": expert}
    result = await hass.config_entries.options.async_configure(result["flow_id"], form)
    # Above the section with the field, which is unfolded
    assert result["errors"] == {"expert": error}
    assert open_sections(result) == {"expert"}
    placeholders: Any = result["description_placeholders"]
    assert placeholders["option"] == named
    assert placeholders["name"] == "Front door"
    assert filled_in(result) == form
    assert not loaded.options


def without_ffmpeg(kind: str, folder: Path) -> str:
    """Return the path of an FFmpeg that does not work."""
    path = folder / "ffmpeg"
    match kind:
        case "folder":
            path.mkdir()
        case "not executable":
            path.touch()
        case "no program":
            path.write_bytes(b"\x7fELF nonsense")
            path.chmod(0o700)
        case "silent program" | "failing program":
            path.write_text(f"#!/bin/sh\nexit {int(kind != 'silent program')}\n")
            path.chmod(0o700)
    return str(path)


@pytest.mark.parametrize(
    "kind",
    [
        *("missing", "folder", "not executable", "no program"),
        *("silent program", "failing program"),
    ],
)
async def test_without_a_ffmpeg_that_works_every_form_and_action_answers(
    hass: HomeAssistant,
    camera: TestCamera,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    monkeypatch.setattr(snapshot, "_KEYFRAME_TIMEOUT_S", 0.2)
    hass.data[DATA_FFMPEG] = FFmpegManager(hass, without_ffmpeg(kind, tmp_path))
    entry = make_entry(camera.plain_url, options={"encoder": "h264_vaapi"})
    await set_up(hass, entry)
    result = await open_options(hass, entry)
    form = filled_in(result)
    assert form["picture"]["encoder"] == "h264_vaapi"
    # The chosen encoder stays a choice.
    changed = {**form, "idle_timeout": 60}
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], changed
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options["idle_timeout"] == 60

    result = await submit(hass, await begin(hass), a_form(f"{camera.plain_url}2"))
    assert result["errors"]
    for action in ("start_stream", "restart_stream", "get_status", "stop_stream"):
        returns = {"return_response": True} if action == "get_status" else {}
        await call(hass, action, **returns)
    await call(hass, "camera.turn_on")
    with pytest.raises(HomeAssistantError):
        await camera_entity(hass).async_camera_image()
