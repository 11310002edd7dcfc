"""An outage of a publication is one failure and one recovery, however many retries it takes."""

from collections.abc import AsyncIterator

import pytest

from custom_components.hls_camera.publishing import outages as module
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from custom_components.hls_camera.publishing.outages import (
    OutageEvent,
    OutageEventType,
    Outages,
)
from custom_components.hls_camera.publishing.publication import (
    Publication,
    PublicationState,
)
from tests.waiting import eventually

from .scripted_publisher import ScriptedPublisher
from .streams import Stream

AWAY = PublishError(PublishProblem.UNREACHABLE)


class Scene:
    """A publication whose publisher does what a test says."""

    def __init__(self) -> None:
        self.publisher = ScriptedPublisher()
        self.publication = Publication(Stream(), self.publisher)
        self.events: list[OutageEvent] = []
        self.outages = Outages(self.publication, self.events.append)

    @property
    def types(self) -> list[OutageEventType]:
        return [each.type for each in self.events]

    async def publish(self) -> None:
        """Let something arrive in the next try."""
        (await self.publisher.next_try())(1)

    async def fail(self) -> None:
        """Let the present try fail."""
        failures = self.publication.figures.failures
        self.publisher.outcome.put_nowait(AWAY)
        await eventually(lambda: self.publication.figures.failures > failures)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    scene = Scene()
    scene.publication.start()
    yield scene
    await scene.publication.close()
    scene.outages.close()


async def test_many_failures_are_one_outage(scene: Scene) -> None:
    for _ in range(2):
        await scene.publisher.next_try()
        await scene.fail()
    assert scene.types == ["failed"]
    assert scene.events[0].problem is PublishProblem.UNREACHABLE
    await scene.publish()
    assert scene.types == ["failed", "recovered"]
    assert (scene.events[1].outage or 0) > 0
    assert scene.events[1].problem is None


async def test_a_publication_that_never_failed_has_no_outage(scene: Scene) -> None:
    await scene.publish()
    await scene.publication.stop()
    assert scene.events == []


async def test_a_silent_camera_ends_no_outage(scene: Scene) -> None:
    await scene.publisher.next_try()
    await scene.fail()
    scene.publication._set_state(PublicationState.WAITING)
    assert scene.types == ["failed"]


async def test_an_outage_that_follows_another_one_at_once_ends_with_a_proof(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.publisher.next_try()
    await scene.fail()
    await scene.publish()
    await scene.fail()
    monkeypatch.setattr(module, "_PROVEN_S", 3600.0)
    await scene.publish()
    assert scene.types == ["failed", "recovered", "failed"]
    await scene.fail()
    monkeypatch.setattr(module, "_PROVEN_S", 0.0)
    await scene.publish()
    assert scene.types == ["failed", "recovered", "failed", "recovered"]


async def test_a_destination_that_proves_itself_has_recovered(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PROVEN_S", 0.2)
    await scene.publisher.next_try()
    await scene.fail()
    await scene.publish()
    await scene.fail()
    await scene.publish()
    await eventually(lambda: scene.types.count(OutageEventType.RECOVERED) == 2)


async def test_a_publication_that_is_stopped_has_not_recovered(scene: Scene) -> None:
    await scene.publisher.next_try()
    await scene.fail()
    await scene.publication.stop()
    assert scene.types == ["failed", "ended"]
