"""The part target: fitted to the frames, declared once, raised for slower cameras."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.live.part_target import MIN_FILL, PartTarget
from custom_components.hls_camera.streaming.live.track_queue import TrackQueue

from ..media_files import VIDEO, frames

TICKS = VIDEO.timescale
WISH = 0.2


def waiting(*seconds: float) -> TrackQueue:
    """Return a queue of frames that last so many seconds."""
    queue = TrackQueue(VIDEO)
    for frame in frames([round(each * TICKS) for each in seconds]):
        queue.append(frame)
    return queue


@dataclass
class Declared:
    """A part target of 0.2 s, and the values that it has declared."""

    frame_rate: float | None = None
    before: float | None = None
    values: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.target = PartTarget(
            WISH, self.values.append, declared=self.before, frame_rate=self.frame_rate
        )


def test_there_is_none_before_the_first_part() -> None:
    declared = Declared()
    assert declared.target.seconds is None
    assert not declared.target.is_exceeded_by(60)
    assert declared.values == []


def test_the_first_frames_that_make_a_part_set_it() -> None:
    declared = Declared()
    assert not declared.target.is_filled_by(waiting(*[0.04] * 4))
    assert declared.target.is_filled_by(waiting(*[0.04] * 5))
    assert declared.values == [0.22]


def test_a_known_frame_rate_sets_it() -> None:
    assert Declared(frame_rate=1).values == [1.1]


def test_one_that_the_playlist_has_stays() -> None:
    declared = Declared(frame_rate=1, before=0.45)
    assert (declared.target.seconds, declared.values) == (0.45, [])


def test_one_long_part_does_not_raise_it() -> None:
    declared = Declared(frame_rate=25)
    for _ in range(10):
        declared.target.fit(waiting(1.0))
        declared.target.fit(waiting(1.0))
        declared.target.fit(waiting(*[0.04] * 5))
    assert declared.values == [0.22]


def test_three_long_parts_in_a_row_raise_it() -> None:
    declared = Declared(frame_rate=25)
    for _ in range(3):
        declared.target.fit(waiting(1.0))
    assert declared.values == [0.22, 1.1]


def test_it_never_shrinks() -> None:
    declared = Declared(frame_rate=1)
    for _ in range(10):
        declared.target.fit(waiting(*[0.04] * 5))
    assert declared.values == [1.1]


@pytest.mark.parametrize(("filled", "missing"), [(0.1, 0.087), (0.187, 0.0)])
def test_missing_seconds_of_a_part(filled: float, missing: float) -> None:
    declared = Declared(frame_rate=25)
    queue = waiting(filled)
    assert declared.target.missing_from(queue) == pytest.approx(missing, abs=1e-4)


@given(frame=st.floats(0.005, 3))
def test_whole_frames_fill_a_part_without_exceeding_it(frame: float) -> None:
    """RFC 8216bis, 4.4.4.9: 85 to 100 % of the target."""
    declared = Declared(frame_rate=1 / frame)
    assert declared.target.seconds is not None
    count = int(declared.target.seconds / frame + 0.01)
    assert count * frame >= (MIN_FILL - 0.01) * declared.target.seconds
    assert count >= 1
