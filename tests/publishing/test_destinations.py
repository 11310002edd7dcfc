"""Every destination keeps files by name: a folder, a web server, an object store."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import pytest
from yarl import URL

from custom_components.hls_camera.publishing.destination import Destination, File
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from custom_components.hls_camera.publishing.folder import Folder
from custom_components.hls_camera.publishing.object_store import ObjectStore
from custom_components.hls_camera.publishing.web_server import WebServer
from tests.waiting import end_of_other_tasks

from .servers import PASSWORD, USERNAME, Nginx, free_port, nginx, object_store

BUCKET = "cameras"


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def open_store(
    address: str, bucket: str = BUCKET, prefix: str = "door"
) -> ObjectStore:
    return await ObjectStore.open(
        bucket=bucket,
        prefix=prefix,
        access_key_id="key",
        secret_access_key="secret",
        endpoint=address,
    )


@pytest.fixture(scope="module")
def store_address() -> Iterator[str]:
    with object_store() as address:
        yield address


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(tmp_path_factory.mktemp("nginx")) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "door")


@pytest.fixture
def web_server(server: Nginx, session: aiohttp.ClientSession) -> WebServer:
    return WebServer(
        session, URL(server.url) / "door", username=USERNAME, password=PASSWORD
    )


@pytest.fixture
async def store(store_address: str) -> AsyncGenerator[ObjectStore]:
    store = await open_store(store_address)
    await store._client.create_bucket(Bucket=BUCKET)
    yield store
    await store.close()


@pytest.fixture(params=["folder", "web_server", "store"])
def destination(request: pytest.FixtureRequest) -> Destination:
    opened: Destination = request.getfixturevalue(request.param)
    return opened


async def test_a_file_is_written_replaced_read_and_removed(
    destination: Destination,
) -> None:
    assert await destination.get("a.m3u8") is None
    await destination.remove("a.m3u8")
    for data in (b"one", b"two"):
        await destination.put(File("a.m3u8", data, "application/vnd.apple.mpegurl", 1))
        assert await destination.get("a.m3u8") == data
    await destination.put(File("b.m4s", bytes(100_000), "video/mp4", 60))
    names = await destination.names()
    assert isinstance(destination, WebServer) or {"a.m3u8", "b.m4s"} <= set(names)
    await destination.remove("a.m3u8")
    assert await destination.get("a.m3u8") is None
    assert await destination.get("b.m4s") == bytes(100_000)


async def test_a_long_file_is_read_to_its_end(destination: Destination) -> None:
    data = bytes(1_000_000)
    await destination.put(File("a.m4s", data, "video/mp4", 60))
    assert await destination.get("a.m4s") == data


@pytest.mark.parametrize("name", ["Tür 1", "50%", "a+b&c", "😀", "it's"])
async def test_places_may_have_any_name(
    server: Nginx, store_address: str, session: aiohttp.ClientSession, name: str
) -> None:
    web = WebServer(
        session, URL(server.url) / name, username=USERNAME, password=PASSWORD
    )
    store = await open_store(store_address, prefix=name)
    await store._client.create_bucket(Bucket=BUCKET)
    for destination in (web, store):
        await destination.put(File("a.m4s", b"data", "video/mp4", 60))
        assert await destination.get("a.m4s") == b"data"
        await destination.remove("a.m4s")
        assert await destination.get("a.m4s") is None
    assert (server.www / name).is_dir()
    assert "a.m4s" not in await store.names()
    await store.close()


@asynccontextmanager
async def serving(
    answer: Callable[
        [aiohttp.web.BaseRequest], Coroutine[Any, Any, aiohttp.web.Response]
    ],
) -> AsyncGenerator[URL]:
    """Answer every request; yield the address."""
    runner = aiohttp.web.ServerRunner(aiohttp.web.Server(answer))
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    await runner.cleanup()
    await end_of_other_tasks()


async def problem_of(destination: Destination) -> PublishProblem:
    """Return the problem that a file meets."""
    with pytest.raises(PublishError) as raised:
        await destination.put(File("a.m4s", b"data", "video/mp4", 60))
    assert PASSWORD not in str(raised.value)
    return raised.value.problem


async def test_a_folder_without_a_parent(tmp_path: Path) -> None:
    missing = Folder(tmp_path / "missing" / "door")
    assert await problem_of(missing) is PublishProblem.NOT_FOUND
    assert await missing.names() == []


async def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "door").write_text("")
    assert await problem_of(Folder(tmp_path / "door" / "x")) is PublishProblem.NOT_FOUND


async def test_a_wrong_login(server: Nginx, session: aiohttp.ClientSession) -> None:
    wrong = WebServer(session, URL(server.url), username=USERNAME, password="wrong")
    assert await problem_of(wrong) is PublishProblem.LOGIN_REJECTED


async def test_nobody_listens(session: aiohttp.ClientSession) -> None:
    url = URL(f"http://127.0.0.1:{free_port()}/")
    assert await problem_of(WebServer(session, url)) is PublishProblem.UNREACHABLE
    store = await open_store(str(url))
    assert await problem_of(store) is PublishProblem.UNREACHABLE
    await store.close()


async def test_a_missing_bucket(store_address: str) -> None:
    store = await open_store(store_address, "missing")
    assert await problem_of(store) is PublishProblem.NOT_FOUND
    await store.close()


async def test_a_bucket_that_vanishes_and_returns(store_address: str) -> None:
    store = await open_store(store_address, "vanishing")
    await store._client.create_bucket(Bucket="vanishing")
    await store.put(File("a.m4s", b"data", "video/mp4", 60))
    await store.remove("a.m4s")
    await store._client.delete_bucket(Bucket="vanishing")
    assert await problem_of(store) is PublishProblem.NOT_FOUND
    await store._client.create_bucket(Bucket="vanishing")
    await store.put(File("a.m4s", b"data", "video/mp4", 60))
    assert await store.get("a.m4s") == b"data"
    await store.close()


async def test_a_clock_that_differs_from_the_object_stores() -> None:
    async def refuse(_: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        return aiohttp.web.Response(
            status=HTTPStatus.FORBIDDEN,
            content_type="application/xml",
            text="<Error><Code>RequestTimeTooSkewed</Code></Error>",
        )

    async with serving(refuse) as url:
        store = await open_store(str(url))
        assert await problem_of(store) is PublishProblem.CLOCK_WRONG
        await store.close()


async def test_an_endpoint_that_is_no_address() -> None:
    with pytest.raises(PublishError):
        await open_store("not an address")


async def test_a_redirect_is_not_followed(
    session: aiohttp.ClientSession,
) -> None:
    """The login is for the host that its owner named."""
    asked: list[str] = []

    async def lead_away(request: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        asked.append(request.path)
        return aiohttp.web.Response(status=307, headers={"Location": "/elsewhere"})

    async with serving(lead_away) as url:
        assert await problem_of(WebServer(session, url)) is PublishProblem.REFUSED
    assert asked == ["/a.m4s"]
