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
from .requests import OWNER, begin, converter, request


async def test_a_camera_is_converted_and_read_over_rtsp(
    host: Go2rtcHost, camera: TestCamera, session: aiohttp.ClientSession, ffmpeg: str
) -> None:
    shed = converter(host, session)
    wanted = request(camera.url, options=ConversionOptions(max_height=50))
    conversion, converted = await begin(shed, wanted)
    info = await probe(ffmpeg, converted.input)
    assert (info.video.codec, info.video.height) == ("h264", 50)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate) == ("aac", 16000)
    await camera.wait_disconnected()
    shed.end(conversion)
    await shed.close()
    assert not host.streams
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


async def test_a_host_that_works_passes_the_test(
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
