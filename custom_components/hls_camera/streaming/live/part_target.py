"""The part target of one run of FFmpeg (RFC 8216bis, 4.4.3.7)."""

import math
from collections.abc import Callable
from typing import Final

from .track_queue import SAME_FRAME_SECONDS, TrackQueue

# RFC 8216bis, 4.4.4.9: a partial segment has at least 85 % of the part target, but for
# the last one of its segment. The tenth above the aim is room for jitter.
MIN_FILL: Final = 0.85
_HEADROOM_FACTOR: Final = 1.1

_LONG_PARTS_TO_RAISE: Final = 3
"""Parts above the target in a row that make it give way."""


class PartTarget:
    """The duration that no partial segment exceeds, fitted to the camera's frames.

    All durations are in seconds. Before the first partial segment there may be none.
    """

    def __init__(
        self,
        wish: float,
        on_raise: Callable[[float], None],
        *,
        declared: float | None = None,
        frame_rate: float | None = None,
    ) -> None:
        """Aim at parts of `wish` seconds; `on_raise` gets each new target.

        `declared` is the target that the playlist has already. Without it, the frame rate
        gives a better one than the first frames do.
        """
        self._wish = wish
        self._on_raise = on_raise
        self.seconds = declared
        """The present target."""
        self._long_parts = 0
        if declared is None and frame_rate:
            self._declare(self._fitting(1 / frame_rate))

    def is_exceeded_by(self, duration: float) -> bool:
        """Return whether a partial segment would be too long."""
        return self.seconds is not None and duration > self.seconds

    def is_filled_by(self, queue: TrackQueue) -> bool:
        """Return whether the frames that wait make a partial segment.

        The first ones that do set the target.
        """
        if self.seconds is None:
            if len(queue.samples) < self._wished_frames(queue.usual_frame_seconds):
                return False
            self._declare(self._fitting(queue.usual_frame_seconds))
        return self.missing_from(queue) <= 0

    def missing_from(self, queue: TrackQueue) -> float:
        """Return the seconds to a partial segment; there must be a target."""
        assert self.seconds is not None
        return MIN_FILL * self.seconds - queue.duration_seconds

    def fit(self, queue: TrackQueue) -> None:
        """Set the target by the first part; raise it for a camera that slowed down.

        A frame that alone is longer than the target cannot be cut. One such frame is
        a stumble: a target that changed for it would cost every viewer delay.
        """
        if self.seconds is not None and queue.duration_seconds <= self.seconds:
            self._long_parts = 0
            return
        self._long_parts += 1
        if self.seconds is None or self._long_parts >= _LONG_PARTS_TO_RAISE:
            self._declare(self._fitting(queue.usual_frame_seconds))

    def _wished_frames(self, frame: float) -> int:
        """Return the number of frames, of so many seconds, that is nearest to the wish."""
        return max(1, round(self._wish / max(frame, SAME_FRAME_SECONDS)))

    def _fitting(self, frame: float) -> float:
        """Return the target for frames of that many seconds.

        A camera's first frames are a poor measure of its rate, so the wish itself is
        kept where frames fit into it.
        """
        frame = max(frame, SAME_FRAME_SECONDS)
        wish = self._wish * _HEADROOM_FACTOR
        whole_frames = math.floor(wish / frame + 0.01) * frame
        if whole_frames >= MIN_FILL * wish:
            return wish
        return self._wished_frames(frame) * frame * _HEADROOM_FACTOR

    def _declare(self, seconds: float) -> None:
        self.seconds = max(self.seconds or 0.0, round(seconds, 3))
        self._long_parts = 0
        self._on_raise(self.seconds)
