"""Requests for events, and answers: whatever they hold, each value is in its limits."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.finding.soap import SoapFaultError, read_answer
from custom_components.hls_camera.finding.xml import XmlError, parse
from custom_components.hls_camera.onvif_events import messages
from custom_components.hls_camera.onvif_events.messages import (
    LIFETIME_S,
    addressing,
    read_lifetime,
    read_notifications,
    read_properties,
    read_subscription,
)
from custom_components.hls_camera.onvif_events.topics import EventKind
from tests.onvif import Message
from tests.onvif.damage import Damage, damaged, damages
from tests.onvif.messages import envelope


def created(
    address: str, parameters: str = "", end: str = "2026-01-01T00:05:00Z"
) -> str:
    return envelope(
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa:Address>{address}</wsa:Address>"
        f"<wsa:ReferenceParameters>{parameters}</wsa:ReferenceParameters>"
        "</tev:SubscriptionReference>"
        "<wsnt:CurrentTime>2026-01-01T00:00:00Z</wsnt:CurrentTime>"
        f"<wsnt:TerminationTime>{end}</wsnt:TerminationTime>"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


ANSWERS = [
    created("http://192.0.2.1:1024/event-0?Id=1", "<a:Id xmlns:a='urn:a'>7</a:Id>"),
    envelope(f"<tev:PullMessagesResponse>{Message().xml()}</tev:PullMessagesResponse>"),
    envelope(
        "<tev:GetEventPropertiesResponse><wstop:TopicSet><tns1:VideoSource>"
        "<MotionAlarm wstop:topic='true'><tt:MessageDescription><tt:Data>"
        "<tt:SimpleItemDescription Name='State'/></tt:Data></tt:MessageDescription>"
        "</MotionAlarm></tns1:VideoSource></wstop:TopicSet>"
        "</tev:GetEventPropertiesResponse>"
    ),
]
WORDS = ["", "//other/", ":99999", "&#10;", "9999-99", "PT", "\N{FULLWIDTH DIGIT NINE}"]


@given(st.sampled_from(ANSWERS), damages(WORDS))
def test_damaged_answers_are_read_or_refused(answer: str, damage: list[Damage]) -> None:
    answer = damaged(answer, damage)
    try:
        body = read_answer(answer.encode())
    except XmlError, SoapFaultError:
        return
    assert 10 <= read_lifetime(body) <= LIFETIME_S
    if address := read_subscription(body):
        assert address.path.startswith("/")
        assert address.port is None or 0 < address.port < 65536
        header = addressing("urn:a", address.reported, address.parameters)
        assert parse(f"<h>{header}</h>".encode()).tag == "h"
    for each in read_notifications(body):
        texts = [each.topic, *each.source, *each.source.values(), *each.data.values()]
        assert all(len(text) <= 200 for text in texts)
    assert read_properties(body) <= set(EventKind)


def test_the_address_of_a_subscription() -> None:
    address = read_subscription(read_answer(ANSWERS[0].encode()))
    assert address
    assert (address.path, address.port) == ("/event-0?Id=1", 1024)
    header = parse(
        f"<h>{addressing('urn:a', address.reported, address.parameters)}</h>".encode()
    )
    assert header.findtext("{*}To") == "http://192.0.2.1:1024/event-0?Id=1"
    assert header.findtext("{*}Action") == "urn:a"
    [parameter] = header.findall("{urn:a}Id")
    assert parameter.text == "7"
    assert "true" in parameter.attrib.values()


@pytest.mark.parametrize("address", ["", "http://[", "http://a:x/b", "h" * 5000])
def test_a_subscription_without_a_possible_address(address: str) -> None:
    assert read_subscription(read_answer(created(address).encode())) is None


def test_parameters_that_are_too_long_are_left_out() -> None:
    long = f"<a>{'a' * 5000}</a>"
    address = read_subscription(read_answer(created("http://a/b", long).encode()))
    assert address
    assert address.parameters == ""
    assert urlsplit(address.reported).hostname == "a"


@pytest.mark.parametrize(
    ("end", "seconds"),
    [
        ("2026-01-01T00:05:00Z", 300),
        ("2026-01-01T00:00:01Z", 10),
        ("2027-01-01T00:00:00Z", LIFETIME_S),
        ("2025-01-01T00:00:00Z", 60),
        ("2026-01-01T00:00:00Z", 60),
        ("0001-01-01T00:00:00Z", 60),
        ("", 60),
        ("0", 60),
        ("2026-01-01T00:05:00", 60),
        ("soon", 60),
    ],
)
def test_the_lifetime_is_a_possible_one(end: str, seconds: float) -> None:
    answer = created("http://a/b", end=end)
    assert read_lifetime(read_answer(answer.encode())) == seconds


def test_a_message() -> None:
    messages_xml = Message(topic="tns1:VideoSource/MotionAlarm", item="State").xml()
    empty = "<wsnt:NotificationMessage/>"
    text = envelope(
        f"<tev:PullMessagesResponse>{messages_xml}{empty}</tev:PullMessagesResponse>"
    )
    first, second = read_notifications(read_answer(text.encode()))
    assert first.topic == "VideoSource/MotionAlarm"
    assert not first.is_deleted
    assert first.data == {"State": "true"}
    assert list(first.source) == ["VideoSourceConfigurationToken"]
    assert (second.topic, second.source, second.data) == ("", {}, {})


def test_names_count_whatever_their_namespaces() -> None:
    """Devices write the times of a subscription with that of another standard, and more."""
    body = read_answer(ANSWERS[0].replace("wsnt:", "tev:").encode())
    assert read_lifetime(body) == 300
    assert read_subscription(read_answer(ANSWERS[0].replace("tev:", "tt:").encode()))
    [message] = read_notifications(
        read_answer(ANSWERS[1].replace("wsnt:", "tev:").encode())
    )
    assert message.data == {"IsMotion": "true"}


def test_more_messages_than_anybody_asks_for_are_left_out() -> None:
    many = Message().xml() * 2000 + Message(value="false").xml()
    text = envelope(f"<tev:PullMessagesResponse>{many}</tev:PullMessagesResponse>")
    read = read_notifications(read_answer(text.encode()))
    assert len(read) == 1000
    # The last report of a state is the one that counts.
    assert read[-1].data == {"IsMotion": "false"}


def test_the_kinds_that_a_device_offers() -> None:
    assert read_properties(read_answer(ANSWERS[2].encode())) == {EventKind.MOTION}
    assert read_properties(read_answer(ANSWERS[0].encode())) == set()


def test_requests_are_xml() -> None:
    for call in (messages.CREATE, messages.RENEW, messages.pull(5)):
        assert parse(call.body.encode()).tag
        assert call.action.startswith("http://")
