"""A simulated player, which detects when it runs out of media."""


class Playback:
    """Plays in real time, and stalls when no media are left."""

    def __init__(self) -> None:
        """Start to play with the first media."""
        self.stalls = 0
        self.stalled = 0.0
        """Seconds."""
        self._left = 0.0
        self._since: float | None = None

    def forget_stalls(self) -> None:
        """Reset the counters of stalls."""
        self.stalls, self.stalled = 0, 0.0

    def add(self, duration: float, now: float) -> None:
        """Add seconds of media; `now` is in seconds as well."""
        if self._since is not None:
            self._left -= now - self._since
        if self._left < 0:
            self.stalls += 1
            self.stalled -= self._left
            self._left = 0.0
        self._since = now
        self._left += duration
