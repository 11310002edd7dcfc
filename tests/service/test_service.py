"""The service as a program: real cameras, real servers, and its HTTP API."""

import asyncio
import re
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import tools
from tests.camera import Feed, TestCamera
from tests.publishing.servers import PASSWORD, USERNAME, nginx
from tests.waiting import eventually

_ROOT = Path(__file__).resolve().parents[2]
KEY = "the key of the API"
LOGIN = {"Authorization": f"Bearer {KEY}"}
CONFIGURATION = """
[server]
port = 0
api_key = { env = "KEY" }

[[camera]]
name = "door"
address = "%(door)s"
username = "viewer"
password = { env = "DOOR_PASSWORD" }
always_on = true

[[camera.publish]]
to = "web_server"
address = "%(server)sdoor"
username = "%(username)s"
password = { env = "PUBLISH_PASSWORD" }
segment_duration = 1

[[camera]]
name = "garden"
address = "rtsp://127.0.0.1:9/none"
"""
ENVIRONMENT = {
    "KEY": KEY,
    "DOOR_PASSWORD": "hush",
    "PUBLISH_PASSWORD": PASSWORD,
}


@dataclass
class Service:
    """A running service."""

    url: str
    process: asyncio.subprocess.Process
    session: aiohttp.ClientSession

    async def get(self, path: str, **more: Any) -> Any:
        """Return the JSON of a resource."""
        async with self.session.get(self.url + path, headers=LOGIN, **more) as response:
            return await response.json()

    async def post(self, path: str) -> tuple[int, Any]:
        """Return status and JSON of a command's response."""
        async with self.session.post(self.url + path, headers=LOGIN) as response:
            return response.status, await response.json()

    async def door(self, is_wanted: Callable[[Any], bool]) -> None:
        """Wait until the status of the first camera is as wanted."""
        async with asyncio.timeout(20):
            while not is_wanted(await self.get("/api/cameras/door")):  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.1)

    async def streams(self) -> None:
        """Wait until the first camera streams."""
        await self.door(lambda status: status["state"] == "streaming")


async def start(
    folder: Path, text: str, environment: Mapping[str, str] = ENVIRONMENT
) -> asyncio.subprocess.Process:
    """Start the program with a configuration."""
    path = folder / "cameras.toml"
    path.write_text(text, encoding="utf-8")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "service", path),
        env={**environment, "HLS_CAMERA_FFMPEG": str(tools.ffmpeg())},
        cwd=_ROOT,
        stderr=PIPE,
    )


@asynccontextmanager
async def serving(folder: Path, text: str) -> AsyncGenerator[Service]:
    """Run the service."""
    process = await start(folder, text)
    assert process.stderr is not None
    try:
        async with asyncio.timeout(30), aiohttp.ClientSession() as session:
            url = None
            while url is None:
                line = (await process.stderr.readline()).decode()
                assert line, "the service has ended"
                url = re.search(r"Serving at (http://\S+)", line)
        async with aiohttp.ClientSession() as session:
            yield Service(url[1], process, session)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def children(process: asyncio.subprocess.Process) -> list[psutil.Process]:
    """Return the program's FFmpegs and their helpers."""
    found: list[psutil.Process] = psutil.Process(process.pid).children(recursive=True)
    return found


async def test_the_service_streams_publishes_and_tells(tmp_path: Path) -> None:
    camera = TestCamera(Feed(), username="viewer", password="hush")
    with nginx(tmp_path) as server:
        async with camera:
            text = CONFIGURATION % {
                "door": camera.plain_url,
                "server": server.url,
                "username": USERNAME,
            }
            async with serving(tmp_path, text) as service:
                await service.streams()
                await check_api(service)
                await check_viewer(service)
                await check_metrics(service)
                await check_published(service, server.url)
                await check_commands(service)
                ffmpegs = children(service.process)
                service.process.send_signal(signal.SIGTERM)
                assert await asyncio.wait_for(service.process.wait(), 20) == 0
                assert not any(each.is_running() for each in ffmpegs)
                playlist = (server.www / "door" / "media.m3u8").read_text()
                assert "#EXT-X-ENDLIST" in playlist


async def check_api(service: Service) -> None:
    """The API tells the state of each camera, to those who have the key."""
    both = await service.get("/api/cameras")
    assert [each["name"] for each in both] == ["door", "garden"]
    assert both[1]["state"] == "idle"
    assert await service.post("/api/cameras/shed/start") == (
        404,
        {"error": "There is no such camera."},
    )
    for path in ("/api/cameras", "/metrics", "/nothing"):
        for login in ({}, {"Authorization": "Bearer wrong"}):
            async with service.session.get(
                service.url + path, headers=login
            ) as refused:
                assert refused.status == 401
                assert "key" in (await refused.json())["error"]
    async with service.session.get(service.url + "/health") as health:
        assert await health.json() == {"status": "ok", "cameras": 2, "failing": 0}
    for secret in ENVIRONMENT.values():
        assert secret not in str(both)
        assert not any(
            secret in part
            for each in children(service.process)
            for part in each.cmdline()
        )


async def check_viewer(service: Service) -> None:
    """A viewer gets an address of its own."""
    status, viewer = await service.post("/api/cameras/door/viewers")
    assert status == 201
    async with service.session.get(service.url + viewer["playlist"]) as playlist:
        assert playlist.headers["Access-Control-Allow-Origin"] == "*"
        assert "#EXT-X-STREAM-INF" in await playlist.text()
    async with service.session.ws_connect(service.url + viewer["live"]) as feed:
        assert (await feed.receive_json())["type"] == "status"
    for path in ("/nobody/index.m3u8", "/nobody/live"):
        async with service.session.get(service.url + path) as missing:
            assert missing.status == 404
    status, answer = await service.post("/api/cameras/door/viewers?quality=huge")
    assert (status, answer) == (400, {"error": "quality is main or small"})


async def check_metrics(service: Service) -> None:
    """An independent reader reads the metrics."""
    async with service.session.get(service.url + "/metrics", headers=LOGIN) as response:
        assert response.content_type == "text/plain"
        families = list(text_string_to_metric_families(await response.text()))
    samples = {
        (sample.name, sample.labels.get("camera")): sample.value
        for family in families
        for sample in family.samples
    }
    assert samples["hls_camera_up", "door"] == 1
    assert samples["hls_camera_up", "garden"] == 0
    assert samples["hls_camera_frames_total", "door"] > 0
    assert samples["hls_camera_memory_bytes", None] > 0
    assert all(family.documentation for family in families)


async def check_published(service: Service, url: str) -> None:
    """Others play what is published."""
    await service.door(lambda status: status["publications"][0]["segments"] >= 2)
    async with service.session.get(f"{url}door/media.m3u8") as playlist:
        assert (await playlist.text()).count("#EXTINF") >= 2


async def check_commands(service: Service) -> None:
    """A camera is stopped, started and restarted."""
    status, answer = await service.post("/api/cameras/door/stop")
    assert (status, answer["state"]) == (200, "stopped")
    assert await service.post("/api/cameras/door/viewers") == (
        409,
        {"error": "The camera is stopped: start it first."},
    )
    assert (await service.post("/api/cameras/door/restart"))[0] == 409
    assert (await service.post("/api/cameras/door/start"))[0] == 200
    await service.streams()
    assert (await service.post("/api/cameras/door/restart"))[0] == 200
    await service.streams()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[server]", "required key not provided"),
        ('[server]\napi_key = "0123456789abcdef"\n[[camera]]\nname = "a"\naddress = "file:///etc/passwd"', "camera a"),
        ('[server]\napi_key = "0123456789abcdef"\n[[camera]]\nname = "a"\naddress = "rtsp://h/1"\n[[camera]]\nname = "b"\naddress = "rtsp://h/1"', "camera a has the same address"),
        ('[server]\nport = 1\nhost = "192.0.2.1"\napi_key = "0123456789abcdef"\n[[camera]]\nname = "a"\naddress = "rtsp://h/1"', "server:"),
    ],
)  # fmt: skip
async def test_a_configuration_that_cannot_be_used(
    tmp_path: Path, text: str, message: str
) -> None:
    process = await start(tmp_path, text, {})
    _, stderr = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 1
    assert message in stderr.decode()
    assert "Traceback" not in stderr.decode()


WORKER = """
[server]
port = 0
api_key = { env = "KEY" }

[[camera]]
name = "door"
address = "%(address)s"
always_on = true

[[camera.publish]]
to = "folder"
path = "%(path)s"
segment_duration = 1
"""


async def test_a_worker_that_is_killed_leaves_the_others_alone(tmp_path: Path) -> None:
    folders = (tmp_path / "one", tmp_path / "two")
    for folder in folders:
        folder.mkdir()
    async with TestCamera(Feed()) as first, TestCamera(Feed()) as second:
        one, two = (
            WORKER % {"address": camera.plain_url, "path": folder / "published"}
            for camera, folder in zip((first, second), folders, strict=True)
        )
        async with (
            serving(folders[0], one) as killed,
            serving(folders[1], two) as other,
        ):
            for each in (killed, other):
                await each.door(lambda status: status["publications"][0]["segments"])
            ffmpegs = children(killed.process)
            killed.process.kill()
            await killed.process.wait()
            await eventually(lambda: not any(each.is_running() for each in ffmpegs))
            before = await other.get("/api/cameras/door")
            wanted = before["publications"][0]["segments"] + 2
            await other.door(
                lambda status: status["publications"][0]["segments"] >= wanted
            )
            after = await other.get("/api/cameras/door")
            assert after["state"] == "streaming"
            assert after["publications"][0]["dropped"] == 0
            assert after["publications"][0]["failures"] == 0
        left = folders[0] / "published" / "media.m3u8"
        assert "#EXT-X-ENDLIST" not in left.read_text()
        async with serving(folders[0], one) as again:
            await again.door(lambda status: status["publications"][0]["segments"])
            assert "#EXT-X-DISCONTINUITY-SEQUENCE:1" in left.read_text()
