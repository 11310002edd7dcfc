"""The health of one host."""

import aiohttp

from custom_components.hls_camera.converters.converter import HostedConversion
from custom_components.hls_camera.converters.errors import ConverterProblem
from custom_components.hls_camera.converters.host import Host
from tests.streaming.clocks import Clock

from .go2rtc import VERSION, Go2rtcHost
from .requests import OWNER, converter


async def test_a_host_that_answers_is_connected(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    shed = Host(converter(host, session, most=3))
    before = shed.is_connected
    await shed.examine()
    assert (before, shed.is_connected) == (False, True)
    assert shed.converter.version == VERSION
    assert (shed.limit, shed.room) == (3, 3)


async def test_an_idle_host_that_does_not_answer_has_no_room(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    shed = Host(converter(host, session))
    await host.kill()
    await shed.examine()
    assert shed.problem is ConverterProblem.CANNOT_CONNECT
    assert shed.room == 0


async def test_a_host_whose_pictures_arrive_is_well_whatever_it_answers(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    shed = Host(converter(host, session))
    shed.converter.running.add(HostedConversion("x", is_streaming=True))
    await host.kill()
    await shed.examine()
    shed.accuse(ConverterProblem.STALLED)
    assert shed.problem is None


async def test_a_host_converts_a_test_picture_before_it_is_used_again(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    clock = Clock()
    shed = Host(converter(host, session), clock=clock)
    host.freeze()
    shed.accuse(ConverterProblem.STALLED)
    host.ffmpeg = "/nowhere/ffmpeg"
    await shed.examine()
    clock.now += 10
    # Answers of its API prove nothing.
    await shed.examine()
    problems = [shed.problem]
    host.ffmpeg = shed.converter._ffmpeg
    host.thaw()
    await shed.examine()
    # It is too early.
    problems.append(shed.problem)
    clock.now += 20
    await shed.examine()
    no_picture = ConverterProblem.NO_PICTURE
    assert [*problems, shed.problem] == [no_picture, no_picture, None]
    assert not host.streams


async def test_leftovers_are_removed_once_the_host_answers(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    await host.add(f"hls_camera_{OWNER}_1", "rtsp://192.0.2.1/")
    await host.add("door", "rtsp://192.0.2.1/")
    await Host(converter(host, session)).examine()
    assert set(host.streams) == {"door"}


async def test_a_slow_host_takes_fewer_conversions_for_a_while(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    clock = Clock()
    shed = Host(converter(host, session, most=3), clock=clock)
    shed.converter.running.add(HostedConversion("x"))
    shed.note_too_slow()
    assert (shed.limit, shed.room) == (1, 0)
    clock.now += 120
    await shed.examine()
    assert (shed.limit, shed.room) == (2, 1)
    clock.now += 240
    await shed.examine()
    assert (shed.limit, shed.room) == (3, 2)


async def test_a_host_without_time_for_one_conversion_fails(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    shed = Host(converter(host, session))
    shed.note_too_slow()
    assert shed.problem is ConverterProblem.TOO_SLOW
    assert shed.room == 0


async def test_a_host_that_passes_the_test_was_suspected_in_vain(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    shed = Host(converter(host, session))
    shed.accuse(ConverterProblem.STALLED)
    before = shed.room
    await shed.examine()
    assert (before, shed.room, shed.problem) == (0, 4, None)


async def test_a_host_without_time_is_left_alone_for_minutes(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    clock = Clock()
    shed = Host(converter(host, session, most=3), clock=clock)
    for _ in range(3):
        shed.note_too_slow()
    clock.now += 119
    # It would convert a test picture, which is less work.
    await shed.examine()
    states = [(shed.problem, shed.room)]
    clock.now += 1
    await shed.examine()
    states.append((shed.problem, shed.room))
    assert states == [(ConverterProblem.TOO_SLOW, 0), (None, 1)]
