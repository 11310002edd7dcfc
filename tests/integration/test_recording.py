"""`camera.record`, as automations call it."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import m3u8
import pytest
from aiohttp.test_utils import TestClient
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.hls_camera.web.views import stream_path
from tests.camera import TestCamera
from tests.streaming.probing import Probed, probe_file

from . import CAMERA, call, eventually, state_of


@pytest.fixture
def media(hass: HomeAssistant, tmp_path: Path) -> Path:
    """A folder that Home Assistant may write to."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    return tmp_path


async def record(hass: HomeAssistant, path: Path, **options: Any) -> None:
    """Call the action."""
    data = {"entity_id": CAMERA, "filename": str(path), "duration": 2, **options}
    await hass.services.async_call("camera", "record", data, blocking=True)


async def test_a_recording_is_there_when_the_action_is_done(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    path = media / "front door" / "clip.mp4"
    recording = asyncio.create_task(record(hass, path))
    await eventually(lambda: state_of(hass, CAMERA).state == "recording")
    await recording
    assert state_of(hass, CAMERA).state == "streaming"
    probed = probe_file(path)
    assert probed.duration == pytest.approx(2, abs=0.5)
    assert set(probed.streams) == {"video", "audio"}

    # By now there is something to look back to.
    later = media / "later.mp4"
    await record(hass, later, duration=1, lookback=1)
    assert probe_file(later).duration == pytest.approx(2, abs=0.5)


@pytest.mark.parametrize(
    ("duration", "lookback"), [(3, 3), pytest.param(20, 10, marks=pytest.mark.slow)]
)
async def test_recordings_have_the_viewers_frames(
    hass: HomeAssistant,
    camera: TestCamera,
    loaded: MockConfigEntry,
    media: Path,
    hass_client_no_auth: ClientSessionGenerator,
    *,
    duration: int,
    lookback: int,
) -> None:
    """Two at once, while two watch: all of it comes over one connection."""
    client = await hass_client_no_auth()
    viewers = [Viewer(client, loaded) for _ in range(2)]
    watching = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    await streaming_for(hass, loaded, seconds=lookback + 1.5)
    paths = [media / f"clip{number}.mp4" for number in range(2)]
    times = {"duration": duration, "lookback": lookback}
    window = loaded.runtime_data.camera.main.window
    async with asyncio.TaskGroup() as recordings:
        recordings.create_task(record(hass, paths[0], **times))
        await window.wait_for(*window.next_part)
        recordings.create_task(record(hass, paths[1], **times))
    assert camera.total_connections == 1
    # Viewers get the last frames with the rest of their segment.
    last = window.last_msn
    await eventually(lambda: all(viewer.newest >= last for viewer in viewers))
    await call(hass, "camera.turn_off")
    await asyncio.gather(*watching)

    watched = [viewer.probe(media / "watched.mp4") for viewer in viewers]
    assert watched[0].hashes("video") == watched[1].hashes("video")
    for path in paths:
        recorded = probe_file(path)
        assert recorded.duration == pytest.approx(duration + lookback, abs=0.5)
        assert "K" in recorded.packets["video"][0]["flags"]
        for kind in ("video", "audio"):
            # Whole, in a row, and bit for bit
            hashes, seen = recorded.hashes(kind), watched[0].hashes(kind)
            begin = seen.index(hashes[0])
            assert hashes == seen[begin : begin + len(hashes)]
        steps = [b - a for a, b in pairwise(recorded.times("video"))]
        assert steps == pytest.approx([1 / 15] * len(steps), abs=0.02)


class Viewer:
    """Somebody who watches by HLS, and keeps what comes."""

    def __init__(self, client: TestClient[Any, Any], entry: MockConfigEntry) -> None:
        self._client = client
        self._token = entry.runtime_data.camera.open_viewer()
        self._media: dict[str, bytes] = {}
        self.newest = 0
        """The last whole segment's media sequence number."""

    async def watch(self) -> None:
        """Watch until the stream is stopped."""
        query = ""
        while (playlist := await self._get(f"media.m3u8{query}")) is not None:
            parsed = m3u8.loads(playlist.decode())
            whole = [segment.uri for segment in parsed.segments if segment.uri]
            for uri in (*(part.uri for part in parsed.segment_map), *whole):
                if uri not in self._media and (data := await self._get(uri)):
                    self._media[uri] = data
            self.newest = parsed.media_sequence + len(whole) - 1
            query = f"?_HLS_msn={self.newest + 1}"

    def probe(self, path: Path) -> Probed:
        """Return the viewer's frames, as in one file."""
        path.write_bytes(b"".join(self._media.values()))
        return probe_file(path)

    async def _get(self, resource: str) -> bytes | None:
        response = await self._client.get(stream_path(self._token, resource))
        return await response.read() if response.status == 200 else None


async def test_where_home_assistant_may_not_write(
    hass: HomeAssistant, loaded: MockConfigEntry, tmp_path: Path
) -> None:
    with pytest.raises(ServiceValidationError) as refused:
        await record(hass, tmp_path / "clip.mp4")
    assert refused.value.translation_key == "path_not_allowed"
    assert state_of(hass, CAMERA).state == "idle"


async def test_a_file_that_cannot_be_written(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    with pytest.raises(HomeAssistantError) as refused:
        await record(hass, media)
    assert refused.value.translation_key == "recording_failed"
    assert "Is a directory" in str(refused.value)


async def test_a_camera_that_is_off_stays_off(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path
) -> None:
    await call(hass, "camera.turn_off")
    with pytest.raises(ServiceValidationError) as refused:
        await record(hass, media / "clip.mp4")
    assert refused.value.translation_key == "stream_stopped"
    assert not loaded.runtime_data.camera.main.is_running


@pytest.mark.parametrize("end", ["turn_off", "unload", "shutdown"])
async def test_a_stream_that_ends_meanwhile_leaves_a_whole_file(
    hass: HomeAssistant, loaded: MockConfigEntry, media: Path, end: str
) -> None:
    path = media / "clip.mp4"
    recording = asyncio.create_task(record(hass, path, duration=60))
    await streaming_for(hass, loaded, seconds=1)
    match end:
        case "turn_off":
            await call(hass, "camera.turn_off")
        case "unload":
            await hass.config_entries.async_unload(loaded.entry_id)
        case _:
            await hass.async_stop(force=True)
    # It is there before the one who is waiting is told.
    assert probe_file(path).duration > 0.5
    await recording


async def streaming_for(
    hass: HomeAssistant, entry: MockConfigEntry, *, seconds: float
) -> None:
    """Wait until so much has come."""
    window = entry.runtime_data.camera.main.window
    await eventually(lambda: window.played > seconds)
