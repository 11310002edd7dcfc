"""Decode times of packets that have presentation times only."""

from heapq import heappush, heappushpop
from itertools import pairwise
from statistics import median_low
from typing import Final

MAX_DELAY: Final = 16
"""Pictures that one may wait for, at most: the largest buffer of H.264 and H.265."""


class DecodeTimes:
    """Find the decode times of a stream whose packets come in decode order.

    With a delay of `n` pictures, the decode time of each is the earliest of the
    presentation times that have come and that no earlier picture has taken, once there
    are `n` more. The decode times of the first `n` pictures lie before all presentation
    times, as far apart as those.
    """

    def __init__(self, delay: int) -> None:
        """Begin before the first picture; `delay` is the one that the stream announces."""
        self._delay = min(delay, MAX_DELAY)
        self._times: list[int] = []
        """Presentation times that no picture has taken: a heap."""
        self._latest: int | None = None
        """The decode time of the latest picture."""

    def following(self, pts: int) -> list[int]:
        """Take the next presentation time; return the decode times that it settles.

        Nothing at first where there is a delay, then those of all pictures up to this
        one, and from then on the one of this picture.
        """
        if self._latest is None:
            return self._beginning(pts)
        if pts <= self._latest and self._delay < MAX_DELAY:
            # Pictures wait for one more than was announced.
            self._delay += 1
            heappush(self._times, pts)
            self._latest += 1
        else:
            self._latest = max(heappushpop(self._times, pts), self._latest + 1)
        return [self._latest]

    def _beginning(self, pts: int) -> list[int]:
        heappush(self._times, pts)
        if len(self._times) <= self._delay:
            return []
        times = sorted(self._times)
        self._latest, self._times = times[0], times[1:]
        steps = [later - earlier for earlier, later in pairwise(times)]
        step = max(median_low(steps), 1) if steps else 0
        return [self._latest - before * step for before in range(self._delay, -1, -1)]
