"""Describe a camera or recorder by ONVIF."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from custom_components.hls_camera.finding import onvif as module
from custom_components.hls_camera.finding.credentials import Credentials
from custom_components.hls_camera.finding.errors import FindingError, FindingProblem
from custom_components.hls_camera.finding.found import FoundCamera, OnvifPort
from custom_components.hls_camera.finding.onvif import find_by_onvif, url_at_host
from tests import web_listening
from tests.camera.certificates import server_tls
from tests.onvif import PASSWORD, Channel, LoginKind, OnvifCamera, Quality, one_channel
from tests.onvif.messages import envelope, fault, time_answer

pytestmark = pytest.mark.usefixtures("socket_enabled")

MAIN = Quality(url="rtsp://127.0.0.1:554/live?a=1&b=2", size=(1920, 1080), fps=25)
SUB = Quality(url="rtsp://127.0.0.1:554/sub", size=(640, 360))


async def found(camera: OnvifCamera, password: str = PASSWORD) -> FoundCamera:
    credentials = Credentials("admin", password)
    return await find_by_onvif("127.0.0.1", [camera.port], credentials)


async def problem(camera: OnvifCamera, password: str = PASSWORD) -> FindingProblem:
    with pytest.raises(FindingError) as raised:
        await found(camera, password)
    return raised.value.problem


@pytest.mark.parametrize("login", LoginKind)
async def test_a_camera_is_described_with_each_kind_of_login(login: LoginKind) -> None:
    async with OnvifCamera(one_channel(SUB, MAIN), login=login) as camera:
        answer = await found(camera)
    assert answer.device.as_dict() == {
        "manufacturer": "ACME",
        "model": "Dome 4",
        "firmware": "V5.7.3",
        "serial_number": "C12345678",
        "mac": "ac:cc:8e:12:34:56",
        "configuration_url": f"http://127.0.0.1:{camera.port}/",
    }
    [channel] = answer.channels
    assert channel.main.url == MAIN.url
    assert str(channel.main) == "H.264, 1920x1080, 25 fps, 512 kbit/s"
    assert channel.sub
    assert channel.sub.url == SUB.url
    assert camera.rejections == 0


@pytest.mark.parametrize("login", [kind for kind in LoginKind if kind != "none"])
async def test_a_wrong_password_is_sent_once(login: LoginKind) -> None:
    async with OnvifCamera(one_channel(MAIN), login=login) as camera:
        assert await problem(camera, "wrong") is FindingProblem.LOGIN_REJECTED
    assert (camera.logins, camera.rejections) == (1, 1)


async def test_a_missing_login_is_no_rejection() -> None:
    async with OnvifCamera(one_channel(MAIN)) as camera:
        with pytest.raises(FindingError) as raised:
            await find_by_onvif("127.0.0.1", [camera.port], Credentials(None, None))
    assert raised.value.problem is FindingProblem.LOGIN_MISSING
    assert camera.logins == 0


@pytest.mark.parametrize("years", [-20, 10])
async def test_signatures_have_the_time_of_a_camera_with_a_wrong_clock(
    years: int,
) -> None:
    offset = timedelta(days=365 * years)
    async with OnvifCamera(one_channel(MAIN), clock_offset=offset) as camera:
        assert (await found(camera)).channels
        assert camera.rejections == 0
        assert await problem(camera, "wrong") is FindingProblem.CLOCK_WRONG


async def test_a_clock_at_the_end_of_time_is_not_followed() -> None:
    async with OnvifCamera(one_channel(MAIN)) as camera:
        end = time_answer(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
        camera.answer = lambda operation, text: (
            envelope(end) if operation == "GetSystemDateAndTime" else None
        )
        assert (await found(camera)).channels


async def test_a_locked_account_is_named() -> None:
    async with OnvifCamera(one_channel(MAIN), locks_after=3) as camera:
        for _ in range(3):
            assert await problem(camera, "wrong") is FindingProblem.LOGIN_REJECTED
        assert await problem(camera) is FindingProblem.LOCKED


async def test_addresses_that_the_camera_no_longer_has_are_not_used() -> None:
    async with OnvifCamera(one_channel(MAIN), reported_host="192.0.2.99") as camera:
        [channel] = (await found(camera)).channels
    assert channel.main.url == MAIN.url


async def test_h265_is_described_by_the_second_media_service() -> None:
    wide = Quality(url="rtsp://127.0.0.1/a", codec="H265", size=(3840, 2160))
    small = Quality(url="rtsp://127.0.0.1/b", codec="H265", size=(640, 360))
    async with OnvifCamera(one_channel(wide, small)) as camera:
        [channel] = (await found(camera)).channels
    assert (channel.main.codec, channel.main.width) == ("H.265", 3840)
    assert channel.sub
    assert channel.sub.height == 360


@pytest.mark.parametrize("has_services", [True, False])
async def test_an_older_camera_has_the_first_media_service_only(
    has_services: bool,
) -> None:
    async with OnvifCamera(
        one_channel(MAIN, SUB), services=["trt"], has_services=has_services
    ) as camera:
        [channel] = (await found(camera)).channels
    assert channel.main.url == MAIN.url
    assert "GetProfiles" in camera.calls


async def test_the_first_media_service_answers_where_the_second_fails() -> None:
    async with OnvifCamera(one_channel(MAIN, SUB)) as camera:

        def refuse(operation: str, text: str) -> str | None:
            is_second = operation == "GetProfiles" and "ver20" in text
            return fault("ter:ActionNotSupported", "no") if is_second else None

        camera.answer = refuse
        [channel] = (await found(camera)).channels
    assert channel.main.url == MAIN.url


async def test_a_recorder_has_a_channel_for_each_video_source() -> None:
    channels = [
        Channel(
            source=f"Source{number}",
            name=f"Camera {number}",
            qualities=tuple(
                Quality(url=f"rtsp://127.0.0.1/{number}0{quality}", size=size)
                for quality, size in ((1, (1920, 1080)), (2, (352, 288)))
            ),
        )
        for number in range(1, 5)
    ]
    async with OnvifCamera(channels) as camera:
        answer = await found(camera)
    assert [each.name for each in answer.channels] == [
        f"Camera {number}" for number in range(1, 5)
    ]
    assert [each.main.url for each in answer.channels] == [
        f"rtsp://127.0.0.1/{number}01" for number in range(1, 5)
    ]
    assert all(each.sub for each in answer.channels)


async def test_profiles_without_a_stream_of_their_own_are_left_out() -> None:
    """No encoder, the address of another profile, MJPEG beside H.264."""
    audio = Quality(url="rtsp://127.0.0.1/audio", is_video=False)
    jpeg = Quality(url="rtsp://127.0.0.1/jpeg", codec="JPEG", size=(3840, 2160))
    async with OnvifCamera(one_channel(audio, jpeg, MAIN, MAIN, SUB)) as camera:
        [channel] = (await found(camera)).channels
    assert [each.url for each in channel.streams] == [MAIN.url, SUB.url]


async def test_h264_comes_before_h265_of_the_same_size() -> None:
    hevc = Quality(url="rtsp://127.0.0.1/hevc", codec="H265", size=MAIN.size)
    async with OnvifCamera(one_channel(hevc, MAIN)) as camera:
        [channel] = (await found(camera)).channels
    assert channel.main.url == MAIN.url
    assert channel.sub is None


async def test_a_device_without_video_is_no_camera() -> None:
    async with OnvifCamera([]) as camera:
        assert await problem(camera) is FindingProblem.NO_STREAMS


async def test_a_user_who_may_not_see_the_network_may_see_the_video() -> None:
    async with OnvifCamera(one_channel(MAIN)) as camera:
        camera.answer = lambda operation, text: (
            fault("ter:NotAuthorized", "Operation not permitted")
            if operation == "GetNetworkInterfaces"
            else None
        )
        answer = await found(camera)
    assert answer.device.mac == ""
    assert answer.device.identity == "C12345678"
    assert answer.channels


@pytest.mark.parametrize("mac", ["", "00:00:00:00:00:00", "not a MAC address"])
async def test_an_impossible_mac_address_is_none(mac: str) -> None:
    async with OnvifCamera(one_channel(MAIN), mac=mac) as camera:
        assert (await found(camera)).device.mac == ""


@pytest.mark.parametrize(
    ("reported", "used"),
    [
        ("rtsp://10.0.0.1:554/a?b=c", "rtsp://cam:554/a?b=c"),
        ("rtsp://user:pass@10.0.0.1/a", "rtsp://cam/a"),
        ("http://10.0.0.1/a", None),
        ("file:///etc/passwd", None),
        ("rtsp://[", None),
        ("", None),
    ],
)
def test_stream_addresses_have_the_host_that_was_typed(
    reported: str, used: str | None
) -> None:
    assert url_at_host(reported, "cam") == used


class TestHttps:
    """Cameras that answer by HTTPS only, with a certificate that they have signed."""

    @pytest.mark.parametrize("is_usual", [True, False])
    async def test_a_camera_is_found_at_a_port_of_https(
        self, is_usual: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with OnvifCamera(one_channel(MAIN), tls=server_tls(tmp_path)) as camera:
            if is_usual:
                monkeypatch.setattr(module, "_HTTPS_PORT", camera.port)
            answer = await found(camera)
        assert answer.onvif == OnvifPort(camera.port, has_tls=True)
        page = f"https://127.0.0.1:{camera.port}/"
        assert answer.device.configuration_url == page
        assert answer.channels
        assert camera.rejections == 0

    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    async def test_a_redirection_to_https_of_the_same_host_is_followed(
        self, status: int, tmp_path: Path
    ) -> None:
        async with OnvifCamera(one_channel(MAIN), tls=server_tls(tmp_path)) as camera:
            target = f"https://127.0.0.1:{camera.port}/onvif/device_service"
            async with web_listening.running(redirection(target, status)) as port:
                answer = await find_by_onvif(
                    "127.0.0.1", [port], Credentials("admin", PASSWORD)
                )
        assert answer.onvif == OnvifPort(camera.port, has_tls=True)

    @pytest.mark.parametrize(
        "target",
        [
            "https://localhost:{port}/onvif/device_service",
            "https://127.0.0.2:{port}/onvif/device_service",
            "http://127.0.0.1:{port}/onvif/device_service",
            "https://127.0.0.1@127.0.0.2:{port}/",
            "https://127.0.0.1:99999/",
            "https://[/",
            "",
        ],
    )
    async def test_other_redirections_are_not_followed(
        self, target: str, tmp_path: Path
    ) -> None:
        async with OnvifCamera(one_channel(MAIN), tls=server_tls(tmp_path)) as camera:
            answer = redirection(target.format(port=camera.port))
            async with web_listening.running(answer) as port:
                with pytest.raises(FindingError) as raised:
                    await find_by_onvif(
                        "127.0.0.1", [port], Credentials("admin", PASSWORD)
                    )
        assert raised.value.problem is FindingProblem.ONVIF_OFF
        assert not camera.calls

    async def test_https_never_leads_back_to_http(self, tmp_path: Path) -> None:
        async with OnvifCamera(one_channel(MAIN)) as camera:
            answer = redirection(f"http://127.0.0.1:{camera.port}/")
            tls = server_tls(tmp_path)
            async with web_listening.running(answer, tls=tls) as port:
                with pytest.raises(FindingError):
                    await find_by_onvif(
                        "127.0.0.1", [port], Credentials("admin", PASSWORD)
                    )
        assert not camera.calls


def redirection(
    target: str, status: int = 302
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": target})

    return answer
