"""The supervisor of a stream: runs FFmpeg again and again while the stream is wanted."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Protocol

from ..errors import (
    ConversionLimitError,
    EncoderMissingError,
    FfmpegMissingError,
    HlsCameraError,
    MediaError,
    ShortageError,
    SourceError,
)
from ..ingest import reachability, recovery
from ..ingest.departure import RETRY_PAUSE_S, Departure
from ..ingest.probe import probe
from ..ingest.producer import Producer
from ..ingest.recovery import NextTry, Recovery
from ..ingest.run import End, Run
from ..ingest.run_spec import RunSpec
from ..ingest.stats import Meter, Statistics
from ..live.stream import LiveStream
from ..reasons import EndReason
from ..shortage import is_shortage
from ..sources.input import FindSource, Input
from ..transcode.admission import Conversion
from ..transcode.elsewhere import ConvertedInput, Placement
from ..transcode.encoder_arguments import Encoding, encoding
from ..transcode.options import Encoder
from .planner import Planner
from .stream_spec import Machine


class SupervisorListener(Protocol):
    """The owner of a supervisor, which is called at each transition."""

    def described(self) -> None:
        """The camera sends other media than were known."""

    def streaming(self) -> None:
        """A run brought its first partial segment."""

    def proven(self) -> None:
        """The stream has run for a minute without an end."""

    def retrying(self, end: End) -> None:
        """A run failed; the next one starts after a pause."""

    def restarting(self, end: End) -> None:
        """The pause is over: the next run starts."""

    def gave_up(self, end: End) -> None:
        """A run failed, and trying again would not help."""

    def may_move(self) -> None:
        """There is a better place for the conversion that is under way."""


class Supervisor:
    """Owns the runs of one stream: one at a time, each retried as `Recovery` decides."""

    def __init__(
        self,
        find_source: FindSource,
        planner: Planner,
        live: LiveStream,
        listener: SupervisorListener,
        *,
        producer: Producer,
        machine: Machine,
        recovery: Recovery,
    ) -> None:
        """Begin at rest; `find_source` is asked before each run."""
        self.find_source = find_source
        self.planner = planner
        self.recovery = recovery
        self.meter = Meter(time.monotonic)
        self.run: Run | None = None
        """The latest run."""
        self.conversion: Conversion | None = None
        """The conversion that is under way on this machine."""
        self.converted: ConvertedInput | None = None
        """The conversion that is under way on another host."""
        self.restarts = 0
        """The number of starts of FFmpeg after a failure."""
        self.is_proven = False
        """Whether the present run has lasted for a minute."""
        self.connection = asyncio.Lock()
        """Held while FFmpeg may be connected to the camera."""
        self._live = live
        self._listener = listener
        self._machine = machine
        self._logger = live.logger
        self._producer = producer
        self._places = machine.hosts.places(listener.may_move)
        self._placement: Placement | None = None
        """The place of the conversion that is under way."""
        self._left_host = False
        """Whether the latest run failed on another host, which says little of the camera."""
        self._departure = Departure(time.monotonic)
        self._encoder: Encoder | None = None
        """The encoder of the latest run."""
        self._source: Input | None = None
        """The source of the latest run."""
        self.task: asyncio.Task[None] | None = None
        """The task that was started last: a series of runs, or the end of one."""
        self._proof_timer: asyncio.TimerHandle | None = None
        self._showed_life = asyncio.Event()
        """Set when there is reason not to wait out the pause before the next run."""

    # Commands

    def launch(self) -> None:
        """Run FFmpeg from now on; the run before ends first."""
        _ = self._replace_task(self._supervise())

    def rest(self) -> asyncio.Task[None]:
        """End the run; FFmpeg is gone when the returned task ends."""
        return self._replace_task(self._disconnect())

    def try_again(self) -> None:
        """Shorten the pause before the next run: the source may be back."""
        self.recovery.forget_rejection()
        self._showed_life.set()

    @property
    def detail_reduction(self) -> int:
        """Steps by which the picture's detail is reduced for want of processor time."""
        return self.conversion.detail if self.conversion else 0

    @property
    def log(self) -> tuple[str, ...]:
        """FFmpeg's newest lines, without credentials."""
        return self.run.log if self.run else ()

    @property
    def frame_rate(self) -> float | None:
        """Frames per second of the viewers' picture, where known."""
        options = self.conversion.options if self.conversion else None
        return self.planner.frame_rate(options)

    def statistics(self, *, is_streaming: bool) -> Statistics:
        """Return the figures of the latest run, and the totals of all."""
        rates, run = self.meter.rates(), self.run
        progress = run.progress if run else None
        first = progress.first_part if progress else None
        return Statistics(
            bitrate=rates.bits,
            frame_rate=rates.frames,
            frames=self.meter.frames,
            bytes=self.meter.bytes,
            started_at=progress.streaming_since if progress and is_streaming else None,
            uptime=time.monotonic() - first if first and is_streaming else None,
            restarts=self.restarts,
            keyframe_interval=run.keyframe_interval if run else None,
            time_to_first_part=(
                first - progress.started if progress and first else None
            ),
            seconds_behind_live=run.capture_delay if run and is_streaming else None,
            speed=rates.media if is_streaming else None,
            dropped_frames=progress.dropped_frames if progress else 0,
            sound_correction=run.sound_correction if run and is_streaming else None,
        )

    # Inside

    def _replace_task(self, job: Coroutine[None, None, None]) -> asyncio.Task[None]:
        if self.run is not None:
            self.run.abandon()
            self._live.end_run()
        if self.task is not None:
            self.task.cancel()
        self.task = asyncio.create_task(job)
        return self.task

    async def _disconnect(self) -> None:
        async with self.connection:
            self.meter.pause()

    async def _supervise(self) -> None:
        """Run FFmpeg again and again until cancelled or given up."""
        async with self.connection:
            while await self._continue_after(await self._run_once()):
                pass

    async def _continue_after(self, end: End) -> bool:
        """Wait for the next run; return False where there is none."""
        if self._departure.explains(end.reason):
            await asyncio.sleep(RETRY_PAUSE_S)
            return True
        self._logger.debug(
            "Run ended after %.1f s: %s (%s)", end.uptime, end.reason, end.detail
        )
        self.meter.pause()
        if self._left_host:
            self._listener.retrying(end)
            self.restarts += 1
            self._listener.restarting(end)
            return True
        next_try = self.recovery.after(end, encoder=self._encoder, source=self._source)
        if next_try is None:
            self._logger.warning("Gave up: %s", end.reason)
            self._listener.gave_up(end)
            return False
        if next_try.probe_first:
            self.planner.plan = None
        if end.reason is EndReason.NO_KEYFRAME:
            self.planner.note_rare_keyframes()
        self._showed_life.clear()
        self._logger.debug("Retrying in %.1f s", next_try.delay)
        self._listener.retrying(end)
        await self._wait_for(next_try)
        self.restarts += 1
        self._listener.restarting(end)
        return True

    async def _wait_for(self, next_try: NextTry) -> None:
        """Wait for the next run, less long if the source shows life meanwhile."""
        watching = asyncio.create_task(self._watch_port(next_try))
        try:
            await asyncio.sleep(next_try.least)
            async with asyncio.timeout(next_try.delay - next_try.least):
                await self._showed_life.wait()
            self.recovery.camera_came()
        except TimeoutError:
            pass
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch_port(self, next_try: NextTry) -> None:
        """Watch the port of a camera that is away."""
        if (
            next_try.is_away
            and self._source is not None
            and await reachability.opens(self._source, next_try.delay)
        ):
            self._showed_life.set()

    async def _run_once(self) -> End:
        self._encoder = self._source = None
        self._left_host = False
        try:
            source = self._source = await self.find_source()
            if self.recovery.is_rejected(source):
                raise SourceError(EndReason.UNAUTHORIZED)  # noqa: TRY301
            if self.planner.plan is None:
                await self._probe(source)
            if self.planner.is_converting:
                return await self._convert(source)
            return await self._run_ffmpeg(self._spec(source, None))
        except HlsCameraError as err:
            return End(reason=_reason_of(err), detail=getattr(err, "detail", str(err)))
        except Exception as err:
            # A fault of ours, or a machine that has no thread left: that may pass. Its
            # text was not written to be shown.
            self._logger.exception("The stream ended unexpectedly")
            return End(reason=_reason_of(err), detail=type(err).__name__)

    async def _convert(self, source: Input) -> End:
        """Convert at the best place: on another host, or else here."""
        request = self.planner.conversion_request(source, self.recovery.adaptations)
        placement = self._placement = await self._places.take(request)
        reason = None
        try:
            if placement.converted is not None:
                end = await self._run_elsewhere(placement.converted)
            else:
                async with self._converting() as converting:
                    end = await self._run_ffmpeg(self._spec(source, converting))
            reason = end.reason
            return end
        finally:
            self._placement = None
            placement.end(reason)

    async def _run_elsewhere(self, converted: ConvertedInput) -> End:
        self._logger.debug("Converting on %s", converted.host)
        self._live.window.expect_target_duration(
            self.planner.target_duration_for(converted.keyframe_interval)
        )
        self.converted = converted
        try:
            end = await self._run_ffmpeg(self.planner.converted_run_spec(converted))
        finally:
            self.converted = None
        self._left_host = True
        return end

    def _spec(self, source: Input, converting: Encoding | None) -> RunSpec:
        """Return the specification of a run on this machine."""
        return self.planner.run_spec(
            source,
            self.recovery.adaptations,
            encoding=converting,
            frame_rate=self.frame_rate,
        )

    async def _run_ffmpeg(self, spec: RunSpec) -> End:
        self._logger.debug("Reading %s by this plan: %s", spec.input, spec.plan)
        self.run = Run(
            spec,
            self._producer,
            self._live,
            meter=self.meter,
            logger=self._logger,
            on_streaming=self._now_streaming,
            is_watched=lambda: self._live.demand.is_recent,
        )
        reason = None
        try:
            end = await self.run.wait()
            reason = end.reason
            return end
        finally:
            self._departure.note(reason)
            self._await_proof(None)

    @contextlib.asynccontextmanager
    async def _converting(self) -> AsyncIterator[Encoding]:
        """Hold a conversion's place on this machine; yield FFmpeg's arguments for it."""
        info = self.planner.source_info
        assert info is not None
        conversion = await self._machine.conversions.begin(
            self.planner.conversion,
            info.video,
            detail=self.recovery.detail,
            broken=self.recovery.broken_encoders,
        )
        if conversion.detail:
            self._logger.warning("Converting with less detail, for want of time")
        self.run = None
        conversion.measure = lambda: self.run.cpu_share if self.run else None
        self.conversion, self._encoder = conversion, conversion.encoder.encoder
        try:
            yield encoding(
                conversion.options,
                self._encoder,
                self.planner.orientation,
                device=conversion.encoder.device,
                decode=info.video.codec if conversion.encoder.decodes else None,
            )
        finally:
            self.conversion = None
            self._machine.conversions.end(conversion)

    async def _probe(self, source: Input) -> None:
        """Probe the camera's media."""
        try:
            info = await probe(
                self._machine.ffmpeg,
                source,
                look_longer=self.recovery.adaptations.look_longer,
                allowed_hosts=self.planner.options.allowed_hosts,
            )
        except SourceError as err:
            self._departure.note(err.reason)
            raise
        self._departure.note(None)
        self._logger.debug("The camera sends %s", info)
        if self.planner.describe(info):
            self._listener.described()

    def _now_streaming(self) -> None:
        self.recovery.picture_came()
        if self._placement is not None:
            self._placement.picture_came()
        self._await_proof(recovery.HEALTHY_AFTER_S)
        self._listener.streaming()

    def _await_proof(self, seconds: float | None) -> None:
        """Count the stream as proven after so many seconds; None only forgets it."""
        self.is_proven = False
        if self._proof_timer is not None:
            self._proof_timer.cancel()
            self._proof_timer = None
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._proof_timer = loop.call_later(seconds, self._prove)

    def _prove(self) -> None:
        self.is_proven = True
        self._listener.proven()


def _reason_of(error: Exception) -> EndReason:
    """Return the end reason for an error that ended a run."""
    match error:
        case SourceError(reason=reason) | MediaError(reason=reason):
            return reason
        case FfmpegMissingError():
            return EndReason.FFMPEG_MISSING
        case EncoderMissingError():
            return EndReason.ENCODER_MISSING
        case ConversionLimitError():
            return EndReason.OVERLOADED
        case ShortageError():
            return EndReason.OUT_OF_RESOURCES
    return EndReason.OUT_OF_RESOURCES if is_shortage(error) else EndReason.PROCESS_DIED
