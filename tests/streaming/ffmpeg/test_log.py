"""Why FFmpeg ended, from its log (texts of 5.1 to 9.0)."""

import pytest

from custom_components.hls_camera.streaming.ffmpeg.log import dooms, find_cause
from custom_components.hls_camera.streaming.reasons import EndReason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[rtsp @ 0x55] method DESCRIBE failed: 401 Unauthorized", EndReason.UNAUTHORIZED),
        ("rtsp://h/x: Server returned 401 Unauthorized (authorization failed)", EndReason.UNAUTHORIZED),
        ("Server returned 403 Forbidden (access denied)", EndReason.UNAUTHORIZED),
        ("[rtsp @ 0x55] method DESCRIBE failed: 404 Not Found", EndReason.NOT_FOUND),
        ("Server returned 404 Not Found", EndReason.NOT_FOUND),
        ("Server returned 400 Bad Request", EndReason.BAD_REQUEST),
        ("Server returned 4XX Client Error, but not one of 40{0,1,3,4}", EndReason.BAD_REQUEST),
        ("rtsp://h/x: Connection refused", EndReason.REFUSED),
        ("[IMGUTILS @ 0x7f] [error] Picture size 16000x16000 exceeds specified max pixel count 33554432, see", EndReason.PICTURE_TOO_LARGE),
        ("[IMGUTILS @ 0x7f] Picture size 60000x60000 is invalid", EndReason.PICTURE_TOO_LARGE),
        ("[mjpeg @ 0x55] Error submitting packet to decoder: Cannot allocate memory", EndReason.OUT_OF_RESOURCES),
        ("[tcp @ 0x55] Failed to resolve hostname camera.invalid: Name or service not known", EndReason.UNREACHABLE),
        ("rtsp://h/x: No route to host", EndReason.UNREACHABLE),
        ("rtsp://h/x: Network is unreachable", EndReason.UNREACHABLE),
        ("http://h/x: Connection timed out", EndReason.TIMED_OUT),
        ("rtsp://h/x: Protocol not supported", EndReason.TRANSPORT_REFUSED),
        ("Could not find tag for codec pcm_mulaw in stream #1", EndReason.UNSUPPORTED),
        ("[http @ 0x55] Protocol 'file' not on whitelist 'http,tcp'!", EndReason.UNSUPPORTED),
        ("[mov @ 0x55] Number of streams exceeds max_streams parameter (64), see the documentation", EndReason.UNSUPPORTED),
        ("Stream map '0:v:0' matches no streams.", EndReason.NO_VIDEO),
        ("[fatal] Stream map '0:a:2' matches no streams.", EndReason.SOURCE_CHANGED),
        ("[error] Failed to set value '0:a:0' for option 'map': Invalid argument", EndReason.SOURCE_CHANGED),
        ("[mp4 @ 0x55] dimensions not set", EndReason.NO_VIDEO),
        ("Output file #0 does not contain any stream", EndReason.NO_VIDEO),
        ("rtsp://h/x: Connection reset by peer", EndReason.DISCONNECTED),
        ("[in#0 @ 0x55] [error] method PLAY failed: 454 (Session Not Found)", EndReason.DISCONNECTED),
        ("[in#0 @ 0x55] [error] method SETUP failed: 461 (Unsupported Transport)", EndReason.TRANSPORT_REFUSED),
        ("[rtsp @ 0x55] method SETUP failed: 453 Not Enough Bandwidth", EndReason.BUSY),
        ("[http @ 0x55] [warning] HTTP error 503 Service Unavailable", EndReason.BUSY),
        ("Server returned 5XX Server Error reply", EndReason.CAMERA_ERROR),
    ],
)  # fmt: skip
def test_a_known_line_is_the_cause(line: str, reason: EndReason) -> None:
    assert find_cause(["something before", line, "something after"]) == (reason, 1)


def test_a_status_is_the_cause_of_the_words_behind_it() -> None:
    lines = ["method DESCRIBE failed: 401 Unauthorized", "No such file or directory"]
    assert find_cause(lines) == (EndReason.UNAUTHORIZED, 0)


def test_the_camera_was_asked_again_after_an_earlier_refusal() -> None:
    lines = [
        "[rtsp @ 0x55] method SETUP failed: 461 Unsupported Transport",
        "[rtsp @ 0x55] method SETUP failed: 453 Not Enough Bandwidth",
    ]
    assert find_cause(lines) == (EndReason.BUSY, 1)


def test_the_cameras_own_phrase_is_no_cause() -> None:
    line = "[rtsp @ 0x55] method SETUP failed: 453 401 Unauthorized HTTP error 404"
    assert find_cause([line]).reason is EndReason.BUSY


def test_of_other_words_the_last_ones_are_shown() -> None:
    assert find_cause(["one", "[h264 @ 0x55] error while decoding MB 3 4"]) == (None, 1)
    assert find_cause([]) == (None, None)


def test_a_picture_without_a_size_is_not_too_large() -> None:
    line = "[IMGUTILS @ 0x7f] Picture size 0x0 is invalid"
    assert find_cause([line]).reason is None


@pytest.mark.parametrize(
    ("line", "is_doom"),
    [
        ("[error] Picture size 9000x9000 exceeds specified max pixel count 1", True),
        ("[error] Picture size 0x0 is invalid", True),
        ("[error] Error submitting packet to decoder: Cannot allocate memory", True),
        ("[warning] EOI missing, emulating", False),
    ],
)
def test_a_line_that_says_that_a_picture_cannot_be_decoded(
    line: str, is_doom: bool
) -> None:
    assert dooms(line) is is_doom
