"""Home Assistant with the real FFmpeg, real test cameras, and our integration."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from unittest.mock import PropertyMock, patch

import psutil
import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.streaming.ingest.stats import Statistics
from tests import tools
from tests.camera import Feed, TestCamera

from . import SetFigures, make_entry, set_up
from .flows import ServeCamera


@pytest.fixture(autouse=True)
def integration(enable_custom_integrations: None) -> None:
    """Let Home Assistant load custom integrations."""


@pytest.fixture(autouse=True)
async def components(hass: HomeAssistant, integration: None) -> None:
    """Set up what every test needs; no view can be added once a client has connected."""
    settings = {"ffmpeg": {"ffmpeg_bin": str(tools.ffmpeg())}}
    for component in ("ffmpeg", "http", "websocket_api", "stream", "camera"):
        assert await async_setup_component(hass, component, settings)


@pytest.fixture
def all_enabled() -> Iterator[None]:
    """Enable entities that are disabled by default."""
    enabled = PropertyMock(return_value=True)
    with patch.object(Entity, "entity_registry_enabled_default", enabled):
        yield


@pytest.fixture
async def camera() -> AsyncIterator[TestCamera]:
    """A camera with H.264 and AAC, and a keyframe every second."""
    async with TestCamera(Feed(audio="aac")) as camera:
        yield camera


@pytest.fixture
def entry(camera: TestCamera) -> MockConfigEntry:
    """A config entry of the camera; it is not set up."""
    return make_entry(camera.plain_url)


@pytest.fixture
async def loaded(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """A config entry of the camera, set up."""
    return await set_up(hass, entry)


@pytest.fixture
def ffmpegs() -> Callable[[], int]:
    """How many FFmpeg processes the code under test has; the cameras' do not count."""

    def reads_a_camera(process: psutil.Process) -> bool:
        try:
            return "-protocol_whitelist" in process.cmdline()
        except psutil.NoSuchProcess:
            return False

    def count() -> int:
        return sum(map(reads_a_camera, psutil.Process().children(recursive=True)))

    return count


@pytest.fixture
async def serve() -> AsyncIterator[ServeCamera]:
    """Start cameras that run until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(feed: Feed | None = None, **options: Any) -> TestCamera:
            return await stack.enter_async_context(
                TestCamera(feed or Feed(), **options)
            )

        yield start


@pytest.fixture
def set_figures(monkeypatch: pytest.MonkeyPatch) -> SetFigures:
    """Let a camera have other figures than its streams have, until the next call."""

    def change(entry: MockConfigEntry, **changes: Any) -> None:
        camera = entry.runtime_data.camera

        def statistics() -> Statistics:
            own: Statistics = type(camera).statistics(camera)
            return replace(own, **changes)

        monkeypatch.setattr(camera, "statistics", statistics)

    return change
