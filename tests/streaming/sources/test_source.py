"""The source of a stream and its settings, validated once."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given, strategies as st

from custom_components.hls_camera.streaming.errors import (
    InvalidSourceError,
    SourceProblem,
)
from custom_components.hls_camera.streaming.redact import REDACTED, Redactor
from custom_components.hls_camera.streaming.sources.source import (
    PROTOCOLS,
    Source,
    Transport,
    address_key,
)

ANY_TEXT = st.text(st.characters(), max_size=60)
ADDRESSES = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from([*PROTOCOLS, "RTSP", "file", "concat", ""]),
    st.sampled_from(["", "user@", "user:pa%40ss@", "us:er:pass@", ":@"]),
    st.sampled_from(["host", "10.0.0.1", "[::1]", "[::1", "-host", "", "ho st"]),
    st.sampled_from(["", ":554", ":99999", ":port", ":"]),
    st.one_of(st.just("/path?channel=1#top"), ANY_TEXT),
)
CREDENTIALS = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20),
)
USERNAMES = CREDENTIALS.filter(lambda text: ":" not in (text or ""))


@given(address=st.one_of(ANY_TEXT, ADDRESSES))
def test_any_text_is_a_source_or_invalid(address: str) -> None:
    try:
        source = Source.parse(address)
    except InvalidSourceError:
        return
    assert source.scheme in PROTOCOLS
    assert Source.parse(source.url).url == source.url
    assert Source.parse(source.url_with_credentials()).url == source.url


@given(username=USERNAMES, password=CREDENTIALS)
def test_any_characters_work_in_credentials(
    username: str | None, password: str | None
) -> None:
    source = Source.parse("rtsp://camera.local/live", username, password)
    url = source.url_with_credentials()
    again = Source.parse(url)
    assert (again.username, again.password) == (username, password)
    assert url.isascii()
    parts = urlsplit(url)
    assert parts.hostname == "camera.local"
    assert unquote(parts.username or "") == (username or "")


@given(username=USERNAMES, password=CREDENTIALS)
def test_credentials_show_nowhere(username: str | None, password: str | None) -> None:
    shown = f"Source('rtsp://{REDACTED}@camera.local:554/live', tcp)"
    for secret in filter(None, (username, password)):
        assume(secret.lower() not in shown.lower())
    source = Source.parse("rtsp://camera.local:554/live", username, password)
    for text in (str(source), repr(source), source.url, source.redacted_url):
        for secret in filter(None, (username, password)):
            assert secret not in text


@pytest.mark.parametrize(
    ("address", "may_have"),
    [
        ("rtsp://me:secret@host", True),
        ("rtsps://host/Xo3aLk29", True),
        ("srt://host:9000?passphrase=secret", True),
        ("rtsp://host:8554/", False),
        ("udp://239.0.0.1:5000", False),
    ],
)
def test_a_path_or_query_may_be_a_secret(address: str, *, may_have: bool) -> None:
    assert Source.parse(address).may_have_secrets is may_have


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsps://nvr:7441/Xo3aLk29QwErTy71?enableSrtp", f"rtsps://nvr:7441/{REDACTED}?{REDACTED}"),
        ("rtsp://host/1?a", f"rtsp://host{REDACTED}{REDACTED}"),
        ("rtsp://host/", "rtsp://host/"),
        ("rtsp://host:8554", "rtsp://host:8554"),
    ],
)  # fmt: skip
def test_a_secret_path_shows_nowhere(address: str, shown: str) -> None:
    source = replace(Source.parse(address), has_secret_path=True)
    assert source.redacted_url == shown
    assert Redactor(source.secrets)(f"Input #0, rtsp, from '{address}'") == (
        f"Input #0, rtsp, from '{shown}'"
    )
    assert source.url_with_credentials() == address


def test_a_short_path_does_not_hide_the_rest_of_a_message() -> None:
    source = replace(Source.parse("rtsp://host/1?a"), has_secret_path=True)
    assert Redactor(source.secrets)("a frame of 10") == "a frame of 10"


class TestParse:
    def test_credentials_are_taken_out_of_the_address(self) -> None:
        source = Source.parse(" rtsp://me:s%40fe@Camera.local:8554/live?channel=1#x ")
        assert source.url == "rtsp://camera.local:8554/live?channel=1"
        assert (source.username, source.password) == ("me", "s@fe")

    def test_credentials_given_apart_win(self) -> None:
        source = Source.parse("rtsp://me:old@host/live", "you", "new")
        assert (source.username, source.password) == ("you", "new")

    def test_a_password_with_an_at_sign_need_not_be_quoted(self) -> None:
        source = Source.parse("rtsp://me:p@ss@host/live")
        assert (source.password, source.url) == ("p@ss", "rtsp://host/live")

    @pytest.mark.parametrize(
        "address",
        [
            "rtsp://10.0.0.2:554/live@1",
            "rtsp://camera/user=me@home.org&password=x",
            "rtsp://[fe80::1]:554/live@1",
            "http://camera.local/live?user=me@home.org",
        ],
    )
    def test_an_at_sign_in_a_path_is_no_end_of_credentials(self, address: str) -> None:
        source = Source.parse(address)
        assert (source.url, source.username) == (address, None)

    @pytest.mark.parametrize(
        "address",
        [
            "RTSP://Camera.Local/Live",
            "  rtsp://camera.local/Live\n",
            "\u200brtsp://camera.local/\u200bLive\ufeff",
            "\u00a0rtsp://camera.local/Live",
        ],
    )
    def test_invisible_characters_of_a_pasted_address_are_left_out(
        self, address: str
    ) -> None:
        assert Source.parse(address).url == "rtsp://camera.local/Live"

    @pytest.mark.parametrize(
        ("address", "key"),
        [
            ("rtsp://camera:554/live", "rtsp://camera/live"),
            ("rtsp://[fe80::1]:554/live", "rtsp://[fe80::1]/live"),
            ("http://camera:80/live", "http://camera/live"),
            ("rtsp://camera:8554/live", "rtsp://camera:8554/live"),
            ("srt://camera:554", "srt://camera:554"),
            ("rtsp://camera:port/live", "rtsp://camera:port/live"),
        ],
    )
    def test_a_port_that_goes_without_saying_makes_no_other_source(
        self, address: str, key: str
    ) -> None:
        assert address_key(address) == key

    def test_an_ipv6_address_keeps_its_brackets(self) -> None:
        source = Source.parse("rtsp://me:safe@[fe80::1]:554/live")
        assert source.url == "rtsp://[fe80::1]:554/live"
        assert source.url_with_credentials() == "rtsp://me:safe@[fe80::1]:554/live"

    @pytest.mark.parametrize(
        ("address", "tcp_address"),
        [
            ("rtsp://camera.local/live", ("camera.local", 554)),
            ("rtsps://camera.local:8554/live", ("camera.local", 8554)),
            ("https://[fe80::1]/live", ("fe80::1", 443)),
            ("srt://camera.local:9000", None),
            ("udp://camera.local:9000", None),
        ],
    )
    def test_the_tcp_address_accepts_connections(
        self, address: str, tcp_address: tuple[str, int] | None
    ) -> None:
        assert Source.parse(address).tcp_address == tcp_address

    @pytest.mark.parametrize(
        ("address", "problem"),
        [
            ("", SourceProblem.NOT_AN_ADDRESS),
            ("camera.local", SourceProblem.NOT_AN_ADDRESS),
            ("-i rtsp://host", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://host/a b", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://host:port/", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://host:99999/", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://[::1/", SourceProblem.NOT_AN_ADDRESS),
            ("file:///etc/passwd", SourceProblem.SCHEME_NOT_ALLOWED),
            ("concat://a|b", SourceProblem.SCHEME_NOT_ALLOWED),
            ("://host", SourceProblem.SCHEME_NOT_ALLOWED),
            ("rtsp://", SourceProblem.HOST_MISSING),
            ("rtsp://:554/", SourceProblem.HOST_MISSING),
            ("rtsp://-oops/", SourceProblem.HOST_MISSING),
            ("rtsp://a|b/", SourceProblem.HOST_MISSING),
            ("rtsp://host:0/", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://host/a\u00a0b", SourceProblem.NOT_AN_ADDRESS),
            ("rtsp://me:pa/ss@host/live", SourceProblem.CREDENTIALS_UNCLEAR),
            ("rtsp://me:pa?ss@host/live", SourceProblem.CREDENTIALS_UNCLEAR),
            ("rtsp://me:pa#ss@host/live", SourceProblem.CREDENTIALS_UNCLEAR),
            ("rtsp://admin:12/34@10.0.0.2/live", SourceProblem.CREDENTIALS_UNCLEAR),
            ("srt://host?mode=caller", SourceProblem.PORT_MISSING),
            ("udp://239.0.0.1", SourceProblem.PORT_MISSING),
            ("rtsp://us%3Aer:safe@host/", SourceProblem.COLON_IN_USERNAME),
            ("rtsp://host/\r\nX: y", SourceProblem.CONTROL_CHARACTER),
            ("rtsp://host/\x7fx", SourceProblem.CONTROL_CHARACTER),
            ("rtsp://host/\x85x", SourceProblem.CONTROL_CHARACTER),
            ("rtsp://host/\ud800", SourceProblem.CONTROL_CHARACTER),
        ],
    )  # fmt: skip
    def test_each_problem_has_a_name(
        self, address: str, problem: SourceProblem
    ) -> None:
        with pytest.raises(InvalidSourceError) as caught:
            Source.parse(address)
        assert caught.value.problem is problem
        assert not address or address not in str(caught.value)

    @pytest.mark.parametrize("secret", ["a\nb", "a\0b", "\ud800"])
    def test_credentials_have_no_control_characters(self, secret: str) -> None:
        for credentials in ((secret, None), ("me", secret)):
            with pytest.raises(InvalidSourceError) as caught:
                Source.parse("rtsp://host/", *credentials)
            assert caught.value.problem is SourceProblem.CONTROL_CHARACTER


def test_a_user_without_a_password_keeps_the_colon() -> None:
    """FFmpeg answers a Digest challenge only where there is one."""
    source = Source.parse("rtsp://host/live", "admin", "")
    assert source.url_with_credentials() == "rtsp://admin:@host/live"


def test_without_credentials_the_address_is_what_it_is() -> None:
    source = Source.parse("rtsps://host/live", transport=Transport.UDP)
    assert source.url_with_credentials() == source.url == str(source)
    assert source.is_rtsp


def test_secrets_in_the_query_are_not_shown() -> None:
    source = Source.parse("http://host/video?user=me&password=hunter2")
    assert "hunter2" not in str(source)
    assert "hunter2" not in repr(source)
    assert "hunter2" in source.url_with_credentials()
    assert not source.is_rtsp
