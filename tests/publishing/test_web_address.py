"""Addresses of web servers are checked before anything is sent there."""

import pytest
from hypothesis import given, strategies as st
from yarl import URL

from custom_components.hls_camera.publishing.web_address import (
    AddressProblem,
    InvalidAddressError,
    parse_web_address,
)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/live/door",
        "http://192.0.2.1:8080/",
        "  http://[2001:db8::1]/door  ",
        "https://example.org",
    ],
)
def test_a_folder_on_a_web_server(address: str) -> None:
    assert parse_web_address(address) == URL(address.strip())


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("", AddressProblem.NOT_HTTP),
        ("example.org/live", AddressProblem.NOT_HTTP),
        ("ftp://example.org", AddressProblem.NOT_HTTP),
        ("file:///etc/passwd", AddressProblem.NOT_HTTP),
        ("https://", AddressProblem.NOT_HTTP),
        ("https://[::", AddressProblem.NOT_HTTP),
        ("https://example.org:port/", AddressProblem.NOT_HTTP),
        ("https://example.org:99999/", AddressProblem.NOT_HTTP),
        ("https://user:secret@example.org/", AddressProblem.HAS_CREDENTIALS),
        ("https://user@example.org/", AddressProblem.HAS_CREDENTIALS),
        ("https://example.org/?token=secret", AddressProblem.HAS_QUERY),
        ("https://example.org/#top", AddressProblem.HAS_QUERY),
    ],
)
def test_an_address_that_cannot_be_used(address: str, problem: AddressProblem) -> None:
    with pytest.raises(InvalidAddressError) as raised:
        parse_web_address(address)
    assert raised.value.problem is problem
    assert "secret" not in str(raised.value)


@given(st.text() | st.text().map("https://{}".format))
def test_any_text_is_an_address_or_has_a_problem(text: str) -> None:
    try:
        url = parse_web_address(text)
    except InvalidAddressError:
        return
    assert url.host
    assert url.user is url.password is None
    assert not url.query_string
