"""XML from a device: without DTDs and entities, within limits of size and depth.

A document type can declare entities that expand to gigabytes or name other files. No ONVIF
message has one, so it ends the parsing at once.
"""

from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_BYTES: Final = 2 * 1024 * 1024
"""The profiles of a recorder with 64 channels have about 700 kB."""
_MAX_ELEMENTS: Final = 50_000
_MAX_DEPTH: Final = 64


class XmlError(Exception):
    """The document is no XML."""


class ForbiddenXmlError(XmlError):
    """The document has a DTD, or exceeds a limit."""


def parse(document: bytes) -> Element:
    """Return the root of a document; names have the form `{namespace}name`.

    Raises:
        XmlError: with a description for people.

    """
    if len(document) > MAX_BYTES:
        raise ForbiddenXmlError("the answer is too large")
    builder = _LimitedBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(document, True)
    # ValueError for an encoding that Python does not know
    except (expat.ExpatError, ValueError, LookupError) as err:
        raise XmlError(f"the answer is not XML: {err}") from err
    return builder.close()


def _refuse_doctype(*_: object) -> None:
    raise ForbiddenXmlError("the answer has a document type")


class _LimitedBuilder:
    """Builds a tree until it exceeds a limit."""

    def __init__(self) -> None:
        self._builder = TreeBuilder()
        self._elements = self._depth = 0
        self.data = self._builder.data
        self.close = self._builder.close

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._elements > _MAX_ELEMENTS or self._depth > _MAX_DEPTH:
            raise ForbiddenXmlError("the answer has too many elements")
        named = {_qualified(key): value for key, value in attributes.items()}
        self._builder.start(_qualified(name), named)

    def end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_qualified(name))


def _qualified(name: str) -> str:
    return f"{{{name}" if "}" in name else name
