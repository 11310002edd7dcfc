"""An event loop whose clock jumps to the next timer instead of waiting for it."""

import asyncio
import selectors
import time
from collections.abc import Coroutine
from typing import Any, override

import pytest


class _Jump(selectors.DefaultSelector):
    """Wait for nothing; note how long it would have been."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    @override
    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.passed += timeout
        return ready


class _SimulatedLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    @override
    def time(self) -> float:
        return self._jump.passed


def simulate_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `time.monotonic()` return the simulated time inside `simulate()`."""
    real = time.monotonic

    def now() -> float:
        try:
            return asyncio.get_running_loop().time()
        except RuntimeError:
            return real()

    monkeypatch.setattr(time, "monotonic", now)


def simulate[T](life: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that awaits nothing but timers and itself, in no time."""
    with asyncio.Runner(loop_factory=_SimulatedLoop) as runner:
        return runner.run(life)
