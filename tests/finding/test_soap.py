"""Messages of SOAP, and the login of WS-Security."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest

from custom_components.hls_camera.finding.soap import (
    SoapFaultError,
    envelope,
    read_answer,
    reports_lock,
    username_token,
)
from custom_components.hls_camera.finding.xml import XmlError, parse
from tests.onvif import messages


def test_a_token_has_a_digest_of_nonce_time_and_password() -> None:
    created = datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)
    header = username_token("a<b&", "p@ss<word>", created)
    root = parse(envelope("<x/>", header))
    assert b"p@ss" not in envelope("<x/>", header)
    assert root.findtext(".//{*}Username") == "a<b&"
    assert root.findtext(".//{*}Created") == "2031-02-03T04:05:06Z"
    nonce = base64.b64decode(root.findtext(".//{*}Nonce", ""))
    digest = hashlib.sha1(
        nonce + b"2031-02-03T04:05:06Z" + b"p@ss<word>", usedforsecurity=False
    ).digest()
    assert root.findtext(".//{*}Password") == base64.b64encode(digest).decode()


def test_an_answer_is_the_content_of_its_body() -> None:
    assert [each.tag for each in read_answer(envelope("<x/>"))] == ["x"]


@pytest.mark.parametrize(
    "document", [b"<a/>", envelope("").replace(b"s:Body", b"s:Other"), b"page"]
)
def test_other_documents_are_no_answer(document: bytes) -> None:
    with pytest.raises(XmlError):
        read_answer(document)


@pytest.mark.parametrize(
    ("subcode", "reason", "is_about_login", "is_about_lock"),
    [
        ("ter:NotAuthorized", "Sender not Authorized", True, False),
        ("wsse:FailedAuthentication", "", True, False),
        ("ter:NotAuthorized", "The account is locked", True, True),
        ("ter:ActionNotSupported", "Check the clock", False, False),
    ],
)
def test_faults(
    subcode: str, reason: str, is_about_login: bool, is_about_lock: bool
) -> None:
    with pytest.raises(SoapFaultError) as raised:
        read_answer(messages.fault(subcode, reason).encode())
    assert raised.value.is_about_login is is_about_login
    assert raised.value.is_about_lock is is_about_lock


def test_a_clock_is_no_lock() -> None:
    assert reports_lock("<lockStatus>lock</lockStatus>")
    assert not reports_lock("Clock blocked")
