"""Samples are views of the fragment that they were written into."""

import gc
import tracemalloc
from collections.abc import Iterator

from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.media.fmp4 import (
    Sample,
    Track,
    write_fragment,
)
from custom_components.hls_camera.streaming.media.track_samples import TrackSamples

from ..fragments import read_part
from ..media_files import AUDIO, INIT, VIDEO, frames

type Written = list[tuple[Track, list[Sample]]]


@st.composite
def written(draw: st.DrawFn) -> Written:
    """Return samples of picture, sound or both, each of which ends where the next begins."""
    tracks = draw(
        st.lists(st.sampled_from([VIDEO, AUDIO]), min_size=1, max_size=2, unique=True)
    )
    result = []
    for track in tracks:
        dts = draw(st.integers(0, 2**40))
        samples = []
        for _ in range(draw(st.integers(1, 6))):
            duration = draw(st.integers(0, 2**32 - 1))
            samples.append(
                Sample(
                    track.track_id,
                    dts,
                    duration,
                    draw(st.integers(-(2**31), 2**31 - 1)),
                    draw(st.booleans()),
                    draw(st.binary(max_size=40)),
                )
            )
            dts += duration
        result.append((track, samples))
    return result


@given(tracks=written(), timeline_offset=st.floats(0, 1e6))
def test_they_are_the_ones_that_a_reader_finds(
    tracks: Written, timeline_offset: float
) -> None:
    data = write_fragment(7, tracks, timeline_offset)
    found = TrackSamples.in_fragment(data, tracks, timeline_offset)
    assert [each.track for each in found] == [track for track, _ in tracks]
    assert [sample for each in found for sample in each] == read_part(data, INIT)


def test_their_data_are_views_of_the_fragment() -> None:
    tracks = [(VIDEO, frames([3600] * 3))]
    data = write_fragment(1, tracks)
    [samples] = TrackSamples.in_fragment(data, tracks)
    for sample in samples:
        assert isinstance(sample.data, memoryview)
        assert sample.data.obj is data


def test_they_can_be_read_again() -> None:
    tracks = [(VIDEO, frames([3600] * 3))]
    data = write_fragment(1, tracks)
    [samples] = TrackSamples.in_fragment(data, tracks)
    assert list(samples) == list(samples)


def parts() -> Iterator[Written]:
    """Yield 12 seconds of 15 frames/s and sound, 100 kbit/s: a quiet sub-stream at night."""
    for number in range(60):
        video = frames([6000] * 3, start=number * 18_000, size=640)
        audio = frames([1024] * 3, start=number * 3072, track=AUDIO, size=200)
        yield [(VIDEO, video), (AUDIO, audio)]


def test_they_take_less_than_half_of_what_the_smallest_media_take() -> None:
    gc.collect()
    tracemalloc.start()
    try:
        media = [(write_fragment(1, tracks), tracks) for tracks in parts()]
        before = tracemalloc.get_traced_memory()[0]
        held = [TrackSamples.in_fragment(data, tracks) for data, tracks in media]
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert len(held) == 60
    assert 0 < taken < sum(len(data) for data, _ in media) / 2
