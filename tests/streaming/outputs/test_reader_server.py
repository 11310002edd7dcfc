"""The address on this machine, as FFmpeg and a program like go2rtc read it."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.media.endless import Format
from custom_components.hls_camera.streaming.outputs import file_delivery, reader_server
from custom_components.hls_camera.streaming.sources import loopback
from tests import tools
from tests.streams import process_of, reach
from tests.waiting import eventually

from ..armed_camera import camera_with_sound
from ..endless_files import PACKET


async def probed(url: str) -> Any:
    """Return what FFmpeg finds at an address."""
    process = await asyncio.create_subprocess_exec(
        *(tools.ffprobe(), "-v", "error", "-of", "json", "-show_format"),
        *("-show_streams", "-read_intervals", "%+0.5", url),
        stdout=PIPE,
    )
    output, _ = await process.communicate()
    return json.loads(output)


async def test_ffmpeg_gets_mp4_of_an_idle_camera(ffmpeg: str) -> None:
    async with camera_with_sound(ffmpeg) as (ours, camera):
        found = await probed(await ours.reader_server.url())
        assert "mp4" in found["format"]["format_name"]
        assert [each["codec_name"] for each in found["streams"]] == ["h264", "aac"]
        await eventually(lambda: ours.viewers.watching == 0)
        assert camera.total_connections <= 2  # a probe, and the stream


async def rows(reader: Process, count: int) -> list[tuple[int, int]]:
    """Return the track and decode time of so many packets that FFmpeg passes on."""
    assert reader.stdout is not None
    found: list[tuple[int, int]] = []
    while len(found) < count:
        line = (await reader.stdout.readline()).decode()
        assert line
        if not line.startswith("#"):
            track, dts = line.split(",")[:2]
            found.append((int(track), int(dts)))
    return found


@pytest.mark.parametrize("ending", [".ts", ".mp4"])
async def test_ffmpeg_reads_on_over_a_death_of_ours_without_complaint(
    ffmpeg: str, ending: str
) -> None:
    async with camera_with_sound(ffmpeg) as (ours, _):
        url = await ours.reader_server.url() + ending
        reader = await asyncio.create_subprocess_exec(
            *(ffmpeg, "-v", "warning", "-nostdin", "-i", url, "-map", "0"),
            *("-c", "copy", "-f", "framecrc", "-flush_packets", "1", "pipe:1"),
            stdout=PIPE,
            stderr=PIPE,
        )
        try:
            found = await rows(reader, 20)
            os.kill(process_of(ours), signal.SIGKILL)
            await reach(ours.main, StreamState.BACKOFF)
            await reach(ours.main, StreamState.STREAMING)
            found += await rows(reader, 80)
        finally:
            reader.terminate()
            _, complaints = await reader.communicate()
        assert complaints == b""
        for track in (0, 1):
            times = [dts for each, dts in found if each == track]
            assert times == sorted(set(times))


async def test_another_program_gets_mpeg_ts(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, _),
        aiohttp.ClientSession() as session,
    ):
        async with session.get(await ours.reader_server.url()) as response:
            assert response.headers["Content-Type"] == "video/mp2t"
            data = await response.content.readexactly(100 * PACKET)
        assert data[::PACKET] == b"\x47" * 100


@pytest.mark.parametrize(
    ("ending", "wanted"), [(".ts", Format.MPEG_TS), (".mp4", Format.MP4)]
)
async def test_the_path_may_choose_the_format(
    ffmpeg: str, ending: str, wanted: Format
) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, _),
        aiohttp.ClientSession() as session,
    ):
        url = await ours.reader_server.url() + ending
        async with session.get(url, headers={"User-Agent": "Lavf/61"}) as response:
            await response.content.readany()
            assert ours.statistics().readers == {wanted: 1}
        await eventually(lambda: ours.statistics().readers == {})


async def test_the_address_stays_while_the_camera_is_open(ffmpeg: str) -> None:
    async with camera_with_sound(ffmpeg) as (ours, _):
        url = await ours.reader_server.url()
        await ours.start()
        await ours.stop()
        ours.arm()
        assert await ours.reader_server.url() == url


async def test_a_guess_or_another_request_gets_nothing(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aiohttp.ClientSession() as session,
    ):
        url = await ours.reader_server.url()
        guessed = url[:-1] + ("0" if url[-1] != "0" else "1")
        for wrong in (guessed, f"{url}.exe", f"{url}/more"):
            async with session.get(wrong) as response:
                assert response.status == 404
        async with session.post(url) as response:
            assert response.status == 404
        assert camera.total_connections == 0


async def test_a_stopped_camera_refuses(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aiohttp.ClientSession() as session,
    ):
        url = await ours.reader_server.url()
        await ours.stop()
        async with session.get(url) as response:
            assert response.status == 503
        assert camera.total_connections == 0


async def test_other_users_of_the_machine_are_refused(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "is_ours", lambda _transport: False)
    async with (
        camera_with_sound(ffmpeg) as (ours, camera),
        aiohttp.ClientSession() as session,
    ):
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(await ours.reader_server.url())
        assert camera.total_connections == 0


async def first_bytes_for(user: int, url: str) -> bytes:
    """Return what a process of another user gets; it has to be root's to become one."""
    address = urlsplit(url)
    program = (
        "import os, socket, sys\n"
        f"os.setuid({user})\n"
        f"with socket.create_connection({(address.hostname, address.port)}) as connected:\n"
        f"    connected.sendall(b'GET {address.path} HTTP/1.1\\r\\n\\r\\n')\n"
        "    try:\n"
        "        sys.stdout.buffer.write(connected.recv(12))\n"
        "    except ConnectionError:\n"
        "        pass\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=PIPE
    )
    output, _ = await process.communicate()
    return output


@pytest.mark.parametrize("is_ours", [True, False])
async def test_a_process_of_another_user_is_refused(ffmpeg: str, is_ours: bool) -> None:
    """Even with the address. Only root can try it; any user has processes of its own."""
    own = os.geteuid()
    user = own if is_ours or own else own + 1
    async with camera_with_sound(ffmpeg) as (ours, camera):
        came = await first_bytes_for(user, await ours.reader_server.url())
        assert came == (b"HTTP/1.1 200" if user == own else b"")
        assert bool(camera.total_connections) is (user == own)


async def test_a_reader_that_takes_nothing_is_dropped(
    ffmpeg: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_delivery, "MAX_UNREAD_S", 0.3)
    monkeypatch.setattr(reader_server, "MAX_UNSENT", 1)
    async with camera_with_sound(ffmpeg) as (ours, _):
        address = urlsplit(await ours.reader_server.url())
        with socket.socket() as lazy:
            lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            lazy.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(lazy, (address.hostname, address.port))
            await loop.sock_sendall(
                lazy, f"GET {address.path} HTTP/1.1\r\n\r\n".encode()
            )
            await eventually(lambda: ours.statistics().readers != {})
            await eventually(lambda: ours.statistics().readers == {}, within=60)


async def test_nobody_is_connected_once_the_camera_is_closed(ffmpeg: str) -> None:
    async with (
        camera_with_sound(ffmpeg) as (ours, _),
        aiohttp.ClientSession() as session,
    ):
        url = await ours.reader_server.url()
        async with session.get(url) as response:
            await response.content.readany()
            await ours.close()
            await response.read()
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get(url)
