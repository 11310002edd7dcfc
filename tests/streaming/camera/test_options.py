"""The settings of one stream."""

from custom_components.hls_camera.streaming.camera.options import StreamOptions


def test_limits_follow_the_pace_of_the_pictures() -> None:
    options = StreamOptions()
    assert options.paced(0.04).stall_timeout == options.stall_timeout
    slow = options.paced(6.0)
    assert (slow.start_timeout, slow.stall_timeout) == (36.0, 15.0)
