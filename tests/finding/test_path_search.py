"""Find a camera at its maker's paths."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from custom_components.hls_camera.finding import path_search, rtsp_client
from custom_components.hls_camera.finding.credentials import Credentials
from custom_components.hls_camera.finding.errors import FindingError, FindingProblem
from custom_components.hls_camera.finding.found import FoundCamera, FoundChannel
from custom_components.hls_camera.finding.makers_paths import MakerPaths, makers_paths
from custom_components.hls_camera.finding.path_search import find_by_path
from tests.camera.certificates import server_tls
from tests.onvif import PASSWORD

from . import hostile
from .maker_server import MakerServer

pytestmark = pytest.mark.usefixtures("socket_enabled")

MAKERS = makers_paths()


def paths_of(maker: MakerPaths, channels: int = 1) -> list[str]:
    numbers = range(1, channels + 1)
    return [
        path.format(channel=number)
        for number in numbers
        for path in (maker.main, maker.sub)
    ]


def found_paths(camera: FoundCamera) -> list[str]:
    urls = [urlsplit(stream.url) for each in camera.channels for stream in each.streams]
    return [f"{url.path}?{url.query}" if url.query else url.path for url in urls]


async def search(
    server: MakerServer, password: str | None = PASSWORD, rejections: int = 0
) -> FoundCamera:
    credentials = Credentials("admin" if password else None, password)
    for _ in range(rejections):
        credentials.note_rejection()
    return await find_by_path("127.0.0.1", [server.port], credentials)


async def problem(server: MakerServer, password: str | None) -> FindingProblem:
    with pytest.raises(FindingError) as raised:
        await search(server, password)
    return raised.value.problem


@pytest.mark.parametrize(
    "maker", MAKERS, ids=lambda maker: f"{maker.maker}{maker.main}"
)
async def test_every_makers_camera_is_found(maker: MakerPaths) -> None:
    async with MakerServer(paths=paths_of(maker)).serve() as server:
        camera = await search(server)
        assert await problem(server, "wrong") is FindingProblem.LOGIN_REJECTED
    assert camera.device.manufacturer == maker.maker
    assert found_paths(camera) == paths_of(maker)
    assert server.rejections == 1


@pytest.mark.parametrize(
    "maker", MAKERS, ids=lambda maker: f"{maker.maker}{maker.main}"
)
async def test_a_camera_that_hides_its_paths_is_found_by_its_realm(
    maker: MakerPaths,
) -> None:
    realm = f"{maker.realms[0].upper()} 1234"
    server = MakerServer(paths=paths_of(maker), hides_paths=True, realm=realm)
    async with server.serve():
        camera = await search(server)
    assert found_paths(camera)[:2] == paths_of(maker)
    # The password was right, but another generation has the path; or the next channel.
    assert server.rejections <= 2


async def test_a_camera_that_hides_its_paths_is_found_by_the_name_of_its_server() -> (
    None
):
    maker = next(each for each in MAKERS if "Dahua" in each.maker)
    server = MakerServer(
        paths=paths_of(maker), hides_paths=True, server="Dahua Rtsp Server"
    )
    async with server.serve():
        assert found_paths(await search(server))[:2] == paths_of(maker)


async def test_no_more_than_two_logins_are_rejected() -> None:
    server = MakerServer(paths=["/unknown"], hides_paths=True)
    async with server.serve():
        assert await problem(server, PASSWORD) is FindingProblem.LOGIN_REJECTED
        assert (server.logins, server.rejections) == (2, 2)
        with pytest.raises(FindingError):
            await search(server, rejections=1)
        assert server.rejections == 3


async def test_a_recorder_has_several_channels() -> None:
    maker = next(each for each in MAKERS if "Hikvision" in each.maker)
    async with MakerServer(paths=paths_of(maker, 4)).serve() as server:
        camera = await search(server)
    assert len(camera.channels) == 4
    assert found_paths(camera) == paths_of(maker, 4)


async def test_a_camera_without_a_login() -> None:
    maker = next(each for each in MAKERS if "Tapo" in each.maker)
    async with MakerServer(paths=paths_of(maker), password=None).serve() as server:
        assert found_paths(await search(server, None)) == paths_of(maker)


async def test_a_camera_without_a_sub_stream() -> None:
    maker = next(each for each in MAKERS if "Tapo" in each.maker)
    async with MakerServer(paths=[maker.main]).serve() as server:
        [channel] = (await search(server)).channels
    assert channel.sub is None


async def test_a_camera_with_one_stream_at_every_path() -> None:
    class AnyPath(list[str]):
        def __contains__(self, path: object) -> bool:
            return True

    async with MakerServer(paths=AnyPath(), password=None).serve() as server:
        [channel] = (await search(server)).channels
    assert isinstance(channel, FoundChannel)
    assert urlsplit(channel.main.url).path == "/"
    assert len(server.asked) == 1


async def test_a_server_may_close_each_connection() -> None:
    maker = next(each for each in MAKERS if "Tapo" in each.maker)
    server = MakerServer(paths=paths_of(maker), keeps_connections=False)
    async with server.serve():
        assert found_paths(await search(server)) == paths_of(maker)


async def test_a_port_that_answers_with_tls_only(tmp_path: Path) -> None:
    """Its certificate is its own, and no more than two logins are sent to it."""
    maker = next(each for each in MAKERS if "Tapo" in each.maker)
    server = MakerServer(paths=paths_of(maker), tls=server_tls(tmp_path))
    async with server.serve():
        camera = await search(server)
        assert found_paths(camera) == paths_of(maker)
        assert {urlsplit(each.url).scheme for each in camera.channels[0].streams} == {
            "rtsps"
        }
        assert server.rejections == 0
        server.paths, server.hides_paths = ["/unknown"], True
        assert await problem(server, PASSWORD) is FindingProblem.LOGIN_REJECTED
        assert server.rejections == 2


async def test_a_camera_with_and_without_tls_gets_two_logins_in_all(
    tmp_path: Path,
) -> None:
    tls = server_tls(tmp_path)
    plain = MakerServer(paths=["/unknown"], hides_paths=True)
    encrypted = MakerServer(paths=["/unknown"], hides_paths=True, tls=tls)
    async with plain.serve(), encrypted.serve():
        with pytest.raises(FindingError) as raised:
            await find_by_path(
                "127.0.0.1", [encrypted.port, plain.port], Credentials("a", "b")
            )
    assert raised.value.problem is FindingProblem.LOGIN_REJECTED
    assert plain.rejections + encrypted.rejections == 2


async def test_a_missing_login_is_named() -> None:
    maker = next(each for each in MAKERS if "Tapo" in each.maker)
    async with MakerServer(paths=paths_of(maker)).serve() as server:
        assert await problem(server, None) is FindingProblem.LOGIN_MISSING
    assert server.logins == 0


async def test_a_server_with_other_paths() -> None:
    async with MakerServer(paths=["/mine"]).serve() as server:
        assert await problem(server, PASSWORD) is FindingProblem.ONVIF_OFF
    assert server.logins == 0


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        (hostile.silent, FindingProblem.ONVIF_OFF),
        (hostile.endless(b"$\0\0\0", 0), FindingProblem.ONVIF_OFF),
        (hostile.says(b"\0" * 100_000), FindingProblem.ONVIF_OFF),
        (hostile.says(b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n"), FindingProblem.ONVIF_OFF),
    ],
    ids=["silent", "packets", "garbage", "huge"],
)  # fmt: skip
async def test_other_answers_are_refused(
    behavior: hostile.Behavior,
    expected: FindingProblem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rtsp_client, "_ANSWER_TIMEOUT_S", 0.5)
    async with hostile.device(behavior) as port:
        with pytest.raises(FindingError) as raised:
            await find_by_path("127.0.0.1", [port], Credentials("a", "b"))
    assert raised.value.problem is expected


async def test_a_slow_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_search, "SEARCH_TIMEOUT_S", 0.2)
    async with hostile.device(hostile.silent) as port:
        with pytest.raises(FindingError) as raised:
            await find_by_path("127.0.0.1", [port], Credentials("a", "b"))
    assert raised.value.problem is FindingProblem.ONVIF_OFF


async def test_nothing_listens() -> None:
    async with hostile.device(hostile.silent) as port:
        pass
    with pytest.raises(FindingError) as raised:
        await find_by_path("127.0.0.1", [port], Credentials("a", "b"))
    assert raised.value.problem is FindingProblem.NO_ANSWER


def test_sixteen_kinds_of_paths_differ() -> None:
    assert len({maker.main for maker in MAKERS}) == len(MAKERS) >= 16
    for maker in MAKERS:
        assert maker.main.startswith("/")
        assert maker.main != maker.sub
        assert ("{channel" in maker.main) == ("{channel" in maker.sub)
        assert ("{channel" in maker.main) == (maker.channels > 1)
