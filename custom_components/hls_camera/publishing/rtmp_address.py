"""Addresses of RTMP servers, as people type them."""

import ssl
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from .web_address import AddressProblem, InvalidAddressError

_PORTS: Final = {"rtmp": 1935, "rtmps": 443}


class RtmpAddress(NamedTuple):
    """The address of an application on an RTMP server; a stream key makes it a stream."""

    url: str
    host: str
    port: int
    has_tls: bool
    application: str

    def tls_context(self) -> ssl.SSLContext | None:
        """Return how the server is verified, if it has TLS; this reads files."""
        return ssl.create_default_context() if self.has_tls else None


def parse_rtmp_address(text: str) -> RtmpAddress:
    """Return the address of an application.

    Raises:
        InvalidAddressError: it is none.

    """
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidAddressError(AddressProblem.NOT_RTMP) from None
    application = parts.path.strip("/")
    if parts.scheme not in _PORTS or not host or not application or not url.isascii():
        raise InvalidAddressError(AddressProblem.NOT_RTMP)
    if parts.username is not None or parts.password is not None:
        raise InvalidAddressError(AddressProblem.HAS_CREDENTIALS)
    if parts.query or parts.fragment:
        raise InvalidAddressError(AddressProblem.HAS_QUERY)
    return RtmpAddress(
        url=url,
        host=host,
        port=_PORTS[parts.scheme] if port is None else port,
        has_tls=parts.scheme == "rtmps",
        application=application,
    )
