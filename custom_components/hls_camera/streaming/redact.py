"""Removal of credentials from texts."""

import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, quote_plus, unquote

REDACTED: Final = "**REDACTED**"

# user:password@ in any address; the last @ before the path ends the credentials.
_USERINFO = re.compile(r"(?P<scheme>[a-z0-9+.-]://)[^/\s'\"]*@", re.IGNORECASE)
# Credentials that cameras take in the query or in the path:
# ?user=admin&password=secret, /user=admin_password=secret_channel=1
_QUERY_SECRET = re.compile(
    r"(?P<key>[?&;/_](?:user(?:name)?|usr|login(?:use|pas)?|pass(?:word|wd|phrase)?|pwd?|token"
    r"|auth|key|secret|streamid|sig(?:nature)?|session|access_token|api_?key)=)[^&\s'\"#]*",
    re.IGNORECASE,
)


class Redactor:
    """Take known secrets and everything that looks like credentials out of a text."""

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        """Remember the secrets in every form in which FFmpeg may print them."""
        forms: set[str] = set()
        for secret in filter(None, secrets):
            plain = {secret, unquote(secret)}
            quoted = {quote(each, safe="") for each in (secret, quote(secret, safe=""))}
            # As in Python's and in JSON's texts, such as those of exceptions.
            escaped = {
                repr(secret)[1:-1],
                ascii(secret)[1:-1],
                json.dumps(secret)[1:-1],
            }
            forms |= plain | quoted | {quote(secret), quote_plus(secret)} | escaped
        # The longest first, so that no secret's remainder is left behind; all in one
        # go, so that none is looked for in another's replacement.
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile(
            "|".join(map(re.escape, longest_first)) or r"(?!)", re.IGNORECASE
        )

    def __call__(self, text: str) -> str:
        """Return the text without credentials."""
        text = self._secrets.sub(REDACTED, text)
        text = _USERINFO.sub(rf"\g<scheme>{REDACTED}@", text)
        return _QUERY_SECRET.sub(rf"\g<key>{REDACTED}", text)
