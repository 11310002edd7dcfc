"""End reasons for the status codes of RTSP and HTTP."""

from http import HTTPStatus

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.status_codes import (
    reason_for_http,
    reason_for_rtsp,
)

REFUSALS = st.integers(400, 599)
METHODS = st.sampled_from(["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"])


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, EndReason.BAD_REQUEST),
        (401, EndReason.UNAUTHORIZED),
        (402, EndReason.BAD_REQUEST),
        (403, EndReason.UNAUTHORIZED),
        (404, EndReason.NOT_FOUND),
        (405, EndReason.BAD_REQUEST),
        (406, EndReason.BAD_REQUEST),
        (407, EndReason.UNAUTHORIZED),
        (408, EndReason.TIMED_OUT),
        (410, EndReason.NOT_FOUND),
        (412, EndReason.BAD_REQUEST),
        (413, EndReason.BAD_REQUEST),
        (414, EndReason.BAD_REQUEST),
        (415, EndReason.BAD_REQUEST),
        (451, EndReason.BAD_REQUEST),
        (452, EndReason.BAD_REQUEST),
        (453, EndReason.BUSY),
        (454, EndReason.DISCONNECTED),
        (455, EndReason.BAD_REQUEST),
        (456, EndReason.BAD_REQUEST),
        (457, EndReason.BAD_REQUEST),
        (458, EndReason.BAD_REQUEST),
        (459, EndReason.BAD_REQUEST),
        (460, EndReason.BAD_REQUEST),
        (461, EndReason.TRANSPORT_REFUSED),
        (462, EndReason.TRANSPORT_REFUSED),
        (463, EndReason.TRANSPORT_REFUSED),
        (464, EndReason.BUSY),
        (465, EndReason.BAD_REQUEST),
        (466, EndReason.BAD_REQUEST),
        (470, EndReason.UNAUTHORIZED),
        (471, EndReason.UNAUTHORIZED),
        (472, EndReason.BAD_REQUEST),
        (500, EndReason.CAMERA_ERROR),
        (501, EndReason.CAMERA_ERROR),
        (502, EndReason.DISCONNECTED),
        (503, EndReason.BUSY),
        (504, EndReason.TIMED_OUT),
        (505, EndReason.CAMERA_ERROR),
        (551, EndReason.CAMERA_ERROR),
        (553, EndReason.CAMERA_ERROR),
    ],
)
def test_every_status_of_rtsp(status: int, reason: EndReason) -> None:
    assert reason_for_rtsp("DESCRIBE", status) is reason


@pytest.mark.parametrize("status", [406, 415, 461])
def test_a_refusal_of_setup_is_about_the_transport(status: int) -> None:
    assert reason_for_rtsp("SETUP", status) is EndReason.TRANSPORT_REFUSED


@pytest.mark.parametrize("status", [each for each in HTTPStatus if each >= 400])
def test_every_status_of_http(status: HTTPStatus) -> None:
    expected = {
        401: EndReason.UNAUTHORIZED,
        403: EndReason.UNAUTHORIZED,
        404: EndReason.NOT_FOUND,
        407: EndReason.UNAUTHORIZED,
        408: EndReason.TIMED_OUT,
        410: EndReason.NOT_FOUND,
        423: EndReason.BUSY,
        429: EndReason.BUSY,
        502: EndReason.DISCONNECTED,
        503: EndReason.BUSY,
        504: EndReason.TIMED_OUT,
    }
    others = EndReason.BAD_REQUEST if status < 500 else EndReason.CAMERA_ERROR
    assert reason_for_http(status) is expected.get(status, others)


@given(METHODS, REFUSALS)
def test_only_a_refused_login_asks_for_credentials(method: str, status: int) -> None:
    logins = {401, 403, 407}
    is_about_login = reason_for_rtsp(method, status) is EndReason.UNAUTHORIZED
    assert is_about_login is (status in logins | {470, 471})
    assert (reason_for_http(status) is EndReason.UNAUTHORIZED) is (status in logins)


@given(METHODS, REFUSALS)
def test_every_refusal_is_a_failure_that_may_pass(method: str, status: int) -> None:
    for reason in (reason_for_rtsp(method, status), reason_for_http(status)):
        assert reason.is_failure
        assert reason not in {EndReason.NO_VIDEO, EndReason.UNREADABLE}
