"""Who watches."""

from contextlib import ExitStack

import pytest

from custom_components.hls_camera.streaming.errors import (
    TooManyRequestsError,
    TooManyViewersError,
)
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.outputs import viewers as module
from custom_components.hls_camera.streaming.outputs.viewers import (
    MAX_HELD_BY_VIEWER,
    MAX_VIEWERS_OF_USER,
    TOKEN_LIFETIME,
    WATCHING,
    Owner,
    Viewers,
)

from ..clocks import Clock

ALICE = Owner("Alice", "on her phone")


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


def test_each_request_is_demand(clock: Clock) -> None:
    demand = Demand(clock)
    viewers = Viewers(clock, demand)
    clock.now = 101
    token = viewers.open()
    assert demand.last_request == 101
    clock.now = 102
    viewers.touch(token)
    assert demand.last_request == 102
    clock.now = 103
    viewers.close(token)
    assert demand.last_request == 103


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


class TestPlaces:
    """There are so many for all, and so many for each user."""

    def test_who_is_away_for_longest_makes_place(
        self, viewers: Viewers, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 3)
        first, second, third = (viewers.open() for _ in range(3))
        clock.now += WATCHING + 1
        viewers.touch(first)
        fourth = viewers.open()
        assert second not in viewers
        assert all(token in viewers for token in (first, third, fourth))

    def test_nobody_who_watches_has_to_leave(
        self, viewers: Viewers, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 3)
        watching = [viewers.open() for _ in range(3)]
        clock.now += WATCHING
        with pytest.raises(TooManyViewersError):
            viewers.open()
        with pytest.raises(TooManyViewersError):
            viewers.admit("of another variant")
        assert all(token in viewers for token in watching)

    def test_who_waits_for_long_watches(
        self, viewers: Viewers, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 1)
        with viewers.hold(viewers.open()):
            clock.now += TOKEN_LIFETIME + 1
            with pytest.raises(TooManyViewersError):
                viewers.open()

    def test_a_user_takes_no_more_than_some(
        self, viewers: Viewers, clock: Clock
    ) -> None:
        """However often it asks; it loses its own, and only where it is away."""
        other = viewers.open(Owner("other", "login"))
        own = [viewers.open(ALICE) for _ in range(MAX_VIEWERS_OF_USER)]
        with pytest.raises(TooManyViewersError):
            viewers.open(Owner(ALICE.user, "on another device"))
        viewers.open()
        viewers.open(Owner("third", "login"))
        clock.now += WATCHING + 1
        for token in own[1:]:
            viewers.touch(token)
        viewers.open(ALICE)
        assert own[0] not in viewers
        assert other in viewers


class TestLogins:
    """A viewer of a user may watch for as long as that login lasts."""

    def test_the_tokens_of_a_login_die_with_it(self, viewers: Viewers) -> None:
        nobodys, alices = viewers.open(), viewers.open(ALICE)
        elsewhere = viewers.open(Owner(ALICE.user, "on another device"))
        assert viewers.owner(alices) == ALICE
        viewers.revoke(ALICE.login)
        assert alices not in viewers
        assert viewers.owner(alices) is None
        assert nobodys in viewers
        assert elsewhere in viewers

    def test_what_waits_for_them_is_ended(self, viewers: Viewers) -> None:
        ended: list[str] = []
        alices, nobodys = viewers.open(ALICE), viewers.open()
        with (
            viewers.hold(alices, lambda: ended.append("hers")),
            viewers.hold(nobodys, lambda: ended.append("nobody's")),
        ):
            viewers.revoke(ALICE.login)
            assert ended == ["hers"]
            assert viewers.watching_tokens == {nobodys}
            viewers.clear()
            assert ended == ["hers", "nobody's"]
        assert not viewers.watching

    def test_nothing_is_kept_of_those_that_died(
        self, viewers: Viewers, clock: Clock
    ) -> None:
        for end in (viewers.close, lambda _: viewers.clear()):
            end(viewers.open(ALICE))
        viewers.open(ALICE)
        clock.now += TOKEN_LIFETIME + 1
        viewers.open()
        assert not viewers._owners


class TestWaiting:
    """Who waits for something watches, however long it takes to come."""

    def test_a_request_that_waits_is_demand(self, clock: Clock) -> None:
        demand = Demand(clock)
        viewers = Viewers(clock, demand)
        token = viewers.open()
        with viewers.hold(token):
            clock.now += TOKEN_LIFETIME + 1
            assert demand.last_request == clock.now
            assert viewers.watching_tokens == {token}
            assert token in viewers
        clock.now += WATCHING
        assert demand.is_recent
        assert viewers.watching_tokens == {token}


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
        assert not viewers._ends


def test_who_has_gone_watches_no_more(viewers: Viewers, clock: Clock) -> None:
    gone, other = viewers.open(), viewers.open()
    clock.now += 1
    viewers.close(gone)
    assert gone not in viewers
    assert viewers.watching_tokens == {other}
    viewers.close(gone)


def test_who_waits_for_something_has_not_gone(viewers: Viewers) -> None:
    token = viewers.open()
    with viewers.hold(token):
        viewers.close(token)
        assert token in viewers
