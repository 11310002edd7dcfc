"""CPU time and memory of a program and its child processes."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import psutil

from tests.codecs.cost import spent

_MEGABYTE = 1024 * 1024


class Load(NamedTuple):
    """Used CPU cores."""

    own: float
    """Of the program itself."""
    children: float
    """Of its child processes."""

    @property
    def total(self) -> float:
        """Of all of them."""
        return self.own + self.children


@dataclass(frozen=True, slots=True)
class Usage:
    """A program's processes at one moment."""

    program: int
    """The process id of the program itself; the others are its children."""
    time: float
    spent: Mapping[int, float]
    """CPU seconds so far, by process."""
    memory: float
    """Megabytes (proportional set size)."""

    @classmethod
    def of(cls, program: psutil.Process) -> Self:
        """Measure a program now."""
        seconds: dict[int, float] = {}
        memory = 0.0
        for process in (program, *program.children(recursive=True)):
            try:
                seconds[process.pid] = spent([process])
                memory += process.memory_full_info().pss / _MEGABYTE
            except psutil.NoSuchProcess, FileNotFoundError:
                continue  # The process has just ended.
        return cls(program.pid, time.monotonic(), seconds, memory)

    def load_since(self, earlier: Usage) -> Load:
        """Return the used CPU cores since an earlier measurement."""
        seconds = self.time - earlier.time
        loads = {
            process: (spent - earlier.spent.get(process, 0.0)) / seconds
            for process, spent in self.spent.items()
        }
        own = loads.pop(self.program)
        return Load(own, sum(loads.values()))
