"""A player without a picture: when it would have run out of media."""


class Playback:
    """Plays as fast as time goes by, and stands still where nothing is left to play."""

    def __init__(self) -> None:
        """Begin to play with the first media that come."""
        self.stalls = 0
        self.stalled = 0.0
        """Seconds."""
        self._left = 0.0
        self._since: float | None = None

    def forget_stalls(self) -> None:
        """Count them anew."""
        self.stalls, self.stalled = 0, 0.0

    def add(self, duration: float, now: float) -> None:
        """Take media of so many seconds; `now` is in seconds, too."""
        if self._since is not None:
            self._left -= now - self._since
        if self._left < 0:
            self.stalls += 1
            self.stalled -= self._left
            self._left = 0.0
        self._since = now
        self._left += duration
