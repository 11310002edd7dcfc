"""Producers: they run FFmpeg, on this machine or elsewhere."""

import logging
import shlex
from typing import Protocol

from ..ffmpeg.launch import launch
from ..ffmpeg.process import STOP_GRACE, ProcessListener
from ..reasons import EndReason
from ..sources.input import OpenInput
from .command import build_command
from .run_spec import RunSpec


class MediaProcess(Protocol):
    """A process that produces a run's media."""

    @property
    def reason(self) -> EndReason | None:
        """The reason of its end, where known."""

    @property
    def has_trouble(self) -> bool:
        """Whether the input cannot be read, although the process goes on trying."""

    @property
    def failure(self) -> EndReason:
        """The reason of an end without a picture."""

    @property
    def detail(self) -> str:
        """The line of the log with the reason, without credentials."""

    @property
    def is_track_refused(self) -> bool:
        """Whether the camera described a track that it did not hand out."""

    @property
    def log(self) -> tuple[str, ...]:
        """The newest lines of the log, without credentials."""

    @property
    def cpu_time(self) -> float | None:
        """Seconds of processor time so far on this machine, where known."""

    def read_now(self) -> None:
        """Deliver the output that waits in its pipe."""

    async def wait(self) -> int:
        """Return the exit status once the process is gone and its output delivered."""

    async def stop(self, grace: float = STOP_GRACE) -> None:
        """End the process; kill it after `grace` seconds."""


class Producer(Protocol):
    """Launches the process of a run."""

    async def launch(self, spec: RunSpec, listener: ProcessListener) -> MediaProcess:
        """Start to produce the media of a run.

        Raises:
            FfmpegError: FFmpeg cannot be started.

        """


class LocalProducer:
    """Runs FFmpeg on this machine."""

    def __init__(self, ffmpeg: str, logger: logging.Logger) -> None:
        """Use the FFmpeg executable of that name or path."""
        self._ffmpeg = ffmpeg
        self._logger = logger

    async def launch(self, spec: RunSpec, listener: ProcessListener) -> MediaProcess:
        """Start FFmpeg; raises as `ffmpeg.launch()` does."""

        def command(opened: OpenInput) -> list[str]:
            built = build_command(self._ffmpeg, spec, opened)
            shown = shlex.join(opened.redact_command(built))
            self._logger.debug("Command: %s", shown)
            return built

        return await launch(spec.input, spec.read_options, command, listener)
