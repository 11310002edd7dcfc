"""SOAP 1.2 messages of ONVIF, and the login of WS-Security."""

import hashlib
import secrets
from base64 import b64encode
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from .xml import XmlError, parse

CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"

_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_SECURITY: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
)
_UTILITY: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
)
_PROFILE: Final = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
)
_BASE64: Final = (
    "http://docs.oasis-open.org/wss/2004/01"
    "/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)


class SoapFaultError(Exception):
    """The device refuses a request."""

    def __init__(self, text: str) -> None:
        """Keep the codes and the reason in one text."""
        super().__init__(text)
        self.text = text

    @property
    def is_about_login(self) -> bool:
        """Whether the device requires a login, or rejects this one."""
        text = self.text.lower()
        signs = ("notauthorized", "not authorized", "failedauthentication", "security")
        return any(sign in text for sign in signs)

    @property
    def is_about_lock(self) -> bool:
        """Whether the account is locked."""
        return reports_lock(self.text)


def reports_lock(text: str) -> bool:
    """Whether a camera's message is about a locked account."""
    return "lock" in text.lower().replace("clock", "").replace("block", "")


def envelope(body: str, header: str = "") -> bytes:
    """Return a message."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<s:Envelope xmlns:s="{_ENVELOPE}">'
        f"<s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def username_token(username: str, password: str, created: datetime) -> str:
    """Return the header that signs in with a digest; `created` is in the camera's time."""
    nonce = secrets.token_bytes(16)
    time = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hashlib.sha1(
        nonce + time.encode() + password.encode(), usedforsecurity=False
    ).digest()
    return (
        f'<wsse:Security s:mustUnderstand="1" xmlns:wsse="{_SECURITY}" '
        f'xmlns:wsu="{_UTILITY}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(username)}</wsse:Username>"
        f'<wsse:Password Type="{_PROFILE}#PasswordDigest">'
        f"{b64encode(digest).decode()}</wsse:Password>"
        f'<wsse:Nonce EncodingType="{_BASE64}">{b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{time}</wsu:Created>"
        "</wsse:UsernameToken></wsse:Security>"
    )


def read_answer(document: bytes) -> Element:
    """Return the body of an answer.

    Raises:
        XmlError: it is no SOAP message.
        SoapFaultError: the device refuses the request.

    """
    root = parse(document)
    body = root.find(f"{{{_ENVELOPE}}}Body")
    if root.tag != f"{{{_ENVELOPE}}}Envelope" or body is None:
        raise XmlError("the answer is not a SOAP message")
    fault = body.find(f"{{{_ENVELOPE}}}Fault")
    if fault is not None:
        raise SoapFaultError(" ".join(" ".join(fault.itertext()).split())[:500])
    return body
