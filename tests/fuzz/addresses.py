"""Stream addresses and credentials that a person types or pastes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from unicodedata import category
from urllib.parse import urlsplit

from custom_components.hls_camera.streaming.errors import InvalidSourceError
from custom_components.hls_camera.streaming.redact import Redactor
from custom_components.hls_camera.streaming.sources.source import PROTOCOLS, Source

_CANARY: Final = "Sup3rS3cret"


def parse(data: bytes) -> None:
    """Parse an address, a username and a password, one per line."""
    text = data.decode("utf-8", "surrogateescape")
    address, user, password = [*text.split("\n", 2), "", ""][:3]
    _parse(address, user or None, password or None)
    if _CANARY.lower() not in address.lower():
        _parse(address, _CANARY, f"{_CANARY}@/:?#")
        _parse(address.replace("://", f"://{_CANARY}:{_CANARY}@", 1), None, None)


def _parse(address: str, user: str | None, password: str | None) -> None:
    try:
        source = Source.parse(address, user, password)
    except InvalidSourceError:
        return
    whole = source.url_with_credentials()
    _check_safe(whole)
    _check_safe(source.url)
    assert urlsplit(whole).hostname == urlsplit(source.url).hostname
    again = Source.parse(whole)
    assert again.url == source.url
    assert (again.username or "") == (source.username or "")
    assert (again.password or "") == (source.password or "")
    _check_secret(source)


def _check_safe(url: str) -> None:
    """Check that FFmpeg interprets it as exactly one address."""
    scheme, separator, _ = url.partition("://")
    assert separator
    assert scheme in PROTOCOLS
    assert " " not in url
    assert not any(category(char) in {"Cc", "Cs"} for char in url)


def _check_secret(source: Source) -> None:
    """Check that the shown text does not depend on the credentials."""
    if (source.username, source.password) == (None, None):
        return
    stranger = replace(source, username="-", password="-")
    assert (str(source), repr(source)) == (str(stranger), repr(stranger))
    redacted = Redactor(source.secrets)(source.url_with_credentials())
    for secret in filter(None, (source.username, source.password)):
        is_also_public = secret.lower() in f"{source} {source.url}".lower()
        assert is_also_public or secret not in redacted


def seeds() -> Sequence[bytes]:
    """Return addresses of all kinds."""
    return [
        b"rtsp://camera.local:554/live?channel=1&subtype=0#top\nadmin\npa:ss@/word",
        b"rtsps://user:p%40ss@10.0.0.1/stream",
        b"http://[fe80::1%25eth0]:8080/video?user=admin&password=hunter2\n\nx",
        "https://kamera-süd.local/ä/日本?q=%20\nuser name\nключ".encode(),
    ]


WORDS: Final = (
    *(b"rtsp://", b"http://", b"file://", b"://", b"@", b":", b"[", b"]", b"%", b"//"),
    *(
        b"-i",
        b" ",
        b"|",
        b"\\",
        b"%00",
        b"%0a",
        b"%3a",
        b"?password=",
        b"#",
        b"..",
        b";",
    ),
    *(
        "\uff0f".encode(),
        "℀".encode(),
        "\u2028".encode(),
        b"\t",
        b"\xed\xa0\x80",
        b":99999",
    ),
)
"""Parts of addresses, and characters that normalization turns into them."""
