"""Credentials never leave."""

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given, strategies as st

from custom_components.hls_camera.streaming.redact import REDACTED, Redactor

SECRETS = st.text(min_size=1, max_size=20)


def quoted(text: str) -> str:
    return quote(text, safe="")


QUOTINGS = st.sampled_from(
    [
        *(str, quote, quoted, quote_plus, lambda text: quoted(quoted(text))),
        *(lambda text: quoted(text).lower(), lambda text: json.dumps(text)[1:-1]),
        *(lambda text: repr(text)[1:-1], lambda text: ascii(text)[1:-1]),
    ]
)


@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20), quoting=QUOTINGS)  # fmt: skip
def test_a_secret_does_not_survive_in_any_quoting(
    secret: str, before: str, after: str, quoting: Callable[[str], str]
) -> None:
    form = quoting(secret)
    # The replacement may contain a very short secret.
    assume(form.lower() not in REDACTED.lower())
    text = Redactor([secret])(before + form + after)
    assert form not in text.replace(REDACTED, "\n")


@given(secret=SECRETS, text=st.text(max_size=40))
def test_a_text_without_secrets_stays_as_it_is(secret: str, text: str) -> None:
    assume(secret.lower() not in text.lower())
    assume("@" not in text and "=" not in text)
    assume(quote_plus(secret).lower() not in text.lower())
    assume(not {"%", "\\"} & {*secret})
    assume(json.dumps(secret)[1:-1].lower() not in text.lower())
    assert Redactor([secret])(text) == text


def test_one_secret_inside_another_leaves_no_remainder() -> None:
    redact = Redactor(["pass", "password"])
    assert redact("password") == REDACTED


def test_a_secret_is_not_searched_in_the_replacement_of_another() -> None:
    assert Redactor(["RED", "hunter2"])("hunter2") == REDACTED


def test_percent_escapes_count_in_either_case() -> None:
    assert "2f" not in Redactor(["a/b"])("a%2fb")


def test_without_secrets_nothing_is_replaced() -> None:
    assert Redactor([None, ""])("nothing to hide") == "nothing to hide"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("rtsp://user:pass@host/path", f"rtsp://{REDACTED}@host/path"),
        ("RTSP://user@host", f"RTSP://{REDACTED}@host"),
        ("rtsp://user:p@ss@host/path", f"rtsp://{REDACTED}@host/path"),
        ("'rtsp://user:pass@host': refused", f"'rtsp://{REDACTED}@host': refused"),
        ("a rtsp://a:b@h and http://c:d@i", f"a rtsp://{REDACTED}@h and http://{REDACTED}@i"),
        ("http://h/v?user=me&password=you&channel=1", f"http://h/v?user={REDACTED}&password={REDACTED}&channel=1"),
        ("http://h/v?loginuse=me&loginpas=you", f"http://h/v?loginuse={REDACTED}&loginpas={REDACTED}"),
        ("http://h/v?access_token=abc#x", f"http://h/v?access_token={REDACTED}#x"),
        ("srt://h:9?streamid=me&passphrase=you&mode=caller", f"srt://h:9?streamid={REDACTED}&passphrase={REDACTED}&mode=caller"),
        ("rtsp://h/user=me&password=you&channel=1", f"rtsp://h/user={REDACTED}&password={REDACTED}&channel=1"),
        ("rtsp://h/user=me_password=you_channel=1", f"rtsp://h/user={REDACTED}"),
        ("rtsp://host/path?channel=1&subtype=0", "rtsp://host/path?channel=1&subtype=0"),
        ("mail@example.org wrote", "mail@example.org wrote"),
    ],
)  # fmt: skip
def test_likely_credentials_are_removed(text: str, redacted: str) -> None:
    assert Redactor()(text) == redacted


def test_a_long_text_without_addresses_takes_no_long_time() -> None:
    """Looking for an address at each of its words would take minutes."""
    text = "a." * 200_000
    assert Redactor()(text) == text
