"""Samples of one track: pieces joined, durations found, early frames, limits."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError, TimelineError
from custom_components.hls_camera.streaming.live.track_queue import TrackQueue
from custom_components.hls_camera.streaming.media.fmp4 import Sample

from ..media_files import AUDIO, VIDEO, frames

TICKS = VIDEO.timescale
FRAME = TICKS // 25


def open_ended(samples: Sequence[Sample]) -> list[Sample]:
    """Return samples that do not tell their durations, as NUT does not."""
    return [sample._replace(duration=0) for sample in samples]


def settled(samples: Sequence[Sample], queue: TrackQueue | None = None) -> list[Sample]:
    """Return the samples that a queue settles."""
    queue = queue or TrackQueue(VIDEO)
    return [each for sample in samples for each in queue.settle(sample)]


def in_pieces(samples: Sequence[Sample]) -> list[Sample]:
    """Return each sample as two, one tick apart."""
    return [
        piece
        for sample in open_ended(samples)
        for piece in (
            sample._replace(data=sample.data[:20]),
            sample._replace(dts=sample.dts + 1, data=sample.data[20:]),
        )
    ]


class TestDurations:
    def test_a_known_duration_settles_a_sample_at_once(self) -> None:
        samples = frames([FRAME] * 5)
        queue = TrackQueue(VIDEO)
        assert [list(queue.settle(sample)) for sample in samples] == [
            [sample] for sample in samples
        ]

    def test_an_unknown_duration_is_the_distance_to_the_next_sample(self) -> None:
        samples = frames([FRAME, 2 * FRAME, FRAME])
        assert settled(open_ended(samples)) == samples[:-1]

    def test_a_wrong_duration_is_mended_while_the_sample_waits(self) -> None:
        first, second = frames([FRAME, FRAME])
        queue = TrackQueue(VIDEO)
        for sample in settled([first._replace(duration=FRAME // 2), second], queue):
            queue.append(sample)
        queue.settle(second._replace(dts=second.dts + 3 * FRAME))
        assert queue.samples[-1].duration == 3 * FRAME

    def test_sound_lasts_until_the_next_sample(self) -> None:
        queue = TrackQueue(AUDIO)
        first, second = frames([1024, 1024], track=AUDIO)
        queue.follow(first._replace(duration=900))
        queue.follow(second)
        assert [sample.duration for sample in queue.samples] == [1024, 1024]

    def test_a_gap_is_part_of_the_waiting_duration(self) -> None:
        queue = TrackQueue(VIDEO)
        for sample in settled(open_ended(frames([FRAME, 9 * FRAME, FRAME])), queue):
            queue.append(sample)
        assert queue.duration_ticks == 10 * FRAME

    def test_an_empty_queue_has_no_duration(self) -> None:
        queue = TrackQueue(VIDEO)
        assert queue.duration_ticks == 0
        assert queue.usual_frame_ticks == 0
        assert queue.newest_dts is None

    def test_one_long_frame_leaves_the_usual_duration(self) -> None:
        queue = TrackQueue(VIDEO)
        samples = open_ended(frames([FRAME] * 5 + [9 * FRAME] + [FRAME] * 2))
        for sample in settled(samples, queue):
            queue.append(sample)
        assert queue.usual_frame_ticks == FRAME
        assert queue.usual_frame_seconds == FRAME / TICKS
        assert queue.newest_dts == samples[-1].dts


class TestPieces:
    """Some servers send the slices of one frame as packets, one tick apart."""

    def test_pieces_of_one_frame_become_one_sample(self) -> None:
        samples = frames([FRAME] * 10, size=40)
        assert settled(in_pieces(samples)) == samples[:-1]

    def test_two_packets_of_unknown_duration_become_one_sample(self) -> None:
        first, second = frames([FRAME, FRAME], keyframe_every=2)
        packets = [
            first._replace(duration=0, data=b"he"),
            first._replace(dts=1, duration=0, data=b"ad"),
            second,
        ]
        assert settled(packets)[0] == first._replace(data=b"head")

    def test_two_pictures_one_tick_apart_stay_apart(self) -> None:
        """FFmpeg does not know the decode times of B-frames at the start of a stream."""
        picture = bytes.fromhex("00000004 419a0102")
        samples = [
            sample._replace(data=picture)
            for sample in frames([FRAME, 1, 1, FRAME - 2, FRAME])
        ]
        assert len(settled(samples)) == len(samples)

    def test_a_keyframe_and_its_neighbour_stay_apart(self) -> None:
        keyframe, other, last = frames([0, FRAME, FRAME], keyframe_every=9)
        samples = settled([keyframe, other._replace(dts=0), last._replace(dts=FRAME)])
        assert [sample.is_sync for sample in samples] == [True, False, False]
        assert samples[0].duration == 0

    @pytest.mark.parametrize(("count", "size"), [(3000, 4), (3, 6_000_000)])
    def test_a_frame_of_packets_without_end_is_refused(
        self, count: int, size: int
    ) -> None:
        """A clock that stands still: all that comes is more of the first frame."""
        packets = frames([0] * count, keyframe_every=count, size=size)
        with pytest.raises(MediaError, match=r"samples wait"):
            settled([packet._replace(is_sync=True) for packet in packets])


class TestEarlyFrame:
    """The newest frame may go out before its duration is known."""

    def test_the_first_frame_waits_for_the_next_one(self) -> None:
        queue = TrackQueue(VIDEO)
        settled(open_ended(frames([FRAME])), queue)
        assert queue.early is None

    def test_its_duration_is_the_longest_of_the_usual_ones(self) -> None:
        queue = TrackQueue(VIDEO)
        lengths = [FRAME, FRAME + 500, FRAME - 500, 9 * FRAME, FRAME, FRAME]
        samples = frames(lengths)
        settled(open_ended(samples), queue)
        assert queue.early == samples[-1]._replace(duration=FRAME + 500)

    def test_it_is_the_last_of_the_pending_samples(self) -> None:
        queue = TrackQueue(VIDEO)
        samples = frames([FRAME] * 3)
        for sample in settled(open_ended(samples), queue):
            queue.append(sample)
        assert list(queue.pending) == samples

    def test_there_is_none_where_frames_come_in_pieces(self) -> None:
        queue = TrackQueue(VIDEO)
        for packet in in_pieces(frames([FRAME] * 5, size=40)):
            queue.settle(packet)
            assert queue.early is None


class TestTimeline:
    @pytest.mark.parametrize(
        ("dts", "message"),
        [
            (0, "moved by -0.040"),
            (FRAME, "moved by 0.000"),
            (FRAME + 10 * TICKS + 1, "moved by 10.000"),
        ],
        ids=["backwards", "still", "jump"],
    )
    def test_time_that_does_not_go_on_is_refused(self, dts: int, message: str) -> None:
        samples = frames([FRAME] * 2)
        with pytest.raises(TimelineError, match=message):
            settled([*samples, samples[1]._replace(dts=dts)])


class TestLimits:
    @pytest.mark.parametrize(("count", "size"), [(2001, 4), (3, 6_000_000)])
    def test_samples_that_wait_are_bounded(self, count: int, size: int) -> None:
        queue = TrackQueue(VIDEO)
        *others, last = frames([FRAME] * count, size=size)
        for sample in others:
            queue.append(sample)
        with pytest.raises(MediaError, match=f"{count} video samples wait"):
            queue.append(last)

    def test_taken_samples_no_longer_count(self) -> None:
        queue = TrackQueue(VIDEO)
        for sample in frames([FRAME] * 10, size=6_000_000):
            queue.append(sample)
            assert queue.take(until=1) == [sample]


class TestAnyCamera:
    @given(lengths=st.lists(st.integers(91, 3 * TICKS), min_size=1, max_size=60))
    def test_durations_leave_no_gap(self, lengths: list[int]) -> None:
        samples = settled(open_ended(frames(lengths)))
        assert [sample.duration for sample in samples] == lengths[:-1]
        for one, following in pairwise(samples):
            assert one.dts + one.duration == following.dts

    @given(
        gaps=st.lists(st.integers(0, 200), max_size=60),
        size=st.integers(0, 3),
    )
    def test_pieces_lose_no_byte(self, gaps: list[int], size: int) -> None:
        dts = 0
        sent = [Sample(1, dts, 0, 0, True, bytes(size))]
        for index, gap in enumerate(gaps):
            dts += gap
            sent.append(Sample(1, dts, 0, 0, True, index.to_bytes(2)))
        # A last one settles all that is before.
        last = Sample(1, dts + FRAME, 0, 0, True, b"last")
        assert b"".join(sample.data for sample in settled([*sent, last])) == b"".join(
            sample.data for sample in sent
        )

    @given(
        lengths=st.lists(st.integers(1, TICKS), max_size=40),
        until=st.floats(0, 50),
    )
    def test_samples_are_taken_in_order_and_none_ends_later(
        self, lengths: list[int], until: float
    ) -> None:
        queue = TrackQueue(VIDEO)
        samples = frames(lengths)
        for sample in samples:
            queue.append(sample)
        taken = queue.take(until)
        assert taken + queue.samples == samples
        end = round(until * TICKS)
        assert all(sample.dts + sample.duration <= end for sample in taken)
        assert not queue.samples or (
            queue.samples[0].dts + queue.samples[0].duration > end
        )
