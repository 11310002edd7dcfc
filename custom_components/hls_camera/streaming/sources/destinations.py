"""The hosts to which a source may redirect: its own, and those that its owner allows."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

DEFAULT_PORTS: Final = {
    "rtsp": 554,
    "rtsps": 322,
    "http": 80,
    "https": 443,
    "rtmp": 1935,
}
_WITH_TLS: Final = frozenset({"https", "rtsps"})
_NAME: Final = r"[\w.-]+"
_IPV6: Final = r"[0-9a-f]*:[0-9a-f:.]+"
_HOST: Final = re.compile(rf"(?:{_NAME}|\[{_IPV6}\])(?::\d{{1,5}})?|{_IPV6}")


class Origin(NamedTuple):
    """Scheme, host and port that a request goes to."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str | SplitResult) -> Origin | None:
        """Return an address's origin; None where it has none."""
        try:
            parts = urlsplit(url) if isinstance(url, str) else url
            port = parts.port or DEFAULT_PORTS.get(parts.scheme)
        except ValueError:
            return None
        if not parts.hostname or port is None:
            return None
        return cls(parts.scheme, parts.hostname.lower(), port)

    @property
    def has_tls(self) -> bool:
        """Whether its connections use TLS."""
        return self.scheme in _WITH_TLS

    @property
    def authority(self) -> str:
        """Host and port in the form of an address."""
        return f"{self._address_host}:{self.port}"

    @property
    def host_header(self) -> str:
        """Host, and the port unless it is the scheme's own."""
        is_default = DEFAULT_PORTS.get(self.scheme) == self.port
        return self._address_host if is_default else self.authority

    @property
    def _address_host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


class Destinations:
    """The origins to which a source may redirect."""

    def __init__(self, source: Origin, allowed_hosts: Iterable[str] = ()) -> None:
        """Allow the source's own host, and others by name, with a port or with all."""
        self._source = source
        self._own_hosts = {source.host}
        self._allowed_hosts = frozenset(allowed_hosts)

    def note_address(self, address: str) -> None:
        """Note an address of the source's host, which its redirects may use."""
        self._own_hosts.add(address.lower())

    def allow(self, origin: Origin) -> bool:
        """Whether a request may go there."""
        names = {origin.host, f"[{origin.host}]", origin.authority}
        return self._is_own(origin) or not names.isdisjoint(self._allowed_hosts)

    def may_know_login(self, origin: Origin) -> bool:
        """Whether the origin may get the credentials: not without TLS if the source has it."""
        return self._is_own(origin) and (origin.has_tls or not self._source.has_tls)

    def _is_own(self, origin: Origin) -> bool:
        """Whether the origin is the camera; each port of this machine is another program."""
        return origin.host in self._own_hosts and (
            origin.port == self._source.port or not _is_this_machine(origin.host)
        )


def split_hosts(text: str) -> frozenset[str]:
    """Return the hosts in a text, between commas or spaces."""
    return frozenset(text.replace(",", " ").lower().split())


def invalid_host(text: str) -> str | None:
    """Return the first invalid host in a text, if there is one."""
    return next((host for host in sorted(split_hosts(text)) if not is_host(host)), None)


def is_host(text: str) -> bool:
    """Whether a text is a host, with or without a port."""
    return _HOST.fullmatch(text) is not None


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
