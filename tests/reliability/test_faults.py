"""The stream recovers from every fault: effect on the viewer, events and duration.

The limits are shorter than the default ones to save time, and the bounds follow from them.
`python -m tests.reliability` plays everything with the default limits.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests import tools

from .cases import CASES
from .scene import FaultCase, Limits, play
from .verdict import complaints

LIMITS = Limits(stall=2.0, start=3.0)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.slow] * case.slow)
        for case in CASES
    ],
)
async def test_the_stream_comes_back(
    case: FaultCase, record_property: Callable[[str, object], None]
) -> None:
    limits = replace(LIMITS, stall=max(LIMITS.stall, case.stall_at_least))
    outcome = await play(case, str(tools.ffmpeg()), limits)
    record_property("seconds until live again", round(outcome.live_again, 2))
    record_property("longest gap in seconds", round(outcome.longest_gap, 2))
    assert complaints(case, outcome, limits) == []
