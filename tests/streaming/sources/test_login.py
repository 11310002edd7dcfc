"""Logins that cameras ask for; the examples are those of RFC 7616."""

import hashlib
import re
import secrets

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.sources.login import (
    Login,
    ffmpeg_can_answer,
    parse_challenges,
)

NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def answer(header: str, login: Login | None = None) -> dict[str, str]:
    login = login or Login("Mufasa", "Circle of Life")
    assert login.take(parse_challenges([header]))
    made = login.authorization("GET", "/dir/index.html") or ""
    return dict(re.findall(r'(\w+)="?([^",]*)"?', made.removeprefix("Digest ")))


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ],
)
def test_the_examples_of_the_rfc(
    monkeypatch: pytest.MonkeyPatch, algorithm: str, response: str
) -> None:
    client_nonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    monkeypatch.setattr(secrets, "token_hex", lambda _: client_nonce)
    login = Login("Mufasa", "Circle of Life")
    header = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="{NONCE}", opaque="FQhe"'
    )
    assert answer(header, login)["response"] == response


@pytest.mark.parametrize("order", [1, -1])
def test_the_best_of_several_challenges_is_answered(order: int) -> None:
    headers = [
        'Basic realm="x"',
        'Digest realm="x", nonce="n", algorithm=MD5',
        'Digest realm="x", nonce="n", algorithm=SHA-256',
        "Bearer",
    ][::order]
    for given_headers in (headers, [", ".join(headers)]):
        login = Login("me", "secret")
        assert login.take(parse_challenges(given_headers))
        made = login.authorization("DESCRIBE", "rtsp://host/") or ""
        assert "algorithm=SHA-256" in made
        assert "secret" not in made


def test_a_realm_in_another_encoding_is_answered_with_its_bytes() -> None:
    realm = b"K\xfcche"
    header = b'Digest realm="%b", nonce="n"' % realm
    given = answer(header.decode("utf-8", "surrogateescape"), Login("admin", "secret"))
    secret = md5(b"admin:%b:secret" % realm)
    request = md5(b"GET:/dir/index.html")
    expected = md5(f"{secret}:n:{request}".encode())
    assert given["response"] == expected
    assert given["realm"].encode("utf-8", "surrogateescape") == realm


def test_an_unknown_method_cannot_be_answered() -> None:
    login = Login("me", "secret")
    offered = parse_challenges(['Digest realm="x", nonce="n", algorithm=NEW', "NTLM"])
    assert not login.take(offered)
    assert [str(each) for each in offered] == ["Digest NEW", "Ntlm"]


def test_a_wrong_password_is_not_tried_again() -> None:
    """Unless it was the nonce that was too old."""
    login = Login("me", "secret")
    challenge = 'Digest realm="x", nonce="{}"'
    assert login.take(parse_challenges([challenge.format(1)]))
    second = parse_challenges([challenge.format(2)])
    assert not login.take(second, is_second=True)
    stale = parse_challenges([challenge.format(2) + ", stale=TRUE"])
    assert login.take(stale, is_second=True)


@pytest.mark.parametrize(
    ("offered", "is_known"),
    [
        (["{}"], True),
        (["{}, algorithm=MD5", "Basic realm=x"], True),
        (["{}, algorithm=SHA-256", "{}, algorithm=MD5"], True),
        (["{}, algorithm=MD5", "{}, algorithm=SHA-256"], False),
        (["{}, algorithm=SHA-256"], False),
        (["{}, algorithm=md5"], False),
        (['{}, qop="auth-int"'], False),
        (['{}, qop="auth-int, auth"'], True),
        (["{}, algorithm=SHA-256, Basic realm=x"], False),
        (["Basic realm=x", "NTLM"], True),
        (["NTLM"], False),
        ([""], False),
    ],
)
def test_ffmpeg_takes_the_last_digest_and_knows_md5_alone(
    offered: list[str], *, is_known: bool
) -> None:
    headers = [each.format('Digest realm="x", nonce="n"') for each in offered]
    assert ffmpeg_can_answer(headers) is is_known


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_challenge_is_judged(headers: list[str]) -> None:
    if ffmpeg_can_answer(headers):
        assert Login("me", "secret").take(parse_challenges(headers))


@given(st.lists(st.text(max_size=80), max_size=4))
def test_any_challenge_is_read(headers: list[str]) -> None:
    login = Login("me", "secret")
    if login.take(parse_challenges(headers)):
        assert login.authorization("GET", "/")
