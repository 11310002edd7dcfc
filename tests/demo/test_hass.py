"""The whole life of a camera in the real `hass`, from the form to its removal.

`scripts/test-next` runs this with Home Assistant's next release.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
import pytest_socket

from tests import tools

from .api import CameraSettings
from .cameras import demo_cameras
from .home_assistant import HomeAssistant, free_port, home_assistant

FRAMES: Final = 60

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def started(tmp_path: Path) -> Iterator[HomeAssistant]:
    pytest_socket.enable_socket()
    with home_assistant(tmp_path / "config", port=free_port()) as started:
        yield started


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[CameraSettings]:
    with demo_cameras(("Garden",), tmp_path / "cameras.log", (320, 180)) as cameras:
        yield cameras[0]


async def play(address: str) -> None:
    """Play for a while in FFmpeg, which must report no error."""
    player = await asyncio.create_subprocess_exec(
        *(tools.ffmpeg(), "-nostdin", "-loglevel", "error", "-i", address),
        *("-frames:v", str(FRAMES), "-map", "0:v", "-f", "framecrc", "-"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    frames, errors = await player.communicate()
    assert (player.returncode, errors) == (0, b"")
    lines = [line for line in frames.splitlines() if not line.startswith(b"#")]
    assert len(lines) == FRAMES


def ffmpegs(camera: CameraSettings) -> int:
    """Return the number of processes that read the camera."""
    port = camera.url.rpartition(":")[2].partition("/")[0]
    count = 0
    for process in psutil.process_iter(["name"]):
        # Processes of other tests start and end.
        with suppress(psutil.NoSuchProcess):
            if str(process.info["name"]).startswith("ffmpeg"):
                peers = [each.raddr for each in process.net_connections("tcp")]
                count += sum(bool(peer) and str(peer.port) == port for peer in peers)
    return count


def stored(folder: Path) -> Mapping[str, Any]:
    """Return Home Assistant's storage, without its records of deleted devices and entities."""
    found: dict[str, Any] = {}
    for path in (folder / ".storage").iterdir():
        content = json.loads(path.read_text(encoding="utf-8"))
        data = content["data"]
        if isinstance(data, dict):
            # Home Assistant keeps these for thirty days, so that a returning device has its old names.
            data.pop("deleted_entities", None)
            data.pop("deleted_devices", None)
        found[path.name] = content
    return found


async def test_a_camera_from_its_form_to_its_removal(
    started: HomeAssistant, camera: CameraSettings
) -> None:
    [added] = await asyncio.to_thread(started.set_up, [camera])
    async with started.api() as api:
        stream = await api.command("camera/stream", entity_id=added.entity_id)
        await play(started.address + stream["url"])
        assert ffmpegs(camera) == 1
        assert (await api.still_image(added.entity_id)).startswith(b"\xff\xd8")

        chosen = await api.command(
            "media_source/resolve_media",
            media_content_id=f"media-source://camera/{added.entity_id}",
        )
        await play(started.address + chosen["url"])
        told = await api.diagnostics(added.entry_id)
        assert told["data"]["stream"]["state"] == "streaming"
        assert camera.password not in json.dumps(told)
        told = await api.system_information()
        assert told["hls_camera"]["info"]["streams"] == "1 / 16"
        await api.command(
            "camera/update_prefs", entity_id=added.entity_id, preload_stream=False
        )

        for action in ("restart_stream", "stop_stream", "start_stream"):
            await api.command(
                "call_service",
                domain="hls_camera",
                service=action,
                target={"entity_id": added.entity_id},
            )

        for disabled_by, is_loaded in (("user", False), (None, True)):
            await api.command(
                "config_entries/disable",
                entry_id=added.entry_id,
                disabled_by=disabled_by,
            )
            states = await api.command("get_states")
            shown = {state["entity_id"]: state["state"] for state in states}
            assert (shown.get(added.entity_id) == "idle") is is_loaded
            assert ffmpegs(camera) == 0

        await api.remove_entry(added.entry_id)

    started.stop()
    assert started.our_complaints() == []
    left = json.dumps(stored(started.folder))
    assert "core.config_entries" in left
    for trace in ("hls_camera", added.entry_id, camera.url, camera.password):
        assert trace not in left
