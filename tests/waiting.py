"""Waiting for conditions without an event, such as those of another process."""

import asyncio
from collections.abc import Callable

_INTERVAL = 0.01
"""Seconds between two looks."""


async def eventually(condition: Callable[[], bool], *, within: float = 20.0) -> None:
    """Wait until a condition holds; `within` is in seconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(_INTERVAL)


async def end_of_other_tasks() -> None:
    """Wait until every task but the test's own has ended."""
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
