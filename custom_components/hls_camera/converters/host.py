"""A host with its health: what arrives from it decides, not what it answers."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ..streaming.errors import HlsCameraError
from .converter import Converter
from .errors import ConverterError, ConverterProblem
from .pause import Pause

_LOGGER: Final = logging.getLogger(__name__)

INTERVAL_S: Final = 10.0
"""Seconds between two examinations."""
_LONGEST_PAUSE: Final = 30
"""Intervals until a host that failed is tried out again; the first pause is one."""
_FIRST_SLOW_PAUSE: Final = 12
_LONGEST_SLOW_PAUSE: Final = 360
"""Intervals until a host that was too slow takes one more conversion."""
_LOOKS: Final = 2
"""Failed looks in a row after which an idle host counts as down: one may be lost."""


class Host:
    """Knows whether a converter is well, and how many conversions it takes."""

    def __init__(
        self,
        converter: Converter,
        *,
        on_change: Callable[[], None] = lambda: None,
        interval: float = INTERVAL_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin well; `on_change` is called after each examination and failure."""
        self.converter = converter
        self.problem: ConverterProblem | None = None
        """Why it converts nothing now; None while it is well."""
        self.detail = ""
        """The same in other words, without credentials."""
        self.is_leaving = False
        """Whether its owner takes it away."""
        self._on_change = on_change
        self._interval = interval
        self._wake = asyncio.Event()
        self._suspicion: ConverterProblem | None = None
        """The problem of a stream that failed here and is well elsewhere."""
        self._pause = Pause(clock, first=interval, longest=_LONGEST_PAUSE * interval)
        self._slow_limit: int | None = None
        """The number of conversions for which it has time, where it is below the owner's."""
        self._slow_pause = Pause(
            clock,
            first=_FIRST_SLOW_PAUSE * interval,
            longest=_LONGEST_SLOW_PAUSE * interval,
        )

    @property
    def key(self) -> str:
        """The key of its settings."""
        return self.converter.settings.key

    @property
    def name(self) -> str:
        """Its name, for people."""
        return self.converter.settings.name

    @property
    def limit(self) -> int:
        """The number of conversions that it takes at the same time."""
        most = self.converter.settings.max_conversions
        return most if self._slow_limit is None else min(most, self._slow_limit)

    @property
    def room(self) -> int:
        """The number of further conversions that it takes."""
        if self.problem or self._suspicion or self.is_leaving:
            return 0
        return max(self.limit - len(self.converter.running), 0)

    @property
    def is_connected(self) -> bool:
        """Whether it has answered and is well."""
        return self.problem is None and self.converter.version is not None

    @property
    def is_delivering(self) -> bool:
        """Whether a picture arrives from it."""
        return any(each.is_streaming for each in self.converter.running)

    def fail(self, problem: ConverterProblem, detail: str = "") -> None:
        """Take it out of use until it has converted a test picture."""
        if self.problem is None:
            _LOGGER.warning("%s converts no more: %s %s", self.name, problem, detail)
        self.problem, self.detail = problem, detail
        # All its streams may report the same failure.
        if self._pause.is_over:
            self._pause.begin()
        self._on_change()

    def accuse(self, problem: ConverterProblem) -> None:
        """Note that a stream failed here and is well elsewhere; try the host out.

        While pictures of others arrive, the host is well: it cannot convert that camera.
        """
        if self.problem is None and not self.is_delivering:
            self._suspicion = problem
            self.wake()

    def note_too_slow(self) -> None:
        """Take no more conversions than are left here, for a while."""
        self._slow_limit = len(self.converter.running)
        if self._slow_pause.is_over:
            self._slow_pause.begin()
        if not self._slow_limit:
            self.fail(ConverterProblem.TOO_SLOW)

    def wake(self) -> None:
        """Examine it now."""
        self._wake.set()

    async def watch(self) -> None:
        """Examine it again and again, until cancelled."""
        while True:
            await self.examine()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._interval):
                    await self._wake.wait()
            self._wake.clear()

    async def examine(self) -> None:
        """Update what is known of it, and remove what nobody uses there."""
        self._raise_slow_limit()
        try:
            if self._suspicion is not None:
                await self.converter.try_out()
                self._suspicion = None
            elif self.problem is not None:
                await self._try_out_again()
            elif not self.is_delivering:
                await self._look()
            if self.problem is None:
                await self.converter.sweep()
        except ConverterError as err:
            problem, self._suspicion = self._suspicion or err.problem, None
            if not self.is_delivering:
                self.fail(problem, err.detail)
        except HlsCameraError as err:
            # It is our FFmpeg that does not work.
            _LOGGER.debug("%s cannot be examined: %s", self.name, err)
        self._on_change()

    def _raise_slow_limit(self) -> None:
        if self._slow_limit is not None and self._slow_pause.is_over:
            self._slow_limit += 1
            if self._slow_limit >= self.converter.settings.max_conversions:
                self._slow_limit = None
            else:
                self._slow_pause.begin()

    async def _look(self) -> None:
        for _ in range(_LOOKS - 1):
            with suppress(ConverterError):
                await self.converter.look()
                return
        await self.converter.look()

    async def _try_out_again(self) -> None:
        # A test picture is less work than that of a camera: it does not show that a host
        # has time again.
        if self.limit and self._pause.is_over:
            await self.converter.try_out()
            _LOGGER.info("%s converts again", self.name)
            self.problem, self.detail = None, ""
