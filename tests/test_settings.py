"""YAML and environment: the settings for all cameras together."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.hls_camera.settings import CONFIG_SCHEMA, Settings

VARIABLE = "HLS_CAMERA_MAX_CONCURRENT_STREAMS"


@pytest.mark.parametrize(
    ("yaml", "environment", "limit"),
    [
        ({}, {}, 16),
        ({"hls_camera": None}, {}, 16),
        ({"hls_camera": {}}, {}, 16),
        ({"hls_camera": {"max_concurrent_streams": 4}}, {}, 4),
        ({"hls_camera": {"max_concurrent_streams": 4}}, {VARIABLE: "2"}, 2),
        ({}, {VARIABLE: "2"}, 2),
        ({}, {VARIABLE: "many"}, 16),
        ({}, {VARIABLE: "-1"}, 16),
    ],
)
def test_the_limit(
    yaml: dict[str, Any], environment: dict[str, str], limit: int
) -> None:
    settings = Settings.load(CONFIG_SCHEMA(yaml), environment)
    assert settings.max_concurrent_streams == limit


def test_a_wrong_variable_is_named(caplog: pytest.LogCaptureFixture) -> None:
    Settings.load({}, {VARIABLE: "many"})
    assert VARIABLE in caplog.text


@pytest.mark.parametrize("value", [-1, "many", None])
def test_wrong_yaml_is_refused(value: object) -> None:
    with pytest.raises(vol.Invalid):
        CONFIG_SCHEMA({"hls_camera": {"max_concurrent_streams": value}})
