"""Authentication of a camera's user: Basic (RFC 7617) and Digest (RFC 7616)."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

_PARAMETER = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))')


class AuthScheme(StrEnum):
    """The scheme in which the password is sent."""

    BASIC = "basic"
    DIGEST = "digest"
    DIGEST_SHA256 = "digest-sha256"


class Verdict(Enum):
    """The result of checking an Authorization header."""

    GRANTED = auto()
    DENIED = auto()
    STALE = auto()
    """The correct password with an expired nonce."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of a camera. Username and password may contain any characters."""

    username: str
    password: str


class Authenticator:
    """Sends challenges and checks the responses."""

    def __init__(
        self,
        credentials: Credentials,
        scheme: AuthScheme = AuthScheme.DIGEST,
        *,
        realm: str = "camera",
        nonce_uses: int | None = None,
    ) -> None:
        self._credentials = credentials
        self._scheme = scheme
        self._realm = realm
        self._nonce_uses = nonce_uses
        self._new_nonce()

    def challenge(self, *, stale: bool = False) -> str:
        """Return the header WWW-Authenticate."""
        if self._scheme is AuthScheme.BASIC:
            return f'Basic realm="{self._realm}"'
        parameters = [f'realm="{self._realm}"', f'nonce="{self._nonce}"']
        if self._scheme is AuthScheme.DIGEST_SHA256:
            parameters += ["algorithm=SHA-256", 'qop="auth"']
        if stale:
            parameters.append("stale=true")
        return f"Digest {', '.join(parameters)}"

    def check(self, method: str, authorization: str | None) -> Verdict:
        """Check the header Authorization of a request."""
        scheme, _, value = (authorization or "").partition(" ")
        if self._scheme is AuthScheme.BASIC:
            granted = scheme.lower() == "basic" and self._check_basic(value)
            return Verdict.GRANTED if granted else Verdict.DENIED
        if scheme.lower() != "digest":
            return Verdict.DENIED
        return self._check_digest(method, value)

    def _check_basic(self, value: str) -> bool:
        try:
            given = base64.b64decode(value.strip(), validate=True)
        except binascii.Error:
            return False
        expected = f"{self._credentials.username}:{self._credentials.password}"
        return hmac.compare_digest(given, expected.encode())

    def _check_digest(self, method: str, value: str) -> Verdict:
        given = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or bare
            for name, quoted, bare in _PARAMETER.findall(value)
        }
        if given.get("username") != self._credentials.username:
            return Verdict.DENIED
        expected = self._response(method, given)
        if not hmac.compare_digest(given.get("response", "").lower(), expected):
            return Verdict.DENIED
        if given.get("nonce") != self._nonce:
            return Verdict.STALE
        self._uses += 1
        if self._nonce_uses is not None and self._uses > self._nonce_uses:
            self._new_nonce()
            return Verdict.STALE
        return Verdict.GRANTED

    def _response(self, method: str, given: dict[str, str]) -> str:
        """Return the response of a client that knows the password."""
        digest = self._digest
        user = (
            f"{self._credentials.username}:{self._realm}:{self._credentials.password}"
        )
        parts = [digest(user), given.get("nonce", "")]
        if qop := given.get("qop"):
            parts += [given.get("nc", ""), given.get("cnonce", ""), qop]
        parts.append(digest(f"{method}:{given.get('uri', '')}"))
        return digest(":".join(parts))

    @property
    def _digest(self) -> Callable[[str], str]:
        if self._scheme is AuthScheme.DIGEST_SHA256:
            return lambda text: hashlib.sha256(text.encode()).hexdigest()
        return lambda text: hashlib.md5(
            text.encode(), usedforsecurity=False
        ).hexdigest()

    def _new_nonce(self) -> None:
        self._nonce = secrets.token_hex(16)
        self._uses = 0
