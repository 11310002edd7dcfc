"""Why a stream ended, from FFmpeg's words (those of 5.1 to 9.0)."""

import pytest

from custom_components.hls_camera.streaming.reasons import EndReason, reason_from_log


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[rtsp @ 0x55] method DESCRIBE failed: 401 Unauthorized", EndReason.UNAUTHORIZED),
        ("rtsp://h/x: Server returned 401 Unauthorized (authorization failed)", EndReason.UNAUTHORIZED),
        ("Server returned 403 Forbidden (access denied)", EndReason.UNAUTHORIZED),
        ("[rtsp @ 0x55] method DESCRIBE failed: 404 Not Found", EndReason.NOT_FOUND),
        ("Server returned 404 Not Found", EndReason.NOT_FOUND),
        ("Server returned 4XX Client Error, but not one of 40{0,1,3,4}", EndReason.NOT_FOUND),
        ("rtsp://h/x: Connection refused", EndReason.REFUSED),
        ("[tcp @ 0x55] Failed to resolve hostname camera.invalid: Name or service not known", EndReason.UNREACHABLE),
        ("rtsp://h/x: No route to host", EndReason.UNREACHABLE),
        ("rtsp://h/x: Network is unreachable", EndReason.UNREACHABLE),
        ("http://h/x: Connection timed out", EndReason.TIMED_OUT),
        ("rtsp://h/x: Protocol not supported", EndReason.UNSUPPORTED),
        ("Could not find tag for codec pcm_mulaw in stream #1", EndReason.UNSUPPORTED),
        ("[http @ 0x55] Protocol 'file' not on whitelist 'http,tcp'!", EndReason.UNSUPPORTED),
        ("Stream map '0:v:0' matches no streams.", EndReason.NO_VIDEO),
        ("[mp4 @ 0x55] dimensions not set", EndReason.NO_VIDEO),
        ("rtsp://h/x: Connection reset by peer", EndReason.DISCONNECTED),
        ("[in#0 @ 0x55] [error] method PLAY failed: 454 (Session Not Found)", EndReason.DISCONNECTED),
        ("[in#0 @ 0x55] [error] method SETUP failed: 461 (Unsupported Transport)", EndReason.UNSUPPORTED),
        ("Server returned 5XX Server Error reply", EndReason.DISCONNECTED),
    ],
)  # fmt: skip
def test_ffmpegs_words_tell_the_reason(line: str, reason: EndReason) -> None:
    assert reason_from_log(["something before", line, "something after"]) is reason


def test_the_cause_counts_not_what_follows_from_it() -> None:
    lines = ["method DESCRIBE failed: 401 Unauthorized", "No such file or directory"]
    assert reason_from_log(lines) is EndReason.UNAUTHORIZED


@pytest.mark.parametrize("lines", [[], ["[h264 @ 0x55] error while decoding MB 3 4"]])
def test_other_words_tell_nothing(lines: list[str]) -> None:
    assert reason_from_log(lines) is None


def test_an_end_that_was_wished_is_no_failure() -> None:
    wished = {reason for reason in EndReason if not reason.is_failure}
    assert wished == {
        EndReason.REPLACED,
        EndReason.STOPPED,
        EndReason.IDLE,
        EndReason.SHUTDOWN,
    }
