"""Producers: what runs FFmpeg for a run, on this machine or elsewhere."""

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
        """Why it ended or is about to, as far as its log says."""

    @property
    def has_trouble(self) -> bool:
        """Whether the source cannot be read, whatever the process goes on to try."""

    @property
    def failure(self) -> EndReason:
        """Why it ended without a picture."""

    @property
    def detail(self) -> str:
        """The line of the log that says why it ended, without credentials."""

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
        """Deliver the output that has gathered."""

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
            self._logger.debug("Command: %s", opened.redact(shlex.join(built)))
            return built

        return await launch(spec.input, spec.read_options, command, listener)
