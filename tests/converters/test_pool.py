"""The choice of a host, and the moves between hosts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from custom_components.hls_camera.converters.errors import ConverterProblem
from custom_components.hls_camera.converters.pool import ConverterPool
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.transcode.elsewhere import (
    ConversionRequest,
    Placement,
)
from custom_components.hls_camera.streaming.transcode.options import (
    THIS_MACHINE,
    ConversionOptions,
)
from tests.streaming.clocks import Clock
from tests.waiting import eventually

from .go2rtc import Go2rtcHost
from .requests import INFO, converter, request

CAMERA = "rtsp://127.0.0.1:9/live"


class House:
    """Two hosts, Attic and Shed, and the pool that uses them. Nobody reads a stream."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.clock = Clock()
        self.pool = ConverterPool(interval=10, clock=self.clock)
        self.attic, self.shed, self.loft = Go2rtcHost(), Go2rtcHost(), Go2rtcHost()
        self._session = session

    async def add(self, name: str, *, most: int = 4) -> None:
        host: Go2rtcHost = getattr(self, name.lower())
        self.pool.add(converter(host, self._session, name=name, most=most))
        await eventually(lambda: self.pool.hosts[-1].is_connected)

    async def take(self, wanted: ConversionRequest | None = None) -> Placement:
        return await self.pool.places(lambda: None).take(wanted or request(CAMERA))


@pytest.fixture
async def house(session: aiohttp.ClientSession) -> AsyncIterator[House]:
    house = House(session)
    async with house.attic, house.shed, house.loft:
        yield house
        await house.pool.close()


def where(*placements: Placement) -> list[str | None]:
    return [
        None if (converted := placement.converted) is None else converted.host
        for placement in placements
    ]


@asynccontextmanager
async def ended(*placements: Placement) -> AsyncIterator[None]:
    try:
        yield
    finally:
        for placement in placements:
            placement.end(None)


async def test_without_hosts_this_machine_converts(house: House) -> None:
    assert where(await house.take()) == [None]


async def test_the_host_with_most_room_converts(house: House) -> None:
    await house.add("Attic", most=2)
    await house.add("Shed", most=3)
    places = [await house.take() for _ in range(6)]
    async with ended(*places):
        assert where(*places) == ["Shed", "Attic", "Shed", "Attic", "Shed", None]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (ConversionOptions(convert_on=THIS_MACHINE), None),
        (ConversionOptions(convert_on="attic"), "Attic"),
        (ConversionOptions(convert_on="removed since"), "Shed"),
    ],
)
async def test_the_owner_chooses(
    house: House, options: ConversionOptions, expected: str | None
) -> None:
    await house.add("Attic", most=2)
    await house.add("Shed", most=3)
    place = await house.take(request(CAMERA, options=options))
    async with ended(place):
        assert where(place) == [expected]


async def test_what_a_host_cannot_convert_is_converted_here(house: House) -> None:
    await house.add("Shed")
    info = replace(INFO, needs_gateway=True)
    assert where(await house.take(request(CAMERA, info))) == [None]


async def test_a_host_that_does_not_answer_is_left_for_the_next(house: House) -> None:
    await house.add("Attic")
    await house.add("Shed")
    await house.attic.kill()
    place = await house.take()
    async with ended(place):
        assert where(place) == ["Shed"]
    attic = house.pool.hosts[0]
    assert attic.problem is ConverterProblem.CANNOT_CONNECT


async def test_hosts_that_are_silent_are_not_waited_for_one_after_another(
    house: House,
) -> None:
    for name, most in (("Attic", 4), ("Shed", 3), ("Loft", 2)):
        await house.add(name, most=most)
    house.attic.is_silent = house.shed.is_silent = True
    place = await house.take()
    attic, _, loft = house.pool.hosts
    async with ended(place):
        assert where(place) == [None]
        assert attic.problem is ConverterProblem.TIMED_OUT
        # Nobody asked it, so it did not fail.
        assert loft.problem is None


async def test_streams_that_begin_together_share_the_room(house: House) -> None:
    await house.add("Attic", most=1)
    await house.add("Shed", most=2)
    places = await asyncio.gather(*(house.take() for _ in range(5)))
    async with ended(*places):
        assert sorted(where(*places), key=str) == ["Attic", None, None, "Shed", "Shed"]


async def test_a_host_that_many_streams_left_at_once_is_tried_out_soon(
    house: House,
) -> None:
    await house.add("Shed", most=6)
    await house.shed.kill()
    places = await asyncio.gather(*(house.take() for _ in range(6)))
    async with ended(*places):
        assert where(*places) == [None] * 6
        await house.shed.revive()
        house.clock.now += 10
        (shed,) = house.pool.hosts
        shed.wake()
        await eventually(lambda: shed.room == 6)


async def test_a_host_that_refuses_one_source_takes_others(house: House) -> None:
    await house.add("Shed")
    house.shed.refuses = "refused"
    assert where(await house.take(request("rtsp://127.0.0.1:9/refused"))) == [None]
    place = await house.take()
    async with ended(place):
        assert where(place) == ["Shed"]


async def test_a_host_is_tried_out_once_the_camera_is_well_elsewhere(
    house: House,
) -> None:
    await house.add("Attic")
    await house.add("Shed", most=3)
    attic = house.pool.hosts[0]
    house.attic.ffmpeg = "/nowhere/ffmpeg"
    places = house.pool.places(lambda: None)
    first = await places.take(request(CAMERA))
    first.picture_came()
    first.end(EndReason.STALLED)
    second = await places.take(request(CAMERA))
    async with ended(second):
        assert where(first, second) == ["Attic", "Shed"]
        room = attic.room
        second.picture_came()
        assert (room, attic.room) == (4, 0)
        await eventually(lambda: attic.problem is ConverterProblem.STALLED)


async def test_a_camera_that_is_away_is_not_blamed_on_a_host(house: House) -> None:
    await house.add("Shed")
    places = house.pool.places(lambda: None)
    first = await places.take(request(CAMERA))
    first.end(EndReason.NO_VIDEO)
    second = await places.take(request(CAMERA))
    second.end(EndReason.UNREACHABLE)
    third = await places.take(request(CAMERA))
    async with ended(third):
        assert where(first, second, third) == ["Shed", None, "Shed"]
        third.picture_came()
        assert house.pool.hosts[0].problem is None


async def test_a_host_that_delivers_others_cannot_convert_one_camera(
    house: House,
) -> None:
    await house.add("Shed")
    other = await house.take()
    other.picture_came()
    places = house.pool.places(lambda: None)
    first = await places.take(request(CAMERA))
    first.end(EndReason.NO_VIDEO)
    second = await places.take(request(CAMERA))
    async with ended(other, second):
        second.picture_came()
        assert where(other, first, second) == ["Shed", "Shed", None]
        assert house.pool.hosts[0].problem is None


async def test_a_stream_goes_back_when_its_host_is_well(house: House) -> None:
    await house.add("Shed")
    moved = asyncio.Event()
    places = house.pool.places(moved.set)
    first = await places.take(request(CAMERA))
    first.picture_came()
    first.end(EndReason.STALLED)
    house.clock.now += 5
    second = await places.take(request(CAMERA))
    second.picture_came()
    assert not moved.is_set()
    house.clock.now += 5
    async with asyncio.timeout(20):
        await moved.wait()
    second.end(None)
    third = await places.take(request(CAMERA))
    async with ended(third):
        assert where(first, second, third) == ["Shed", None, "Shed"]


async def test_a_stream_that_never_worked_on_a_host_is_tried_there_less_and_less(
    house: House,
) -> None:
    await house.add("Shed")
    other = await house.take()
    other.picture_came()
    places = house.pool.places(lambda: None)
    async with ended(other):
        for pause in (10, 20, 40):
            tried = await places.take(request(CAMERA))
            assert where(tried) == ["Shed"]
            tried.end(EndReason.NO_VIDEO)
            here = await places.take(request(CAMERA))
            here.picture_came()
            here.end(None)
            house.clock.now += pause - 1
            again = await places.take(request(CAMERA))
            assert where(here, again) == [None, None]
            again.end(None)
            house.clock.now += 1


async def test_streams_leave_a_host_that_is_taken_away(house: House) -> None:
    await house.add("Shed")
    await house.shed.add("door", "rtsp://192.0.2.1/")
    place: Placement | None = None

    def move() -> None:
        assert place is not None
        place.end(None)

    place = await house.pool.places(move).take(request(CAMERA))
    assert len(house.shed.streams) == 2
    await house.pool.remove("shed")
    assert set(house.shed.streams) == {"door"}
    assert not house.pool.hosts
