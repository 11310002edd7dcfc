"""The end of an on-demand stream when nobody wants it any more."""

import asyncio
import time

from custom_components.hls_camera.streaming.camera.idle import IdleTimer
from custom_components.hls_camera.streaming.live.demand import Demand


async def test_it_calls_back_after_the_last_request() -> None:
    idle = asyncio.Event()
    demand = Demand(time.monotonic)
    timer = IdleTimer(demand, idle.set)
    timer.start(0.05)
    assert timer.is_running
    await idle.wait()
    assert time.monotonic() - demand.last_request >= 0.05
    assert not timer.is_running


async def test_a_request_postpones_it() -> None:
    calls: list[None] = []
    demand = Demand(time.monotonic)
    timer = IdleTimer(demand, lambda: calls.append(None))
    timer.start(60)
    timer.fire()
    assert timer.is_running
    timer.cancel()
    assert not calls


async def test_it_can_be_cancelled() -> None:
    calls: list[None] = []
    timer = IdleTimer(Demand(time.monotonic), lambda: calls.append(None))
    timer.start(0)
    timer.cancel()
    await asyncio.sleep(0)
    assert not calls
    assert not timer.is_running
