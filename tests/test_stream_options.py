"""An entry's options become the core's options, with a default for each that is absent."""

from dataclasses import replace
from typing import Any

import pytest

from custom_components.hls_camera.options import OPTIONS
from custom_components.hls_camera.stream_options import (
    made_height,
    option_values,
    stream_options,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
    Preset,
    VideoMode,
)


def test_an_entry_without_options_has_the_defaults() -> None:
    assert stream_options({}) == StreamOptions()
    assert made_height({}) is None


def test_the_defaults_are_options_themselves() -> None:
    """A form that is submitted unchanged changes nothing."""
    assert stream_options(option_values({})) == StreamOptions()
    assert made_height(option_values({})) is None


def test_saved_values_win_over_defaults_and_all_are_kept() -> None:
    values = option_values({"idle_timeout": 60, "switched_off": True})
    assert values["idle_timeout"] == 60
    assert values["switched_off"] is True
    assert values["lookback"] == StreamOptions().lookback


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({"always_on": True}, {"on_demand": False}),
        ({"idle_timeout": 60.0}, {"idle_timeout": 60.0}),
        ({"audio": False}, {"audio": False}),
        ({"lookback": 0.0}, {"lookback": 0.0}),
        (
            {"allowed_hosts": "NVR.lan, 192.0.2.7:554"},
            {"allowed_hosts": {"nvr.lan", "192.0.2.7:554"}},
        ),
        (
            {"input_options": "-fflags +genpts"},
            {"input_options": ("-fflags", "+genpts")},
        ),
    ],
)
def test_a_saved_option_changes_its_own_field_alone(
    saved: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert stream_options(saved) == replace(StreamOptions(), **expected)


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ({"video_mode": "copy"}, {"mode": VideoMode.COPY}),
        ({"encoder": "automatic"}, {"encoder": None}),
        ({"encoder": "h264_vaapi"}, {"encoder": Encoder.VAAPI}),
        ({"max_height": "unchanged"}, {"max_height": None}),
        ({"max_height": "720"}, {"max_height": 720}),
        ({"max_frame_rate": 15.0}, {"max_frame_rate": 15.0}),
        ({"preset": "fast"}, {"preset": Preset.FAST}),
        ({"keyframe_interval": 2.0}, {"keyframe_interval": 2.0}),
        # Forms have kbit/s, the core bits per second.
        ({"bitrate": 1500.0}, {"bitrate": 1_500_000}),
        ({"max_bitrate": 2500.5}, {"max_bitrate": 2_500_500}),
        ({"buffer_size": 8000.0}, {"buffer_size": 8_000_000}),
    ],
)
def test_a_saved_option_of_the_picture_changes_the_conversion_alone(
    saved: dict[str, Any], expected: dict[str, Any]
) -> None:
    conversion = replace(ConversionOptions(), **expected)
    assert stream_options(saved) == replace(StreamOptions(), conversion=conversion)


def test_input_options_that_are_no_longer_allowed_are_left_out() -> None:
    """An older version took them."""
    options = stream_options(
        {"input_options": "-dump_attachment:0 /etc/x -flags low_delay"}
    )
    assert options.input_options == ("-flags", "low_delay")


@pytest.mark.parametrize(
    ("saved", "height"),
    [({"small_height": "none"}, None), ({"small_height": "360"}, 360)],
)
def test_the_height_of_a_sub_stream_that_is_made_here(
    saved: dict[str, Any], height: int | None
) -> None:
    assert made_height(saved) == height
    assert stream_options(saved) == StreamOptions()


def test_an_empty_value_is_an_absent_one() -> None:
    empty = dict.fromkeys(each.key for each in OPTIONS)
    assert stream_options(empty) == stream_options({})
