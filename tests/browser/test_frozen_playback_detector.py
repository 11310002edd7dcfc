"""When playback counts as frozen: `frozen_playback_detector.js`."""

from collections.abc import Sequence

from .modules import evaluate


def given_up(frames: Sequence[tuple[float | None, float]]) -> float | None:
    """Return when it is given up; a frame is (position, when it came), in seconds.

    Without a position the player may rest.
    """
    found: float | None = evaluate(
        """async (frames) => {
          const { FrozenPlaybackDetector } = await import(
            "./frontend/frozen_playback_detector.js"
          );
          const detector = new FrozenPlaybackDetector();
          const last = frames.find(([at, now]) => detector.frame(at ?? NaN, now));
          return last ? last[1] : null;
        }""",
        [list(frame) for frame in frames],
    )
    return found


def test_gives_up_after_ten_seconds_of_frames_at_one_place() -> None:
    at = given_up([(3.0, now / 2) for now in range(60)])
    assert at == 10.5


def test_a_position_that_moves_is_well() -> None:
    """Also where it moves seldom, or back."""
    moves = [(30.0 - now // 8, float(now)) for now in range(60)]
    assert given_up(moves) is None


def test_a_player_that_may_rest_is_well() -> None:
    assert given_up([(None, float(now)) for now in range(60)]) is None


def test_the_time_without_frames_does_not_count() -> None:
    """A viewer that was too slow waits for the next keyframe, however long that takes."""
    rare = [(3.0, 20.0 * number) for number in range(11)]
    assert given_up(rare) is None
    assert given_up([*rare, (3.0, 220.0)]) == 220.0
