"""When a decoder counts as too slow: `decode_lag.js`."""

from collections.abc import Sequence

import pytest

from .modules import evaluate

STEP = 0.5
"""Seconds between two frames."""


def verdicts(lags: Sequence[float]) -> list[str]:
    """Return how to continue after each lag."""
    found: list[str] = evaluate(
        """async (lags, step) => {
          const { DecodeLag } = await import("./frontend/decode_lag.js");
          const lag = new DecodeLag();
          return lags.map((each, index) => lag.note(each, index * step));
        }""",
        *(list(lags), STEP),
    )
    return found


@pytest.mark.parametrize("lags", [[0.4] * 20, [3, 3, 3, 0, 3, 3, 3, 0]])
def test_a_decoder_may_lag_a_little_or_briefly(lags: list[float]) -> None:
    """After a pause of the network, many frames come at once."""
    assert set(verdicts(lags)) == {"none"}


def test_a_second_lag_within_a_minute_is_too_many() -> None:
    assert verdicts([1] * 8) == [*(["none"] * 3), "skip", *(["none"] * 3), "fail"]


def test_a_lag_after_an_hour_is_a_first_one() -> None:
    hour = [0] * round(3600 / STEP)
    assert verdicts([*([1] * 4), *hour, *([1] * 4)])[-4:] == [*(["none"] * 3), "skip"]


def test_a_second_interruption_within_a_minute_is_too_many() -> None:
    """A damaged frame now and then is normal, and a lag counts like one."""
    found: list[str] = evaluate(
        """async () => {
          const { DecodeLag } = await import("./frontend/decode_lag.js");
          const lag = new DecodeLag();
          const late = [0, 1, 2].map((after) => lag.note(1, 130 + after)).at(-1);
          return [lag.interrupt(200), lag.interrupt(259), lag.interrupt(261), late];
        }"""
    )
    assert found == ["skip", "fail", "skip", "skip"]
