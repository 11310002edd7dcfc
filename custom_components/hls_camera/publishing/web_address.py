"""Addresses of web servers, as people type them."""

from enum import StrEnum
from urllib.parse import urlsplit

from yarl import URL


class AddressProblem(StrEnum):
    """Why an address cannot be used; the value is its key in the translations."""

    NOT_HTTP = "not_http"
    """It does not begin with http:// or https:// and a host."""
    NOT_RTMP = "not_rtmp"
    """It does not begin with rtmp:// or rtmps://, a host and an application."""
    HAS_CREDENTIALS = "has_credentials"
    """Username and password have fields of their own."""
    HAS_QUERY = "has_query"
    """Files have no place below an address with a query or a fragment."""


class InvalidAddressError(Exception):
    """The address of a web server cannot be used; the text does not repeat it."""

    def __init__(self, problem: AddressProblem) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def parse_web_address(text: str) -> URL:
    """Return the address of a folder on a web server.

    Raises:
        InvalidAddressError: it is none.

    """
    try:
        parts, url = urlsplit(text.strip()), URL(text.strip())
        is_http = parts.scheme in ("http", "https") and bool(url.host)
    except ValueError:
        raise InvalidAddressError(AddressProblem.NOT_HTTP) from None
    if not is_http:
        raise InvalidAddressError(AddressProblem.NOT_HTTP)
    if parts.username is not None or parts.password is not None:
        raise InvalidAddressError(AddressProblem.HAS_CREDENTIALS)
    if parts.query or parts.fragment:
        raise InvalidAddressError(AddressProblem.HAS_QUERY)
    return url
