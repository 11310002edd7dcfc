"""The reasons for which a stream is not published."""

from enum import StrEnum
from typing import Final


class PublishProblem(StrEnum):
    """A reason; the value is its key in the translations."""

    UNREACHABLE = "unreachable"
    """No connection: a wrong address, or a server that is down."""
    TIMED_OUT = "timed_out"
    TLS_FAILED = "tls_failed"
    """The server's certificate is not trusted."""
    TLS_MISSING = "tls_missing"
    """The server does not speak TLS, or no version of it that we do."""
    LOGIN_REJECTED = "login_rejected"
    CLOCK_WRONG = "clock_wrong"
    """The server's clock and ours differ, so it trusts no signature of ours."""
    KEY_REJECTED = "key_rejected"
    """The server ends the connection once it knows the stream key."""
    KEY_IN_USE = "key_in_use"
    """The server has another stream with this stream key."""
    APPLICATION_REJECTED = "application_rejected"
    """The server ends the connection before it asks for the stream key."""
    DISCONNECTED = "disconnected"
    """The server has ended the connection."""
    FORBIDDEN = "forbidden"
    """The login is right, but may not write there."""
    NOT_FOUND = "not_found"
    """There is no such folder or bucket."""
    FULL = "full"
    """No space is left there."""
    REFUSED = "refused"
    """The server refuses, for a reason that it may tell."""
    NOT_SUPPORTED = "not_supported"
    """The destination does not take this codec."""
    NOT_ALLOWED = "not_allowed"
    """This machine may not write there."""
    NOT_KEPT = "not_kept"
    """A file that was written is not there."""
    TOO_SLOW = "too_slow"
    """The destination takes less than the camera sends; segments are dropped."""
    LIBRARY_MISSING = "library_missing"
    """The library for this kind of destination could not be installed."""


LASTING: Final = frozenset(
    {
        PublishProblem.APPLICATION_REJECTED,
        PublishProblem.CLOCK_WRONG,
        PublishProblem.FORBIDDEN,
        PublishProblem.KEY_REJECTED,
        PublishProblem.LOGIN_REJECTED,
        PublishProblem.NOT_FOUND,
        PublishProblem.NOT_ALLOWED,
        PublishProblem.NOT_KEPT,
        PublishProblem.NOT_SUPPORTED,
        PublishProblem.TLS_FAILED,
        PublishProblem.TLS_MISSING,
    }
)
"""Problems that only a person can solve."""


class PublishError(Exception):
    """The destination did not take what was published."""

    def __init__(self, problem: PublishProblem, detail: str = "") -> None:
        """Keep the problem; `detail` is for people and without credentials."""
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail
