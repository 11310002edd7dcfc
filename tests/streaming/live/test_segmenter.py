"""Samples in, partial segments and segment boundaries out."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import example, given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.part_target import MIN_FILL
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.segments import PartialSegment
from custom_components.hls_camera.streaming.media.audio_gaps import silent_frame
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    Track,
    TrackKind,
)

from ..fragments import read_part
from ..media_files import (
    AUDIO,
    H264,
    INIT,
    SILENT_VIDEO,
    VIDEO,
    VIDEO_INIT,
    RecordingSink,
    camera_media,
    durations,
    frames,
    handed_over,
)

TICKS = VIDEO.timescale
FRAME = TICKS // 25


SOUND: Final = replace(AUDIO, channels=1)


def init_of(sound: Track) -> InitSection:
    """Return an init section with this sound."""
    return InitSection(b"init", (VIDEO, sound))


def together(
    audio: Sequence[Sample], video: Sequence[Sample], late: float = 0.0
) -> list[Sample]:
    """Return both as they come, the sound so many seconds late."""
    came = [(each.dts / SOUND.timescale + late, each) for each in audio]
    came += [(each.dts / TICKS, each) for each in video]
    return [each for _, each in sorted(came, key=lambda pair: pair[0])]


def end_of(samples: Sequence[Sample]) -> float:
    """Return the seconds at which sound ends."""
    return (samples[-1].dts + samples[-1].duration) / SOUND.timescale


def assert_without_gap(samples: Sequence[Sample], within: int = 0) -> None:
    """Assert that each sample begins where the one before ends."""
    for one, following in pairwise(samples):
        assert 0 <= following.dts - one.dts - one.duration <= within


def cut(
    samples: Sequence[Sample],
    *,
    init: InitSection = INIT,
    per_fragment: int = 1,
    part_target: float | None = None,
    part_duration: float = 0.2,
    max_segment_bytes: int = 1_000_000_000,
    frame_rate: float | None = None,
    clock: Callable[[], float] = lambda: 1_000_000.0,
) -> RecordingSink:
    """Return what a segmenter makes of samples that come in fragments."""
    sink = RecordingSink(max_segment_bytes=max_segment_bytes)
    segmenter = Segmenter(
        init,
        sink,
        Packaging(part_duration=part_duration, frame_rate=frame_rate),
        part_target=part_target,
        clock=clock,
    )
    if part_target is not None:
        sink.raise_part_target(part_target)
    for start in range(0, len(samples), per_fragment):
        segmenter.push(samples[start : start + per_fragment])
    segmenter.flush()
    return sink


def contents(parts: Sequence[PartialSegment], track_id: int = 1) -> list[Sample]:
    """Return a track's samples as the parts carry them."""
    return [
        sample._replace(data=bytes(sample.data))
        for part in parts
        for sample in read_part(part.data, INIT)
        if sample.track_id == track_id
    ]


def bytes_of(samples: Sequence[Sample]) -> bytes:
    return b"".join(sample.data for sample in samples)


def make_segmenter(sink: RecordingSink | None = None) -> Segmenter:
    """Return a segmenter of a picture without sound."""
    return Segmenter(
        VIDEO_INIT, sink or RecordingSink(), Packaging(), clock=lambda: 0.0
    )


@pytest.mark.parametrize("rate", [None, 25])
def test_a_camera_is_believed_about_its_frame_rate_until_it_is_measured(
    rate: int | None,
) -> None:
    packaging = Packaging(frame_rate=rate)
    segmenter = Segmenter(VIDEO_INIT, RecordingSink(), packaging, clock=lambda: 0.0)
    declared = 1 / rate if rate else 0.0
    samples = frames([TICKS // 10] * 12)
    assert segmenter.frame_seconds == declared
    segmenter.push(samples[:5])
    assert segmenter.frame_seconds == declared
    segmenter.push(samples[5:])
    assert segmenter.frame_seconds == 0.1


FRAME_RATES = [1, 5, 7, 8, 10, 12, 12.5, 15, 20, 23.976, 24, 25, 29.97, 30, 50, 60]


class TestSteadyCamera:
    @pytest.mark.parametrize("rate", FRAME_RATES)
    def test_every_part_is_near_the_wish_and_within_the_rules(
        self, rate: float
    ) -> None:
        """RFC 8216bis, 4.4.4.9: 85 to 100 % of the part target, but for a last one."""
        keyframe_every = max(1, round(2 * rate))
        samples = frames(
            [round(TICKS / rate)] * round(12 * rate), keyframe_every=keyframe_every
        )
        sink = cut(samples)
        (target,) = sink.part_targets
        for segment in sink.segments:
            for part in segment.parts:
                assert part.duration <= target
            for part in segment.parts[:-1]:
                assert part.duration >= MIN_FILL * target
                assert abs(part.duration - 0.2) <= 0.501 / rate or rate < 5

    def test_25_frames_a_second_are_parts_of_five_and_segments_of_a_second(
        self,
    ) -> None:
        sink = cut(frames([FRAME] * 100), init=VIDEO_INIT)
        assert sink.part_targets == [0.22]
        parts = [len(segment.parts) for segment in sink.segments]
        assert parts == [2, 3, 5, 5, 5]
        assert set(durations(sink.parts)) == {0.2}

    def test_the_first_segment_is_cut_after_two_parts(self) -> None:
        """A player shows nothing before the first segment is whole."""
        sink = cut(frames([FRAME] * 60, keyframe_every=250))
        first, second = sink.segments
        assert len(first.parts) == 2
        assert first.is_complete
        assert not second.parts[0].independent

    def test_every_other_segment_begins_with_a_keyframe(self) -> None:
        sink = cut(frames([FRAME] * 200, keyframe_every=50))
        independent = [segment.parts[0].independent for segment in sink.segments]
        assert independent == [True, False, True, True, True]

    def test_segments_tell_the_wall_clock_time_of_their_first_frame(self) -> None:
        sink = cut(frames([FRAME] * 75, start=7_000_000), clock=lambda: 500.0)
        assert [segment.start for segment in sink.segments] == pytest.approx(
            [500, 500.4, 501, 502], abs=0.02
        )

    def test_the_first_segment_is_complete_with_its_second_part(self) -> None:
        sink = RecordingSink()
        segmenter = Segmenter(INIT, sink, Packaging(), clock=lambda: 0.0)
        segmenter.push(frames([FRAME] * 10))
        assert [segment.is_complete for segment in sink.segments] == [True]

    def test_a_later_run_need_not_begin_with_a_short_segment(self) -> None:
        sink = RecordingSink()
        segmenter = Segmenter(
            INIT, sink, Packaging(), short_start=False, clock=lambda: 0.0
        )
        segmenter.push(frames([FRAME] * 100))
        assert [len(segment.parts) for segment in sink.segments][:2] == [5, 5]

    def test_the_last_part_waits_for_the_keyframe_that_is_due(self) -> None:
        """Its playlist then tells that the segment has ended."""
        sink = RecordingSink()
        segmenter = Segmenter(INIT, sink, Packaging(), clock=lambda: 0.0)
        samples = frames([FRAME] * 90)
        segmenter.push(samples[:75])
        assert not sink.segments[-1].is_complete
        assert len(sink.segments[-1].parts) == 4
        segmenter.push(samples[75:76])
        assert sink.segments[-2].is_complete
        assert len(sink.segments[-2].parts) == 5

    def test_a_known_frame_rate_tells_the_part_target(self) -> None:
        """The first frames of a camera often come unevenly."""
        sink = RecordingSink()
        segmenter = Segmenter(INIT, sink, Packaging(frame_rate=25), clock=lambda: 0.0)
        segmenter.push(frames([4 * FRAME, *[FRAME] * 60]))
        assert sink.part_targets == [0.22]

    def test_the_keyframe_interval_is_the_last_one(self) -> None:
        segmenter = Segmenter(INIT, RecordingSink(), Packaging(), clock=lambda: 0.0)
        assert segmenter.keyframe_interval is None
        segmenter.push(frames([FRAME] * 60, keyframe_every=50))
        assert segmenter.keyframe_interval == 2


class TestUnevenCameras:
    def test_a_camera_of_keyframes_alone_has_segments_worth_fetching(self) -> None:
        sink = cut(frames([FRAME] * 100, keyframe_every=1))
        assert all(part.independent for part in sink.parts)
        lengths = [sum(durations(segment.parts)) for segment in sink.segments]
        assert all(length >= 0.4 for length in lengths[:-1])
        assert set(durations(sink.parts)) == {0.2}

    def test_a_keyframe_just_after_the_first_does_not_set_tiny_parts(self) -> None:
        """Some cameras answer PLAY with two keyframes in a row."""
        samples = frames([FRAME] * 50)
        samples[1] = samples[1]._replace(is_sync=True)
        sink = cut(samples)
        assert sink.part_targets == [0.22]

    def test_the_first_frames_uneven_durations_do_not_set_the_part_target(
        self,
    ) -> None:
        sink = cut(frames([1000, 9000] + [FRAME] * 60))
        assert sink.part_targets == [0.22]

    def test_a_run_of_one_frame_leaves_a_part_target_for_the_next_run(self) -> None:
        sink = cut(frames([FRAME, FRAME]))
        assert sink.part_targets == [0.22]

    def test_one_long_frame_is_a_stumble(self) -> None:
        sink = cut(frames([FRAME] * 20 + [TICKS] + [FRAME] * 30))
        assert sink.part_targets == [0.22]
        assert max(durations(sink.parts)) == 1.0

    def test_a_camera_that_slows_down_raises_the_part_target(self) -> None:
        sink = cut(frames([FRAME] * 25 + [TICKS] * 10))
        assert sink.part_targets == [0.22, 1.1]

    def test_after_raising_a_stumble_is_one_again(self) -> None:
        sink = cut(frames([FRAME] * 25 + [TICKS] * 3 + [2 * TICKS] + [TICKS] * 5))
        assert sink.part_targets == [0.22, 1.1]

    def test_a_run_keeps_to_the_part_target_of_the_one_before(self) -> None:
        sink = cut(frames([FRAME] * 100), part_target=0.45)
        assert sink.part_targets == [0.45]
        for segment in sink.segments:
            for part in segment.parts[:-1]:
                assert MIN_FILL * 0.45 <= part.duration <= 0.45

    def test_frames_that_do_not_fit_make_a_shorter_part_not_a_longer_one(
        self,
    ) -> None:
        """Neither 0.16 s nor 0.24 s is right for a target of 0.2 s."""
        sink = cut(frames([2 * FRAME] * 25), part_target=0.2)
        assert max(durations(sink.parts)) <= 0.2


class TestSegmentsWithoutKeyframes:
    """Not every segment has to begin with one; viewers do."""

    def test_a_segment_waits_for_a_keyframe_for_so_long(self) -> None:
        """Once that was in vain, later ones are shorter."""
        sink = cut(frames([FRAME] * 25 * 30, keyframe_every=10_000))
        lengths = [sum(durations(segment.parts)) for segment in sink.segments]
        assert lengths == pytest.approx([0.4, 12.6, 4, 4, 4, 4, 1.0])
        independent = [part.independent for part in sink.parts]
        assert independent == [True] + [False] * (len(independent) - 1)

    def test_usual_intervals_are_never_cut(self) -> None:
        sink = cut(frames([FRAME] * 25 * 60, keyframe_every=250))
        lengths = [sum(durations(segment.parts)) for segment in sink.segments]
        assert lengths == pytest.approx([0.4, 9.6, *[10.0] * 5])

    def test_a_keyframe_always_begins_a_segment_where_there_was_none(self) -> None:
        """Also right after a cut: a viewer could not begin there otherwise."""
        samples = frames([FRAME] * 100, keyframe_every=13)
        sink = cut(samples)
        begun = [contents(part_of)[0] for part_of in ([p] for p in sink.parts)]
        keyframes = [each for each in samples if each.is_sync]
        assert [each for each in begun if each.is_sync] == keyframes

    def test_a_segment_ends_before_it_is_too_large(self) -> None:
        """So that whole ones fit into the window beside the one that grows."""
        limit = 30_000
        sink = cut(
            frames([FRAME] * 500, keyframe_every=250, size=1000),
            max_segment_bytes=limit,
        )
        sizes = [sum(len(each.data) for each in seg.parts) for seg in sink.segments]
        assert len(sizes) > 16
        assert max(sizes) <= limit
        starts = [segment.parts[0] for segment in sink.segments]
        assert sum(part.independent for part in starts) == 2

    def test_a_run_may_begin_without_one(self) -> None:
        samples = [sample._replace(is_sync=False) for sample in frames([FRAME] * 30)]
        samples += frames([FRAME] * 50, start=30 * FRAME)
        sink = cut(samples)
        lengths = [len(segment.parts) for segment in sink.segments]
        independent = [segment.parts[0].independent for segment in sink.segments]
        # The short one, to begin with, is the first that somebody can begin with.
        assert lengths == [6, 2, 3, 5]
        assert independent == [False, True, False, True]

    def test_a_keyframe_that_is_overdue_shows_in_the_interval(self) -> None:
        segmenter = Segmenter(INIT, RecordingSink(), Packaging(), clock=lambda: 0.0)
        samples = frames([FRAME] * 1000, keyframe_every=2000)
        segmenter.push(samples[:100])
        assert segmenter.keyframe_interval is None
        segmenter.push(samples[100:])
        assert segmenter.keyframe_interval == pytest.approx(40)


class TestDurationsLeftOpen:
    """FFmpeg does not always know how long a fragment's last sample lasts."""

    def test_a_zero_is_the_distance_to_the_next_frame(self) -> None:
        samples = frames([FRAME] * 50)
        opened = [sample._replace(duration=0) for sample in samples]
        sink = cut(opened)
        assert contents(sink.parts) == samples[:-1]

    def test_a_wrong_guess_is_mended_while_the_part_is_open(self) -> None:
        samples = frames([FRAME] * 40)
        guessed = [sample._replace(duration=FRAME // 2) for sample in samples]
        sink = cut(guessed, part_target=0.22)
        for part in sink.parts:
            for sample in read_part(part.data, INIT)[:-1]:
                assert sample.duration == FRAME

    def test_two_packets_of_one_frame_become_one_sample(self) -> None:
        """Some servers send a keyframe's slices as two packets, one tick apart."""
        whole = frames([FRAME] * 30, size=40)
        packets = []
        for sample in whole:
            if sample.is_sync:
                head, tail = sample.data[:20], sample.data[20:]
                packets.append(sample._replace(data=head, duration=1))
                sample = sample._replace(  # noqa: PLW2901
                    dts=sample.dts + 1, data=tail, duration=FRAME - 1
                )
            packets.append(sample)
        sink = cut(packets)
        assert contents(sink.parts) == whole


class TestTimeline:
    def test_a_jump_is_noticed_before_it_is_a_part_of_an_hour(self) -> None:
        """FFmpeg gives the frame before a jump the whole jump as its duration."""
        sink = RecordingSink()
        segmenter = Segmenter(INIT, sink, Packaging(), clock=lambda: 0.0)
        segmenter.push(frames([FRAME] * 7))
        with pytest.raises(MediaError, match="3600"):
            segmenter.push(frames([3600 * TICKS], start=7 * FRAME, keyframe_every=9))
        segmenter.flush()
        assert max(durations(sink.parts)) < 1

    def test_bytes_that_wait_are_bounded(self) -> None:
        """Long frames in hardly any time make no part, only memory."""
        crowd = frames([TICKS // 500] * 3, size=6_000_000)
        with pytest.raises(MediaError, match="of 18000000 bytes"):
            cut(crowd, part_target=0.22)

    def test_frames_one_tick_apart_have_a_part_target_that_can_be_declared(
        self,
    ) -> None:
        """A target of 0.000 would be divided by."""
        picture = b"\0\0\0\2\x41\x80"
        crowd = [Sample(1, dts, 0, 0, dts == 0, picture) for dts in range(400)]
        sink = cut(crowd, init=VIDEO_INIT)
        assert sink.part_targets[0] >= 0.2

    def test_a_run_of_no_duration_leaves_no_part(self) -> None:
        """What lasts no time cannot be listed: rates are taken over it."""
        first, second = frames([0, 0], keyframe_every=9)
        sink = cut([first, second._replace(is_sync=False)])
        assert sink.parts == []

    def test_one_frame_every_few_seconds_is_a_timeline(self) -> None:
        sink = cut(frames([9 * TICKS] * 5, keyframe_every=1))
        assert set(durations(sink.parts)) == {9.0}


class TestFirstFrame:
    """Cameras that send their newest keyframe to whoever connects leave a gap behind it."""

    @pytest.mark.parametrize("gap", [2, 5, 24])
    def test_it_lasts_as_long_as_any_other(self, gap: int) -> None:
        samples = frames([gap * FRAME, *[FRAME] * 60], keyframe_every=250)
        packaged = contents(cut(samples, frame_rate=25).parts)
        assert {each.duration for each in packaged} == {FRAME}
        assert_without_gap(packaged)
        assert packaged[0].data == samples[0].data
        assert packaged[1] == samples[1]

    def test_a_later_gap_stays_as_it_is(self) -> None:
        samples = frames([FRAME, 5 * FRAME, *[FRAME] * 30], keyframe_every=250)
        assert contents(cut(samples, frame_rate=25).parts) == samples

    def test_a_slow_camera_has_no_gap(self) -> None:
        samples = frames([TICKS // 2] * 20, keyframe_every=4)
        assert contents(cut(samples, frame_rate=2).parts) == samples

    def test_nothing_moves_where_nobody_knows_the_frame_rate(self) -> None:
        samples = frames([5 * FRAME, *[FRAME] * 30], keyframe_every=250)
        assert contents(cut(samples).parts) == samples


class TestAudio:
    def test_sound_that_comes_early_waits_for_its_picture(self) -> None:
        video = frames([FRAME] * 25)
        audio = frames([1024] * 15, track=AUDIO)
        sink = cut([*audio, *video], per_fragment=40)
        assert contents(sink.parts, AUDIO.track_id) == audio
        sounds = [len(contents([part], AUDIO.track_id)) for part in sink.parts]
        assert sounds == [3, 3, 3, 3, 3]

    @given(
        leads=st.lists(st.floats(0, 0.9), min_size=40, max_size=40),
        frame=st.sampled_from([TICKS // rate for rate in (5, 10, 15, 25, 30)]),
    )
    def test_no_part_has_sound_beyond_its_picture(
        self, leads: Sequence[float], frame: int
    ) -> None:
        """hls.js takes the later end as the end of the part, and misses the next part."""
        audio = frames([1024] * 40, track=AUDIO)
        video = frames([frame] * (3 * TICKS // frame))
        came: list[tuple[float, Sample]] = []
        for each, lead in zip(audio, leads, strict=True):
            last = came[-1][0] if came else -1.0
            came.append((max(last, each.dts / AUDIO.timescale - lead), each))
        came += [(each.dts / TICKS, each) for each in video]
        sink = cut([each for _, each in sorted(came, key=lambda pair: pair[0])])
        assert contents(sink.parts, AUDIO.track_id) == audio
        for part in sink.parts:
            picture = contents([part])[-1]
            end = (picture.dts + picture.duration) / TICKS
            for sound in contents([part], AUDIO.track_id):
                assert sound.dts + sound.duration <= round(end * AUDIO.timescale)

    def test_sound_before_the_first_picture_is_kept(self) -> None:
        audio = frames([1024] * 10, track=AUDIO)
        sink = cut([*audio, *frames([FRAME] * 25)])
        assert contents(sink.parts, AUDIO.track_id) == audio

    @pytest.mark.parametrize("sounds", [0, 40], ids=["never comes", "stops"])
    def test_there_is_silence_where_the_sound_is_missing(self, sounds: int) -> None:
        """Players show no picture beyond the end of the sound."""
        audio = frames([1024] * sounds, track=SOUND)
        sink = cut(together(audio, frames([FRAME] * 250)), init=init_of(SOUND))
        heard = contents(sink.parts, SOUND.track_id)
        assert heard[:sounds] == audio
        assert {bytes(each.data) for each in heard[sounds:]} == {silent_frame(SOUND)}
        assert_without_gap(heard)
        assert end_of(heard) == pytest.approx(10, abs=0.7)

    def test_sound_goes_on_where_it_comes_back(self) -> None:
        """What came late for its place is not heard."""
        before = frames([1024] * 40, track=SOUND)
        after = frames([1024] * 60, track=SOUND, start=1024 * 95 + 300)
        late = 0.2
        sink = cut(
            together([*before, *after], frames([FRAME] * 250), late),
            init=init_of(SOUND),
        )
        heard = contents(sink.parts, SOUND.track_id)
        assert_without_gap(heard, within=1024)
        missed = [each for each in after if each not in heard]
        assert 0 < len(missed) * 1024 / SOUND.timescale < late + 0.1
        assert missed == after[: len(missed)]

    def test_sound_that_always_comes_late_is_waited_for(self) -> None:
        """As from MPEG-TS."""
        audio = frames([1024] * 150, track=SOUND)
        sink = cut(
            together(audio, frames([FRAME] * 250), 1.4),
            init=init_of(SOUND),
        )
        heard = contents(sink.parts, SOUND.track_id)
        assert heard[:125] == audio[:125]

    def test_sound_far_behind_its_picture_is_put_beside_it(self) -> None:
        """What comes together belongs together; the picture does not wait."""
        audio = frames([1024] * 150, track=SOUND)
        sink = cut(
            together(audio, frames([FRAME] * 250), 5.0),
            init=init_of(SOUND),
        )
        heard = contents(sink.parts, SOUND.track_id)
        assert_without_gap(heard, within=1024)
        assert end_of(heard) == pytest.approx(10, abs=0.7)
        assert heard[-1].data in {each.data for each in audio}

    def test_a_codec_without_a_known_silence_is_left_as_it_is(self) -> None:
        sink = cut(frames([FRAME] * 250), init=INIT)
        assert not contents(sink.parts, AUDIO.track_id)
        assert len(sink.parts) > 40

    def test_other_tracks_are_left_out(self) -> None:
        other = Sample(9, 0, 1, 0, True, b"subtitle")
        sink = cut([other, *frames([FRAME] * 25)])
        assert b"subtitle" not in b"".join(part.data for part in sink.parts)


class TestFramesThatAreThere:
    """A live feed does not wait for the next frame; a partial segment does."""

    @staticmethod
    def handed_out(
        segmenter: Segmenter, samples: Sequence[Sample]
    ) -> Iterator[list[Sample]]:
        """Yield the frames that go out with each sample."""
        frames: list[Sample] = []
        segmenter.on_frame = lambda _track, frame: frames.append(frame)
        for sample in samples:
            segmenter.push([sample._replace(duration=0)])
            yield frames[:]
            frames.clear()

    def test_a_frame_goes_out_as_soon_as_it_comes(self) -> None:
        segmenter = make_segmenter()
        samples = frames([FRAME] * 30)
        first, second, *others = self.handed_out(segmenter, samples)
        assert first == []
        assert second == samples[:2]
        assert others == [[sample] for sample in samples[2:]]

    def test_its_duration_is_the_longest_of_the_usual_ones(self) -> None:
        segmenter = make_segmenter()
        samples = frames([FRAME, FRAME + 500, FRAME - 500, 9 * FRAME, FRAME, FRAME])
        last = list(self.handed_out(segmenter, samples))[-1]
        assert [frame.duration for frame in last] == [FRAME + 500]

    def test_partial_segments_are_exact_all_the_same(self) -> None:
        sink = RecordingSink()
        segmenter = make_segmenter(sink)
        samples = frames([FRAME, FRAME + 500, FRAME - 500] * 10)
        list(self.handed_out(segmenter, samples))
        assert contents(sink.parts) == samples[: len(contents(sink.parts))]
        assert len(contents(sink.parts)) >= 25

    def test_where_frames_come_in_pieces_each_one_waits_for_the_next(self) -> None:
        segmenter = make_segmenter()
        packets = []
        for sample in frames([FRAME] * 20, size=40):
            head, tail = sample.data[:20], sample.data[20:]
            packets += [
                sample._replace(data=head),
                sample._replace(dts=sample.dts + 1, data=tail),
            ]
        sent = [each for each in self.handed_out(segmenter, packets) if each]
        assert [len(frame.data) for [frame] in sent] == [40] * 19

    def test_a_late_joiner_gets_the_newest_frame_too(self) -> None:
        segmenter = make_segmenter()
        samples = frames([FRAME] * 13)
        list(self.handed_out(segmenter, samples))
        ((_, pending), *_) = segmenter.pending
        assert list(pending) == samples[10:]

    def test_a_segment_ends_when_the_next_keyframe_comes(self) -> None:
        """Not only when it is known how long that lasts."""
        sink = RecordingSink()
        segmenter = make_segmenter(sink)
        samples = [sample._replace(duration=0) for sample in frames([FRAME] * 51)]
        segmenter.push(samples[:50])
        assert [len(segment.parts) for segment in sink.segments] == [2, 3, 4]
        segmenter.push(samples[50:])
        assert [len(segment.parts) for segment in sink.segments] == [2, 3, 5]
        assert sink.segments[-1].is_complete

    def test_a_part_does_not_wait_for_a_keyframe_that_does_not_come(self) -> None:
        sink = RecordingSink()
        segmenter = make_segmenter(sink)
        samples = [sample._replace(duration=0) for sample in frames([FRAME] * 76)]
        samples[75] = samples[75]._replace(is_sync=False)
        segmenter.push(samples)
        assert len(sink.segments[-1].parts) == 5
        assert not sink.segments[-1].is_complete


def open_ended(durations: Sequence[int], keyframe_every: int) -> list[Sample]:
    """Return frames that do not tell their durations, as NUT does not."""
    samples = frames(durations, keyframe_every=keyframe_every)
    return [sample._replace(duration=0) for sample in samples]


def part_times(
    arrivals: Sequence[float], samples: Sequence[Sample], *, is_patient: bool
) -> tuple[list[float], int]:
    """Return when each partial segment is there, and the number of reads."""
    sink = RecordingSink(part_targets=[0.22])
    segmenter = Segmenter(
        VIDEO_INIT, sink, Packaging(), part_target=0.22, clock=lambda: 0.0
    )
    times: list[float] = []
    now, reads, start = 0.0, 0, 0
    while start < len(samples):
        now = max(now, arrivals[start])
        end = bisect_right(arrivals, now)
        segmenter.push(samples[start:end])
        times += [now] * (len(sink.parts) - len(times))
        start, reads = end, reads + 1
        now += segmenter.patience if is_patient else 0.0
    return times, reads


class TestPatience:
    """What no partial segment needs yet may be left unread."""

    @given(
        rate=st.sampled_from(FRAME_RATES),
        jitter=st.lists(st.floats(-0.4, 0.4), min_size=60, max_size=60),
    )
    def test_it_delays_no_part(self, rate: float, jitter: Sequence[float]) -> None:
        samples = open_ended([round(TICKS / rate)] * 60, round(2 * rate))
        arrivals = [(number + 1 + early) / rate for number, early in enumerate(jitter)]
        at_once, _ = part_times(arrivals, samples, is_patient=False)
        patient, _ = part_times(arrivals, samples, is_patient=True)
        assert patient == at_once

    def test_it_saves_a_third_of_the_reads_at_25_frames_a_second(self) -> None:
        samples = open_ended([FRAME] * 300, 25)
        arrivals = [number / 25 for number in range(300)]
        _, reads = part_times(arrivals, samples, is_patient=True)
        assert reads < 0.7 * len(samples)

    def test_single_frames_are_read_at_once(self) -> None:
        segmenter = make_segmenter()
        segmenter.on_frame = lambda _track, _sample: None
        for sample in open_ended([FRAME] * 100, 25):
            segmenter.push([sample])
            assert segmenter.patience == 0.0

    def test_the_first_segment_is_read_at_once(self) -> None:
        sink = RecordingSink()
        segmenter = make_segmenter(sink)
        for sample in open_ended([FRAME] * 100, 25):
            segmenter.push([sample])
            if sink.segments and sink.segments[0].is_complete:
                break
            assert segmenter.patience == 0.0


class TestWhatFfmpegHandsOver:
    def test_nothing_is_lost_of_what_ffmpeg_sends(self, any_ffmpeg: str) -> None:
        media = camera_media(any_ffmpeg)
        sink = cut(media.samples, init=media.init, per_fragment=3)
        for kind in TrackKind:
            track = media.init.video if kind is TrackKind.VIDEO else media.init.audio
            assert track is not None
            sent = bytes_of(media.of(kind))
            packaged = bytes_of(contents(sink.parts, track.track_id))
            assert sent.startswith(packaged)
            # What waits for the duration of a last sample, or for a picture.
            assert len(packaged) > 0.9 * len(sent)

    def test_b_frames_keep_their_composition_offsets(self, any_ffmpeg: str) -> None:
        tail = ("-bf", "2", "-t", "2")
        media = handed_over(any_ffmpeg, *SILENT_VIDEO, *H264, *tail)
        sink = cut(media.samples, init=media.init)
        assert [
            (sample.dts, sample.composition_offset, sample.is_sync)
            for sample in contents(sink.parts)
        ] == [
            (sample.dts, sample.composition_offset, sample.is_sync)
            for sample in media.samples[: len(contents(sink.parts))]
        ]


# From one tick above "the same frame" to three seconds
ANY_DURATIONS = st.lists(
    st.one_of(
        st.just(FRAME), st.just(FRAME), st.integers(91, 4 * FRAME), st.integers(91, 3 * TICKS)
    ),
    min_size=1,
    max_size=120,
)  # fmt: skip


class TestAnyCamera:
    @given(
        frame_durations=ANY_DURATIONS,
        keyframes=st.sets(st.integers(1, 119), max_size=20),
        opened=st.sets(st.integers(0, 119)),
        per_fragment=st.integers(1, 7),
        start=st.integers(0, 2**40),
        part_target=st.one_of(st.none(), st.floats(0.05, 2)),
    )
    # A keyframe ends the first segment after its first part.
    @example(
        frame_durations=[FRAME] * 4 + [6 * FRAME] + [FRAME] * 11,
        keyframes={1, 5},
        opened=set(),
        per_fragment=1,
        start=0,
        part_target=None,
    )
    def test_samples_go_out_whole_in_order_and_within_the_rules(  # noqa: C901, PLR0917
        self,
        frame_durations: list[int],
        keyframes: set[int],
        opened: set[int],
        per_fragment: int,
        start: int,
        part_target: float | None,
    ) -> None:
        samples = [
            sample._replace(is_sync=index == 0 or index in keyframes)
            for index, sample in enumerate(frames(frame_durations, start=start))
        ]
        sent = [
            sample._replace(duration=0) if index in opened else sample
            for index, sample in enumerate(samples)
        ]
        sink = cut(
            sent, init=VIDEO_INIT, per_fragment=per_fragment, part_target=part_target
        )

        # No sample is lost or moved, but for a last one of unknown duration.
        packaged = contents(sink.parts)
        whole = samples[:-1] if len(samples) - 1 in opened else samples
        assert packaged == whole

        # Decode times go on from part to part, and durations are what they say.
        for part, following in pairwise(sink.parts):
            ours, next_ones = (
                read_part(part.data, INIT),
                read_part(following.data, INIT),
            )
            assert ours[-1].dts + ours[-1].duration == next_ones[0].dts
        for part in sink.parts:
            ticks = sum(sample.duration for sample in read_part(part.data, INIT))
            assert part.duration == ticks / TICKS
            assert part.independent is read_part(part.data, INIT)[0].is_sync

        # A new segment begins with a keyframe, but for the one after a short first one,
        # or after one that has waited for long.
        for index, (ended, begun) in enumerate(pairwise(sink.segments)):
            if not begun.parts[0].independent:
                is_short_start = index == 0 and len(ended.parts) == 2
                assert is_short_start or sum(durations(ended.parts)) >= 4
        for segment in sink.segments[:-1]:
            assert segment.is_complete

        # RFC 8216bis, 4.4.4.9
        for segment in sink.segments:
            for part in segment.parts:
                # The very first one tells the target, and may end beyond it.
                if part is not sink.parts[0]:
                    check_part(part, sink.part_targets)
            for part, following in pairwise(segment.parts):
                if part.duration < MIN_FILL * sink.part_targets[0]:
                    next_frame = read_part(following.data, INIT)[0].duration / TICKS
                    assert part.duration + next_frame > sink.part_targets[0]

    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from([1, 2]),
                st.integers(-(2**33), 2**65),
                st.integers(0, 2**33),
                st.booleans(),
            ),
            max_size=60,
        )
    )
    def test_any_nonsense_is_packaged_or_refused(
        self, steps: list[tuple[int, int, int, bool]]
    ) -> None:
        sink = RecordingSink()
        segmenter = Segmenter(INIT, sink, Packaging(), clock=lambda: 0.0)
        try:
            for track_id, dts, duration, is_sync in steps:
                segmenter.push([Sample(track_id, dts, duration, 0, is_sync, b"x")])
            segmenter.flush()
        except MediaError:
            pass
        assert all(part.duration < 60 for part in sink.parts)

    @given(
        gaps=st.lists(st.integers(0, 200), max_size=80),
        syncs=st.lists(st.booleans(), max_size=80),
        sizes=st.lists(st.integers(0, 2), max_size=80),
    )
    def test_packets_that_crowd_together_lose_no_byte(
        self, gaps: list[int], syncs: list[bool], sizes: list[int]
    ) -> None:
        """Frozen and one-tick clocks: duration 0, everything is held and joined."""
        dts = 0
        samples = []
        for index, (gap, is_sync) in enumerate(zip(gaps, syncs, strict=False)):
            dts += gap
            data = index.to_bytes(2)
            samples.append(Sample(1, dts, 0, 0, is_sync or index == 0, data))
        sink = RecordingSink()
        segmenter = Segmenter(VIDEO_INIT, sink, Packaging(), clock=lambda: 0.0)
        segmenter.push(samples)
        segmenter.flush()
        packaged = bytes_of(contents(sink.parts))
        assert bytes_of(samples).startswith(packaged)


def check_part(part: PartialSegment, targets: Sequence[float]) -> None:
    """Check that a part is at most the target, or the documented stumble."""
    samples = read_part(part.data, INIT)
    longest = max(sample.duration for sample in samples) / TICKS
    assert part.duration <= targets[-1] or longest > targets[0]
