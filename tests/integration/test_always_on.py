"""Streams that run without viewers: by option or "Preload stream", one after another."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from homeassistant.components.camera.const import DATA_CAMERA_PREFS
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.hls_camera import coordinator
from custom_components.hls_camera.manager import MANAGER
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from tests.camera import Feed, RtspServer, TestCamera

from . import (
    CAMERA,
    STATUS,
    call,
    eventually,
    make_entry,
    refresh,
    set_up,
    state_of,
    streaming,
)

CAMERAS = 4
BETWEEN_STARTS = 0.5
"""Seconds from one start to the next, at least."""
LOOKS_AT_PREFERENCES = timedelta(seconds=10)
"""How often "Preload stream" is read while nothing runs."""


async def preload(hass: HomeAssistant, is_on: bool) -> None:
    """Do as the camera's dialog does."""
    await hass.data[DATA_CAMERA_PREFS].async_update(CAMERA, preload_stream=is_on)


@pytest.fixture
async def urls() -> AsyncIterator[list[str]]:
    """The addresses of some cameras."""
    cameras = [TestCamera(Feed(), path=f"camera{number}") for number in range(CAMERAS)]
    async with RtspServer(*cameras):
        yield [camera.plain_url for camera in cameras]


async def test_streams_start_one_after_another(
    hass: HomeAssistant, urls: list[str]
) -> None:
    entries = [
        make_entry(url, title=f"Camera {number}", options={"always_on": True})
        for number, url in enumerate(urls)
    ]
    loop = asyncio.get_running_loop()
    started: dict[str, float] = {}
    all_started = asyncio.Event()
    begun = loop.time()
    for entry in entries:
        await set_up(hass, entry)
        main = entry.runtime_data.camera.main

        def note(title: str = entry.title, main: Rendition = main) -> None:
            if main.is_running:
                started.setdefault(title, loop.time())
            if len(started) == CAMERAS:
                all_started.set()

        main.add_listener(note)
        note()
    await all_started.wait()
    assert list(started) == [entry.title for entry in entries]
    # A busy machine may start one late, but never any before its turn.
    assert all(
        time - begun >= turn * BETWEEN_STARTS
        for turn, time in enumerate(started.values())
    )
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)


async def test_an_always_on_camera_above_the_limit_waits_for_a_place(
    hass: HomeAssistant,
    camera: TestCamera,
    urls: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    monkeypatch.setattr(coordinator, "_RETRY_ABOVE_LIMIT_S", 0.01)
    other = await set_up(
        hass, make_entry(urls[0], title="Other", options={"always_on": True})
    )
    entry = make_entry(camera.plain_url, options={"always_on": True})
    await set_up(hass, entry)
    main = entry.runtime_data.camera.main
    with patch.object(main, "start", wraps=main.start) as start:
        await eventually(lambda: start.call_count > 2)
    assert state_of(hass, STATUS).state == "idle"
    await hass.config_entries.async_unload(other.entry_id)
    await streaming(hass)


async def test_a_preloaded_camera_starts_with_home_assistant(
    hass: HomeAssistant, camera: TestCamera, entry: MockConfigEntry
) -> None:
    await preload(hass, True)
    await set_up(hass, entry)
    assert entry.runtime_data.camera.main.keep_awake
    await streaming(hass)
    # Home Assistant preloads as well, which changes nothing.
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert camera.total_connections == 1


async def test_a_preloaded_camera_that_is_switched_off_stays_off(
    hass: HomeAssistant, camera: TestCamera, entry: MockConfigEntry
) -> None:
    await preload(hass, True)
    await set_up(hass, entry)
    await streaming(hass)
    await call(hass, "stop_stream")
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert state_of(hass, STATUS).state == "stopped"
    assert camera.total_connections == 1


async def test_preload_holds_from_when_it_is_ticked(
    hass: HomeAssistant,
    loaded: MockConfigEntry,
) -> None:
    # Its box is beside the live picture, so the stream runs then.
    main = loaded.runtime_data.camera.main
    main.audience.open()
    await streaming(hass)
    await preload(hass, True)
    await refresh(loaded, 1)
    assert main.keep_awake
    await preload(hass, False)
    await refresh(loaded, 1)
    assert not main.keep_awake


async def test_preload_holds_from_when_it_is_ticked_while_nobody_watches(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await preload(hass, True)
    async_fire_time_changed(hass, utcnow() + LOOKS_AT_PREFERENCES)
    await streaming(hass)
    assert loaded.runtime_data.camera.main.keep_awake


async def test_an_idle_stream_that_is_preloaded_wakes(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await preload(hass, True)
    await refresh(loaded, 1)
    await streaming(hass)


async def test_switching_on_above_the_limit(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused now, and an always-on camera comes as soon as there is a place."""
    monkeypatch.setattr(coordinator, "_RETRY_ABOVE_LIMIT_S", 0.1)
    entry = make_entry(
        entry.data["url"], options={"always_on": True, "switched_off": True}
    )
    await set_up(hass, entry)
    manager = hass.data[MANAGER]
    settings = manager.limits
    manager.limits = type(settings)(max_concurrent_streams=0)
    with pytest.raises(HomeAssistantError, match="limit has been reached: 0"):
        await call(hass, "start_stream")
    assert state_of(hass, STATUS).state == "idle"
    manager.limits = settings
    await streaming(hass)


async def test_starts_that_are_refused_add_no_second_wait(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "_RETRY_ABOVE_LIMIT_S", 0.1)
    entry = make_entry(entry.data["url"], options={"always_on": True})
    monkeypatch.setenv("HLS_CAMERA_MAX_CONCURRENT_STREAMS", "1")
    other = make_entry(f"{entry.data['url']}?other", title="Other")
    await set_up(hass, other)
    await other.runtime_data.async_start()
    await set_up(hass, entry)
    for _ in range(5):
        with pytest.raises(HomeAssistantError, match="limit has been reached: 1"):
            await call(hass, "start_stream")
    waits = [
        task for task in asyncio.all_tasks() if task.get_name() == "Front door start"
    ]
    assert len(waits) == 1
    # Nor does it start once it is no longer to be always on.
    hass.config_entries.async_update_entry(entry, options={})
    entry.runtime_data.async_options_changed()
    await asyncio.wait(waits)
    await other.runtime_data.async_stop()
    assert state_of(hass, STATUS).state == "idle"
