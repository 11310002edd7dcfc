"""The table of a camera's options: keys that entries keep, fields, and problems."""

import voluptuous as vol

from custom_components.hls_camera.options import OPTIONS, Problem


def test_the_keys_are_those_in_the_entries_of_users() -> None:
    assert [each.key for each in OPTIONS] == [
        *("always_on", "idle_timeout", "audio", "lookback"),
        *("video_mode", "max_height", "max_frame_rate", "small_height", "encoder"),
        "convert_on",
        *("bitrate", "max_bitrate", "buffer_size", "preset", "keyframe_interval"),
        *("input_options", "allowed_hosts", "webrtc"),
    ]


def test_a_field_without_a_default_may_be_empty() -> None:
    markers = [each.marker for each in OPTIONS]
    optional = {str(each) for each in markers if isinstance(each, vol.Optional)}
    assert optional == {"max_frame_rate", "bitrate", "input_options", "allowed_hosts"}
    assert all(isinstance(each, vol.Optional | vol.Required) for each in markers)


def test_defaults_have_no_problem_and_are_accepted_by_their_fields() -> None:
    for each in OPTIONS:
        if each.default is not None:
            assert each.problem_fn(each.default) is None
            schema = vol.Schema({each.marker: each.selector})
            assert schema({each.key: each.default}) == {each.key: each.default}


def test_problems_name_the_part_to_change() -> None:
    problems = {
        each.key: each.problem_fn("-i /etc/passwd")
        for each in OPTIONS
        if each.key in {"input_options", "allowed_hosts"}
    }
    assert problems == {
        "input_options": Problem("input_option_not_allowed", "-i"),
        "allowed_hosts": Problem("not_a_host", "/etc/passwd"),
    }
