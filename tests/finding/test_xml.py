"""XML from a device."""

import tracemalloc

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.finding.xml import (
    MAX_BYTES,
    ForbiddenXmlError,
    XmlError,
    parse,
)

from .bomb import BOMB

NESTED = "<a>" * 100_000


def test_names_have_their_namespaces() -> None:
    root = parse(b'<a:b xmlns:a="urn:x" a:c="1" d="2"><e>t&amp;u</e></a:b>')
    assert root.tag == "{urn:x}b"
    assert root.attrib == {"{urn:x}c": "1", "d": "2"}
    assert root.findtext("e") == "t&u"


@pytest.mark.parametrize(
    "document",
    [
        BOMB.encode(),
        BOMB.encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>',
        NESTED.encode(),
        b"<a>" + b"<b/>" * 60_000 + b"</a>",
        b"<a>" + b" " * MAX_BYTES + b"</a>",
    ],
    ids=["bomb", "bomb-utf16", "dtd", "file", "deep", "many", "large"],
)
def test_forbidden_documents_cost_little(document: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ForbiddenXmlError):
            parse(document)
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<a>",
        b"<a></b>",
        b"<html><br></html>",
        b"<a>&undefined;</a>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
    ],
)
def test_malformed_documents_are_refused(document: bytes) -> None:
    with pytest.raises(XmlError):
        parse(document)


@given(st.binary(max_size=2000))
def test_no_bytes_do_more_than_be_refused(document: bytes) -> None:
    with pytest.raises(XmlError):
        parse(document + b"<")


TEXTS = st.text(
    st.characters(
        blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"
    )
)


@given(TEXTS)
def test_texts_come_back_as_they_were(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert (parse(f"<a>{escaped}</a>".encode()).text or "") == text
