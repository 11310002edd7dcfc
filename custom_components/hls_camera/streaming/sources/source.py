"""The address of a camera's stream, validated once."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, Self
from unicodedata import category
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ..errors import InvalidSourceError, SourceProblem
from ..reasons import EndReason
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

# What a web server sends is told by its first bytes. Formats that lead elsewhere
# (concat, dash, sdp, ...) are no camera's; what a HLS playlist lists is held to these.
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
"""Each scheme with the FFmpeg demuxers that may read what comes."""

_DATAGRAMS: Final = frozenset({"srt", "udp"})
"""The schemes of what is sent in datagrams; they have no port of their own."""


_ANY_WORD: Final = 7
"""Letters that a text may have in a row by chance, where it is about something else."""


class Transport(StrEnum):
    """How RTSP carries the media."""

    AUTOMATIC = "automatic"
    """TCP; UDP where the camera refuses that."""
    TCP = "tcp"
    UDP = "udp"


class Trouble(NamedTuple):
    """Why a source cannot be read, as somebody else than FFmpeg knows."""

    reason: EndReason
    detail: str


class StandIn(ABC):
    """What FFmpeg is told to open instead of a source's own address."""

    url: str
    trouble: Trouble | None = None
    """Why the source cannot be read, where that is known."""

    @property
    def proxy(self) -> str | None:
        """What FFmpeg is to ask for web addresses."""
        return None

    @abstractmethod
    async def close(self) -> None:
        """Let go of it; FFmpeg is gone."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Source:
    """A camera's stream address; credentials are kept apart from the address.

    Make one with `Source.parse()`, which validates.
    """

    url: str
    username: str | None = None
    password: str | None = None
    transport: Transport = Transport.AUTOMATIC
    allowed_hosts: frozenset[str] = frozenset()
    """Hosts beside its own that the camera may lead to, with a port or with all."""
    is_spoken_for: bool = False
    """Whether a gateway speaks RTSP to the camera: it knows more logins than FFmpeg."""
    has_secret_path: bool = False
    """Whether who knows the path, or the query, is let in: nobody is asked who he is."""
    open_relay: Callable[[], Awaitable[StandIn]] | None = None
    """What opens the source where it is a stream of ours, for as long as FFmpeg reads it."""

    @classmethod
    def parse(
        cls,
        address: str,
        username: str | None = None,
        password: str | None = None,
        transport: Transport = Transport.AUTOMATIC,
    ) -> Self:
        """Validate an address as a person types or pastes it.

        Credentials inside the address are taken out of it; those given apart win.

        Raises:
            InvalidSourceError: with the problem that the person can mend.

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
    def door(self) -> tuple[str, int] | None:
        """Host and port that take connections; None for datagrams, and for what is ours."""
        parts = urlsplit(self.url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        is_theirs = parts.scheme not in _DATAGRAMS and self.open_relay is None
        if parts.hostname is None or port is None or not is_theirs:
            return None
        return parts.hostname, port

    @property
    def is_rtsp(self) -> bool:
        """Whether the address is spoken to in RTSP."""
        return self.scheme in {"rtsp", "rtsps"}

    @property
    def is_web(self) -> bool:
        """Whether the address is one of a web server."""
        return self.scheme in {"http", "https"}

    @property
    def is_joined(self) -> bool:
        """Whether it goes on, whoever listens, and tells what it is at keyframes only.

        A web server may send such a stream as well.
        """
        return self.is_web or self.scheme in _DATAGRAMS

    @property
    def redactor(self) -> Redactor:
        """What takes this source's credentials out of a text."""
        return Redactor((*self._credentials, *self._secret_parts))

    @property
    def redacted_url(self) -> str:
        """The address, fit to be shown."""
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
        """What of the address is secret, with what stands before it where it is short."""
        if not self.has_secret_path:
            return ()
        parts = urlsplit(self.url)
        secrets = (("/", parts.path.strip("/")), ("?", parts.query))
        return tuple(
            text if len(text) > _ANY_WORD else f"{before}{text}"
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
        """Return the address, fit to be shown."""
        user = f"{REDACTED}@" if self.signs_in else ""
        return self.redacted_url.replace("://", f"://{user}", 1)

    def __repr__(self) -> str:
        """Return what may stand in a log."""
        return f"{type(self).__name__}({str(self)!r}, {self.transport})"


type FindSource = Callable[[], Awaitable[Source]]
"""Returns where a camera is now; may raise SourceError."""


def static_source(source: Source) -> FindSource:
    """Return a function that finds a source whose address does not change."""

    async def find() -> Source:
        return source

    return find


def address_key(address: str) -> str:
    """Return what tells an address from all others: without a port that goes without saying."""
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
