"""Answers of devices: ONVIF's by SOAP, those to WS-Discovery, and RTSP's."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Final

from custom_components.hls_camera.finding.found import mac_of
from custom_components.hls_camera.finding.onvif import url_at_host
from custom_components.hls_camera.finding.onvif_messages import (
    MEDIA,
    MEDIA2,
    read_capabilities,
    read_hardware_address,
    read_information,
    read_profiles,
    read_services,
    read_stream_uri,
    read_time,
)
from custom_components.hls_camera.finding.search import Target
from custom_components.hls_camera.finding.soap import SoapFaultError, read_answer
from custom_components.hls_camera.finding.ws_discovery import read_match
from custom_components.hls_camera.finding.xml import XmlError
from custom_components.hls_camera.onvif_events.detections import Detections, Listener
from custom_components.hls_camera.onvif_events.messages import (
    read_lifetime,
    read_notifications,
    read_properties,
    read_subscription,
)
from custom_components.hls_camera.onvif_events.topics import EventKind
from custom_components.hls_camera.streaming.sources.login import Login, parse_challenges
from custom_components.hls_camera.streaming.sources.rtsp_message import (
    BadMessageError,
    RtspMessage,
    read_message,
)
from tests.onvif import Channel, Message, Quality, messages
from tests.onvif.discovery import match

_HOST: Final = "192.0.2.1"
_MAX_TEXT: Final = 300
"""Characters that are kept of any text of a device."""
_MAX_LIFETIME_S: Final = 600.0
_CHANNEL: Final = Channel(
    qualities=(Quality(url="rtsp://192.0.2.7/live?a=1"), Quality(url="rtsp://x/sub"))
)


def _is_short(text: str) -> bool:
    return len(text) <= _MAX_TEXT and (text.isprintable() or not text)


# ONVIF


def read_soap(data: bytes) -> None:
    """Read bytes like each of the answers that ONVIF has."""
    try:
        body = read_answer(data)
    except SoapFaultError, XmlError:
        return
    time = read_time(body)
    assert time is None or time.tzinfo is UTC
    paths = {**read_services(body), **read_capabilities(body)}.values()
    assert all(path.startswith("/") or not path for path in paths)
    texts = [*read_information(body).values(), read_hardware_address(body)]
    for service in (MEDIA, MEDIA2):
        for profile in read_profiles(service, body):
            texts += [profile.name, profile.source, profile.codec]
            assert min(profile.width, profile.height, profile.bitrate) >= 0
        url = url_at_host(read_stream_uri(service, body), _HOST)
        assert url is None or _HOST in url
    assert all(map(_is_short, texts))
    assert read_properties(body) <= set(EventKind)
    assert 0 < read_lifetime(body) <= _MAX_LIFETIME_S
    subscription = read_subscription(body)
    assert subscription is None or subscription.path.startswith("/")
    detections = Detections()
    for kind in EventKind:
        detections.add(Listener(kind, None, lambda _: None))
    detections.take(read_notifications(body))


_SUBSCRIPTION: Final = (
    "<tev:SubscriptionReference><wsa:Address>http://192.0.2.7/pull?Id=1</wsa:Address>"
    "<wsa:ReferenceParameters><a xmlns='urn:a'>1</a></wsa:ReferenceParameters>"
    "</tev:SubscriptionReference><wsnt:CurrentTime>2026-01-01T00:00:00Z"
    "</wsnt:CurrentTime><wsnt:TerminationTime>2026-01-01T00:10:00Z"
    "</wsnt:TerminationTime>"
)
_TOPICS: Final = (
    "<wstop:TopicSet><tns1:VideoSource><MotionAlarm wstop:topic='true'/>"
    "</tns1:VideoSource></wstop:TopicSet>"
)


def soap_seeds() -> Sequence[bytes]:
    """Return the answers of a camera."""
    bodies = (
        messages.time_answer(datetime(2026, 1, 1, tzinfo=UTC)),
        messages.services_answer({"trt": "http://192.0.2.7/onvif/media"}),
        messages.capabilities_answer("http://192.0.2.7/m", "http://192.0.2.7/e"),
        messages.information_answer("ACME", "Dome 4"),
        messages.interfaces_answer("AC:CC:8E:12:34:56"),
        *(messages.profiles_answer(service, [_CHANNEL]) for service in ("trt", "tr2")),
        *(messages.uri_answer(service, "rtsp://x/a") for service in ("trt", "tr2")),
        f"<tev:PullMessagesResponse>{Message().xml()}</tev:PullMessagesResponse>",
        _SUBSCRIPTION,
        _TOPICS,
    )
    faults = (messages.fault("ter:NotAuthorized", "Sender not Authorized"),)
    return [each.encode() for each in (*map(messages.envelope, bodies), *faults)]


# WS-Discovery


def read_discovery(data: bytes) -> None:
    """Read bytes like the answer of a camera to a probe."""
    camera = read_match(data, _HOST)
    if camera is None:
        return
    assert camera.host == _HOST
    target = Target.parse(camera.address)
    assert target is not None
    assert target.host == _HOST
    assert camera.mac == mac_of(camera.mac)
    assert all(map(_is_short, (camera.name, camera.endpoint, str(camera))))
    assert json.dumps(camera.as_dict()).encode()


def discovery_seeds() -> Sequence[bytes]:
    """Return the answers of cameras."""
    mac = "urn:uuid:1419d68a-1dd2-11b2-a105-accc8e123456"
    return [
        match()("urn:uuid:1"),
        match(endpoint=mac, xaddrs="http://192.0.2.1:8000/onvif")("urn:uuid:1"),
        match(xaddrs="http://[fe80::1]/ https://192.0.2.1/x")("urn:uuid:1"),
    ]


# RTSP


def read_rtsp(data: bytes) -> None:
    """Read bytes like the messages of a server, and answer the logins that it asks for."""
    loop = asyncio.SelectorEventLoop()
    try:
        reader = asyncio.StreamReader(loop=loop)
        reader.feed_data(data)
        reader.feed_eof()
        while (message := _ended(_next(reader))) is not None:
            if isinstance(message, RtspMessage):
                _answer(message)
    finally:
        loop.close()


def _ended[T](coroutine: Coroutine[object, None, T]) -> T:
    """Return the result of a coroutine that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as err:
        result: T = err.value
        return result
    raise AssertionError("it waits, although all is there")


async def _next(reader: asyncio.StreamReader) -> RtspMessage | bytes | None:
    try:
        return await read_message(reader)
    except BadMessageError, asyncio.IncompleteReadError:
        return None


def _answer(message: RtspMessage) -> None:
    if not message.is_answer:
        return
    assert 0 <= message.status <= 999
    challenges = parse_challenges(message.values("www-authenticate"))
    login = Login("admin", "secret")
    if login.take(challenges):
        authorization = login.authorization("DESCRIBE", "rtsp://192.0.2.1/live")
        assert authorization is not None
        message.replace("Authorization", authorization)
        assert message.to_bytes()
    assert all(map(str, challenges))


_CHALLENGES: Final = (
    b'WWW-Authenticate: Digest realm="a", nonce="b", qop="auth", stale=TRUE\r\n'
    b'WWW-Authenticate: Basic realm="a"\r\n'
)
_CHALLENGE: Final = (
    b'Digest realm="a", nonce="b", opaque=x, algorithm=SHA-256-sess, userhash=true'
)


def rtsp_seeds() -> Sequence[bytes]:
    """Return what servers send."""
    return [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 5\r\n\r\nv=0\r\n$\x00\x00\x02ab",
        b"RTSP/1.0 401 Unauthorized\r\nServer: ACME/1.0\r\n%b\r\n" % _CHALLENGES,
        b"RTSP/1.0 401 No\nWWW-Authenticate: %b\n\n" % _CHALLENGE,
        b"OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n",
    ]


SOAP_WORDS: Final = (
    *(b"<", b">", b"</", b"/>", b"&amp;", b"&#0;", b"&x;", b"<![CDATA[", b"]]>"),
    *(b"<!DOCTYPE a>", b'encoding="utf-16"', b"xmlns:a=", b"rtsp://[", b"http://:"),
    *(b"-1", b"1e999", b"nan", b"99999999999", b"2026-01-01T00:00:00", b"\xff", b"\0"),
    *(b"tt:Source", b"SimpleItem", b"PropertyOperation", b"Deleted", b"@"),
)
"""Parts of SOAP messages."""
RTSP_WORDS: Final = (
    *(b"\r\n", b"\n\n", b"$", b"RTSP/1.0 ", b"Content-Length: ", b"-1", b"\xff", b"\0"),
    *(b"Digest ", b"Basic ", b"nonce=", b"realm=", b'"', b"\\", b",", b"=", b"stale="),
    *(b"algorithm=", b"SHA-512-256", b"MD5-sess", b"qop=", b"auth-int", b"userhash="),
    b"9" * 5000,
)
"""Parts of RTSP messages."""
