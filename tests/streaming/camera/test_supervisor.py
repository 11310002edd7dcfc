"""The supervisor of a stream: its runs, the pauses between them, and its end.

Time is simulated, and the producer is a double: a script decides what each run sends, and
when and why it ends.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import cache
from itertools import islice
from typing import Final, NamedTuple, NoReturn, override

import pytest

from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.planner import Planner
from custom_components.hls_camera.streaming.camera.stream_spec import Machine
from custom_components.hls_camera.streaming.camera.supervisor import Supervisor
from custom_components.hls_camera.streaming.errors import (
    EncoderMissingError,
    FfmpegMissingError,
    HlsCameraError,
    SourceError,
)
from custom_components.hls_camera.streaming.ffmpeg.process import (
    STOP_GRACE,
    ProcessListener,
)
from custom_components.hls_camera.streaming.ingest import reachability
from custom_components.hls_camera.streaming.ingest.recovery import Recovery
from custom_components.hls_camera.streaming.ingest.run import End
from custom_components.hls_camera.streaming.ingest.run_spec import RunSpec
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.input import Input
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import WorkingEncoder
from custom_components.hls_camera.streaming.transcode.options import Encoder

from ..scripted import FRAME_RATE, Script, ScriptedProcess, restamped
from ..simulated_time import simulate, simulate_clock
from .scenes import CORE, H264, HEVC

LOGGER = logging.getLogger(__name__)
SOURCE = AddressInput(Source.parse("rtsp://127.0.0.1:9/live"))
CONNECTING_S: Final = 0.5
"""Seconds from the start of a run to its end, where it brings no picture."""
STOPPING_S: Final = 2.0
"""Seconds that a process takes to end."""
A_DAY: Final = 24 * 3600.0


@cache
def frames(ffmpeg: str) -> tuple[bytes, ...]:
    """Return the headers of a stream, and two minutes of its pictures."""
    return tuple(islice(restamped(ffmpeg, frame_bytes=200), 1 + 120 * FRAME_RATE))


class Scripts:
    """The scripts of runs."""

    def __init__(self, ffmpeg: str) -> None:
        self._frames = frames(ffmpeg)

    def streams(
        self, seconds: float = A_DAY, reason: EndReason | None = None
    ) -> Script:
        """Return a run that streams for some seconds; without a reason, it is cut off."""

        async def script(listener: ProcessListener) -> EndReason | None:
            header, *pictures = self._frames
            listener.on_output(header)
            for picture in pictures[: round(seconds * FRAME_RATE)]:
                listener.on_output(picture)
                await asyncio.sleep(1 / FRAME_RATE)
            return reason

        return script

    @staticmethod
    def fails(reason: EndReason) -> Script:
        """Return a run that ends without a picture."""

        async def script(_: ProcessListener) -> EndReason | None:
            await asyncio.sleep(CONNECTING_S)
            return reason

        return script

    @staticmethod
    async def hangs(_: ProcessListener) -> EndReason | None:
        """Send nothing, and do not end."""
        await asyncio.Event().wait()
        return None


class SlowProcess(ScriptedProcess):
    """A process that takes a while to end."""

    def __init__(
        self, script: Script, listener: ProcessListener, on_exit: Callable[[], None]
    ) -> None:
        super().__init__(script, listener)
        self._on_exit = on_exit

    @override
    async def stop(self, grace: float = STOP_GRACE) -> None:
        is_over = self._life.done()
        await super().stop(grace)
        if not is_over:
            await asyncio.sleep(STOPPING_S)
        self._on_exit()


class FakeProducer:
    """A `Producer` whose runs follow one script each; the last one serves all others."""

    def __init__(self, *scripts: Script | HlsCameraError) -> None:
        self._scripts = scripts
        self.specs: list[RunSpec] = []
        self.running = 0
        """Processes that are connected to the camera."""

    async def launch(self, spec: RunSpec, listener: ProcessListener) -> SlowProcess:
        assert not self.running, "two connections at a time"
        script = self._scripts[min(len(self.specs), len(self._scripts) - 1)]
        self.specs.append(spec)
        if isinstance(script, HlsCameraError):
            raise script
        self.running += 1
        return SlowProcess(script, listener, self._exited)

    def _exited(self) -> None:
        self.running -= 1


class Report(NamedTuple):
    """A call of the listener."""

    time: float
    what: str
    reason: EndReason | None = None


class Owner:
    """The supervisor's listener: it notes what it learns."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.ends: list[End] = []

    def _note(self, what: str, end: End | None = None) -> None:
        now = asyncio.get_running_loop().time()
        self.reports.append(Report(now, what, end.reason if end else None))
        if end is not None:
            self.ends.append(end)

    def described(self) -> None:
        self._note("described")

    def streaming(self) -> None:
        self._note("streaming")

    def proven(self) -> None:
        self._note("proven")

    def retrying(self, end: End) -> None:
        self._note("retrying", end)

    def restarting(self, end: End) -> None:
        self._note("restarting", end)

    def may_move(self) -> None:
        raise NotImplementedError

    def gave_up(self, end: End) -> None:
        self._note("gave up", end)

    @property
    def words(self) -> list[str]:
        """What it learned, in order."""
        return [report.what for report in self.reports]

    @property
    def pauses(self) -> list[float]:
        """Return the seconds from each failure to the next run."""
        times = {"retrying": 0.0}
        pauses = []
        for report in self.reports:
            if report.what == "restarting":
                pauses.append(round(report.time - times["retrying"], 3))
            times[report.what] = report.time
        return pauses


class World:
    """The camera, this machine and the time, as a supervisor meets them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, ffmpeg: str) -> None:
        self.scripts = Scripts(ffmpeg)
        self.owner = Owner()
        self.sends: SourceInfo | HlsCameraError = H264
        """The result of a probe."""
        self.probes = 0
        self.port_opens = A_DAY
        """The time at which the camera is back."""
        self.finds: list[Callable[[], Awaitable[Input]]] = []
        """Finds the source, once each, before it is found at once."""
        self.probe_hangs = False
        self.conversions = Conversions(self._find_encoders, processors=64)
        simulate_clock(monkeypatch)
        monkeypatch.setattr(f"{CORE}.ingest.backoff.random.uniform", lambda *_: 1.0)
        monkeypatch.setattr(f"{CORE}.camera.supervisor.probe", self._probe)
        monkeypatch.setattr(f"{CORE}.ingest.reachability.is_open", self._is_open)

    def supervisor(
        self,
        producer: FakeProducer,
        *,
        known: SourceInfo | None = H264,
        is_dynamic: bool = False,
    ) -> Supervisor:
        """Return a supervisor at rest."""
        demand = Demand(time.monotonic)
        window = Window(max_duration=12, max_bytes=1_000_000)
        return Supervisor(
            self._find,
            Planner(StreamOptions(), known),
            LiveStream(window, demand, logger=LOGGER),
            self.owner,
            producer=producer,
            machine=Machine("ffmpeg", self.conversions),
            recovery=Recovery(is_dynamic=is_dynamic, clock=time.monotonic),
        )

    def live(
        self,
        producer: FakeProducer,
        seconds: float,
        *,
        known: SourceInfo | None = H264,
        is_dynamic: bool = False,
    ) -> Supervisor:
        """Let a supervisor run for so many seconds; return it, at rest again."""

        async def life() -> Supervisor:
            supervisor = self.supervisor(producer, known=known, is_dynamic=is_dynamic)
            supervisor.launch()
            await asyncio.sleep(seconds)
            await supervisor.rest()
            return supervisor

        return simulate(life())

    async def _find(self) -> Input:
        return await self.finds.pop(0)() if self.finds else SOURCE

    async def _probe(self, *_: object, **__: object) -> SourceInfo:
        self.probes += 1
        if self.probe_hangs:
            await forever()
        if isinstance(self.sends, HlsCameraError):
            raise self.sends
        return self.sends

    async def _is_open(self, *_: object) -> bool:
        return time.monotonic() >= self.port_opens

    @staticmethod
    async def _find_encoders() -> tuple[WorkingEncoder, ...]:
        return (WorkingEncoder(Encoder.SOFTWARE),)


async def forever() -> NoReturn:
    """Wait for a thing that never comes."""
    await asyncio.Event().wait()
    raise AssertionError


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, ffmpeg: str) -> World:
    return World(monkeypatch, ffmpeg)


class TestStarting:
    def test_a_stream_begins_with_its_first_partial_segment(self, world: World) -> None:
        producer = FakeProducer(world.scripts.streams())
        world.live(producer, 5)
        [streaming] = world.owner.reports
        assert streaming.what == "streaming"
        assert 0 < streaming.time < 1
        assert len(producer.specs) == 1

    def test_a_known_camera_is_not_probed(self, world: World) -> None:
        world.live(FakeProducer(world.scripts.streams()), 5)
        assert world.probes == 0

    def test_an_unknown_camera_is_probed_first(self, world: World) -> None:
        supervisor = world.live(FakeProducer(world.scripts.streams()), 5, known=None)
        assert world.probes == 1
        assert world.owner.words == ["described", "streaming"]
        assert supervisor.planner.source_info == H264

    def test_a_failed_probe_is_a_failed_run(self, world: World) -> None:
        world.sends = SourceError(EndReason.REFUSED, "Connection refused")
        producer = FakeProducer(world.scripts.streams())
        world.live(producer, 5, known=None)
        assert world.owner.reports[0] == (0.0, "retrying", EndReason.REFUSED)
        assert not producer.specs

    def test_the_source_is_found_before_each_run(self, world: World) -> None:
        """The camera may have another address by then."""
        moved = AddressInput(Source.parse("rtsp://127.0.0.2:9/live"))

        async def find() -> Input:
            return moved

        world.finds = [find]
        producer = FakeProducer(
            world.scripts.fails(EndReason.REFUSED), world.scripts.streams()
        )
        world.live(producer, 5)
        assert [spec.input for spec in producer.specs] == [moved, SOURCE]


class TestProof:
    """A stream counts as proven after a minute without an end."""

    def test_after_a_minute(self, world: World) -> None:
        world.live(FakeProducer(world.scripts.streams(100)), 99)
        streaming, proven = world.owner.reports
        assert (streaming.what, proven.what) == ("streaming", "proven")
        assert proven.time == pytest.approx(streaming.time + 60)

    def test_not_before(self, world: World) -> None:
        world.live(FakeProducer(world.scripts.streams(59)), 300)
        assert "proven" not in world.owner.words

    def test_the_failure_after_it_is_retried_at_once(self, world: World) -> None:
        refused = world.scripts.fails(EndReason.REFUSED)
        run = world.scripts.streams(62)
        world.live(FakeProducer(refused, refused, run, refused), 75)
        assert world.owner.pauses[:4] == [0, 1, 0, 1]

    def test_a_short_run_does_not_shorten_the_pauses(self, world: World) -> None:
        refused = world.scripts.fails(EndReason.REFUSED)
        run = world.scripts.streams(30)
        world.live(FakeProducer(refused, refused, run, refused), 75)
        assert world.owner.pauses[:4] == [0, 1, 2, 4]


class TestBackoff:
    def test_the_pauses_grow_to_half_a_minute(self, world: World) -> None:
        producer = FakeProducer(world.scripts.fails(EndReason.REFUSED))
        supervisor = world.live(producer, 200)
        assert world.owner.pauses[:8] == [0, 1, 2, 4, 8, 16, 30, 30]
        assert supervisor.restarts == len(world.owner.pauses)
        assert {report.reason for report in world.owner.reports} == {EndReason.REFUSED}

    def test_a_port_that_opens_ends_the_pause(self, world: World) -> None:
        world.port_opens = 50.0
        producer = FakeProducer(world.scripts.fails(EndReason.REFUSED))
        world.live(producer, 55)
        starts = [
            each.time for each in world.owner.reports if each.what == "restarting"
        ]
        [back] = [time for time in starts if time >= world.port_opens][:1]
        assert back <= world.port_opens + reachability.CHECK_PERIOD_S
        since = len([time for time in starts if time <= back])
        assert world.owner.pauses[since : since + 2] == [0, 1]

    def test_a_port_is_no_sign_where_the_camera_was_not_away(
        self, world: World
    ) -> None:
        world.port_opens = 10.0
        world.live(FakeProducer(world.scripts.fails(EndReason.DISCONNECTED)), 60)
        assert world.owner.pauses[:5] == [0, 1, 2, 4, 8]

    def test_a_source_that_is_back_ends_the_pause(self, world: World) -> None:
        producer = FakeProducer(world.scripts.fails(EndReason.REFUSED))

        async def life() -> None:
            supervisor = world.supervisor(producer)
            supervisor.launch()
            await asyncio.sleep(50)
            runs = len(producer.specs)
            supervisor.try_again()
            await asyncio.sleep(0.1)
            assert len(producer.specs) == runs + 1
            await supervisor.rest()

        simulate(life())

    def test_a_camera_that_is_still_busy_with_us_has_not_failed(
        self, world: World
    ) -> None:
        busy = world.scripts.fails(EndReason.BUSY)
        producer = FakeProducer(*[busy] * 4, world.scripts.streams())
        supervisor = world.live(producer, 20)
        assert world.owner.words == ["streaming"]
        assert len(producer.specs) == 5
        assert supervisor.restarts == 0

    def test_a_camera_that_is_busy_after_a_lost_connection_has_not_failed_again(
        self, world: World
    ) -> None:
        lost, busy = world.scripts.streams(20), world.scripts.fails(EndReason.BUSY)
        world.live(FakeProducer(lost, busy, busy, world.scripts.streams()), 30)
        assert world.owner.words == ["streaming", "retrying", "restarting", "streaming"]

    def test_a_source_that_was_back_earlier_does_not_shorten_a_pause(
        self, world: World
    ) -> None:
        refused = world.scripts.fails(EndReason.REFUSED)

        async def life() -> None:
            producer = FakeProducer(world.scripts.streams(5), refused)
            supervisor = world.supervisor(producer)
            supervisor.launch()
            await asyncio.sleep(2)
            supervisor.try_again()
            await asyncio.sleep(20)
            await supervisor.rest()

        simulate(life())
        assert world.owner.pauses[:3] == [0, 1, 2]

    def test_a_camera_that_stays_busy_has(self, world: World) -> None:
        world.live(FakeProducer(world.scripts.fails(EndReason.BUSY)), 60)
        first = world.owner.reports[0]
        assert (first.what, first.reason) == ("retrying", EndReason.BUSY)
        assert first.time >= 10
        assert world.owner.pauses[:4] == [3, 3, 3, 4]

    def test_an_error_of_ours_is_retried_without_its_text(
        self, world: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def find() -> Input:
            raise KeyError("rtsp://me:secret@camera")

        world.finds = [find]
        world.live(FakeProducer(world.scripts.streams()), 5)
        failure, _ = world.owner.ends
        assert (failure.reason, failure.detail) == (EndReason.PROCESS_DIED, "KeyError")
        assert world.owner.words == ["retrying", "restarting", "streaming"]
        assert "ended unexpectedly" in caplog.text


class TestFailed:
    @pytest.mark.parametrize(
        ("error", "reason"),
        [
            (FfmpegMissingError(), EndReason.FFMPEG_MISSING),
            (EncoderMissingError(), EndReason.ENCODER_MISSING),
            (SourceError(EndReason.PROTOCOL_MISSING), EndReason.PROTOCOL_MISSING),
            (SourceError(EndReason.UNAUTHORIZED), EndReason.UNAUTHORIZED),
        ],
        ids=str,
    )
    def test_it_is_not_tried_again(
        self, world: World, error: HlsCameraError, reason: EndReason
    ) -> None:
        producer = FakeProducer(error)
        world.live(producer, A_DAY)
        assert world.owner.reports == [(0.0, "gave up", reason)]
        assert len(producer.specs) == 1

    def test_credentials_that_worked_are_tried_three_times(self, world: World) -> None:
        rejected = world.scripts.fails(EndReason.UNAUTHORIZED)
        world.live(FakeProducer(world.scripts.streams(5), rejected), A_DAY)
        assert world.owner.pauses == [0, 30, 30]
        assert world.owner.words[-1] == "gave up"

    def test_a_source_that_may_change_is_tried_now_and_then(self, world: World) -> None:
        producer = FakeProducer(world.scripts.fails(EndReason.UNAUTHORIZED))
        world.live(producer, 1200, is_dynamic=True)
        assert world.owner.pauses[:6] == [30, 60, 120, 240, 300, 300]
        assert "gave up" not in world.owner.words

    def test_a_rejected_source_is_spared_for_its_pause(self, world: World) -> None:
        """Cameras lock accounts; a source that is back may have other credentials."""
        producer = FakeProducer(world.scripts.fails(EndReason.UNAUTHORIZED))

        async def life() -> None:
            supervisor = world.supervisor(producer, is_dynamic=True)
            supervisor.launch()
            await asyncio.sleep(5)
            supervisor.launch()
            await asyncio.sleep(5)
            assert len(producer.specs) == 1
            supervisor.try_again()
            await asyncio.sleep(1)
            assert len(producer.specs) == 2
            await supervisor.rest()

        simulate(life())


class TestAdaptations:
    def test_a_camera_that_may_send_something_else_is_probed(
        self, world: World
    ) -> None:
        world.sends = HEVC
        producer = FakeProducer(
            world.scripts.fails(EndReason.NO_VIDEO), world.scripts.streams()
        )
        world.live(producer, 5)
        assert world.probes == 1
        assert world.owner.words[:3] == ["retrying", "restarting", "described"]

    def test_a_picture_without_keyframes_is_converted(self, world: World) -> None:
        producer = FakeProducer(
            world.scripts.fails(EndReason.NO_KEYFRAME), world.scripts.streams()
        )
        supervisor = world.live(producer, 5)
        assert [bool(spec.encoding) for spec in producer.specs] == [False, True]
        assert supervisor.conversion is None, "none is under way at rest"
        assert world.conversions.running == 0

    def test_a_conversion_that_is_too_slow_goes_on_with_less_detail(
        self, world: World
    ) -> None:
        producer = FakeProducer(
            world.scripts.fails(EndReason.TOO_SLOW), world.scripts.streams()
        )

        async def life() -> None:
            supervisor = world.supervisor(producer, known=HEVC)
            supervisor.launch()
            await asyncio.sleep(CONNECTING_S / 2)
            assert supervisor.detail_reduction == 0
            await asyncio.sleep(5)
            assert supervisor.detail_reduction == 1
            await supervisor.rest()
            assert supervisor.detail_reduction == 0

        simulate(life())


def finding(world: World) -> FakeProducer:
    """Wait for a source that nobody finds."""
    world.finds = [forever]
    return FakeProducer(world.scripts.streams())


def probing(world: World) -> FakeProducer:
    """Wait for a probe."""
    world.probe_hangs = True
    return FakeProducer(world.scripts.streams())


def starting(world: World) -> FakeProducer:
    """Wait for the first picture."""
    return FakeProducer(world.scripts.hangs, world.scripts.streams())


def streaming(world: World) -> FakeProducer:
    """Stream."""
    return FakeProducer(world.scripts.streams())


def backoff(world: World) -> FakeProducer:
    """Pause after the third failure in a row."""
    refused = world.scripts.fails(EndReason.REFUSED)
    return FakeProducer(refused, refused, refused, world.scripts.streams())


def failed(world: World) -> FakeProducer:
    """Give up."""
    return FakeProducer(
        world.scripts.fails(EndReason.UNAUTHORIZED), world.scripts.streams()
    )


each_state = pytest.mark.parametrize(
    "state", [finding, probing, starting, streaming, backoff, failed]
)
LAST_WORD: Final[dict[Callable[[World], FakeProducer], list[str]]] = {
    streaming: ["streaming"],
    backoff: ["retrying"],
    failed: ["gave up"],
}


@each_state
class TestCommands:
    """Rest and launch work at any moment."""

    def test_rest_ends_everything(
        self, world: World, state: Callable[[World], FakeProducer]
    ) -> None:
        producer = state(world)
        known = None if state is probing else H264

        async def life() -> None:
            supervisor = world.supervisor(producer, known=known)
            supervisor.launch()
            await asyncio.sleep(3)
            assert world.owner.words[-1:] == LAST_WORD.get(state, [])
            reports, runs = list(world.owner.reports), len(producer.specs)
            await supervisor.rest()
            assert not producer.running
            assert not supervisor.connection.locked()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await asyncio.sleep(A_DAY)
            assert world.owner.reports == reports
            assert len(producer.specs) == runs

        simulate(life())

    def test_launch_begins_again_when_the_camera_is_free(
        self, world: World, state: Callable[[World], FakeProducer]
    ) -> None:
        producer = state(world)
        known = None if state is probing else H264

        async def life() -> None:
            supervisor = world.supervisor(producer, known=known)
            supervisor.launch()
            await asyncio.sleep(3)
            world.probe_hangs = False
            world.owner.reports.clear()
            was_running = bool(producer.running)
            supervisor.launch()
            supervisor.launch()
            await asyncio.sleep(10)
            last = world.owner.reports[-1]
            assert last.what == "streaming"
            assert (last.time >= 3 + STOPPING_S) is was_running
            assert not {"retrying", "gave up"} & set(world.owner.words)
            assert producer.running == 1
            await supervisor.rest()

        simulate(life())
