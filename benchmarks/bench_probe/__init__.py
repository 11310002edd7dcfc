"""A custom component for measurements inside Home Assistant.

It measures the lag of the event loop, notes the time of each new partial segment, and
stops all streams, ours and Home Assistant's own.
"""

import asyncio
import time
from functools import wraps
from typing import Any, Final

import voluptuous as vol
from homeassistant.components.camera.const import DATA_COMPONENT
from homeassistant.components.stream import Stream
from homeassistant.components.stream.core import Part, Segment
from homeassistant.components.websocket_api import async_register_command
from homeassistant.components.websocket_api.connection import ActiveConnection
from homeassistant.components.websocket_api.decorators import (
    async_response,
    websocket_command,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.typing import ConfigType

from custom_components.hls_camera.streaming.live.segments import PartialSegment
from custom_components.hls_camera.streaming.live.window import Window

DOMAIN: Final = "bench_probe"
_PERIOD: Final = 0.01
"""Seconds between two samples of the loop."""


class Probe:
    """The lags of the event loop, and the times of new partial segments."""

    def __init__(self) -> None:
        """Start sampling."""
        self._loop = asyncio.get_running_loop()
        self._lags: list[float] = []
        self._births: dict[str, float] = {}
        self._due = self._loop.time()
        self._look()

    def note_birth(self, msn: int, part: int) -> None:
        """Note a new partial segment."""
        self._births[f"{msn}.{part}"] = time.monotonic()

    def take(self) -> dict[str, Any]:
        """Return the results since the last call; times are in seconds.

        `births` are on the monotonic clock, which all processes share.
        """
        seen = {"lags": self._lags, "births": self._births}
        self._lags, self._births = [], {}
        return seen

    def _look(self) -> None:
        # Every moment of the grid counts, even while the loop was blocked: a sample is the
        # waiting time of a caller at that moment.
        now = self._loop.time()
        while self._due <= now:
            self._lags.append(now - self._due)
            self._due += _PERIOD
        self._loop.call_at(self._due, self._look)


def _note_births(probe: Probe) -> None:
    """Note the partial segments of both sides when they reach the event loop."""
    ours, theirs = Window.add_part, Segment.async_add_part

    @wraps(ours)
    def add_part(self: Window, part: PartialSegment) -> None:
        msn, index = self.next_part
        ours(self, part)
        probe.note_birth(msn, index)

    @wraps(theirs)
    def async_add_part(self: Segment, part: Part, duration: float) -> None:
        theirs(self, part, duration)
        probe.note_birth(self.sequence, len(self.parts) - 1)

    Window.add_part = add_part  # type: ignore[method-assign]
    Segment.async_add_part = async_add_part  # type: ignore[method-assign]


async def _end(stream: Stream) -> None:
    """Stop a stream and its outputs, whose timers would otherwise stop the next one."""
    for output in list(stream.outputs().values()):
        await stream.remove_provider(output)
    await stream.stop()


async def async_setup(hass: HomeAssistant, _: ConfigType) -> bool:
    """Set up the commands."""
    probe = Probe()
    _note_births(probe)

    @websocket_command({vol.Required("type"): f"{DOMAIN}/take"})
    @callback
    def take(
        _: HomeAssistant,
        connection: ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        connection.send_result(message["id"], probe.take())

    @websocket_command({vol.Required("type"): f"{DOMAIN}/rest"})
    @async_response
    async def rest(
        _: HomeAssistant,
        connection: ActiveConnection,
        message: dict[str, Any],
    ) -> None:
        cameras = list(hass.data[DATA_COMPONENT].entities)
        streams = [camera.stream for camera in cameras if camera.stream is not None]
        await asyncio.gather(*map(_end, streams))
        connection.send_result(message["id"])

    async_register_command(hass, take)
    async_register_command(hass, rest)
    return True
