"""Repair issues of FFmpeg and the stream limit: created with a problem, deleted with its end."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from homeassistant.components.ffmpeg import DATA_FFMPEG, FFmpegManager
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.hls_camera.streaming.camera import manager
from custom_components.hls_camera.streaming.errors import StreamLimitError
from tests import tools
from tests.camera import TestCamera

from . import (
    CAMERA,
    STATUS,
    call,
    eventually,
    issues,
    make_entry,
    set_up,
    state_of,
    streaming,
)

type UseFfmpeg = Callable[[str], None]


@pytest.fixture
def use_ffmpeg(hass: HomeAssistant) -> UseFfmpeg:
    """Let Home Assistant have another FFmpeg."""

    def use(path: str) -> None:
        hass.data[DATA_FFMPEG] = FFmpegManager(hass, path)

    return use


def an_ffmpeg(folder: Path, version: str) -> str:
    """Return an FFmpeg that says it is of a version, and is of ours."""
    path = folder / "ffmpeg"
    path.write_text(
        f'#!/bin/sh\n[ "$1" = -version ] && exec echo "ffmpeg version {version} Copyright"\n'
        f'exec {tools.ffmpeg()} "$@"\n'
    )
    path.chmod(0o755)
    return str(path)


async def test_ffmpeg_is_missing_and_found(
    hass: HomeAssistant, camera: TestCamera, use_ffmpeg: UseFfmpeg, tmp_path: Path
) -> None:
    use_ffmpeg(str(tmp_path / "ffmpeg"))
    assert await async_setup_component(hass, "hls_camera", {})
    [issue] = issues(hass).values()
    assert issue.translation_key == "ffmpeg_missing"
    assert issue.severity is ir.IssueSeverity.ERROR
    assert not issue.is_persistent

    await set_up(hass, make_entry(camera.plain_url))
    await call(hass, "start_stream")
    await eventually(lambda: state_of(hass, STATUS).state == "failed")
    assert set(issues(hass)) == {"ffmpeg_missing"}

    an_ffmpeg(tmp_path, "7.1")
    await call(hass, "restart_stream")
    await streaming(hass)
    assert not issues(hass)


async def test_ffmpeg_goes_missing_later(
    hass: HomeAssistant, camera: TestCamera, use_ffmpeg: UseFfmpeg, tmp_path: Path
) -> None:
    use_ffmpeg(an_ffmpeg(tmp_path, "7.1"))
    await set_up(hass, make_entry(camera.plain_url))
    assert not issues(hass)
    shutil.rmtree(tmp_path)
    await call(hass, "start_stream")
    await eventually(lambda: "ffmpeg_missing" in issues(hass))


@pytest.mark.parametrize(
    ("version", "is_too_old"),
    [
        ("4.4.2-0ubuntu0.22.04.1", True),
        ("n5.0", True),
        ("5.1.9-0+deb12u1", False),
        ("6.0", False),
        ("10.0", False),
        ("N-118193-g5f38c82536", False),
    ],
)
async def test_ffmpeg_is_too_old(
    hass: HomeAssistant,
    use_ffmpeg: UseFfmpeg,
    tmp_path: Path,
    version: str,
    is_too_old: bool,
) -> None:
    use_ffmpeg(an_ffmpeg(tmp_path, version))
    assert await async_setup_component(hass, "hls_camera", {})
    expected = {"version": version, "oldest": "5.1"}
    assert {
        key: issue.translation_placeholders for key, issue in issues(hass).items()
    } == ({"ffmpeg_too_old": expected} if is_too_old else {})


async def test_the_limit_is_reached(
    hass: HomeAssistant, camera: TestCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    await set_up(hass, make_entry(camera.plain_url))
    second = await set_up(
        hass, make_entry(f"{camera.plain_url}?second", title="Second")
    )
    await call(hass, "start_stream")
    await streaming(hass)
    assert not issues(hass)
    for _ in range(2):
        with pytest.raises(StreamLimitError):
            second.runtime_data.camera.main.wake()
    assert issues(hass)["stream_limit"].translation_placeholders == {"limit": "1"}

    await call(hass, "stop_stream")
    assert not issues(hass)


async def test_a_stream_above_the_limit_is_not_wanted_any_more(
    hass: HomeAssistant, camera: TestCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    monkeypatch.setattr(manager, "_REFUSED_DEMAND_S", 0.5)
    await set_up(hass, make_entry(camera.plain_url))
    second = await set_up(
        hass, make_entry(f"{camera.plain_url}?second", title="Second")
    )
    await call(hass, "start_stream")
    await streaming(hass)
    with pytest.raises(StreamLimitError):
        second.runtime_data.camera.main.wake()
    assert "stream_limit" in issues(hass)
    await hass.config_entries.async_remove(second.entry_id)
    await eventually(lambda: not issues(hass))
    assert state_of(hass, CAMERA).state == "streaming"
