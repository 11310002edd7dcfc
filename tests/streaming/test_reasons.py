"""The closed list of end reasons."""

from custom_components.hls_camera.streaming.reasons import EndReason


def test_an_end_that_was_wished_is_no_failure() -> None:
    wished = {reason for reason in EndReason if not reason.is_failure}
    assert wished == {
        EndReason.REPLACED,
        EndReason.STOPPED,
        EndReason.IDLE,
        EndReason.SHUTDOWN,
    }
