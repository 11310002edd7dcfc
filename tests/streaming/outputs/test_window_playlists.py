"""Playlists (RFC 8216bis), read by independent parsers."""

import gc
import gzip
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import product

import m3u8
import pytest
from hypothesis import given

from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    ListedSegment,
    LowLatencyPlaylist,
    MultivariantPlaylist,
)
from custom_components.hls_camera.streaming.outputs.window_playlists import (
    Playlists,
    window_variant,
)

from .. import rfc8216
from ..media_files import INIT, VIDEO_INIT
from ..windows import (
    OPERATIONS,
    START,
    Operation,
    Parts,
    add_keyless,
    add_part,
    add_parts,
    add_segments,
    begin,
    drive,
    make_window,
)


def count_listed() -> int:
    """Return the number of listed segments in memory, of all playlists."""
    gc.collect()
    return sum(type(each) is ListedSegment for each in gc.get_objects())


def render(playlist: LowLatencyPlaylist) -> rfc8216.Playlist:
    """Return the playlist as both parsers read it."""
    text = playlist.render()
    strict = rfc8216.parse(text)
    theirs = m3u8.loads(text)
    assert theirs.media_sequence == strict.media_sequence
    assert theirs.target_duration == strict.target_duration
    assert theirs.part_inf.part_target == pytest.approx(strict.part_target)
    assert theirs.server_control.can_block_reload == "YES"
    complete = [segment for segment in theirs.segments if segment.uri]
    assert [segment.uri for segment in complete] == [
        segment.uri for segment in strict.segments if segment.uri
    ]
    parts = [part.uri for segment in theirs.segments for part in segment.parts]
    assert parts == [part.uri for each in strict.segments for part in each.parts]
    assert theirs.preload_hint.uri == strict.preload_hint
    assert not theirs.is_endlist
    return strict


@pytest.mark.parametrize("by_part", [True, False])
@given(operations=OPERATIONS)
def test_whatever_a_camera_does_the_rules_are_kept(
    *, operations: list[Operation], by_part: bool
) -> None:
    window = make_window(max_bytes=20_000, max_duration=3)
    before = None
    for operation in drive(window, operations):
        if not window.is_listable or not isinstance(operation, Parts):
            continue
        playlist = Playlists(window).playlist(with_hold_back=True, by_part=by_part)
        after = render(playlist)
        if before is not None:
            rfc8216.check_succession(before, after)
        before = after


class TestPlaylists:
    @given(operations=OPERATIONS)
    def test_shared_bytes_are_those_of_the_window(
        self, operations: list[Operation]
    ) -> None:
        window = make_window(max_bytes=20_000, max_duration=3)
        playlists = Playlists(window)
        for _ in drive(window, operations):
            for with_hold_back, by_part in product((True, False), repeat=2):
                make = partial(
                    playlists.media, with_hold_back=with_hold_back, by_part=by_part
                )
                playlist = Playlists(window).playlist(
                    with_hold_back=with_hold_back, by_part=by_part
                )
                plain, compressed = make(compressed=False), make(compressed=True)
                assert plain.decode() == playlist.render()
                assert gzip.decompress(compressed) == plain

    @pytest.mark.parametrize("compressed", [True, False])
    @pytest.mark.parametrize("with_hold_back", [True, False])
    def test_it_is_rendered_once_a_change(
        self, *, with_hold_back: bool, compressed: bool
    ) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        playlists = Playlists(window)
        first, again = (
            playlists.media(with_hold_back=with_hold_back, compressed=compressed)
            for _ in range(2)
        )
        assert again is first
        add_parts(window, 1)
        later = playlists.media(with_hold_back=with_hold_back, compressed=compressed)
        assert later != first

    def test_a_whole_segment_is_listed_once_for_all_playlists(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        add_parts(window, 1)
        playlists = Playlists(window)
        first, again = (playlists.playlist(with_hold_back=True) for _ in range(2))
        kept = [
            one is other
            for one, other in zip(first.segments, again.segments, strict=True)
        ]
        assert kept == [True, True, False]

    def test_by_part_a_segment_is_complete_with_the_next_one_begun(self) -> None:
        """hls.js would not load the last part of a segment that has just ended."""
        window = begin(make_window())
        add_segments(window, 2)
        playlists = Playlists(window)

        def listed() -> list[tuple[int, bool, int]]:
            playlist = playlists.playlist(with_hold_back=True, by_part=True)
            return [
                (segment.msn, segment.uri is not None, len(segment.parts))
                for segment in render(playlist).segments
            ]

        before = listed()
        add_parts(window, 1)
        assert [is_complete for _, is_complete, _ in before] == [True, False]
        assert [is_complete for _, is_complete, _ in listed()] == [True, True, False]
        assert [parts for *_, parts in listed()[:2]] == [parts for *_, parts in before]

    def test_by_part_the_only_segment_is_complete(self) -> None:
        """Players refuse a playlist without a complete segment."""
        window = begin(make_window())
        add_segments(window, 1)
        playlist = Playlists(window).playlist(with_hold_back=True, by_part=True)
        assert [segment.uri is not None for segment in playlist.segments] == [True]

    def test_nothing_is_kept_of_a_segment_that_has_left(self) -> None:
        window = begin(make_window(max_duration=2))
        playlists = Playlists(window)
        before = count_listed()
        for _ in range(50):
            add_segments(window, 1)
            playlists.playlist(with_hold_back=True)
        # With its parts, or without.
        assert count_listed() - before <= 2 * len(window.listed)

    @pytest.mark.parametrize(
        "change",
        [
            lambda window: window.raise_part_target(0.5),
            lambda window: window.expect_target_duration(4),
            lambda window: window.close_segment(),
            lambda window: window.clear(),
        ],
        ids=["part target", "target duration", "segment", "stop"],
    )
    def test_every_change_counts(self, change: Callable[[Window], None]) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        add_parts(window, 1)
        playlists = Playlists(window)
        before = playlists.media(with_hold_back=True, compressed=False)
        change(window)
        assert playlists.media(with_hold_back=True, compressed=False) != before


class TestMediaPlaylist:
    @pytest.mark.parametrize(
        ("parts", "part_hold_back"),
        # 0.4 s with a keyframe, then 0.6 s without one, then one with one
        [(2, 0.55), (3, 1.1), (4, 1.3), (5, 1.5), (6, 1.7), (7, 1.9), (8, 0.55)],
    )
    def test_nobody_begins_where_there_is_no_keyframe(
        self, parts: int, part_hold_back: float
    ) -> None:
        window = begin(make_window())
        for index in range(parts):
            if index in (0, 2, 5):
                window.open_segment(START + index / 5)
            add_part(window, b"data", 0.2, independent=index in (0, 5))
            if index in (1, 4):
                window.close_segment()
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.part_hold_back == pytest.approx(part_hold_back)
        assert playlist.hold_back is not None
        assert playlist.hold_back >= playlist.part_hold_back

    def test_nobody_is_sent_far_back_for_a_keyframe(self) -> None:
        window = begin(make_window(max_backlog=3.0))
        add_segments(window, 1)
        for _ in range(10):
            add_keyless(window, 5)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.part_hold_back == pytest.approx(0.55)
        assert playlist.hold_back == pytest.approx(2)

    def test_nobody_is_sent_back_to_where_there_is_no_keyframe_either(self) -> None:
        window = begin(make_window())
        for _ in range(3):
            add_keyless(window, 5)
        add_parts(window, 2)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.part_hold_back == pytest.approx(0.55)

    def test_the_text_of_a_playlist(self) -> None:
        window = begin(make_window())
        window.prefix = "cafe"
        add_segments(window, 1, parts=2)
        add_segments(window, 1, parts=3)
        add_parts(window, 1)
        assert Playlists(window).playlist(with_hold_back=True).render() == (
            "#EXTM3U\n"
            "#EXT-X-VERSION:6\n"
            "#EXT-X-TARGETDURATION:1\n"
            "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.550,HOLD-BACK=1.600\n"
            "#EXT-X-PART-INF:PART-TARGET=0.220\n"
            "#EXT-X-MEDIA-SEQUENCE:1\n"
            '#EXT-X-MAP:URI="cafe-init-1.mp4"\n'
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:21.000Z\n"
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-1.0.m4s",INDEPENDENT=YES\n'
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-1.1.m4s"\n'
            "#EXTINF:0.40000,\n"
            "cafe-1.m4s\n"
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:22.000Z\n"
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-2.0.m4s",INDEPENDENT=YES\n'
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-2.1.m4s"\n'
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-2.2.m4s"\n'
            "#EXTINF:0.60000,\n"
            "cafe-2.m4s\n"
            "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:23.000Z\n"
            '#EXT-X-PART:DURATION=0.20000,URI="cafe-3.0.m4s",INDEPENDENT=YES\n'
            '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="cafe-3.1.m4s"\n'
        )

    def test_hold_back_is_the_longest_segment_and_a_second(self) -> None:
        """Below the three target durations of 4.4.3.8, for players that are not Apple's."""
        window = begin(make_window())
        add_segments(window, 1, parts=2)
        add_segments(window, 1, parts=10)
        add_parts(window, 20)
        assert render(Playlists(window).playlist(with_hold_back=True)).hold_back == 3.0
        assert (
            render(Playlists(window).playlist(with_hold_back=False)).hold_back is None
        )

    @pytest.mark.parametrize(("with_hold_back", "parts"), [(True, 2.5), (False, 3)])
    def test_part_hold_back_is_three_part_targets_or_less(
        self, *, with_hold_back: bool, parts: float
    ) -> None:
        """Below the three of 4.4.3.8, for players that are not Apple's."""
        window = begin(make_window())
        window.raise_part_target(0.5)
        add_segments(window, 1)
        playlist = render(Playlists(window).playlist(with_hold_back=with_hold_back))
        assert playlist.part_hold_back == parts * 0.5

    def test_a_new_run_is_a_discontinuity_and_a_new_init_section_a_map(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        window.begin_run(INIT)
        add_segments(window, 1)
        window.begin_run(VIDEO_INIT)
        add_segments(window, 1)
        text = Playlists(window).playlist(with_hold_back=True).render()
        assert text.count("#EXT-X-DISCONTINUITY\n") == 2
        assert text.count("#EXT-X-MAP") == 2
        playlist = rfc8216.parse(text)
        maps = [segment.map_uri for segment in playlist.segments]
        assert maps[0] == maps[1] != maps[2]

    def test_the_discontinuity_sequence_is_listed_if_there_is_one(self) -> None:
        window = begin(make_window(max_duration=2))
        add_segments(window, 1)
        begin(window)
        add_segments(window, 20)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.discontinuity_sequence == 1
        assert playlist.media_sequence > 2

    def test_parts_are_listed_for_the_last_three_target_durations(self) -> None:
        window = begin(make_window())
        add_segments(window, 10)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        with_parts = [bool(segment.parts) for segment in playlist.segments]
        assert with_parts == [False] * 6 + [True] * 4

    def test_at_the_end_of_a_segment_the_next_ones_first_part_is_hinted(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.preload_hint == f"{window.prefix}-3.0.m4s"

    def test_a_segment_without_a_part_is_not_listed(self) -> None:
        window = begin(make_window())
        add_segments(window, 2)
        window.open_segment(START)
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert len(playlist.segments) == 2
        assert playlist.preload_hint == f"{window.prefix}-3.0.m4s"

    def test_a_stumble_does_not_break_the_rule_of_the_part_target(self) -> None:
        window = begin(make_window())
        window.open_segment(START)
        add_part(window, b"", 1.0, independent=True)
        window.close_segment()
        playlist = render(Playlists(window).playlist(with_hold_back=True))
        assert playlist.segments[0].parts[0].duration == 0.22
        assert playlist.segments[0].duration == 1.0

    def test_before_there_is_anything_the_sequence_is_the_next_one(self) -> None:
        window = begin(make_window())
        assert Playlists(window).playlist(with_hold_back=True).media_sequence == 1

    def test_of_a_window_that_does_not_change_it_does_not_either(self) -> None:
        window = begin(make_window())
        add_segments(window, 3)
        first, second = (
            Playlists(window).playlist(with_hold_back=True).render() for _ in range(2)
        )
        assert first == second


def multivariant_playlist(
    window: Window, uri: str, frame_rate: float | None
) -> MultivariantPlaylist:
    """Return the playlist of a stream that is the only variant."""
    variant = window_variant(window, uri, frame_rate)
    assert variant is not None
    return MultivariantPlaylist(variants=(variant,))


class TestRenditionReport:
    def test_tells_how_far_the_other_variant_is(self) -> None:
        """RFC 8216bis, 4.4.5.4; only of one that has something to play."""
        window, other = begin(make_window()), begin(make_window())
        add_segments(window, 1)
        playlists = Playlists(window)
        playlists.report("small.m3u8", other)
        plain = playlists.media(with_hold_back=True, compressed=False)
        assert b"RENDITION-REPORT" not in plain
        add_segments(other, 2)
        for last in ("LAST-MSN=2,LAST-PART=4", "LAST-MSN=3,LAST-PART=0"):
            plain = playlists.media(with_hold_back=True, compressed=False)
            report = f'#EXT-X-RENDITION-REPORT:URI="small.m3u8",{last}'
            assert plain.decode().splitlines()[-2] == report
            add_parts(other, 1)

    def test_an_open_segment_without_parts_has_no_last_one(self) -> None:
        other = begin(make_window())
        add_segments(other, 1)
        other.open_segment(0)
        assert other.last_part == (1, 4)


class TestMultivariantPlaylist:
    def test_there_is_none_before_the_first_segment(self) -> None:
        window = make_window()
        assert window_variant(window, "media.m3u8", 25) is None
        begin(window)
        add_parts(window, 1)
        assert window_variant(window, "media.m3u8", 25) is None

    def test_its_one_variant_has_all_known_attributes(self) -> None:
        """RFC 8216bis, 4.4.6.2."""
        window = begin(make_window())
        add_segments(window, 1, parts=5, size=1000)
        add_segments(window, 1, parts=5, size=3000)
        playlist = multivariant_playlist(window, "media.m3u8", 14.985)
        (variant,) = m3u8.loads(playlist.render()).playlists
        assert variant.uri == "media.m3u8"
        assert variant.stream_info.bandwidth == 120_000
        assert variant.stream_info.average_bandwidth == 80_000
        assert variant.stream_info.codecs == "avc1.64001F,mp4a.40.2"
        assert variant.stream_info.resolution == (320, 180)
        assert variant.stream_info.frame_rate == 14.985

    def test_an_unknown_frame_rate_is_left_out(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        playlist = multivariant_playlist(window, "media.m3u8", None)
        assert "FRAME-RATE" not in playlist.render()

    def test_codecs_are_those_of_the_newest_run(self) -> None:
        window = begin(make_window())
        add_segments(window, 1)
        window.begin_run(replace(VIDEO_INIT))
        playlist = multivariant_playlist(window, "media.m3u8", None)
        assert 'CODECS="avc1.64001F"' in playlist.render()
