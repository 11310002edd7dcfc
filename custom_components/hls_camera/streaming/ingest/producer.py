"""Producers: what runs FFmpeg for a run, on this machine or elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..ffmpeg.process import STOP_GRACE, FfmpegProcess
from ..reasons import EndReason
from .command import build_command
from .run_spec import RunSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class RunListener:
    """What a run is told by the process that serves it."""

    on_output: Callable[[bytes], None]
    """Called with each piece of fragmented MP4."""
    on_progress: Callable[[dict[str, str]], None]
    """Called with each of FFmpeg's progress reports."""
    on_undecodable: Callable[[], None]
    """Called for each picture that cannot be decoded."""
    is_watched: Callable[[], bool]
    """Whether anybody waits for the output; otherwise it may come a few times a second."""


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

    async def launch(self, spec: RunSpec, listener: RunListener) -> MediaProcess:
        """Start to produce the media of a run.

        Raises:
            FfmpegError: FFmpeg cannot be started.

        """


class LocalProducer:
    """Runs FFmpeg on this machine."""

    def __init__(self, ffmpeg: str) -> None:
        """Use the FFmpeg executable of that name or path."""
        self._ffmpeg = ffmpeg

    async def launch(self, spec: RunSpec, listener: RunListener) -> MediaProcess:
        """Start FFmpeg; raises as `FfmpegProcess.spawn()` does."""
        return await FfmpegProcess.spawn(
            build_command(self._ffmpeg, spec),
            source=spec.input.source,
            on_output=listener.on_output,
            on_progress=listener.on_progress,
            on_doom=listener.on_undecodable,
            is_awaited=listener.is_watched,
        )
