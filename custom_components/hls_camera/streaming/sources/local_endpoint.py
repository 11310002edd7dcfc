"""Local endpoints: listeners of ours that FFmpeg opens instead of a source's address."""

from abc import ABC, abstractmethod
from typing import NamedTuple

from ..reasons import EndReason


class Trouble(NamedTuple):
    """Why a source cannot be read, as a local endpoint found out."""

    reason: EndReason
    detail: str


class LocalEndpoint(ABC):
    """An address of ours, open for as long as one FFmpeg reads it."""

    url: str
    """The address for the command line, without credentials."""
    shown_url: str
    """The source's address, which logs show in its place."""
    trouble: Trouble | None = None
    """Why the source cannot be read, where that is known."""
    is_needed: bool = False
    """Whether FFmpeg could not read the source without it."""

    @abstractmethod
    async def close(self) -> None:
        """Stop listening and end all connections; FFmpeg is gone."""
