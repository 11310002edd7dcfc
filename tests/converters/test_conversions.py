"""Streams that are converted on other hosts: real cameras, real FFmpeg, hosts that fail."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from custom_components.hls_camera.converters.errors import ConverterProblem
from custom_components.hls_camera.converters.pool import ConverterPool
from custom_components.hls_camera.streaming.camera.camera import Camera, open_camera
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.stream_spec import Machine
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import EncoderSearch
from tests.camera import Feed, TestCamera
from tests.streams import reach, stream_spec
from tests.waiting import eventually

from .go2rtc import Go2rtcHost
from .requests import converter

LOGGER = logging.getLogger(__name__)
STALL_S = 3.0
MARGIN_S = 3.0
FEED = Feed(video="hevc", size=(96, 64), fps=15, live=False)


class Watcher:
    """Notes the longest time without a frame: viewers see it as a still picture."""

    def __init__(self, stream: Camera) -> None:
        self.longest = 0.0
        self._stream = stream
        self._task = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        frames, at = 0, time.monotonic()
        while True:
            await asyncio.sleep(0.05)
            now = time.monotonic()
            if (count := self._stream.statistics().frames) != frames:
                frames, at = count, now
            self.longest = max(self.longest, now - at)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


class House:
    """Cameras with H.265 that are converted by some hosts, or by this machine."""

    def __init__(self, ffmpeg: str) -> None:
        self.pool = ConverterPool(interval=0.5)
        self.cameras: list[TestCamera] = []
        self.streams: list[Camera] = []
        conversions = Conversions(EncoderSearch(ffmpeg), processors=16)
        self._machine = Machine(ffmpeg, conversions, self.pool)

    async def open(self, stack: AsyncExitStack, count: int) -> None:
        """Start that many cameras, and watch them."""
        options = StreamOptions(on_demand=False, stall_timeout=STALL_S)
        for _ in range(count):
            camera = await stack.enter_async_context(TestCamera(FEED))
            spec = stream_spec(camera.url, options, logger=LOGGER)
            stream = open_camera([spec], self._machine)
            stream.arm()
            stack.push_async_callback(stream.close)
            self.cameras.append(camera)
            self.streams.append(stream)
        await asyncio.gather(*(stream.start() for stream in self.streams))
        for stream in self.streams:
            await reach(stream.main, StreamState.STREAMING, seconds=60)

    def places(self) -> list[str | None]:
        """Return the host of each stream that streams; None for this machine."""
        return [
            None if (at := stream.main.supervisor.converted) is None else at.host
            for stream in self.streams
            if stream.main.state is StreamState.STREAMING
        ]

    async def are_placed(self, *hosts: str | None, within: float = 40.0) -> None:
        """Wait until the streams are on these hosts, in any order."""
        wanted = sorted(hosts, key=str)
        await eventually(
            lambda: sorted(self.places(), key=str) == wanted, within=within
        )


@asynccontextmanager
async def house(ffmpeg: str, cameras: int, *hosts: Go2rtcHost) -> AsyncIterator[House]:
    """Yield a house; nothing of it is left on any host afterwards."""
    house = House(ffmpeg)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stack.push_async_callback(house.pool.close)
        for number, host in enumerate(hosts, 1):
            await stack.enter_async_context(host)
            await host.add("door", "rtsp://192.0.2.1/")
            house.pool.add(converter(host, session, name=f"Host {number}", most=6))
        await house.open(stack, cameras)
        yield house
        for stream in house.streams:
            await stream.close()
        await house.pool.close()
        for host in hosts:
            assert set(host.streams) <= {"door"}
            assert host.converting == 0
    for camera in house.cameras:
        assert not camera.connections


@asynccontextmanager
async def longest_gap(house: House, seconds: float) -> AsyncIterator[None]:
    """Fail if viewers of a stream see no new picture for longer."""
    watchers = [Watcher(stream) for stream in house.streams]
    try:
        yield
    finally:
        for watcher in watchers:
            await watcher.stop()
    longest = max(watcher.longest for watcher in watchers)
    LOGGER.info("Longest gap: %.2f s", longest)
    assert longest <= seconds


async def test_a_stream_is_converted_on_another_host(ffmpeg: str) -> None:
    host = Go2rtcHost(username="me", password="secret")
    async with house(ffmpeg, 1, host) as home:
        assert home.places() == ["Host 1"]
        (stream,) = home.streams
        await stream.main.window.wait_ready()
        init = stream.main.window.latest_init
        assert init is not None
        assert [track.codec[:5] for track in init.played] == ["avc1."]
        assert stream.main.supervisor.conversion is None
        assert host.converting == 1


async def test_streams_leave_a_host_that_dies_and_go_back_when_it_is_well(
    ffmpeg: str,
) -> None:
    first, second = Go2rtcHost(), Go2rtcHost()
    async with house(ffmpeg, 2, first, second) as home:
        await home.are_placed("Host 1", "Host 2")
        async with longest_gap(home, STALL_S + MARGIN_S):
            await first.kill()
            await home.are_placed("Host 2", "Host 2")
            await second.kill()
            await home.are_placed(None, None)
            await first.revive()
            await home.are_placed("Host 1", "Host 1", within=60)
        assert not [stream for stream in home.streams if stream.main.is_failing]


async def test_streams_leave_a_host_that_answers_but_sends_nothing(
    ffmpeg: str,
) -> None:
    host = Go2rtcHost()
    async with house(ffmpeg, 1, host) as home:
        async with longest_gap(home, STALL_S + MARGIN_S):
            host.freeze()
            await home.are_placed(None)
        assert not home.pool.hosts[0].room


@pytest.mark.slow
async def test_a_camera_that_restarts_stays_on_its_host(ffmpeg: str) -> None:
    host = Go2rtcHost()
    async with house(ffmpeg, 1, host) as home:
        await home.cameras[0].reboot()
        await eventually(lambda: home.streams[0].statistics().restarts > 0)
        await home.are_placed("Host 1", within=60)
        assert home.pool.hosts[0].problem is None


@pytest.mark.slow
async def test_six_streams_over_two_hosts_that_fail_in_turn(ffmpeg: str) -> None:
    first, second = Go2rtcHost(), Go2rtcHost()
    thirds = ["Host 1"] * 3 + ["Host 2"] * 3
    async with house(ffmpeg, 6, first, second) as home:
        await home.are_placed(*thirds)
        async with longest_gap(home, STALL_S + MARGIN_S):
            await first.kill()
            await home.are_placed(*["Host 2"] * 6)
            await first.revive()
            await home.are_placed(*thirds, within=120)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_six_streams_over_two_hosts_of_which_one_dies_and_one_is_slow(
    ffmpeg: str,
) -> None:
    first, second = Go2rtcHost(), Go2rtcHost()
    async with house(ffmpeg, 6, first, second) as home:
        await home.are_placed(*["Host 1"] * 3, *["Host 2"] * 3)
        async with longest_gap(home, STALL_S + MARGIN_S):
            await first.kill()
            await home.are_placed(*["Host 2"] * 6)
            second.slow_down(0.5)
            await home.are_placed(*[None] * 6, within=90)
            assert home.pool.hosts[1].problem is ConverterProblem.TOO_SLOW
            await first.revive()
            second.speed_up()
            # A host that was too slow gets one stream more at a time.
            await eventually(
                lambda: (
                    len(home.places()) == len(home.streams)
                    and set(home.places()) == {"Host 1", "Host 2"}
                ),
                within=120,
            )
        assert not [stream for stream in home.streams if stream.main.is_failing]


@pytest.mark.slow
async def test_streams_leave_a_host_that_is_too_slow(ffmpeg: str) -> None:
    host = Go2rtcHost()
    host.pace = 0.5
    async with house(ffmpeg, 1, host) as home:
        await home.are_placed("Host 1")
        await home.are_placed(None, within=50)
        assert home.pool.hosts[0].problem is ConverterProblem.TOO_SLOW
