"""Where a camera may lead."""

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.sources.destinations import (
    Destinations,
    Origin,
    invalid_host,
    is_host,
    split_hosts,
)


def origin_of(url: str) -> Origin:
    origin = Origin.of(url)
    assert origin
    return origin


@pytest.mark.parametrize(
    ("url", "is_own", "is_allowed"),
    [
        ("http://camera/elsewhere", True, True),
        ("http://CAMERA:80/", True, True),
        ("https://camera/", True, True),
        ("https://camera:8443/", True, True),
        ("http://camera:8080/", True, True),
        ("http://127.0.0.1/", False, False),
        ("http://camera.other/", False, False),
        ("http://cdn:8080/", False, True),
        ("http://cdn:8081/", False, False),
        ("http://friend:1/", False, True),
        ("http://[FE80::1]:1/", False, True),
        ("http://[fe80::2]:1/", False, True),
        ("http://[fe80::2]:2/", False, False),
    ],
)
def test_to_its_own_host_and_those_allowed(
    url: str, is_own: bool, is_allowed: bool
) -> None:
    hosts = split_hosts("cdn:8080, Friend fe80::1 [fe80::2]:1")
    destinations = Destinations(origin_of("http://camera/live"), hosts)
    assert destinations.allow(origin_of(url)) is is_allowed
    assert destinations.may_know_login(origin_of(url)) is is_own


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "x.localhost"])
def test_each_port_of_this_machine_is_another_program(host: str) -> None:
    destinations = Destinations(origin_of(f"http://{host}:1984/live"))
    assert destinations.allow(origin_of(f"http://{host}:1984/else"))
    assert not destinations.allow(origin_of(f"http://{host}:8123/"))


def test_a_camera_may_call_itself_by_its_address() -> None:
    destinations = Destinations(origin_of("http://camera/live"))
    by_address = origin_of("http://192.168.1.9:8080/live")
    assert not destinations.allow(by_address)
    destinations.note_address("192.168.1.9")
    assert destinations.allow(by_address)
    assert destinations.may_know_login(by_address)


def test_credentials_of_a_camera_with_tls_do_not_go_without() -> None:
    destinations = Destinations(origin_of("https://camera/live"))
    assert destinations.allow(origin_of("http://camera/live"))
    assert not destinations.may_know_login(origin_of("http://camera/live"))
    assert destinations.may_know_login(origin_of("https://camera:8443/"))


@pytest.mark.parametrize("url", ["", "http:///x", "http://h:x/", "nothing", "foo://h"])
def test_no_origin(url: str) -> None:
    assert Origin.of(url) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        *((text, True) for text in ("cdn.example.com", "10.0.0.1:80", "fe80::1")),
        *((text, True) for text in ("[fe80::1]", "[fe80::1]:8080", "camera_2")),
        *((text, False) for text in ("http://x", "x/y", "*", "x:y", "x:", "me@x", "")),
    ],
)
def test_hosts_as_people_type_them(text: str, is_one: bool) -> None:
    assert is_host(text) is is_one


def test_the_host_to_be_mended_is_named() -> None:
    assert invalid_host("cdn, 10.0.0.1:80 fe80::1") is None
    assert invalid_host("cdn, a/b http://x") == "a/b"


@given(st.text())
def test_any_text_is_split(text: str) -> None:
    assert all(host and "," not in host for host in split_hosts(text))
