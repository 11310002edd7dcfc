"""The reasons for which a camera is not found."""

from enum import StrEnum
from typing import Final


class FindingProblem(StrEnum):
    """A reason; the value is its key in the translations."""

    NOBODY_ANSWERS = "find_nobody_answers"
    """No camera has answered a search in the network."""
    NO_ANSWER = "find_no_answer"
    """Nothing listens at the address."""
    ONVIF_OFF = "find_onvif_off"
    """The device answers, but offers neither ONVIF nor a stream at a usual path."""
    LOGIN_MISSING = "find_login_missing"
    LOGIN_REJECTED = "find_login_rejected"
    ONVIF_USER = "find_onvif_user"
    """ONVIF rejected the login, and there is no usual path that could accept it."""
    CLOCK_WRONG = "find_clock_wrong"
    """The camera rejected the login, and its clock is wrong."""
    LOCKED = "find_locked"
    NO_STREAMS = "find_no_streams"
    """The device has no video, such as a doorbell chime."""
    NO_CHANNEL = "find_no_channel"
    """The recorder no longer has the channel of an entry."""
    NOTHING_PLAYS = "find_nothing_plays"
    BAD_ANSWER = "find_bad_answer"
    """The device's answers break the protocol, or its limits of size and time."""


_ABOUT_LOGIN: Final = frozenset(
    {
        FindingProblem.LOGIN_MISSING,
        FindingProblem.LOGIN_REJECTED,
        FindingProblem.CLOCK_WRONG,
        FindingProblem.LOCKED,
    }
)


class FindingError(Exception):
    """The camera is not found."""

    def __init__(self, problem: FindingProblem, detail: str = "") -> None:
        """Keep the problem; `detail` is for people and without credentials."""
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail

    @property
    def is_about_login(self) -> bool:
        """Whether further tries with the same login may lock the account."""
        return self.problem in _ABOUT_LOGIN
