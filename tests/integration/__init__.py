"""The integration in a Home Assistant that runs inside the test."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.hls_camera.camera import HlsCamera
from custom_components.hls_camera.const import DOMAIN
from tests.camera import TestCamera
from tests.waiting import eventually as eventually

type SetFigures = Callable[..., None]

CAMERA: Final = "camera.front_door"
CONNECTIVITY: Final = "binary_sensor.front_door_connectivity"
LAST_ERROR: Final = "sensor.front_door_last_error"
STATUS: Final = "sensor.front_door_status"
SWITCH: Final = "switch.front_door_enabled"

# The result of a probe of the test camera; a stream that has it starts at once.
SOURCE_INFO: Final = {
    "video": {
        "codec": "h264",
        "width": 320,
        "height": 180,
        "profile": "High",
        "pixel_format": "yuv420p",
        "frame_rate": 15.0,
        "keyframe_interval": 1.0,
        "has_b_frames": False,
    },
    "audio": {"codec": "aac", "sample_rate": 48000, "channels": "mono"},
}

# The options' form as it is filled in at first.
OPTIONS_FORM: Final[dict[str, Any]] = {
    "always_on": False,
    "idle_timeout": 30.0,
    "audio": True,
    "lookback": 10.0,
    "picture": {
        "video_mode": "automatic",
        "max_height": "unchanged",
        "small_height": "none",
        "encoder": "automatic",
    },
    "expert": {
        "max_bitrate": 4000.0,
        "buffer_size": 4000.0,
        "preset": "superfast",
        "keyframe_interval": 1.0,
        "webrtc": "off",
    },
}


def make_entry(
    url: str,
    *,
    title: str = "Front door",
    unique_id: str | None = None,
    **data: Any,
) -> MockConfigEntry:
    """Return a config entry as the flow makes it."""
    options = data.pop("options", {})
    return MockConfigEntry(
        domain=DOMAIN,
        title=title,
        unique_id=unique_id,
        data={
            "url": url,
            "username": None,
            "password": None,
            "transport": "tcp",
            "source_info": SOURCE_INFO,
            **data,
        },
        options=options,
    )


async def set_up(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    expected: ConfigEntryState = ConfigEntryState.LOADED,
) -> MockConfigEntry:
    """Set up an entry."""
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is expected
    return entry


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that has to be there."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} is not there"
    return state


def camera_entity(hass: HomeAssistant) -> HlsCamera:
    """Return our camera as Home Assistant's camera component knows it."""
    entity = hass.data[DATA_COMPONENT].get_entity(CAMERA)
    assert isinstance(entity, HlsCamera)
    return entity


async def refresh(entry: MockConfigEntry, count: int) -> None:
    """Read the figures that often, as happens every few seconds."""
    for _ in range(count):
        await entry.runtime_data.async_refresh()


async def streaming(hass: HomeAssistant) -> None:
    """Wait until the camera streams."""
    await eventually(lambda: state_of(hass, CAMERA).state == "streaming")


async def failing(hass: HomeAssistant, camera: TestCamera) -> None:
    """Let the camera go away, and wait until that is seen."""
    camera.refuse_connections()
    for connection in camera.connections:
        connection.reset()
    await eventually(lambda: state_of(hass, CONNECTIVITY).state == "off")


async def call(hass: HomeAssistant, action: str, **options: Any) -> Any:
    """Call an action of ours, or of another domain, on the camera."""
    domain, _, name = action.rpartition(".")
    return await hass.services.async_call(
        domain or DOMAIN, name, {"entity_id": CAMERA}, blocking=True, **options
    )


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the repair issues, by their translation keys."""
    return {
        issue.translation_key or "": issue
        for issue in ir.async_get(hass).issues.values()
    }


async def ask_for_stream(hass_ws_client: WebSocketGenerator) -> Any:
    """Do as the camera card does."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "camera/stream", "entity_id": CAMERA})
    return await client.receive_json()
