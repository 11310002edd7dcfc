"""Extra options for FFmpeg's input: allowed and rejected ones."""

import shlex

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import InvalidInputOptionsError
from custom_components.hls_camera.streaming.sources.input_options import (
    allowed_input_options,
    parse_input_options,
)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("", ()),
        ("  ", ()),
        ("-fflags +genpts", ("-fflags", "+genpts")),
        ("-max_delay -1", ("-max_delay", "-1")),
        ("-rtsp_flags +prefer_tcp", ("-rtsp_flags", "+prefer_tcp")),
        ("-strict -2", ("-strict", "-2")),
        (
            "-user_agent 'My camera viewer' -probesize 1000000",
            ("-user_agent", "My camera viewer", "-probesize", "1000000"),
        ),
    ],
)
def test_options_that_tune_the_reading_are_taken(
    text: str, arguments: tuple[str, ...]
) -> None:
    assert parse_input_options(text) == arguments


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("-i /etc/passwd", "-i"),
        ("-protocol_whitelist file", "-protocol_whitelist"),
        ("-f lavfi", "-f"),
        ("-fflags:v nobuffer", "-fflags:v"),
        ("--fflags +genpts", "--fflags"),
        ("fflags +genpts", "fflags"),
        ("-probesize 5000 out.mp4", "out.mp4"),
        ("-probesize", "-probesize"),
        ("-probesize -i", "-probesize -i"),
        ("-fflags ''", "-fflags"),
        ("-user_agent 'half", "-user_agent 'half"),
        # FFmpeg would wait for callers.
        ("-rtsp_flags listen", "-rtsp_flags listen"),
        ("-rtsp_flags +listen", "-rtsp_flags +listen"),
        ("-rtsp_flags prefer_tcp+listen", "-rtsp_flags prefer_tcp+listen"),
        ("-rtsp_flags 2", "-rtsp_flags 2"),
        ("-rtsp_flags 0x2", "-rtsp_flags 0x2"),
        ("-probesize file:/etc/passwd", "-probesize file:/etc/passwd"),
        ("-allowed_media_types data", "-allowed_media_types data"),
    ],
)
def test_anything_else_is_refused_and_named(text: str, named: str) -> None:
    with pytest.raises(InvalidInputOptionsError) as refusal:
        parse_input_options(text)
    assert refusal.value.named == named


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("-rtsp_flags listen -fflags +genpts", ("-fflags", "+genpts")),
        ("-fflags +genpts -probesize", ("-fflags", "+genpts")),
        ("-user_agent 'half", ()),
    ],
)
def test_of_what_an_older_version_kept_the_allowed_part_is_taken(
    text: str, arguments: tuple[str, ...]
) -> None:
    assert allowed_input_options(text) == arguments


@given(st.text(max_size=600))
def test_whatever_is_typed_options_and_values_take_turns(text: str) -> None:
    try:
        arguments = parse_input_options(text)
    except InvalidInputOptionsError:
        return
    assert len(arguments) % 2 == 0
    assert all(option.startswith("-") for option in arguments[::2])
    assert all(value.removeprefix("-") for value in arguments[1::2])
    assert parse_input_options(shlex.join(arguments)) == arguments
    assert allowed_input_options(text) == arguments
