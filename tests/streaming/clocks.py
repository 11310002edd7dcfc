"""A clock that goes on only when a test says so."""


class Clock:
    """Seconds; `now` is set by the test."""

    def __init__(self, now: float = 100.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
