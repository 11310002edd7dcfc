"""A publication keeps the camera awake, keeps trying, and says how it fares."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from custom_components.hls_camera.publishing import publication as module
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from custom_components.hls_camera.publishing.publication import (
    Publication,
    PublicationState,
)
from custom_components.hls_camera.streaming.errors import StreamStoppedError
from tests.waiting import eventually

from .scripted_publisher import ScriptedPublisher
from .streams import Stream


class Scene:
    """A publication of a stream by a scripted publisher."""

    def __init__(self) -> None:
        self.stream = Stream()
        self.publisher = ScriptedPublisher()
        self.publication = Publication(self.stream, self.publisher)
        self.states: list[PublicationState] = []
        self.changed = asyncio.Event()
        self.publication.add_listener(self._changed)

    def _changed(self) -> None:
        self.states.append(self.publication.state)
        self.changed.set()

    async def next_try(self) -> Callable[[int], None]:
        """Return what the next try calls when something arrived."""
        return await self.publisher.next_try()

    async def reach(self, state: PublicationState) -> None:
        """Wait for a state."""
        async with asyncio.timeout(10):
            while self.publication.state is not state:
                self.changed.clear()
                await self.changed.wait()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    yield scene
    await scene.publication.close()
    assert scene.publisher.calls[-1] == "close"


async def test_it_waits_publishes_and_stops(scene: Scene) -> None:
    publication = scene.publication
    publication.start()
    publication.start()
    published = await scene.next_try()
    published(1000)
    published(500)
    await publication.stop()
    assert scene.states == ["waiting", "publishing", "stopped"]
    assert (publication.figures.segments, publication.figures.bytes) == (2, 1500)
    assert publication.dropped == 7
    assert scene.publisher.calls == ["finish"]
    assert not publication.is_on


async def test_a_failure_is_told_and_tried_again(scene: Scene) -> None:
    publication = scene.publication
    publication.start()
    await scene.next_try()
    scene.publisher.outcome.put_nowait(PublishError(PublishProblem.FULL, "507"))
    published = await scene.next_try()
    assert scene.states[-1] == "retrying"
    assert (publication.problem, publication.detail) == (PublishProblem.FULL, "507")
    assert publication.figures.failures == 1
    published(1)
    assert scene.states[-1] == "publishing"
    assert not publication.problem


async def test_a_destination_that_is_too_slow_is_a_problem_until_it_keeps_up(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_KEEPS_UP_S", 0.0)
    publication = scene.publication
    publication.start()
    published = await scene.next_try()
    problems: list[PublishProblem | None] = []
    for dropped in (0, 1, 0):
        scene.publisher.segments_dropped += dropped
        published(1)
        problems.append(publication.problem)
    assert problems == [None, PublishProblem.TOO_SLOW, None]
    assert scene.states == ["waiting", "publishing", "publishing", "publishing"]


async def test_a_destination_that_drops_now_and_then_has_one_problem(
    scene: Scene,
) -> None:
    publication = scene.publication
    publication.start()
    published = await scene.next_try()
    for dropped in (0, 1, 0, 0, 1, 0):
        scene.publisher.segments_dropped += dropped
        published(1)
    assert publication.problem is PublishProblem.TOO_SLOW
    assert scene.states == ["waiting", "publishing", "publishing"]


async def test_what_was_dropped_during_a_failure_is_no_problem_afterwards(
    scene: Scene,
) -> None:
    publication = scene.publication
    publication.start()
    (await scene.next_try())(1)
    scene.publisher.outcome.put_nowait(PublishError(PublishProblem.UNREACHABLE))
    published = await scene.next_try()
    scene.publisher.segments_dropped += 20
    published(1)
    published(1)
    assert publication.problem is None


async def test_a_rejected_login_is_not_tried_again_at_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    scene.publication.start()
    await scene.next_try()
    monkeypatch.setattr(asyncio, "sleep", note)
    scene.publisher.outcome.put_nowait(PublishError(PublishProblem.LOGIN_REJECTED))
    await scene.next_try()
    assert 60.0 in pauses


async def test_a_fault_of_ours_is_logged_and_tried_again(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.publication.start()
    await scene.next_try()
    scene.publisher.outcome.put_nowait(KeyError("surprise"))
    await scene.next_try()
    assert scene.publication.state is PublicationState.RETRYING
    assert "Publishing failed" in caplog.text


async def test_an_idle_stream_is_woken_and_kept_awake(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WAKE_INTERVAL_S", 0.01)
    stream = scene.stream
    stream.is_running = False
    stream.error = StreamStoppedError()
    scene.publication.start()
    await scene.next_try()
    await eventually(lambda: stream.woken >= 2)
    stream.error = None
    await eventually(lambda: stream.is_running)
    stream.clock.now += 3600
    assert stream.live.demand.is_recent
    await scene.publication.stop()
    stream.clock.now += 3600
    assert not stream.live.demand.is_recent


async def test_a_silent_camera_is_told(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SILENCE_S", 0.01)
    scene.publication.start()
    (await scene.next_try())(1)
    await scene.reach(PublicationState.WAITING)
    assert scene.states == ["waiting", "publishing", "waiting"]


async def test_a_library_that_loses_a_cancellation_does_not_hold_up_the_end(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CANCEL_INTERVAL_S", 0.01)
    scene.publication.start()
    await scene.next_try()
    scene.publisher.cancellation_is_lost = True
    await scene.publication.stop()
    assert not scene.publisher.cancellation_is_lost
    assert scene.publication.state is PublicationState.STOPPED


async def test_a_destination_that_is_gone_does_not_hold_up_the_end(
    scene: Scene,
) -> None:
    scene.publication.start()
    await scene.next_try()
    scene.publisher.outcome.put_nowait(PublishError(PublishProblem.UNREACHABLE))
    await scene.reach(PublicationState.RETRYING)
    scene.publisher.outcome.put_nowait(PublishError(PublishProblem.UNREACHABLE))
    await scene.publication.stop()
    assert scene.publication.state is PublicationState.STOPPED
