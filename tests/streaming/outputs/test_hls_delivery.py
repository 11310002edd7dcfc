"""A stream's answers over HTTP (RFC 8216bis, 6.2)."""

import asyncio
import gzip

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import (
    HlsCameraError,
    SourceError,
    StreamLimitError,
    StreamStoppedError,
)
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.outputs import hls_delivery as module
from custom_components.hls_camera.streaming.outputs.hls_delivery import Delivery
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.streaming.outputs.viewers import (
    MAX_HELD_BY_VIEWER,
    Owner,
)
from custom_components.hls_camera.streaming.reasons import EndReason

from .. import rfc8216
from ..renditions import WindowRendition
from ..windows import (
    OPERATIONS,
    Operation,
    add_keyless,
    add_parts,
    add_segments,
    begin,
    drive,
    make_window,
)


class Stream:
    """A rendition with one viewer."""

    def __init__(self, window: Window | None = None) -> None:
        self.window = window or begin(make_window())
        self.rendition = WindowRendition(self.window, wake=self._wake)
        self.viewers = self.rendition.viewers
        self.error: HlsCameraError | None = None
        self.woken = 0
        self.token = self.rendition.audience.open()

    def _wake(self) -> None:
        self.woken += 1
        if self.error is not None:
            raise self.error

    async def get(self, resource: str, **query: object) -> Delivery:
        texts = {name: str(value) for name, value in query.items()}
        return await self.rendition.deliver(self.token, resource, texts, {})

    async def playlist(self, **query: object) -> rfc8216.Playlist:
        answer = await self.get(MEDIA_PLAYLIST, **query)
        assert answer.status == 200
        return parse(answer)

    async def media(self, name: str) -> Delivery:
        return await self.get(f"{self.window.prefix}-{name}")


@pytest.fixture
def stream() -> Stream:
    """Return a stream with two segments, and two parts of a third one."""
    stream = Stream()
    add_segments(stream.window, 2)
    add_parts(stream.window, 2)
    return stream


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let waits end at once."""
    monkeypatch.setattr(module, "START_TIMEOUT_S", 0)
    monkeypatch.setattr(module, "_MAX_BLOCK_TARGETS", 0)


def parse(answer: Delivery) -> rfc8216.Playlist:
    """Return the playlist of an answer, checked."""
    [body] = answer.body
    return rfc8216.parse(body.decode())


class Waiting:
    """A request that is held."""

    def __init__(self, request: asyncio.Task[Delivery]) -> None:
        self._request = request

    async def is_held(self) -> bool:
        for _ in range(5):
            await asyncio.sleep(0)
        return not self._request.done()

    async def answer(self) -> Delivery:
        return await self._request


def ask(stream: Stream, resource: str, **query: object) -> Waiting:
    return Waiting(asyncio.create_task(stream.get(resource, **query)))


class TestColdStart:
    async def test_a_playlist_is_held_until_there_is_a_whole_segment(self) -> None:
        """A player that is told 404, or gets a playlist without segments, gives up."""
        stream = Stream()
        for resource in (MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST):
            waiting = ask(stream, resource)
            assert await waiting.is_held()
            add_parts(stream.window, 1)
            assert await waiting.is_held()
            stream.window.close_segment()
            assert (await waiting.answer()).status == 200
            stream = Stream()

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize("resource", [MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST])
    async def test_a_stream_that_does_not_begin_is_503(self, resource: str) -> None:
        """6.2.5.2, and players try again then."""
        answer = await Stream().get(resource)
        assert (answer.status, answer.body) == (503, ())
        assert answer.headers["Retry-After"] == "1"

    async def test_a_playlist_without_a_keyframe_to_begin_with_is_held(self) -> None:
        stream = Stream()
        add_keyless(stream.window, 5)
        waiting = ask(stream, MEDIA_PLAYLIST)
        assert await waiting.is_held()
        add_segments(stream.window, 1)
        assert (await waiting.answer()).status == 200

    async def test_a_player_that_plays_needs_no_keyframe(self, stream: Stream) -> None:
        """Not every player names what it waits for."""
        await stream.playlist()
        stream.window.close_segment()
        for _ in range(20):
            add_keyless(stream.window, 5)
        assert not stream.window.is_ready
        playlist = await stream.playlist()
        assert playlist.segments[-1].msn == 23
        playlist = await stream.playlist(_HLS_msn=22, _HLS_part=0)
        assert playlist.segments[-1].msn == 23

    async def test_the_hinted_part_is_held_as_well(self) -> None:
        stream = Stream()
        waiting = Waiting(asyncio.create_task(stream.media("1.0.m4s")))
        assert await waiting.is_held()
        add_segments(stream.window, 1)
        assert (await waiting.answer()).status == 200


class TestBlockingReload:
    """6.2.5.2."""

    async def test_without_directives_the_playlist_comes_at_once(
        self, stream: Stream
    ) -> None:
        playlist = await stream.playlist()
        assert [segment.msn for segment in playlist.segments] == [1, 2, 3]

    async def test_msn_alone_waits_for_the_whole_segment(self, stream: Stream) -> None:
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3)
        add_parts(stream.window, 3)
        assert await waiting.is_held()
        stream.window.close_segment()
        playlist = parse(await waiting.answer())
        assert playlist.segments[-1].uri is not None

    async def test_msn_and_part_wait_for_that_part(self, stream: Stream) -> None:
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3, _HLS_part=3)
        add_parts(stream.window, 1)
        assert await waiting.is_held()
        add_parts(stream.window, 1)
        playlist = parse(await waiting.answer())
        assert len(playlist.segments[-1].parts) == 4

    async def test_a_part_that_is_there_is_not_waited_for(self, stream: Stream) -> None:
        playlist = await stream.playlist(_HLS_msn=3, _HLS_part=1)
        assert len(playlist.segments[-1].parts) == 2

    async def test_a_part_beyond_the_end_is_part_0_of_the_next(
        self, stream: Stream
    ) -> None:
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3, _HLS_part=3)
        stream.window.close_segment()
        assert await waiting.is_held()
        add_parts(stream.window, 1)
        playlist = parse(await waiting.answer())
        assert playlist.segments[-1].msn == 4

    async def test_with_a_part_the_newest_segment_stays_open(
        self, stream: Stream
    ) -> None:
        """Until the next one begins; whoever asks for whole segments has it at once."""
        stream.window.close_segment()
        by_part = await stream.playlist(_HLS_msn=3, _HLS_part=1)
        whole = await stream.playlist(_HLS_msn=3)
        assert by_part.segments[-1].uri is None
        assert whole.segments[-1].uri is not None

    @pytest.mark.parametrize("ahead", [1, 2])
    async def test_up_to_two_segments_ahead_can_be_waited_for(
        self, stream: Stream, ahead: int
    ) -> None:
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3 + ahead)
        stream.window.close_segment()
        add_segments(stream.window, ahead - 1)
        add_parts(stream.window, 5)
        assert await waiting.is_held()
        stream.window.close_segment()
        assert (await waiting.answer()).status == 200

    @pytest.mark.parametrize("part", [0, 99999])
    async def test_old_parts_are_delivered_at_once(
        self, stream: Stream, part: int
    ) -> None:
        add_segments(stream.window, 40)
        assert stream.window.segment(1) is None
        await stream.playlist(_HLS_msn=1)
        await stream.playlist(_HLS_msn=1, _HLS_part=part)
        await stream.playlist(_HLS_msn=41, _HLS_part=part)

    @pytest.mark.parametrize(
        "query",
        [
            {"_HLS_part": 1},
            {"_HLS_msn": 6},
            {"_HLS_msn": 6, "_HLS_part": 0},
            {"_HLS_msn": 10**11},
            # Advance Part Limit: three seconds' worth of parts
            {"_HLS_msn": 3, "_HLS_part": 2 + 14},
            {"_HLS_msn": 4, "_HLS_part": 14},
            {"_HLS_msn": 4, "_HLS_part": 10**11},
            {"_HLS_msn": ""},
            {"_HLS_msn": "-1"},
            {"_HLS_msn": "3.0"},
            {"_HLS_msn": "\N{ARABIC-INDIC DIGIT THREE}"},
            {"_HLS_msn": "9" * 13},
            {"_HLS_msn": 3, "_HLS_part": "x"},
        ],
    )
    async def test_an_impossible_position_is_400(
        self, stream: Stream, query: dict[str, object]
    ) -> None:
        assert (await stream.get(MEDIA_PLAYLIST, **query)).status == 400

    async def test_parts_of_a_second_may_be_asked_for_three_ahead(self) -> None:
        stream = Stream()
        stream.window.raise_part_target(1.1)
        add_segments(stream.window, 1)
        answer = await stream.get(MEDIA_PLAYLIST, _HLS_msn=2, _HLS_part=3)
        assert answer.status == 400
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=2, _HLS_part=2)
        assert await waiting.is_held()
        add_parts(stream.window, 3)
        assert (await waiting.answer()).status == 200

    async def test_other_directives_are_ignored(self, stream: Stream) -> None:
        await stream.playlist(_HLS_skip="YES", other="x")

    @pytest.mark.usefixtures("impatient")
    async def test_a_request_that_waits_three_target_durations_is_503(
        self, stream: Stream
    ) -> None:
        assert (await stream.get(MEDIA_PLAYLIST, _HLS_msn=3)).status == 503

    async def test_it_is_held_for_three_target_durations(
        self, stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits: list[float | None] = []
        timeout = asyncio.timeout

        def noting(seconds: float | None) -> asyncio.Timeout:
            limits.append(seconds)
            return timeout(seconds)

        monkeypatch.setattr(asyncio, "timeout", noting)
        stream.window.expect_target_duration(4)
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3)
        assert await waiting.is_held()
        stream.window.close_segment()
        await waiting.answer()
        assert limits[-1] == 12

    async def test_a_stop_while_waiting_is_404(self, stream: Stream) -> None:
        waiting = [
            ask(stream, MEDIA_PLAYLIST, _HLS_msn=3),
            ask(stream, MEDIA_PLAYLIST, _HLS_msn=3, _HLS_part=5),
            ask(stream, f"{stream.window.prefix}-3.2.m4s"),
        ]
        assert all([await each.is_held() for each in waiting])
        stream.window.clear()
        assert [(await each.answer()).status for each in waiting] == [404] * 3

    async def test_a_restart_while_waiting_does_not_end_it(
        self, stream: Stream
    ) -> None:
        waiting = ask(stream, MEDIA_PLAYLIST, _HLS_msn=3, _HLS_part=2)
        begin(stream.window)
        assert await waiting.is_held()
        add_parts(stream.window, 1)
        playlist = parse(await waiting.answer())
        assert playlist.segments[-1].msn == 4


class TestMedia:
    async def test_parts_make_up_their_segment(self, stream: Stream) -> None:
        parts = [await stream.media(f"2.{index}.m4s") for index in range(5)]
        segment = await stream.media("2.m4s")
        assert segment.status == 200
        assert segment.body == tuple(piece for part in parts for piece in part.body)

    async def test_the_init_section(self, stream: Stream) -> None:
        answer = await stream.media("init-1.mp4")
        assert (answer.status, answer.body) == (200, (b"init",))

    async def test_every_name_in_the_playlist_can_be_had(self, stream: Stream) -> None:
        playlist = await stream.playlist()
        for segment in playlist.segments:
            names = [
                segment.map_uri,
                segment.uri,
                *(part.uri for part in segment.parts),
            ]
            for name in filter(None, names):
                assert (await stream.get(name)).status == 200

    async def test_the_hinted_part_comes_as_soon_as_it_is_there(
        self, stream: Stream
    ) -> None:
        """6.2.6."""
        hint = (await stream.playlist()).preload_hint
        waiting = ask(stream, hint)
        assert await waiting.is_held()
        add_parts(stream.window, 1)
        answer = await waiting.answer()
        assert answer.status == 200
        assert answer.body[0][:8] == (3).to_bytes(4) + (2).to_bytes(4)

    async def test_a_hint_that_was_wrong_is_404(self, stream: Stream) -> None:
        waiting = ask(stream, (await stream.playlist()).preload_hint)
        assert await waiting.is_held()
        stream.window.close_segment()
        add_parts(stream.window, 1)
        assert (await waiting.answer()).status == 404

    @pytest.mark.usefixtures("impatient")
    async def test_a_hinted_part_that_does_not_come_is_503(
        self, stream: Stream
    ) -> None:
        assert (await stream.media("3.2.m4s")).status == 503

    @pytest.mark.parametrize(
        "name",
        ["3.m4s", "9.m4s", "0.m4s", "2.5.m4s", "3.3.m4s", "4.0.m4s", "init-2.mp4"],
    )
    async def test_a_missing_resource_is_404(self, stream: Stream, name: str) -> None:
        assert (await stream.media(name)).status == 404

    @pytest.mark.parametrize(
        "resource",
        [
            "",
            "index.html",
            "../secret",
            "00000000-1.m4s",
            "PREFIX-1.ts",
            "PREFIX-\N{ARABIC-INDIC DIGIT ONE}.m4s",
            "PREFIX-1.m4s/",
            "PREFIX-1.m4s\n",
            "PREFIX-1111111111111.m4s",
        ],
    )
    async def test_other_names_are_404(self, stream: Stream, resource: str) -> None:
        name = resource.replace("PREFIX", stream.window.prefix)
        assert (await stream.get(name)).status == 404


class TestLogins:
    @pytest.mark.parametrize("resource", ["media.m3u8?msn", "PREFIX-3.2.m4s"])
    async def test_waiting_requests_of_a_revoked_login_are_404(
        self, stream: Stream, resource: str
    ) -> None:
        """Not 503: the player is not to try again."""
        token = stream.rendition.audience.open(Owner("Alice", "on her phone"))
        name, _, query = resource.partition("?")
        name = name.replace("PREFIX", stream.window.prefix)
        directives = {"_HLS_msn": "4"} if query else {}
        waiting = Waiting(
            asyncio.create_task(stream.rendition.deliver(token, name, directives, {}))
        )
        assert await waiting.is_held()
        stream.viewers.revoke("on her phone")
        assert (await waiting.answer()).status == 404


class TestHeaders:
    async def test_playlists_are_not_kept_by_caches(self, stream: Stream) -> None:
        for resource in (MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST):
            answer = await stream.get(resource)
            assert answer.headers["Content-Type"] == "application/vnd.apple.mpegurl"
            assert answer.headers["Cache-Control"] == "no-cache"

    async def test_media_never_change_under_their_name(self, stream: Stream) -> None:
        for name in ("1.m4s", "1.0.m4s", "init-1.mp4"):
            answer = await stream.media(name)
            assert answer.headers["Content-Type"] == "video/mp4"
            assert "immutable" in answer.headers["Cache-Control"]

    async def test_shared_caches_keep_no_pictures(self, stream: Stream) -> None:
        """A proxy's copy would outlive the viewer's permission."""
        for name in ("1.m4s", "1.0.m4s", "init-1.mp4"):
            answer = await stream.media(name)
            assert answer.headers["Cache-Control"].startswith("private,")

    @pytest.mark.parametrize(
        ("accept_encoding", "is_compressed"),
        [
            ("gzip, deflate, br, zstd", True),
            ("br;q=1.0, GZIP ;q=1.0", True),
            ("gzip;q=0", False),
            ("gzip;q=0.000, *", False),
            ("br", False),
            ("", False),
        ],
    )
    async def test_a_playlist_is_compressed_for_clients_that_accept_gzip(
        self, stream: Stream, accept_encoding: str, is_compressed: bool
    ) -> None:
        answer = await stream.rendition.deliver(
            stream.token, MEDIA_PLAYLIST, {}, {"Accept-Encoding": accept_encoding}
        )
        [body] = answer.body
        if is_compressed:
            assert answer.headers["Content-Encoding"] == "gzip"
            body = gzip.decompress(body)
        else:
            assert "Content-Encoding" not in answer.headers
        assert rfc8216.parse(body.decode()) == await stream.playlist()

    async def test_caches_distinguish_the_playlists_of_different_players(
        self, stream: Stream
    ) -> None:
        answer = await stream.get(MEDIA_PLAYLIST)
        assert answer.headers["Vary"] == "Accept-Encoding, User-Agent"

    async def test_errors_are_not_cached(self, stream: Stream) -> None:
        """A missing resource may exist the next moment."""
        answer = await stream.media("9.m4s")
        assert answer.headers == {"Cache-Control": "no-store"}

    async def test_hold_back_is_not_for_apples_players(self, stream: Stream) -> None:
        for user_agent, has_hold_back in (
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140", True),
            ("AppleCoreMedia/1.0.0.22G100 (iPhone; U; CPU OS 18_6)", False),
        ):
            answer = await stream.rendition.deliver(
                stream.token, MEDIA_PLAYLIST, {}, {"User-Agent": user_agent}
            )
            playlist = parse(answer)
            assert (playlist.hold_back is not None) is has_hold_back


class TestViewers:
    async def test_every_request_counts_as_activity(self, stream: Stream) -> None:
        woken = stream.woken
        await stream.get(MULTIVARIANT_PLAYLIST)
        await stream.media("1.m4s")
        assert stream.woken == woken + 2

    async def test_a_dead_token_is_404(self, stream: Stream) -> None:
        answer = await stream.rendition.deliver("other", MEDIA_PLAYLIST, {}, {})
        assert answer.status == 404

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (StreamStoppedError(), 404),
            (SourceError(EndReason.UNAUTHORIZED), 503),
            (StreamLimitError(16), 503),
        ],
        ids=["stopped", "given up", "too many"],
    )
    async def test_a_stream_that_cannot_wake(
        self, stream: Stream, error: HlsCameraError, status: int
    ) -> None:
        stream.error = error
        assert (await stream.get(MEDIA_PLAYLIST)).status == status


NUMBERS = st.one_of(st.integers(-2, 12).map(str), st.text(max_size=15))
QUERIES = st.dictionaries(
    st.sampled_from(["_HLS_msn", "_HLS_part", "_HLS_skip"]), NUMBERS
)
NAMES = st.one_of(
    st.sampled_from([MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST]),
    st.builds("PREFIX-{}.m4s".format, st.integers(0, 9)),
    st.builds("PREFIX-{}.{}.m4s".format, st.integers(0, 9), st.integers(0, 6)),
    st.builds("PREFIX-init-{}.mp4".format, st.integers(0, 4)),
    st.text(max_size=20),
)


@given(operations=OPERATIONS, query=QUERIES, name=NAMES, is_viewer=st.booleans())
@pytest.mark.usefixtures("impatient")
async def test_whatever_is_asked_for_there_is_an_answer(
    operations: list[Operation], query: dict[str, str], name: str, is_viewer: bool
) -> None:
    window = make_window(max_bytes=20_000, max_duration=2)
    for _ in drive(window, operations):
        pass
    resource = name.replace("PREFIX", window.prefix)
    stream = Stream(window)
    token = stream.token if is_viewer else ""
    answer = await stream.rendition.deliver(token, resource, query, {})
    assert answer.status in {200, 400, 404, 503}
    assert bool(answer.body) <= (answer.status == 200)
    if answer.status == 200 and resource == MEDIA_PLAYLIST:
        parse(answer)


class TestManyRequests:
    async def test_those_that_wait_for_the_same_get_the_same_bytes(
        self, stream: Stream
    ) -> None:
        """Not equal ones: rendered once, and held in memory once."""
        waiting = [
            ask(stream, MEDIA_PLAYLIST, _HLS_msn=3, _HLS_part=2) for _ in range(10)
        ]
        assert all([await each.is_held() for each in waiting])
        add_parts(stream.window, 1)
        assert len({id((await each.answer()).body[0]) for each in waiting}) == 1

    async def test_media_are_not_copied(self, stream: Stream) -> None:
        segment = stream.window.segment(2)
        assert segment is not None
        for answer in (await stream.media("2.m4s"), await stream.media("2.m4s")):
            for piece, part in zip(answer.body, segment.parts, strict=True):
                assert piece is part.data

    async def test_a_viewer_with_too_many_waiting_requests_gets_503(
        self, stream: Stream
    ) -> None:
        """And not 429, after which hls.js gives up."""
        waiting = [
            ask(stream, MEDIA_PLAYLIST, _HLS_msn=3) for _ in range(MAX_HELD_BY_VIEWER)
        ]
        assert all([await each.is_held() for each in waiting])
        answer = await stream.get(MEDIA_PLAYLIST, _HLS_msn=3)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
        # An existing resource is delivered at once.
        assert (await stream.get(MEDIA_PLAYLIST)).status == 200
        stream.window.close_segment()
        assert {(await each.answer()).status for each in waiting} == {200}
        assert (await stream.get(MEDIA_PLAYLIST, _HLS_msn=3)).status == 200
