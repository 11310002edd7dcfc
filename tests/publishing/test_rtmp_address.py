"""Addresses of RTMP servers, as YouTube, Twitch and nginx have them."""

import ssl

import pytest

from custom_components.hls_camera.publishing.rtmp_address import parse_rtmp_address
from custom_components.hls_camera.publishing.web_address import (
    AddressProblem,
    InvalidAddressError,
)


@pytest.mark.parametrize(
    ("text", "host", "port", "has_tls", "application"),
    [
        ("rtmp://a.rtmp.youtube.com/live2", "a.rtmp.youtube.com", 1935, False, "live2"),
        ("rtmps://a.rtmps.youtube.com:443/live2/", "a.rtmps.youtube.com", 443, True, "live2"),
        (" rtmps://live.example/app/instance ", "live.example", 443, True, "app/instance"),
        ("rtmp://[2001:db8::1]:19350/live", "2001:db8::1", 19350, False, "live"),
    ],
)  # fmt: skip
def test_an_application_of_a_server(
    text: str, host: str, port: int, *, has_tls: bool, application: str
) -> None:
    address = parse_rtmp_address(text)
    assert address[1:] == (host, port, has_tls, application)
    context = address.tls_context()
    assert (context is not None) is has_tls
    assert context is None or context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", AddressProblem.NOT_RTMP),
        ("https://example.org/live", AddressProblem.NOT_RTMP),
        ("rtmp://example.org", AddressProblem.NOT_RTMP),
        ("rtmp://example.org:port/live", AddressProblem.NOT_RTMP),
        ("rtmp:///live", AddressProblem.NOT_RTMP),
        ("rtmp://example.org/lïve", AddressProblem.NOT_RTMP),
        ("rtmp://user:secret@example.org/live", AddressProblem.HAS_CREDENTIALS),
        ("rtmp://example.org/live?key=secret", AddressProblem.HAS_QUERY),
    ],
)
def test_an_address_that_cannot_be_used(text: str, problem: AddressProblem) -> None:
    with pytest.raises(InvalidAddressError) as raised:
        parse_rtmp_address(text)
    assert raised.value.problem is problem
    assert "secret" not in str(raised.value)
