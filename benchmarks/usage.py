"""What a program and all that it has started takes of the machine."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

import psutil

from tests.codecs.cost import spent

_MEGABYTE = 1024 * 1024


class Load(NamedTuple):
    """Processor cores taken."""

    own: float
    """By the program itself."""
    children: float
    """By all that it has started."""

    @property
    def total(self) -> float:
        """By all of these."""
        return self.own + self.children


@dataclass(frozen=True, slots=True)
class Usage:
    """A program's processes at one moment."""

    program: int
    """The process id of the program itself; the others are its children."""
    time: float
    spent: Mapping[int, float]
    """Seconds on a processor so far, by process."""
    memory: float
    """Megabytes: each page by the share that a process has in it."""

    @classmethod
    def of(cls, program: psutil.Process) -> Self:
        """Look at a program now."""
        seconds: dict[int, float] = {}
        memory = 0.0
        for process in (program, *program.children(recursive=True)):
            try:
                seconds[process.pid] = spent([process])
                memory += process.memory_full_info().pss / _MEGABYTE
            except psutil.NoSuchProcess, FileNotFoundError:
                continue  # It has just ended.
        return cls(program.pid, time.monotonic(), seconds, memory)

    def load_since(self, earlier: Usage) -> Load:
        """Return the processor cores taken since then."""
        seconds = self.time - earlier.time
        loads = {
            process: (spent - earlier.spent.get(process, 0.0)) / seconds
            for process, spent in self.spent.items()
        }
        own = loads.pop(self.program)
        return Load(own, sum(loads.values()))
