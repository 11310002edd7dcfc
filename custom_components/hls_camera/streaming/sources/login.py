"""Logins that cameras ask for: Basic (RFC 7617) and Digest (RFC 7616, RFC 2069).

FFmpeg knows Digest with MD5 only, and takes the last of several challenges.
"""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

_COMMA: Final = re.compile(r'((?:[^",]|"(?:[^"\\]|\\.)*"?)+)')
"""The text between two commas outside quotes."""
_PARAMETER: Final = re.compile(r"(?:([\w-]+)\s+)?([\w-]+)\s*=\s*(.*)", re.DOTALL)
_SCHEME: Final = re.compile(r"([\w-]+)(?:\s.*)?", re.DOTALL)


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _sha512_256(data: bytes) -> str:
    return hashlib.new("sha512_256", data).hexdigest()


# The best first.
_ALGORITHMS: Final[dict[str, Callable[[bytes], str]]] = {
    "sha-512-256": _sha512_256,
    "sha-256": _sha256,
    "md5": _md5,
}
if "sha512_256" not in hashlib.algorithms_available:
    del _ALGORITHMS["sha-512-256"]


@dataclass(frozen=True, slots=True)
class Challenge:
    """One login method that a camera offers."""

    scheme: str
    """In lower case."""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        """Of Digest; in lower case and without `-sess`."""
        return self._algorithm.removesuffix("-sess")

    @property
    def is_session(self) -> bool:
        """Whether the secret is bound to the first nonce."""
        return self._algorithm.endswith("-sess")

    @property
    def _algorithm(self) -> str:
        return self.parameters.get("algorithm", "MD5").lower()

    @property
    def rank(self) -> int | None:
        """The order of preference, 0 for the best; None where it cannot be answered."""
        ranks = {name: number for number, name in enumerate(_ALGORITHMS)}
        if self.scheme == "digest" and "nonce" in self.parameters:
            return ranks.get(self.algorithm)
        return len(ranks) if self.scheme == "basic" else None

    def __str__(self) -> str:
        """Return its name, fit to be shown."""
        scheme = self.scheme.capitalize()
        given = self.parameters.get("algorithm")
        return f"{scheme} {given}" if given else scheme


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """Return the challenges in all WWW-Authenticate headers of an answer."""
    challenges: list[Challenge] = []
    for header in headers:
        for item in _COMMA.findall(header):
            text = item.strip()
            if found := _PARAMETER.fullmatch(text):
                scheme, name, value = found.groups()
                if scheme:
                    challenges.append(Challenge(scheme.lower()))
                if challenges:
                    challenges[-1].parameters[name.lower()] = _unquoted(value)
            elif found := _SCHEME.fullmatch(text):
                challenges.append(Challenge(found[1].lower()))
    return challenges


def _unquoted(value: str) -> str:
    value = value.strip()
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'), flags=re.DOTALL)


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def ffmpeg_can_answer(headers: Iterable[str]) -> bool:
    """Whether FFmpeg can answer WWW-Authenticate headers: it takes the last Digest.

    It knows MD5 alone, no integrity protection, and no list in one header.
    """
    offered = [parse_challenges([header]) for header in headers]
    if any(len(challenges) != 1 for challenges in offered):
        return False
    digests = [each for (each,) in offered if each.scheme == "digest"]
    if not digests:
        return any(each.scheme == "basic" for (each,) in offered)
    asked = digests[-1].parameters
    qop = [each.strip() for each in asked.get("qop", "auth").split(",")]
    return asked.get("algorithm", "MD5") in {"MD5", "MD5-sess"} and "auth" in qop


class Login:
    """The credentials of one camera, and the challenge that they are to answer."""

    def __init__(self, username: str | None, password: str | None) -> None:
        """Keep them; without both there is nothing to answer with."""
        self._username = username or ""
        self._password = password or ""
        self.is_known = (username, password) != (None, None)
        self._challenge: Challenge | None = None
        self._uses = 0
        self._client_nonce = secrets.token_hex(8)

    def take(self, challenges: Iterable[Challenge], *, is_second: bool = False) -> bool:
        """Choose the best challenge; return whether it can be answered.

        `is_second` is for one that comes in spite of an answer to the first: the
        credentials are wrong then, unless the camera reports that its nonce was too old.
        """
        answerable = [each for each in challenges if each.rank is not None]
        if not answerable or not self.is_known:
            return False
        best = min(answerable, key=lambda each: each.rank or 0)
        is_stale = best.parameters.get("stale", "").lower() == "true"
        if is_second and not is_stale:
            return False
        self._challenge, self._uses = best, 0
        return True

    def authorization(self, method: str, uri: str) -> str | None:
        """Return the Authorization header's value for a request, if one is asked for."""
        if self._challenge is None:
            return None
        self._uses += 1
        if self._challenge.scheme == "basic":
            pair = f"{self._username}:{self._password}"
            return f"Basic {b64encode(pair.encode()).decode()}"
        return self._digest(self._challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        digest = _ALGORITHMS[challenge.algorithm]

        def hashed(*parts: str) -> str:
            # A realm or nonce may be in another encoding than UTF-8: its bytes count.
            return digest(":".join(parts).encode("utf-8", "surrogateescape"))

        asked = challenge.parameters
        realm, nonce = asked.get("realm", ""), asked["nonce"]
        secret = hashed(self._username, realm, self._password)
        if challenge.is_session:
            secret = hashed(secret, nonce, self._client_nonce)
        offered = [each.strip().lower() for each in asked.get("qop", "").split(",")]
        qop = next((each for each in ("auth", "auth-int") if each in offered), None)
        # No request of ours has a body.
        request = hashed(method, uri, *([hashed("")] if qop == "auth-int" else []))
        count = f"{self._uses:08x}"
        middle = [count, self._client_nonce, qop] if qop else []
        username = self._username
        if asked.get("userhash", "").lower() == "true":
            username = hashed(self._username, realm)
        quoted = {"username": username, "realm": realm, "nonce": nonce, "uri": uri}
        quoted["response"] = hashed(secret, nonce, *middle, request)
        if "opaque" in asked:
            quoted["opaque"] = asked["opaque"]
        if qop or challenge.is_session:
            quoted["cnonce"] = self._client_nonce
        plain = {"qop": qop, "nc": count} if qop else {}
        if "algorithm" in asked:
            plain["algorithm"] = asked["algorithm"]
        if asked.get("userhash", "").lower() == "true":
            plain["userhash"] = "true"
        fields = [f"{name}={_quoted(value)}" for name, value in quoted.items()]
        fields += [f"{name}={value}" for name, value in plain.items()]
        return f"Digest {', '.join(fields)}"
