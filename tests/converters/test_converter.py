"""One host: conversions under names of ours, and their removal."""

import aiohttp
import pytest

from custom_components.hls_camera.converters.errors import (
    ConverterError,
    ConverterProblem,
)
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.transcode.options import ConversionOptions
from tests.camera import TestCamera
from tests.waiting import eventually

from .go2rtc import Go2rtcHost
from .requests import OWNER, Server, begin, converter, request


async def test_a_camera_is_converted_and_read_over_rtsp(
    server: Server, camera: TestCamera, session: aiohttp.ClientSession, ffmpeg: str
) -> None:
    shed = converter(server, session)
    wanted = request(camera.url, options=ConversionOptions(max_height=50))
    conversion, converted = await begin(shed, wanted)
    info = await probe(ffmpeg, converted.input)
    assert (info.video.codec, info.video.height) == ("h264", 50)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate) == ("aac", 16000)
    await camera.wait_disconnected()
    shed.end(conversion)
    await shed.close()
    assert not await shed.api.names()
    assert not shed.running


async def test_nothing_runs_before_somebody_reads(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    conversion, converted = await begin(shed, request(camera.url))
    assert camera.total_connections == 0
    assert isinstance(converted.input, AddressInput)
    assert "se#c" not in repr(converted)
    shed.end(conversion)
    await shed.close()


async def test_streams_that_a_crash_left_are_removed_and_no_others(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    for name in (f"hls_camera_{OWNER}_1", "hls_camera_others_1", "door", f"{OWNER}_1"):
        await host.add(name, "rtsp://192.0.2.1/")
    await converter(host, session).sweep()
    assert set(host.streams) == {"hls_camera_others_1", "door", f"{OWNER}_1"}


async def test_a_running_conversion_is_not_swept_away(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    conversion, _ = await begin(shed, request(camera.url))
    await shed.sweep()
    assert set(host.streams) == {conversion.name}
    shed.end(conversion)
    await shed.close()


async def test_a_removal_that_failed_is_made_up_for(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    conversion, _ = await begin(shed, request(camera.url))
    await shed.sweep()
    host.is_silent = True
    shed.end(conversion)
    await shed.close()
    assert host.streams
    host.is_silent = False
    await shed.sweep()
    assert not host.streams


async def test_a_stream_that_somebody_removed_is_no_failure(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    await shed.sweep()
    conversion, _ = await begin(shed, request(camera.url))
    await shed.api.remove(conversion.name)
    await host.add(f"hls_camera_{OWNER}_1", "rtsp://192.0.2.1/")
    shed.end(conversion)
    await shed.close()
    # Nothing was left behind, so there is no reason to look for it.
    await shed.sweep()
    assert set(host.streams) == {f"hls_camera_{OWNER}_1"}


async def test_two_home_assistants_leave_each_others_conversions_alone(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    ours = converter(host, session)
    theirs = converter(host, session, owner=f"{OWNER[:-1]}e")
    conversion, _ = await begin(theirs, request(camera.url))
    await ours.sweep()
    assert set(host.streams) == {conversion.name}
    theirs.end(conversion)
    await theirs.close()


async def test_another_configuration_is_learned_at_the_next_look(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    conversion, _ = await begin(shed, request(camera.url))
    shed.end(conversion)
    host.version, host.rtsp_listen = "2.0.0", "127.0.0.1:9"
    await shed.look()
    conversion, converted = await begin(shed, request(camera.url))
    assert shed.version == "2.0.0"
    assert converted.input.tcp_address == ("127.0.0.1", 9)
    shed.end(conversion)
    await shed.close()


async def test_a_stream_that_is_added_after_its_removal_is_removed_again(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    await shed.sweep()
    host.refuses = "rtsp"
    with pytest.raises(ConverterError):
        await begin(shed, request(camera.url))
    await shed.close()
    await host.add(f"hls_camera_{OWNER}_late", "rtsp://192.0.2.1/")
    await shed.sweep()
    assert not host.streams


async def test_a_start_that_fails_leaves_nothing(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession
) -> None:
    shed = converter(host, session)
    host.version = None
    with pytest.raises(ConverterError):
        await begin(shed, request(camera.url))
    await shed.close()
    assert not shed.running
    assert not host.streams


async def test_a_host_passes_the_test_and_keeps_no_stream(
    server: Server, session: aiohttp.ClientSession
) -> None:
    shed = converter(server, session)
    await shed.try_out()
    assert shed.version
    assert not await shed.api.names()


async def test_leftovers_of_ours_are_removed_and_no_other_streams(
    server: Server, session: aiohttp.ClientSession
) -> None:
    shed = converter(server, session)
    for name in (f"hls_camera_{OWNER}_1", "hls_camera_others_1", "door"):
        await shed.api.add(name, "ffmpeg:virtual?video=testsrc#video=h264")
    await shed.sweep()
    assert await shed.api.names() == {"hls_camera_others_1", "door"}


async def test_a_login_for_api_and_rtsp_passes_the_test(
    session: aiohttp.ClientSession,
) -> None:
    async with Go2rtcHost(username="me", password="secret") as host:
        await converter(host, session).try_out()
        await eventually(lambda: not host.streams)


async def test_a_host_without_ffmpeg_fails_the_test(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    host.ffmpeg = "/nowhere/ffmpeg"
    with pytest.raises(ConverterError) as caught:
        await converter(host, session).try_out()
    assert caught.value.problem is ConverterProblem.NO_PICTURE
    assert not host.streams


async def test_hardware_that_fails_its_self_test_fails_the_test(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    with pytest.raises(ConverterError) as caught:
        await converter(host, session, use_hardware=True).try_out()
    assert caught.value.problem is ConverterProblem.NO_HARDWARE


async def test_an_rtsp_server_that_cannot_be_reached_fails_the_test(
    host: Go2rtcHost, session: aiohttp.ClientSession
) -> None:
    host.rtsp_listen = ":9"
    with pytest.raises(ConverterError) as caught:
        await converter(host, session).try_out()
    assert caught.value.problem is ConverterProblem.NO_RTSP
