"""Who watches."""

from contextlib import ExitStack

import pytest

from custom_components.hls_camera.streaming import viewers as module
from custom_components.hls_camera.streaming.errors import TooManyRequestsError
from custom_components.hls_camera.streaming.viewers import (
    MAX_HELD_BY_VIEWER,
    TOKEN_LIFETIME,
    WATCHING,
    Viewers,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def viewers(clock: Clock) -> Viewers:
    return Viewers(clock)


def test_every_viewer_has_a_token_of_256_bits_fit_for_a_path(viewers: Viewers) -> None:
    tokens = {viewers.open() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_token_dies_when_idle_and_lives_on_when_used(
    viewers: Viewers, clock: Clock
) -> None:
    used, unused = viewers.open(), viewers.open()
    clock.now += TOKEN_LIFETIME
    assert used in viewers
    viewers.touch(used)
    clock.now += 1
    assert used in viewers
    assert unused not in viewers
    assert "made up" not in viewers


def test_who_has_no_token_was_seen_as_well(viewers: Viewers, clock: Clock) -> None:
    clock.now += WATCHING + 1
    before = viewers.seen_lately
    viewers.note_activity()
    assert (before, viewers.seen_lately) == (False, True)
    assert viewers.watching == 0


def test_a_viewer_watches_for_a_while_after_its_last_request(
    viewers: Viewers, clock: Clock
) -> None:
    first = viewers.open()
    clock.now += WATCHING
    viewers.open()
    assert viewers.watching == 2
    clock.now += 1
    assert viewers.watching == 1
    viewers.touch(first)
    assert viewers.watching == 2


def test_a_viewer_plays_while_it_gets_playlists(viewers: Viewers, clock: Clock) -> None:
    one, other = viewers.open(), viewers.open()
    viewers.note_playlist(one)
    clock.now += WATCHING
    assert viewers.is_playing(one)
    assert not viewers.is_playing(other)
    clock.now += 1
    assert not viewers.is_playing(one)
    viewers.note_playlist(one)
    viewers.close(one)
    assert not viewers.is_playing(one)
    viewers.note_playlist(other)
    viewers.clear()
    assert not viewers.is_playing(other)


def test_nothing_is_kept_of_dead_tokens(viewers: Viewers, clock: Clock) -> None:
    viewers.note_playlist(viewers.open())
    clock.now += TOKEN_LIFETIME + 1
    viewers.open()
    assert not viewers._playing


def test_any_activity_is_remembered(viewers: Viewers, clock: Clock) -> None:
    assert viewers.last_seen == 100
    clock.now = 101
    token = viewers.open()
    assert viewers.last_seen == 101
    clock.now = 102
    viewers.touch(token)
    assert viewers.last_seen == 102
    clock.now = 103
    viewers.note_activity()
    assert viewers.last_seen == 103
    assert viewers.watching == 1


def test_all_tokens_die_when_cleared(viewers: Viewers) -> None:
    token = viewers.open()
    viewers.clear()
    assert token not in viewers
    assert viewers.watching == 0


def test_dead_tokens_are_not_kept(viewers: Viewers, clock: Clock) -> None:
    for _ in range(10):
        viewers.open()
    clock.now += TOKEN_LIFETIME + 1
    viewers.open()
    assert len(viewers._seen) == 1


def test_above_the_cap_those_idle_for_longest_go(
    viewers: Viewers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_VIEWERS", 3)
    first, second, third = (viewers.open() for _ in range(3))
    viewers.touch(first)
    fourth = viewers.open()
    assert second not in viewers
    assert all(token in viewers for token in (first, third, fourth))


class TestRequestsThatWait:
    def hold(self, viewers: Viewers, token: str, count: int) -> ExitStack:
        """Let a viewer have that many requests that wait."""
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(viewers.hold(token))
            return stack.pop_all()

    def test_a_viewer_may_have_some_at_a_time(self, viewers: Viewers) -> None:
        greedy, other = viewers.open(), viewers.open()
        with self.hold(viewers, greedy, MAX_HELD_BY_VIEWER):
            with pytest.raises(TooManyRequestsError), viewers.hold(greedy):
                pass
            with viewers.hold(other):
                pass
        with viewers.hold(greedy):
            pass

    def test_in_a_crowd_everybody_may_have_what_a_player_needs(
        self, viewers: Viewers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_HELD", 10)
        greedy, player = viewers.open(), viewers.open()
        with self.hold(viewers, greedy, 10):
            with pytest.raises(TooManyRequestsError), viewers.hold(greedy):
                pass
            with (
                self.hold(viewers, player, 3),
                pytest.raises(TooManyRequestsError),
                viewers.hold(player),
            ):
                pass

    def test_nothing_is_kept_of_those_that_ended(self, viewers: Viewers) -> None:
        with pytest.raises(ZeroDivisionError), viewers.hold(viewers.open()):
            _ = 1 / 0
        assert not viewers._held


def test_who_has_gone_watches_no_more(viewers: Viewers, clock: Clock) -> None:
    gone, other = viewers.open(), viewers.open()
    clock.now += 1
    viewers.close(gone)
    assert gone not in viewers
    assert viewers.watching_tokens == {other}
    assert viewers.last_seen == clock.now
    viewers.close(gone)


def test_who_waits_for_something_has_not_gone(viewers: Viewers) -> None:
    token = viewers.open()
    with viewers.hold(token):
        viewers.close(token)
        assert token in viewers
