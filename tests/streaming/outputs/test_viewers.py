"""The viewers of a camera and of its renditions."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from custom_components.hls_camera.streaming.errors import (
    StreamStoppedError,
    TooManyRequestsError,
    TooManyViewersError,
)
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.outputs import viewers as module
from custom_components.hls_camera.streaming.outputs.viewers import (
    MAX_HELD_BY_VIEWER,
    MAX_VIEWERS_OF_USER,
    TOKEN_LIFETIME_S,
    WATCHING_S,
    Audience,
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


@pytest.fixture
def audience(viewers: Viewers, clock: Clock) -> Audience:
    """Return the viewers of the only rendition."""
    return rendition(viewers, clock)


def rendition(
    viewers: Viewers, clock: Clock, wake: Callable[[], None] = lambda: None
) -> Audience:
    return viewers.audience(Demand(clock), wake)


def test_every_viewer_has_a_token_of_256_bits_fit_for_a_path(
    viewers: Viewers, audience: Audience
) -> None:
    tokens = {audience.open() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 for token in tokens)
    assert all(token.replace("-", "").replace("_", "").isalnum() for token in tokens)


def test_a_token_dies_when_idle_and_lives_on_when_used(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    used, unused = audience.open(), audience.open()
    clock.now += TOKEN_LIFETIME_S
    assert used in viewers
    audience.touch(used)
    clock.now += 1
    assert used in viewers
    assert unused not in viewers
    assert "made up" not in viewers


def test_a_viewer_watches_for_a_while_after_its_last_request(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    first = audience.open()
    clock.now += WATCHING_S
    audience.open()
    assert viewers.watching == 2
    clock.now += 1
    assert viewers.watching == 1
    audience.touch(first)
    assert viewers.watching == 2


def test_a_viewer_plays_while_it_gets_playlists(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    one, other = audience.open(), audience.open()
    audience.note_playlist(one)
    clock.now += WATCHING_S
    assert audience.is_playing(one)
    assert not audience.is_playing(other)
    clock.now += 1
    assert not audience.is_playing(one)
    audience.note_playlist(one)
    audience.close(one)
    assert not audience.is_playing(one)
    audience.note_playlist(other)
    viewers.clear()
    assert not audience.is_playing(other)


def test_nothing_is_kept_of_dead_tokens(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    audience.note_playlist(audience.open())
    clock.now += TOKEN_LIFETIME_S + 1
    audience.open()
    assert len(viewers) == 1


def test_each_request_is_demand(clock: Clock) -> None:
    demand = Demand(clock)
    audience = Viewers(clock).audience(demand, lambda: None)
    clock.now = 101
    token = audience.open()
    assert demand.last_request == 101
    clock.now = 102
    audience.touch(token)
    assert demand.last_request == 102
    clock.now = 103
    audience.close(token)
    assert demand.last_request == 103


def test_all_tokens_die_when_cleared(viewers: Viewers, audience: Audience) -> None:
    token = audience.open()
    viewers.clear()
    assert token not in viewers
    assert viewers.watching == 0


def test_dead_tokens_are_not_kept(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    for _ in range(10):
        audience.open()
    clock.now += TOKEN_LIFETIME_S + 1
    audience.open()
    assert len(viewers) == 1


class TestPlaces:
    """There are so many for all, and so many for each user."""

    def test_the_viewer_who_is_away_longest_makes_room(
        self,
        viewers: Viewers,
        audience: Audience,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 3)
        first, second, third = (audience.open() for _ in range(3))
        clock.now += WATCHING_S + 1
        audience.touch(first)
        fourth = audience.open()
        assert second not in viewers
        assert all(token in viewers for token in (first, third, fourth))

    def test_no_present_viewer_has_to_leave(
        self,
        viewers: Viewers,
        audience: Audience,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 3)
        watching = [audience.open() for _ in range(3)]
        clock.now += WATCHING_S
        with pytest.raises(TooManyViewersError):
            audience.open()
        assert all(token in viewers for token in watching)

    def test_a_viewer_with_a_long_request_is_present(
        self,
        viewers: Viewers,
        audience: Audience,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "MAX_VIEWERS", 1)
        with audience.hold(audience.open()):
            clock.now += TOKEN_LIFETIME_S + 1
            with pytest.raises(TooManyViewersError):
                audience.open()

    def test_a_user_takes_no_more_than_some(
        self, viewers: Viewers, audience: Audience, clock: Clock
    ) -> None:
        """However often it asks; it loses its own, and only where it is away."""
        other = audience.open(Owner("other", "login"))
        own = [audience.open(ALICE) for _ in range(MAX_VIEWERS_OF_USER)]
        with pytest.raises(TooManyViewersError):
            audience.open(Owner(ALICE.user, "on another device"))
        audience.open()
        audience.open(Owner("third", "login"))
        clock.now += WATCHING_S + 1
        for token in own[1:]:
            audience.touch(token)
        audience.open(ALICE)
        assert own[0] not in viewers
        assert other in viewers


class TestLogins:
    """A viewer of a user may watch for as long as that login lasts."""

    def test_the_tokens_of_a_login_die_with_it(
        self, viewers: Viewers, audience: Audience
    ) -> None:
        nobodys, alices = audience.open(), audience.open(ALICE)
        elsewhere = audience.open(Owner(ALICE.user, "on another device"))
        viewers.revoke(ALICE.login)
        assert alices not in viewers
        assert nobodys in viewers
        assert elsewhere in viewers

    def test_their_waiting_requests_end(
        self, viewers: Viewers, audience: Audience
    ) -> None:
        ended: list[str] = []
        alices, nobodys = audience.open(ALICE), audience.open()
        with (
            audience.hold(alices, lambda: ended.append("hers")),
            audience.hold(nobodys, lambda: ended.append("nobody's")),
        ):
            viewers.revoke(ALICE.login)
            assert ended == ["hers"]
            assert viewers.watching == 1
            viewers.clear()
            assert ended == ["hers", "nobody's"]
        assert not viewers.watching

    def test_nothing_is_kept_of_those_that_died(
        self, viewers: Viewers, audience: Audience, clock: Clock
    ) -> None:
        for end in (audience.close, lambda _: viewers.clear()):
            end(audience.open(ALICE))
        audience.open(ALICE)
        clock.now += TOKEN_LIFETIME_S + 1
        audience.open()
        assert len(viewers) == 1


class TestWaiting:
    """A viewer with a waiting request watches, however long the request takes."""

    def test_a_request_that_waits_is_demand(self, clock: Clock) -> None:
        demand, viewers = Demand(clock), Viewers(clock)
        audience = viewers.audience(demand, lambda: None)
        token = audience.open()
        with audience.hold(token):
            clock.now += TOKEN_LIFETIME_S + 1
            assert demand.last_request == clock.now
            assert viewers.watching == 1
            assert token in viewers
        clock.now += WATCHING_S
        assert demand.is_recent
        assert viewers.watching == 1


class TestRequestsThatWait:
    def hold(self, audience: Audience, token: str, count: int) -> ExitStack:
        """Let a viewer have that many requests that wait."""
        with ExitStack() as stack:
            for _ in range(count):
                stack.enter_context(audience.hold(token))
            return stack.pop_all()

    def test_a_viewer_may_have_some_at_a_time(
        self, viewers: Viewers, audience: Audience
    ) -> None:
        greedy, other = audience.open(), audience.open()
        with self.hold(audience, greedy, MAX_HELD_BY_VIEWER):
            with pytest.raises(TooManyRequestsError), audience.hold(greedy):
                pass
            with audience.hold(other):
                pass
        with audience.hold(greedy):
            pass

    def test_in_a_crowd_everybody_may_have_what_a_player_needs(
        self, viewers: Viewers, audience: Audience, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "MAX_HELD", 10)
        greedy, player = audience.open(), audience.open()
        with self.hold(audience, greedy, 10):
            with pytest.raises(TooManyRequestsError), audience.hold(greedy):
                pass
            with (
                self.hold(audience, player, 3),
                pytest.raises(TooManyRequestsError),
                audience.hold(player),
            ):
                pass

    def test_nothing_is_kept_of_those_that_ended(
        self, viewers: Viewers, audience: Audience
    ) -> None:
        with pytest.raises(ZeroDivisionError), audience.hold(audience.open()):
            _ = 1 / 0
        assert not viewers.held


def test_viewers_who_left_do_not_watch(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    gone, _ = audience.open(), audience.open()
    clock.now += 1
    audience.close(gone)
    assert gone not in viewers
    assert viewers.watching == 1
    audience.close(gone)


def test_a_viewer_with_a_waiting_request_has_not_left(
    viewers: Viewers, audience: Audience
) -> None:
    token = audience.open()
    with audience.hold(token):
        audience.close(token)
        assert token in viewers


def test_a_token_that_died_meanwhile_holds_nothing(
    viewers: Viewers, audience: Audience
) -> None:
    token = audience.open()
    viewers.clear()
    with pytest.raises(StreamStoppedError), audience.hold(token):
        pass
    assert not viewers.held


class TestRenditions:
    """A camera's viewers may watch either rendition, or change between both."""

    def test_each_has_the_viewers_that_requested_it(
        self, viewers: Viewers, audience: Audience, clock: Clock
    ) -> None:
        other = rendition(viewers, clock)
        token = audience.open()
        assert token in audience
        assert token not in other
        assert (audience.watching, other.watching) == (1, 0)
        assert other.touch(token)
        assert token in other
        assert (audience.watching, other.watching, viewers.watching) == (1, 1, 1)
        clock.now += WATCHING_S + 1
        other.touch(token)
        assert (audience.watching, other.watching) == (0, 1)
        with audience.hold(token):
            clock.now += WATCHING_S + 1
            assert (audience.watching, other.watching) == (1, 0)

    def test_a_rendition_that_a_viewer_has_played_is_kept_awake(
        self, viewers: Viewers, clock: Clock
    ) -> None:
        woken: list[str] = []
        demands = Demand(clock), Demand(clock)
        main = viewers.audience(demands[0], lambda: woken.append("main"))
        sub = viewers.audience(demands[1], lambda: woken.append("sub"))
        token = main.open()
        sub.touch(token)
        assert woken == ["main", "sub"], "it has played neither"
        main.note_playlist(token)
        clock.now += 200
        sub.touch(token)
        assert woken[2:] == ["main", "sub"]
        assert {demand.last_request for demand in demands} == {clock.now}
        clock.now += TOKEN_LIFETIME_S - 100
        sub.touch(token)
        assert woken[4:] == ["sub"]

    def test_one_that_cannot_wake_does_not_keep_the_other_from_playing(
        self, viewers: Viewers, audience: Audience, clock: Clock
    ) -> None:
        def fail() -> None:
            raise StreamStoppedError

        failing = rendition(viewers, clock, fail)
        token = audience.open()
        failing.note_playlist(token)
        assert audience.touch(token)
        with pytest.raises(StreamStoppedError):
            failing.touch(token)

    def test_a_stream_that_does_not_wake_has_no_viewer(
        self, viewers: Viewers, clock: Clock
    ) -> None:
        def fail() -> None:
            raise StreamStoppedError

        with pytest.raises(StreamStoppedError):
            rendition(viewers, clock, fail).open()
        assert not len(viewers)

    def test_a_wish_lives_as_long_as_its_token(
        self, viewers: Viewers, audience: Audience
    ) -> None:
        token = audience.open(wish="sub")
        assert viewers.wish(token) == "sub"
        audience.close(token)
        assert viewers.wish(token) is None


def test_the_watching_viewers_of_a_login_are_counted(
    viewers: Viewers, audience: Audience, clock: Clock
) -> None:
    audience.open()
    away, alices = audience.open(ALICE), audience.open(ALICE)
    assert viewers.watching_by(ALICE.login) == 2
    assert viewers.watching_by("another") == 0
    clock.now += WATCHING_S + 1
    audience.touch(alices)
    assert viewers.watching_by(ALICE.login) == 1
    viewers.revoke(ALICE.login)
    assert viewers.watching_by(ALICE.login) == 0
    assert away not in viewers
