"""The specification of a camera's stream, and the machine that serves it."""

import logging
from dataclasses import dataclass, field

from ..sources.input import FindSource
from ..sources.source_info import SourceInfo
from ..transcode.admission import Conversions
from ..transcode.elsewhere import ConversionHosts, OnlyHere
from .options import StreamOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSpec:
    """One stream of a camera: its source and its options."""

    find_source: FindSource | None
    """Finds the camera before each run; None makes the stream of the main one."""
    options: StreamOptions
    logger: logging.Logger
    source_info: SourceInfo | None = None
    """The result of an earlier probe."""
    is_dynamic: bool = False
    """Whether another address may be found each time: a rejected one is then tried again
    now and then."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The resources that all streams on this machine share."""

    ffmpeg: str
    """Name or path of the FFmpeg executable."""
    conversions: Conversions
    hosts: ConversionHosts = field(default_factory=OnlyHere)
    """Those that convert for it."""
