"""The search for a camera: by ONVIF, then at the makers' usual paths."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from unicodedata import category
from urllib.parse import urlsplit

from ..streaming.sources.destinations import is_host
from . import onvif, path_search
from .credentials import Credentials
from .errors import FindingError, FindingProblem
from .found import FoundCamera

_FINAL: Final = frozenset({FindingProblem.LOCKED, FindingProblem.LOGIN_MISSING})
"""Problems for which another protocol is no remedy."""


@dataclass(frozen=True, slots=True)
class Target:
    """The host of a camera, and the port where a person names one."""

    host: str
    port: int | None = None

    def __str__(self) -> str:
        """Return the address as a person types it; the search tries usual ports in any case."""
        if self.port is None or self.port in onvif.PORTS:
            return self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @classmethod
    def parse(cls, text: str, port: int | None = None) -> Target | None:
        """Return the host in a text, such as a host with a port or the address of a page.

        None if it has no host.
        """
        # Nobody sees that these were pasted as well: format characters (Cf).
        text = "".join(char for char in text if category(char) != "Cf").strip()
        if text.count(":") > 1 and not {"[", "/"} & set(text):
            text = f"[{text}]"  # an IPv6 address
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            named = parts.port
        except ValueError:
            return None
        host = parts.netloc.rpartition("@")[2].lower()
        if not parts.hostname or host.startswith("-") or not is_host(host):
            return None
        # The dot at the end of a sentence, or of a complete name, is no part of an address.
        name = parts.hostname.removesuffix(".")
        return cls(name, port or named) if name else None


def is_ip_address(host: str) -> bool:
    """Whether a host is an IP address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class Search:
    """One search, in two stages."""

    def __init__(self, target: Target, credentials: Credentials) -> None:
        """Prepare; nothing is sent yet."""
        self._target = target
        self._credentials = credentials
        self._onvif_problem: FindingError | None = None

    async def by_onvif(self) -> FoundCamera | None:
        """Return the camera; None if the second stage may find it.

        Raises:
            FindingError: there is no point in going on.

        """
        ports = onvif.PORTS if self._target.port is None else (self._target.port,)
        try:
            return await onvif.find_by_onvif(
                self._target.host, ports, self._credentials
            )
        except FindingError as err:
            if err.problem in _FINAL:
                raise
            self._onvif_problem = err
            return None

    async def by_path(self) -> FoundCamera:
        """Return the camera.

        Raises:
            FindingError: there is none.

        """
        # A named port may be that of ONVIF: the usual ones of RTSP count as well.
        named = () if self._target.port is None else (self._target.port,)
        usual = (*path_search.PORTS, *path_search.TLS_PORTS)
        ports = dict.fromkeys((*named, *usual))
        try:
            return await path_search.find_by_path(
                self._target.host, ports, self._credentials
            )
        except FindingError as err:
            raise self._more_telling(err) from err

    def _more_telling(self, error: FindingError) -> FindingError:
        """Return the error of the stage that got further."""
        before = self._onvif_problem
        if before is None or before.problem is FindingProblem.NO_ANSWER:
            return error
        if error.problem in {FindingProblem.NO_ANSWER, FindingProblem.ONVIF_OFF}:
            if before.problem is FindingProblem.LOGIN_REJECTED:
                return FindingError(FindingProblem.ONVIF_USER)
            return before
        if before.problem is FindingProblem.CLOCK_WRONG:
            return before
        return error
