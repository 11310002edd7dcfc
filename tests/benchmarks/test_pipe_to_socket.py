"""The time from the pipe to the viewer: which write, which frame and which message belong together."""

from benchmarks.pipe_to_socket import own_pipe, passages


def _passages(
    written: list[float], came: list[float], got: list[float]
) -> list[tuple[float, float]]:
    """Return passages of times in milliseconds, to the tenth."""
    seconds = ([each / 1000 for each in times] for times in (written, came, got))
    return [
        (round(1000 * each.wait, 1), round(1000 * each.total, 1))
        for each in passages(*seconds)
    ]


def test_each_frame_follows_its_write() -> None:
    found = _passages([100, 140, 180], [101, 142, 181], [102, 143, 184])
    assert found == [(1, 2), (2, 3), (1, 4)]


def test_a_large_frame_is_complete_with_its_last_piece() -> None:
    found = _passages([100, 100.2, 101.5, 140], [102, 141], [103, 142])
    assert found == [(0.5, 1.5), (1, 2)]


def test_frames_that_were_read_late_and_together_were_written_one_by_one() -> None:
    """A busy event loop is not to hide behind the newest write."""
    found = _passages([100, 140, 180], [101, 190, 190.1], [102, 191, 192])
    assert found == [(1, 2), (50, 51), (10.1, 12)]


def test_a_frame_whose_write_was_not_noted_did_not_wait() -> None:
    found = _passages([100, 180], [101, 141, 181], [102, 143, 184])
    assert found == [(1, 2), (0, 2), (1, 4)]


def test_a_write_before_the_first_frame_is_no_frames() -> None:
    found = _passages([20, 60, 100], [101], [102])
    assert found == [(1, 2)]


def test_a_write_may_be_noted_late() -> None:
    """The machine runs the server first, for once; the frame counts as all others do."""
    found = _passages([100.4, 140], [100.1, 141], [100.6, 142])
    assert found == [(0, 0.2), (1, 2)]


def test_nothing_came() -> None:
    assert passages([], [], []) == []


def test_the_pipe_of_a_feed_is_the_one_written_just_before() -> None:
    pipes = [[0.01, 0.05, 0.09], [0.03, 0.07, 0.11], []]
    assert own_pipe(pipes, [0.0305, 0.0708, 0.1104]) == pipes[1]
