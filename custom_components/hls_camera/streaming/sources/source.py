"""The address of a camera's stream, validated once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from unicodedata import category
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ..errors import InvalidSourceError, SourceProblem
from ..redact import REDACTED, Redactor
from .destinations import DEFAULT_PORTS

# Each scheme with the FFmpeg protocols it needs. Nothing else may be opened, also
# not by a redirect or by an address inside a playlist that the source sends.
PROTOCOLS: Final[dict[str, str]] = {
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsps,rtsp,rtp,udp,tcp,tls",
    "http": "http,tcp",
    "https": "http,tcp",
    "rtmp": "rtmp,tcp",
    "srt": "srt",
    "udp": "udp",
}

# FFmpeg recognizes them by their first bytes. Formats that lead to other addresses
# (concat, dash, sdp, ...) are missing; the media of an HLS playlist are limited to these.
_HTTP_FORMATS: Final = (
    "mpjpeg,mjpeg,jpeg_pipe,hls,mpegts,flv,mov,matroska,asf,avi,mpeg,dhav,ogg"
    ",h264,hevc,m4v,mpegvideo,aac,ac3,eac3,mp3,webvtt"
)
FORMATS: Final[dict[str, str]] = {
    "rtsp": "rtsp",
    "rtsps": "rtsp",
    "http": _HTTP_FORMATS,
    "https": _HTTP_FORMATS,
    "rtmp": "flv",
    "srt": "mpegts",
    "udp": "mpegts",
}
"""Each scheme with the FFmpeg demuxers that may read it."""

_DATAGRAMS: Final = frozenset({"srt", "udp"})
"""The schemes that send datagrams; they have no default port."""


_MAX_WORD_LETTERS: Final = 7
"""Letters of a short path: longer ones do not occur in a log by chance."""


class Transport(StrEnum):
    """How RTSP carries the media."""

    AUTOMATIC = "automatic"
    """TCP; UDP where the camera refuses that."""
    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Source:
    """A camera's stream address; credentials are kept apart from the address.

    Make one with `Source.parse()`, which validates.
    """

    url: str
    username: str | None = None
    password: str | None = None
    transport: Transport = Transport.AUTOMATIC
    has_secret_path: bool = False
    """Whether the path and the query are credentials: the camera asks for no others."""

    @classmethod
    def parse(
        cls,
        address: str,
        username: str | None = None,
        password: str | None = None,
        transport: Transport = Transport.AUTOMATIC,
    ) -> Self:
        """Validate an address as a person types or pastes it.

        Credentials in the address move to their own fields; separate ones have precedence.

        Raises:
            InvalidSourceError: with the problem that the person can correct.

        """
        # Nobody sees that these were pasted as well: format characters (Cf).
        address = "".join(char for char in address if category(char) != "Cf").strip()
        for text in (address, username or "", password or ""):
            # Cc: control characters; Cs: halves of characters, which no URL can hold
            if any(category(char) in {"Cc", "Cs"} for char in text):
                raise InvalidSourceError(SourceProblem.CONTROL_CHARACTER)
        parts = _split(address)
        port, host = parts.port, parts.hostname
        if parts.scheme not in PROTOCOLS:
            raise InvalidSourceError(SourceProblem.SCHEME_NOT_ALLOWED)
        if not host or not _is_host(host):
            raise InvalidSourceError(SourceProblem.HOST_MISSING)
        if port is None and parts.scheme in _DATAGRAMS:
            raise InvalidSourceError(SourceProblem.PORT_MISSING)
        username = username or (unquote(parts.username) if parts.username else None)
        password = password or (unquote(parts.password) if parts.password else None)
        if username and ":" in username:
            # It ends the user name in both of HTTP's schemes (RFC 7617, RFC 7616).
            raise InvalidSourceError(SourceProblem.COLON_IN_USERNAME)
        host = f"[{host}]" if ":" in host else host
        bare = SplitResult(
            scheme=parts.scheme,
            netloc=host if port is None else f"{host}:{port}",
            path=parts.path,
            query=parts.query,
            fragment="",
        )
        return cls(
            url=bare.geturl(),
            username=username,
            password=password,
            transport=transport,
        )

    @property
    def scheme(self) -> str:
        """The address's scheme, one of PROTOCOLS."""
        return urlsplit(self.url).scheme

    @property
    def tcp_address(self) -> tuple[str, int] | None:
        """Host and port that accept connections; None where datagrams are sent."""
        parts = urlsplit(self.url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        if parts.hostname is None or port is None or parts.scheme in _DATAGRAMS:
            return None
        return parts.hostname, port

    @property
    def is_rtsp(self) -> bool:
        """Whether the scheme is RTSP, with or without TLS."""
        return self.scheme in {"rtsp", "rtsps"}

    @property
    def is_web(self) -> bool:
        """Whether the scheme is HTTP, with or without TLS."""
        return self.scheme in {"http", "https"}

    @property
    def is_joined(self) -> bool:
        """Whether the stream may be joined midway, and describes itself at keyframes only.

        A web server may send such a stream as well.
        """
        return self.is_web or self.scheme in _DATAGRAMS

    @property
    def secrets(self) -> tuple[str, ...]:
        """The credentials, and the secret parts of the address."""
        return (*filter(None, self._credentials), *self._secret_parts)

    @property
    def redacted_url(self) -> str:
        """The address without credentials."""
        return Redactor(self._secret_parts)(self.url)

    @property
    def signs_in(self) -> bool:
        """Whether it has credentials."""
        return self._credentials != (None, None)

    @property
    def may_have_secrets(self) -> bool:
        """Whether the whole address has something that may be secret, such as a path."""
        parts = urlsplit(self.url)
        return self.signs_in or bool(parts.path.strip("/") or parts.query)

    @property
    def _credentials(self) -> tuple[str | None, str | None]:
        return self.username, self.password

    @property
    def _secret_parts(self) -> tuple[str, ...]:
        """The secret parts of the address; a short one with the character before it."""
        if not self.has_secret_path:
            return ()
        parts = urlsplit(self.url)
        secrets = (("/", parts.path.strip("/")), ("?", parts.query))
        return tuple(
            text if len(text) > _MAX_WORD_LETTERS else f"{before}{text}"
            for before, text in secrets
            if text
        )

    def url_with_credentials(self) -> str:
        """Return the address that FFmpeg opens. Never log it."""
        if not self.signs_in:
            return self.url
        # With the colon even where the password is empty: without one, FFmpeg would
        # not answer a Digest challenge.
        userinfo = ":".join(quote(text or "", safe="") for text in self._credentials)
        parts = urlsplit(self.url)
        return parts._replace(netloc=f"{userinfo}@{parts.netloc}").geturl()

    def __str__(self) -> str:
        """Return the address without credentials."""
        user = f"{REDACTED}@" if self.signs_in else ""
        return self.redacted_url.replace("://", f"://{user}", 1)

    def __repr__(self) -> str:
        """Return a text form for logs."""
        return f"{type(self).__name__}({str(self)!r}, {self.transport})"


def address_key(address: str) -> str:
    """Return a key for an address, without its scheme's default port."""
    try:
        parts = urlsplit(address)
        if parts.port is None or parts.port != DEFAULT_PORTS.get(parts.scheme):
            return address
    except ValueError:
        # Kept by a version that knew more: it cannot be read, and is no other's.
        return address
    host = parts.netloc.removesuffix(f":{parts.port}")
    return parts._replace(netloc=host).geturl()


def _split(address: str) -> SplitResult:
    """Return the parts of an address, whose port can be one."""
    has_space = any(map(str.isspace, address))
    if address.startswith("-") or "://" not in address or has_space:
        raise InvalidSourceError(SourceProblem.NOT_AN_ADDRESS)
    try:
        parts = urlsplit(address)
        if _may_have_cut_credentials(parts):
            raise InvalidSourceError(SourceProblem.CREDENTIALS_UNCLEAR)
        if parts.port == 0:
            raise InvalidSourceError(SourceProblem.NOT_AN_ADDRESS)
    except ValueError:
        raise InvalidSourceError(SourceProblem.NOT_AN_ADDRESS) from None
    return parts


def _may_have_cut_credentials(parts: SplitResult) -> bool:
    """Whether a slash, question mark or hash seems to stand in a password.

    In rtsp://me:pa/ss@host/live, the host would be "me", and its port the password.
    """
    host, colon, port = parts.netloc.rpartition(":")
    is_host_with_port = port.isdecimal() and ("." in host or host.startswith("["))
    return (
        bool(colon)
        and not is_host_with_port
        and "@" not in parts.netloc
        and "@" in f"{parts.path}{parts.query}{parts.fragment}"
    )


def _is_host(host: str) -> bool:
    """Whether the text can be a host name, an IPv4 or an IPv6 address."""
    return not host.startswith("-") and all(
        char.isalnum() or char in "-._:%~" for char in host
    )
