"""The credentials of one search."""

import pytest

from custom_components.hls_camera.finding.credentials import Credentials
from custom_components.hls_camera.finding.errors import FindingError, FindingProblem


def problem(credentials: Credentials) -> FindingProblem:
    with pytest.raises(FindingError) as raised:
        credentials.check()
    return raised.value.problem


def test_two_rejections_end_the_search() -> None:
    credentials = Credentials("admin", "secret")
    for _ in range(2):
        credentials.check()
        credentials.note_rejection()
    assert problem(credentials) is FindingProblem.LOGIN_REJECTED


@pytest.mark.parametrize(("username", "password"), [(None, None), ("", "")])
def test_nothing_to_sign_in_with(username: str | None, password: str | None) -> None:
    assert problem(Credentials(username, password)) is FindingProblem.LOGIN_MISSING


def test_a_username_without_a_password_may_be_sent() -> None:
    Credentials("admin", None).check()
