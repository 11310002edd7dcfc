"""The credentials of one search, and the number of rejections that it may get."""

from typing import Final

from .errors import FindingError, FindingProblem

_MAX_REJECTIONS: Final = 2
"""Cameras lock an account after three or five."""


class Credentials:
    """A username and password, for at most two rejections."""

    def __init__(self, username: str | None, password: str | None) -> None:
        """Begin without a rejection."""
        self.username = username or ""
        self.password = password or ""
        self._rejections = 0

    def check(self) -> None:
        """Raise `FindingError` unless another request may carry them."""
        if not self.username and not self.password:
            raise FindingError(FindingProblem.LOGIN_MISSING)
        if self._rejections >= _MAX_REJECTIONS:
            raise FindingError(FindingProblem.LOGIN_REJECTED)

    def note_rejection(self) -> None:
        """Count a request that was rejected."""
        self._rejections += 1
