"""An error opens the section that hides its field."""

import pytest
import voluptuous as vol
from homeassistant.data_entry_flow import SectionConfig, section

from custom_components.hls_camera.form_sections import open_at


def a_form() -> vol.Schema:
    """Return a form with a field, and two folded sections."""
    folded: SectionConfig = {"collapsed": True}
    return vol.Schema(
        {
            vol.Required("url"): str,
            vol.Optional("small"): section(vol.Schema({"address": str}), folded),
            vol.Optional("advanced"): section(vol.Schema({"transport": str}), folded),
        }
    )


@pytest.mark.parametrize(
    ("field", "place", "opened"),
    [
        ("url", "url", set()),
        ("small", "small", {"small"}),
        ("address", "small", {"small"}),
        ("transport", "advanced", {"advanced"}),
        ("base", "base", set()),
        ("elsewhere", "base", set()),
    ],
)
def test_an_error_is_shown_where_it_is_seen(
    field: str, place: str, opened: set[str]
) -> None:
    form, shown_at = open_at(a_form(), field)
    assert shown_at == place
    is_open = {
        str(key)
        for key, content in form.schema.items()
        if isinstance(content, section) and not content.options["collapsed"]
    }
    assert is_open == opened
    # Values are checked as before.
    values = {"url": "a", "small": {"address": "b"}, "advanced": {"transport": "c"}}
    assert form(values) == values
