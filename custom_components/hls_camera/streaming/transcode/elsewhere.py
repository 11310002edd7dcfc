"""Conversions on other hosts: what the core asks for, and what it gets.

The core does not know how other hosts convert. It asks for a place before each run that
converts, reads the converted picture there, and reports how the run went.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..reasons import EndReason
from ..sources.input import Input
from ..sources.source_info import SourceInfo
from .options import ConversionOptions
from .plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionRequest:
    """A picture that has to be converted."""

    input: Input
    info: SourceInfo
    plan: Plan
    options: ConversionOptions
    needs_this_machine: bool = False
    """Whether only this machine can read the camera as it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertedInput:
    """A converted picture on another host."""

    host: str
    """Its name, for people."""
    input: Input
    keyframe_interval: float
    """Seconds."""


class Placement(Protocol):
    """The place of one run that converts."""

    @property
    def converted(self) -> ConvertedInput | None:
        """The picture on another host; None for a conversion on this machine."""

    def picture_came(self) -> None:
        """Note the first partial segment of the run."""

    def end(self, reason: EndReason | None) -> None:
        """Free the place; the run's FFmpeg is gone. None where it did not fail."""


class Places(Protocol):
    """The places of one stream."""

    async def take(self, request: ConversionRequest) -> Placement:
        """Return the best place for the next run; `end()` has to follow."""


class ConversionHosts(Protocol):
    """All hosts that convert."""

    def places(self, on_better: Callable[[], None]) -> Places:
        """Return the places of one stream; `on_better` is called when it should move."""


class _Here:
    """A conversion on this machine, which nobody else counts."""

    converted: ConvertedInput | None = None

    def picture_came(self) -> None:
        """Do nothing."""

    def end(self, reason: EndReason | None) -> None:
        """Do nothing."""


class OnlyHere:
    """This machine alone converts."""

    def places(self, on_better: Callable[[], None]) -> Places:  # noqa: ARG002
        """Return places that all are here."""
        return self

    async def take(self, request: ConversionRequest) -> Placement:  # noqa: ARG002
        """Return a place here."""
        return _Here()
