"""The search for a camera: by ONVIF, then at usual paths."""

from pathlib import Path

import pytest

from custom_components.hls_camera.finding import onvif, path_search
from custom_components.hls_camera.finding.credentials import Credentials
from custom_components.hls_camera.finding.errors import FindingError, FindingProblem
from custom_components.hls_camera.finding.found import FoundCamera
from custom_components.hls_camera.finding.search import Search, Target
from tests.camera.certificates import server_tls
from tests.onvif import PASSWORD, LoginKind, OnvifCamera, Quality, one_channel

from . import hostile
from .bomb import BOMB
from .maker_server import MakerServer

pytestmark = pytest.mark.usefixtures("socket_enabled")

HIKVISION = ["/Streaming/Channels/101", "/Streaming/Channels/102"]
ONVIF = one_channel(Quality(url="rtsp://127.0.0.1/onvif"))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.1", "192.0.2.1", None),
        (" cam.local ", "cam.local", None),
        ("192.0.2.1:8000", "192.0.2.1", 8000),
        ("http://192.0.2.1:8080/index.html", "192.0.2.1", 8080),
        ("http://192.0.2.1/", "192.0.2.1", None),
        ("2001:db8::1", "2001:db8::1", None),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("http://[2001:db8::1]:8080/", "2001:db8::1", 8080),
        ("cam.local.", "cam.local", None),
        ("192.0.2.1.:8000", "192.0.2.1", 8000),
        ("\u200e192.0.2.1\u200b", "192.0.2.1", None),
        ("HTTP://CAM.local", "cam.local", None),
    ],
)
def test_a_host_is_read_as_people_type_it(
    text: str, host: str, port: int | None
) -> None:
    assert Target.parse(text) == Target(host, port)


@pytest.mark.parametrize(
    "text", ["", "http://", "a b", "cam:port", "[", "-x/../@", "a:99999", "."]
)
def test_other_texts_are_no_host(text: str) -> None:
    assert Target.parse(text) is None


def test_a_port_of_its_own_field_counts() -> None:
    assert Target.parse("cam:80", 81) == Target("cam", 81)


async def run(search: Search) -> FoundCamera:
    return await search.by_onvif() or await search.by_path()


async def problem(password: str | None = PASSWORD) -> FindingProblem:
    target, user = Target("127.0.0.1"), "admin" if password else None
    with pytest.raises(FindingError) as raised:
        await run(Search(target, Credentials(user, password)))
    return raised.value.problem


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif, "PORTS", ())
    monkeypatch.setattr(path_search, "PORTS", ())


def use(monkeypatch: pytest.MonkeyPatch, onvif_port: int, rtsp_port: int) -> None:
    monkeypatch.setattr(onvif, "PORTS", (onvif_port,))
    monkeypatch.setattr(path_search, "PORTS", (rtsp_port,))


async def test_nothing_answers(ports: None) -> None:
    assert await problem() is FindingProblem.NO_ANSWER


async def test_the_usual_ports_of_rtsp_over_tls_are_tried(
    ports: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server = MakerServer(paths=HIKVISION, tls=server_tls(tmp_path))
    async with server.serve():
        monkeypatch.setattr(path_search, "TLS_PORTS", (server.port,))
        target = Target("127.0.0.1")
        camera = await run(Search(target, Credentials("admin", PASSWORD)))
    [channel] = camera.channels
    assert channel.main.url == f"rtsps://127.0.0.1:{server.port}{HIKVISION[0]}"


async def test_a_named_port_may_be_that_of_rtsp(ports: None) -> None:
    async with MakerServer(paths=HIKVISION).serve() as server:
        target = Target("127.0.0.1", server.port)
        camera = await run(Search(target, Credentials("admin", PASSWORD)))
    assert len(camera.channels[0].streams) == 2


async def test_a_named_port_may_be_that_of_onvif_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = MakerServer(paths=HIKVISION)
    async with OnvifCamera(ONVIF, password="other") as camera, server.serve():
        use(monkeypatch, 0, server.port)
        target = Target("127.0.0.1", camera.port)
        found = await run(Search(target, Credentials("admin", PASSWORD)))
    assert len(found.channels[0].streams) == 2


@pytest.mark.parametrize(
    ("onvif_password", "rtsp_password", "rtsp_paths", "expected"),
    [
        ("other", "other", HIKVISION, FindingProblem.LOGIN_REJECTED),
        ("other", PASSWORD, ["/unknown"], FindingProblem.ONVIF_USER),
        ("other", PASSWORD, HIKVISION, None),
    ],
)
async def test_the_camera_has_other_users_for_onvif(
    onvif_password: str,
    rtsp_password: str,
    rtsp_paths: list[str],
    expected: FindingProblem | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = MakerServer(paths=rtsp_paths, password=rtsp_password)
    async with (
        OnvifCamera(ONVIF, password=onvif_password, login=LoginKind.DIGEST) as camera,
        server.serve(),
    ):
        use(monkeypatch, camera.port, server.port)
        if expected is None:
            target, login = Target("127.0.0.1"), Credentials("admin", PASSWORD)
            assert (await run(Search(target, login))).channels
        else:
            assert await problem() is expected
    assert camera.rejections + server.rejections <= 2


async def test_hostile_answers_are_named_where_nothing_else_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hostile.device(hostile.http(BOMB.encode())) as port:
        use(monkeypatch, port, port)
        assert await problem() is FindingProblem.BAD_ANSWER


async def test_a_web_page_alone_is_no_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hostile.device(hostile.http(b"page")) as port:
        use(monkeypatch, port, port)
        assert await problem() is FindingProblem.ONVIF_OFF


async def test_a_locked_account_ends_the_search(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with OnvifCamera(ONVIF, locks_after=0) as camera:
        use(monkeypatch, camera.port, camera.port)
        assert await problem() is FindingProblem.LOCKED
