"""A destination is tried out before it is kept."""

import asyncio
from typing import override

import pytest

from custom_components.hls_camera.publishing import trial
from custom_components.hls_camera.publishing.destination import File
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem

from .memory import Memory


class Forgetful(Memory):
    """Accepts every file, and keeps none."""

    @override
    async def put(self, file: File) -> None:
        pass


class Slow(Memory):
    """Does not answer."""

    @override
    async def put(self, file: File) -> None:
        await asyncio.Event().wait()


async def problem_of(destination: Memory) -> PublishProblem:
    with pytest.raises(PublishError) as raised:
        await trial.try_out(destination)
    return raised.value.problem


async def test_nothing_is_left_of_a_trial() -> None:
    memory = Memory()
    await trial.try_out(memory)
    assert len(memory.written) == 1
    assert not memory.files


async def test_a_destination_that_fails() -> None:
    memory = Memory()
    memory.error = PublishError(PublishProblem.FULL)
    assert await problem_of(memory) is PublishProblem.FULL


async def test_a_destination_that_keeps_nothing() -> None:
    assert await problem_of(Forgetful()) is PublishProblem.NOT_KEPT


async def test_a_destination_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trial, "_TIMEOUT_S", 0.01)
    assert await problem_of(Slow()) is PublishProblem.TIMED_OUT
