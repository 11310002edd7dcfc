"""YAML and environment: the settings for all cameras together."""

from typing import Any

import pytest
import voluptuous as vol

from custom_components.hls_camera.settings import CONFIG_SCHEMA, Settings

DEFAULTS: dict[str, Any] = {
    "max_concurrent_streams": 16,
    "memory_budget": 384,
    "part_target": 0.2,
}
OTHERS: dict[str, Any] = {
    "max_concurrent_streams": 4,
    "memory_budget": 100,
    "part_target": 0.5,
}
NONSENSE = [
    ("max_concurrent_streams", "many"),
    ("max_concurrent_streams", "0"),
    ("max_concurrent_streams", "-1"),
    ("memory_budget", "15"),
    ("memory_budget", "384 MB"),
    ("part_target", "0"),
    ("part_target", "nan"),
    ("part_target", "2"),
    ("part_target", ""),
]


def variable(key: str) -> str:
    return f"HLS_CAMERA_{key.upper()}"


@pytest.mark.parametrize("yaml", [{}, {"hls_camera": None}, {"hls_camera": {}}])
def test_defaults(yaml: dict[str, Any]) -> None:
    assert Settings.load(CONFIG_SCHEMA(yaml), {}) == Settings(**DEFAULTS)


def test_yaml() -> None:
    yaml = CONFIG_SCHEMA({"hls_camera": OTHERS})
    assert Settings.load(yaml, {}) == Settings(**OTHERS)


@pytest.mark.parametrize("key", DEFAULTS)
def test_the_environment_wins(key: str) -> None:
    yaml = CONFIG_SCHEMA({"hls_camera": DEFAULTS})
    settings = Settings.load(yaml, {variable(key): str(OTHERS[key])})
    assert settings == Settings(**DEFAULTS | {key: OTHERS[key]})


@pytest.mark.parametrize(("key", "text"), NONSENSE)
def test_a_variable_that_makes_no_sense_is_left_out_and_named(
    key: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.load(
        CONFIG_SCHEMA({"hls_camera": OTHERS}), {variable(key): text}
    )
    assert settings == Settings(**OTHERS, ignored=(variable(key),))
    assert variable(key) in caplog.text


@pytest.mark.parametrize(("key", "value"), [*NONSENSE, ("streams", 1)])
def test_yaml_that_makes_no_sense_is_refused(key: str, value: object) -> None:
    with pytest.raises(vol.Invalid):
        CONFIG_SCHEMA({"hls_camera": {key: value}})


@pytest.mark.parametrize(
    ("yaml", "raised", "limit"),
    [
        ({}, 20, 20),
        ({}, 128, 128),
        ({}, 4, 16),
        ({"max_concurrent_streams": 4}, 20, 4),
        ({"memory_budget": 40}, 12, 10),
        ({"memory_budget": 100}, 20, 20),
        ({"part_target": 0.5}, 20, 20),
    ],
)
def test_a_limit_that_was_raised_in_the_ui_changes_nothing_that_is_configured(
    yaml: dict[str, Any], raised: int, limit: int
) -> None:
    settings = Settings.load(
        CONFIG_SCHEMA({"hls_camera": yaml}), {}, raised_limit=raised
    )
    assert settings.stream_limit == limit
    assert all(getattr(settings, key) == value for key, value in yaml.items())
