"""The answers of ONVIF: whatever they hold, each value is in its limits."""

from datetime import UTC, datetime

from hypothesis import given, strategies as st

from custom_components.hls_camera.finding import onvif_messages
from custom_components.hls_camera.finding.onvif import url_at_host
from custom_components.hls_camera.finding.onvif_messages import MEDIA, MEDIA2
from custom_components.hls_camera.finding.soap import SoapFaultError, read_answer
from custom_components.hls_camera.finding.xml import XmlError
from tests.onvif import Channel, Quality, messages, one_channel
from tests.onvif.damage import Damage, damaged, damages

QUALITY = Quality(url="rtsp://127.0.0.1:554/live?a=1&b=2", size=(1920, 1080))
ANSWERS = [
    messages.time_answer(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
    messages.services_answer(
        {"tds": "http://192.0.2.1//a", "tr2": "http://192.0.2.1/b"}
    ),
    messages.capabilities_answer("http://192.0.2.1/c?d"),
    messages.information_answer("ACME", "Dome"),
    messages.interfaces_answer("AC:CC:8E:12:34:56"),
    messages.profiles_answer("trt", one_channel(QUALITY)),
    messages.profiles_answer("tr2", one_channel(QUALITY)),
    messages.uri_answer("trt", QUALITY.url),
    messages.uri_answer("tr2", QUALITY.url),
]
WORDS = [
    "-1",
    "nan",
    "1e400",
    "\N{FULLWIDTH DIGIT NINE}",
    "&#10;",
    "",
    "//host/path",
    "0",
    "9999999999",
]


@given(st.sampled_from(ANSWERS), damages(WORDS))
def test_damaged_answers_are_read_or_refused(answer: str, damage: list[Damage]) -> None:
    answer = damaged(answer, damage)
    try:
        body = read_answer(messages.envelope(answer).encode())
    except XmlError, SoapFaultError:
        return
    onvif_messages.read_time(body)
    paths = {
        **onvif_messages.read_services(body),
        **onvif_messages.read_capabilities(body),
    }
    assert all(path == "" or path.startswith("/") for path in paths.values())
    texts = [*onvif_messages.read_information(body).values()]
    texts.append(onvif_messages.read_hardware_address(body))
    assert all(len(text) <= 100 and text.isprintable() for text in texts)
    for service in (MEDIA, MEDIA2):
        for profile in onvif_messages.read_profiles(service, body):
            assert profile.token
            assert 0 <= profile.width < 1_000_000
            assert 0 <= profile.frame_rate < 1_000_000
        url = url_at_host(onvif_messages.read_stream_uri(service, body), "cam")
        assert url is None or url.startswith(("rtsp://cam", "rtsps://cam"))


def test_an_impossible_time_is_none() -> None:
    answer = messages.time_answer(datetime(2026, 1, 2, tzinfo=UTC))
    for before, after in (
        ("<tt:Month>1", "<tt:Month>13"),
        ("<tt:Year>2026", "<tt:Year>"),
        ("<tt:Year>2026", "<tt:Year>9999"),
    ):
        body = read_answer(messages.envelope(answer.replace(before, after)).encode())
        assert onvif_messages.read_time(body) is None
    assert onvif_messages.read_time(read_answer(messages.envelope("").encode())) is None


def test_names_have_no_markup_and_one_line() -> None:
    """Home Assistant shows them in texts with Markdown."""
    hostile = "&lt;img src=x> ![](http://192.0.2.9/x) `a`\n\tb"
    answer = messages.information_answer("ACME", hostile)
    body = read_answer(messages.envelope(answer).encode())
    model = onvif_messages.read_information(body)["model"]
    assert model == "(img src=x) !()(http://192.0.2.9/x) 'a' b"
    channel = Channel(name=hostile, qualities=(Quality(url="rtsp://x/a"),))
    for name, service in (("trt", MEDIA), ("tr2", MEDIA2)):
        answer = messages.profiles_answer(name, [channel])
        body = read_answer(messages.envelope(answer).encode())
        [profile] = onvif_messages.read_profiles(service, body)
        assert profile.name == model
