"""Nothing is left, nothing grows, and no password gets out."""

import asyncio
import gc
import json
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from threading import active_count
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP, MATCH_ALL
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from tests.camera import Feed, TestCamera
from tests.streams import process_of

from . import STATUS, call, eventually, make_entry, set_up, state_of, streaming

UNLOAD_LIMIT = 10.0
"""Seconds that Home Assistant waits for an entry's tasks."""
USERNAME = "operator of it"
PASSWORD = "p@ss:/?#[]{source}%20%zz'\"`$&;|<>\\ü😀"


def sizes(hass: HomeAssistant) -> dict[str, int]:
    """Count what could be left behind."""
    gc.collect()
    loop: Any = asyncio.get_running_loop()
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "children": len(psutil.Process().children(recursive=True)),
        "timers": sum(not timer.cancelled() for timer in loop._scheduled),
        "listeners": sum(hass.bus.async_listeners().values()),
        "signals": sum(map(len, hass.data.get(DATA_DISPATCHER, {}).values())),
        "data": len(hass.data),
        "states": len(hass.states.async_all()),
        "routes": len(hass.http.app.router.routes()),
    }


async def test_reloads_leave_nothing(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    record_property: Callable[[str, object], None],
) -> None:
    async def reload() -> dict[str, int]:
        await call(hass, "start_stream")
        await streaming(hass)
        assert await hass.config_entries.async_reload(loaded.entry_id)
        await hass.async_block_till_done()
        return sizes(hass)

    counts = [await reload() for _ in range(10)]
    before, after = counts[2], counts[-1]
    for name, earlier in before.items():
        record_property(name, f"{earlier} -> {after[name]}")
        # Threads of the executor come as needed; timers may just be due.
        slack = {"threads": 4, "timers": 2, "descriptors": 2}.get(name, 0)
        assert after[name] <= earlier + slack, name


@pytest.fixture
async def hanging(hass: HomeAssistant, loaded: MockConfigEntry) -> int:
    """A FFmpeg that listens to nothing any more."""
    await call(hass, "start_stream")
    await streaming(hass)
    pid = process_of(loaded.runtime_data.camera)
    os.kill(pid, signal.SIGSTOP)
    return pid


async def test_a_ffmpeg_that_hangs_is_gone_with_its_entry(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
    hanging: int,
    record_property: Callable[[str, object], None],
) -> None:
    begun = time.monotonic()
    assert await hass.config_entries.async_unload(loaded.entry_id)
    taken = time.monotonic() - begun
    record_property("seconds", round(taken, 2))
    assert taken < UNLOAD_LIMIT
    assert loaded.state is ConfigEntryState.NOT_LOADED
    assert not psutil.pid_exists(hanging)


async def test_a_ffmpeg_that_hangs_is_gone_with_home_assistant(
    hass: HomeAssistant, hanging: int
) -> None:
    begun = time.monotonic()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()
    assert time.monotonic() - begun < UNLOAD_LIMIT
    assert not psutil.pid_exists(hanging)


@pytest.mark.parametrize("right", [PASSWORD, "another one"])
async def test_the_password_does_not_get_out(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
    right: str,
) -> None:
    """Neither of a camera that takes it nor of one that does not."""
    caplog.set_level(logging.DEBUG, "custom_components.hls_camera")
    assert await async_setup_component(hass, "diagnostics", {})
    events: list[str] = []

    def note(event: Event) -> None:
        events.append(json.dumps(event.as_dict(), default=repr))

    hass.bus.async_listen(MATCH_ALL, note)
    async with TestCamera(Feed(), username=USERNAME, password=right) as camera:
        entry = make_entry(camera.plain_url, username=USERNAME, password=PASSWORD)
        await set_up(hass, entry)
        await call(hass, "start_stream")
        wanted = "streaming" if right == PASSWORD else "failed"
        await eventually(lambda: state_of(hass, STATUS).state == wanted)
        status = await call(hass, "get_status", return_response=True)
        diagnostics = await get_diagnostics_for_config_entry(hass, hass_client, entry)
        main = entry.runtime_data.camera.main
        texts = {
            "states": repr([state.as_dict() for state in hass.states.async_all()]),
            "events": "\n".join(events),
            "diagnostics": json.dumps(diagnostics),
            "status": json.dumps(status, default=str),
            "log": caplog.text,
            "flows": repr(hass.config_entries.flow.async_progress()),
            "issues": repr(ir.async_get(hass).issues),
            "session": f"{main.detail} {main.supervisor.log} {main.planner.options}",
        }
        await hass.config_entries.async_unload(entry.entry_id)
    for secret in (PASSWORD, USERNAME):
        forms = {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1]}
        forms.add(json.dumps(secret)[1:-1])
        for where, text in texts.items():
            assert not [form for form in forms if form in text], where
