"""Published playlists keep to RFC 8216bis, whatever comes and goes."""

import m3u8
from hypothesis import given, strategies as st

from custom_components.hls_camera.publishing.segment_list import ListedFile, SegmentList

files = st.builds(
    ListedFile,
    name=st.uuids().map(lambda name: f"{name}.m4s"),
    init_name=st.sampled_from(["init-1.mp4", "init-2.mp4"]),
    start=st.floats(1e9, 2e9),
    duration=st.floats(0.04, 20.0),
    size=st.integers(1, 10**7),
    is_discontinuous=st.booleans(),
)


def of(every: list[ListedFile], *, at_most: int = 5) -> SegmentList:
    """Return a list to which segments were appended."""
    listed = SegmentList(target_duration=2)
    for file in every:
        listed = listed.appended(file, at_most=at_most)
    return listed


@given(st.lists(files, min_size=1, max_size=12), st.integers(1, 6))
def test_an_independent_reader_reads_what_is_listed(
    every: list[ListedFile], at_most: int
) -> None:
    listed = of(every, at_most=at_most)
    playlist = m3u8.loads(listed.playlist().render())
    kept = every[-at_most:]
    assert [segment.uri for segment in playlist.segments] == [f.name for f in kept]
    assert playlist.media_sequence == 1 + len(every) - len(kept)
    gone = sum(file.is_discontinuous for file in every[: -at_most or None])
    assert (playlist.discontinuity_sequence or 0) == (
        gone if len(every) > at_most else 0
    )
    assert all(round(s.duration) <= playlist.target_duration for s in playlist.segments)
    inits = [segment.init_section.uri for segment in playlist.segments]
    assert inits == [file.init_name for file in kept]
    assert not playlist.is_endlist


@given(st.lists(files, min_size=1, max_size=12))
def test_the_next_publication_continues_the_numbers(every: list[ListedFile]) -> None:
    before = of(every)
    after = SegmentList.after(before.playlist().render(), target_duration=2)
    assert after.media_sequence == before.media_sequence + len(before.files)
    seen = sum(file.is_discontinuous for file in every)
    assert after.discontinuity_sequence == seen + 1
    assert not after.files


@given(st.text())
def test_any_text_gives_a_list_to_begin_with(text: str) -> None:
    after = SegmentList.after(text, target_duration=2)
    assert after.playlist().render().startswith("#EXTM3U\n")


def test_numbers_that_no_player_takes_are_not_continued() -> None:
    text = f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:{10**40}\n"
    assert SegmentList.after(text, target_duration=2).media_sequence == 1


def test_the_end_is_told() -> None:
    every = [
        ListedFile(
            name="1.m4s",
            init_name="i.mp4",
            start=1e9,
            duration=2.0,
            size=1,
            is_discontinuous=False,
        )
    ]
    playlist = m3u8.loads(of(every).playlist(has_ended=True).render())
    assert playlist.is_endlist


def test_the_target_duration_never_falls() -> None:
    long_one, short = (
        ListedFile(
            name=f"{seconds}.m4s",
            init_name="i.mp4",
            start=1e9,
            duration=seconds,
            size=1,
            is_discontinuous=False,
        )
        for seconds in (6.4, 2.0)
    )
    assert of([long_one, short, short], at_most=1).target_duration == 6
