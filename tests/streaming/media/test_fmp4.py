"""Fragmented MP4 (ISO/IEC 14496-12, 8.8)."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.media.boxes import find_box, iter_boxes
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    Track,
    track_id_of,
    write_fragment,
    write_start,
)

from ..fragments import read_part
from ..media_files import AUDIO, INIT, VIDEO, boxes_of, camera_media, frames, run_ffmpeg


def without_views(samples: list[Sample]) -> list[Sample]:
    """Return samples that compare by their bytes."""
    return [sample._replace(data=bytes(sample.data)) for sample in samples]


SAMPLES = st.lists(
    st.tuples(
        st.integers(0, 2**32 - 1),
        st.integers(-(2**31), 2**31 - 1),
        st.booleans(),
        st.binary(max_size=30),
    ),
    min_size=1,
    max_size=10,
)


def made_samples(
    track: Track, start: int, rows: list[tuple[int, int, bool, bytes]]
) -> list[Sample]:
    """Return samples that follow each other without gap."""
    samples = []
    for duration, offset, is_sync, data in rows:
        samples.append(Sample(track.track_id, start, duration, offset, is_sync, data))
        start += duration
    return samples


class TestWriteAndRead:
    @given(start=st.integers(0, 2**63), video=SAMPLES, audio=SAMPLES)
    def test_written_bytes_are_read_again(
        self,
        start: int,
        video: list[tuple[int, int, bool, bytes]],
        audio: list[tuple[int, int, bool, bytes]],
    ) -> None:
        runs = [
            (VIDEO, made_samples(VIDEO, start, video)),
            (AUDIO, made_samples(AUDIO, 0, audio)),
        ]
        samples = read_part(write_fragment(7, runs), INIT)
        assert without_views(samples) == runs[0][1] + runs[1][1]

    def test_a_part_is_one_moof_with_a_traf_per_track_and_one_mdat(self) -> None:
        """Players want one of each; Apple's insist on it (ISO/IEC 23000-19, 7.3.2.3)."""
        runs = [(VIDEO, frames([3600] * 5)), (AUDIO, frames([1024] * 3, track=AUDIO))]
        (moof, content), (mdat, _) = iter_boxes(write_fragment(7, runs))
        assert (moof, mdat) == (b"moof", b"mdat")
        inside = list(iter_boxes(content))
        assert [box_type for box_type, _ in inside] == [b"mfhd", b"traf", b"traf"]
        assert bytes(inside[0][1]) == struct.pack(">II", 0, 7)
        for _, traf in inside[1:]:
            types = [box_type for box_type, _ in iter_boxes(traf)]
            assert types == [b"tfhd", b"tfdt", b"trun"]

    def test_the_sequence_number_wraps_as_its_field_does(self) -> None:
        data = write_fragment(2**32 + 5, [(VIDEO, frames([3600]))])
        mfhd = find_box(data, b"moof", b"mfhd")
        assert mfhd is not None
        assert bytes(mfhd) == struct.pack(">II", 0, 5)

    @pytest.mark.parametrize(
        "sample",
        [
            Sample(1, 2**64, 1, 0, True, b""),
            Sample(1, 0, 2**32, 0, True, b""),
            Sample(1, 0, 1, 2**31, True, b""),
        ],
        ids=["decode time", "duration", "composition offset"],
    )
    def test_a_time_that_does_not_fit_is_refused(self, sample: Sample) -> None:
        with pytest.raises(MediaError):
            write_fragment(1, [(VIDEO, [sample])])


class TestWithFfmpeg:
    def test_a_part_plays_as_what_ffmpeg_handed_over(self, any_ffmpeg: str) -> None:
        """Decoded by FFmpeg, both are the same pictures and the same sound."""
        media = camera_media(any_ffmpeg)
        decode = ("-i", "pipe:0", "-map", "0", "-f", "framemd5", "pipe:1")

        def checksums(data: bytes) -> list[str]:
            report = run_ffmpeg(any_ffmpeg, *decode, stdin=data).decode()
            lines = [line for line in report.splitlines() if line[0] != "#"]
            return [line.split(",")[-1] for line in lines]

        assert sorted(checksums(media.as_mp4())) == sorted(checksums(media.data))


class TestInitSection:
    def test_it_has_each_track_and_room_for_its_fragments(self) -> None:
        init = InitSection.of_tracks((VIDEO, AUDIO))
        (ftyp, _), (moov, inside) = boxes_of(init.data)
        assert (ftyp, moov) == (b"ftyp", b"moov")
        names = [name for name, _ in boxes_of(inside)]
        assert names == [b"mvhd", b"trak", b"trak", b"mvex"]
        mvex = find_box(inside, b"mvex")
        assert mvex is not None
        numbers = [int.from_bytes(trex[4:8]) for _, trex in iter_boxes(mvex)]
        assert numbers == [VIDEO.track_id, AUDIO.track_id]

    @given(timescale=st.integers(1, 2**32 - 1))
    def test_times_are_counted_as_the_track_says(self, timescale: int) -> None:
        init = InitSection.of_tracks((replace(VIDEO, timescale=timescale),))
        mdhd = find_box(init.data, b"moov", b"trak", b"mdia", b"mdhd")
        assert mdhd is not None
        assert int.from_bytes(mdhd[12:16]) == timescale

    def test_a_track_may_be_alone(self) -> None:
        init = InitSection.of_tracks((VIDEO, AUDIO))
        alone = init.of(AUDIO)
        assert alone.tracks == (AUDIO,)
        tkhd = find_box(alone.data, b"moov", b"trak", b"tkhd")
        assert tkhd is not None
        assert track_id_of(tkhd) == AUDIO.track_id
        assert alone.data.count(b"trex") == 1


@pytest.mark.parametrize(("duration", "offset"), [(2**32, 0), (3600, 2**32)])
def test_a_first_sample_at_a_time_out_of_range_is_an_error(
    duration: int, offset: int
) -> None:
    first = frames([3600])[0]._replace(duration=duration, composition_offset=offset)
    with pytest.raises(MediaError):
        write_start([VIDEO], first)
