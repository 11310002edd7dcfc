"""Sections of forms: an error opens the section that hides its field."""

from typing import Final

import voluptuous as vol
from homeassistant.data_entry_flow import section

BASE: Final = "base"
"""The place of errors above all fields."""


def open_at(schema: vol.Schema, field: str) -> tuple[vol.Schema, str]:
    """Return a form that shows the place of an error, and that place.

    An error of a field in a section is shown above the section, which is open then: Home
    Assistant shows none within a section. Without such a field it is above the form.
    """
    for marker, content in schema.schema.items():
        if not isinstance(content, section):
            if marker == field:
                return schema, field
        elif marker == field or field in content.schema.schema:
            opened = section(content.schema, {"collapsed": False})
            return vol.Schema({**schema.schema, marker: opened}), str(marker)
    return schema, BASE
