"""The interface of a fuzz target: a function of bytes, and its seeds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

type BytesMutator = Callable[[bytes], bytes]
"""Changes bytes without knowing their structure."""


class Mutator(Protocol):
    """Changes an input into another one."""

    def __call__(self, data: bytes, random: Random, mutate: BytesMutator) -> bytes:
        """Return a variation of an input; `mutate` is for parts without structure."""


def unstructured(data: bytes, random: Random, mutate: BytesMutator) -> bytes:
    """Return a variation of an input without structure."""
    return mutate(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A part of the core that gets arbitrary bytes."""

    run: Callable[[bytes], None]
    """Raises an exception for a fault, but not the core's own errors."""
    seeds: Callable[[], Sequence[bytes]]
    """Inputs that the core accepts."""
    words: Sequence[bytes] = ()
    """Parts of inputs."""
    mutate: Mutator = unstructured


def scramble(data: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    """Return bytes with a slice replaced: by nothing, noise, a word or another slice."""
    start = random.randint(0, len(data))
    end = min(len(data), start + random.choice((0, 1, 2, 4, 16)))
    source = random.randint(0, len(data))
    instead = random.choice(
        (b"", random.randbytes(end - start), data[source : source + 16], *words)
    )
    return data[:start] + instead + data[end:]
