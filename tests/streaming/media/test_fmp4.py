"""Fragmented MP4 (ISO/IEC 14496-12, 8.8), read from FFmpeg and written anew."""

import struct
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MalformedBoxError, MediaError
from custom_components.hls_camera.streaming.media.boxes import (
    Box,
    BoxReader,
    find_box,
    iter_boxes,
    write_box,
)
from custom_components.hls_camera.streaming.media.fmp4 import (
    MAX_SAMPLES,
    InitSection,
    Sample,
    Track,
    TrackKind,
    read_fragment,
    write_fragment,
)
from tests import tools

from ..media_files import (
    AUDIO,
    H264,
    INIT,
    SILENT_VIDEO,
    TONE,
    VIDEO,
    Media,
    camera_media,
    fragmented,
    frames,
    nal_units,
    run_ffmpeg,
)

HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")


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
    def test_what_is_written_is_read_again(
        self,
        start: int,
        video: list[tuple[int, int, bool, bytes]],
        audio: list[tuple[int, int, bool, bytes]],
    ) -> None:
        runs = [
            (VIDEO, made_samples(VIDEO, start, video)),
            (AUDIO, made_samples(AUDIO, 0, audio)),
        ]
        moof, mdat = BoxReader().feed(write_fragment(7, runs))
        samples = read_fragment(moof, mdat, INIT)
        assert without_views(samples) == runs[0][1] + runs[1][1]

    def test_a_part_is_one_moof_with_a_traf_per_track_and_one_mdat(self) -> None:
        """Players want one of each; Apple's insist on it (ISO/IEC 23000-19, 7.3.2.3)."""
        runs = [(VIDEO, frames([3600] * 5)), (AUDIO, frames([1024] * 3, track=AUDIO))]
        moof, mdat = BoxReader().feed(write_fragment(7, runs))
        assert (moof.type, mdat.type) == (b"moof", b"mdat")
        inside = list(iter_boxes(moof.payload))
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


class TestFfmpegsFragments:
    """Those that FFmpeg makes with the arguments of the core."""

    def test_h264_and_aac(self, any_ffmpeg: str) -> None:
        media = camera_media(any_ffmpeg)
        video, audio = media.init.video, media.init.audio
        assert audio is not None
        assert (video.kind, video.width, video.height) == (TrackKind.VIDEO, 320, 180)
        assert media.init.codecs == f"{video.codec},mp4a.40.2"
        samples = media.of(TrackKind.VIDEO)
        assert len(samples) == 75
        keyframes = [index for index, each in enumerate(samples) if each.is_sync]
        assert keyframes == [0, 25, 50]
        step = video.timescale // 25
        assert {b.dts - a.dts for a, b in pairwise(samples)} == {step}
        assert all(sample.composition_offset == 0 for sample in samples)
        sound = media.of(TrackKind.AUDIO)
        assert {b.dts - a.dts for a, b in pairwise(sound)} == {1024}
        assert all(sample.is_sync for sample in sound)

    def test_samples_are_whole_coded_pictures(self, any_ffmpeg: str) -> None:
        for sample in camera_media(any_ffmpeg).of(TrackKind.VIDEO):
            types = {unit[0] & 0x1F for unit in nal_units(sample)}
            assert types & {1, 5}
            assert (5 in types) is sample.is_sync

    def test_h264_with_b_frames(self, any_ffmpeg: str) -> None:
        tail = ("-bf", "2", "-t", "2")
        media = fragmented(any_ffmpeg, *SILENT_VIDEO, *H264, *tail)
        samples = media.samples
        assert any(sample.composition_offset for sample in samples)
        shown = [sample.dts + sample.composition_offset for sample in samples]
        assert shown != sorted(shown)
        assert len(set(shown)) == 50
        assert [s.dts for s in samples] == sorted({s.dts for s in samples})

    def test_h265(self, any_ffmpeg: str) -> None:
        media = fragmented(any_ffmpeg, *SILENT_VIDEO, *HEVC, "-t", "1")
        assert media.init.codecs.startswith("hev1.1.6.L60.")
        assert media.samples[0].is_sync
        assert len(media.samples) == 25

    def test_opus(self, any_ffmpeg: str) -> None:
        tail = ("-c:a", "libopus", "-t", "1")
        media = fragmented(any_ffmpeg, *SILENT_VIDEO, *TONE, *H264, *tail)
        assert media.init.codecs.endswith(",opus")
        assert len(media.of(TrackKind.AUDIO)) == pytest.approx(50, abs=2)

    def test_a_part_written_anew_plays_as_ffmpegs_own(self, any_ffmpeg: str) -> None:
        """Decoded by FFmpeg, both are the same pictures and the same sound."""
        media = camera_media(any_ffmpeg)
        runs = [
            (track, media.of(track.kind))
            for track in (media.init.video, media.init.audio)
            if track is not None
        ]
        # FFmpeg leaves open how long some samples last.
        closed = []
        for track, samples in runs:
            last = samples[-1]._replace(duration=samples[-2].dts - samples[-3].dts)
            closed.append(
                (
                    track,
                    [a._replace(duration=b.dts - a.dts) for a, b in pairwise(samples)]
                    + [last],
                )
            )
        anew = media.init.data + write_fragment(1, closed)
        decode = ("-f", "mp4", "-i", "pipe:0", "-map", "0", "-f", "framemd5", "pipe:1")

        def checksums(data: bytes) -> list[str]:
            report = run_ffmpeg(any_ffmpeg, *decode, stdin=data).decode()
            lines = [line for line in report.splitlines() if line[0] != "#"]
            return [line.split(",")[-1] for line in lines]

        assert sorted(checksums(anew)) == sorted(checksums(media.data))


def test_codecs_are_those_of_the_coded_stream(any_ffmpeg: str) -> None:
    """RFC 6381, 3.3: profile, constraints and level of the sequence parameter set."""
    media = fragmented(
        any_ffmpeg, *SILENT_VIDEO, *H264, "-profile:v", "main", "-level", "3.1", "-t", "0.2"
    )  # fmt: skip
    avcc = find_box(
        media.init.data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"
    )
    assert avcc is not None
    sps = bytes(avcc).partition(b"avcC")[2][8:]
    assert media.init.video.codec == f"avc1.{sps[1:4].hex().upper()}"


def visual_entry(entry_type: bytes, *boxes: bytes) -> bytes:
    head = bytes(24) + struct.pack(">HH", 640, 360) + bytes(50)
    return write_box(entry_type, head, *boxes)


def audio_entry(entry_type: bytes, *boxes: bytes) -> bytes:
    return write_box(entry_type, bytes(28), *boxes)


def made_trak(
    handler: bytes, entry: bytes, *, version: int = 0, timescale: int = 90_000
) -> bytes:
    times = bytes(16 if version else 8)
    number = {b"vide": 1, b"soun": 2}.get(handler, 3).to_bytes(4)
    full = bytes([version, 0, 0, 0])
    tkhd = write_box(b"tkhd", full, times, number, bytes(60))
    mdhd = write_box(b"mdhd", full, times, timescale.to_bytes(4), bytes(8))
    hdlr = write_box(b"hdlr", bytes(8), handler, bytes(13))
    stsd = write_box(b"stsd", bytes(4), (1).to_bytes(4), entry)
    stbl = write_box(b"minf", write_box(b"stbl", stsd))
    return write_box(b"trak", tkhd, write_box(b"mdia", mdhd, hdlr, stbl))


def made_init(*traks: bytes) -> InitSection:
    return InitSection.from_boxes(
        Box(b"ftyp", b"isom", 8), Box(b"moov", b"".join(traks), 8)
    )


VIDEO_TRAK = made_trak(b"vide", visual_entry(b"avc1"))


def esds(*descriptors: bytes) -> bytes:
    return write_box(b"esds", bytes(4), *descriptors)


class TestInitSection:
    @pytest.mark.parametrize(
        ("entry", "codec"),
        [
            (visual_entry(b"avc1", write_box(b"avcC", bytes.fromhex("0164001fff"))), "avc1.64001F"),
            (visual_entry(b"avc3", write_box(b"avcC", bytes.fromhex("0142c01e"))), "avc3.42C01E"),
            # 14496-15, E.3 has this very example
            (
                visual_entry(b"hvc1", write_box(b"hvcC", bytes.fromhex("01 01 60000000 b00000000000 5d"))),
                "hvc1.1.6.L93.B0",
            ),
            (
                visual_entry(b"hev1", write_box(b"hvcC", bytes.fromhex("01 62 20000000 b00001000000 96"))),
                "hev1.A2.4.H150.B0.0.1",
            ),
            (visual_entry(b"mp4v"), "mp4v"),
            (visual_entry(b"avc1"), "avc1"),
        ],
    )  # fmt: skip
    def test_the_codec_of_video(self, entry: bytes, codec: str) -> None:
        init = made_init(made_trak(b"vide", entry))
        assert init.codecs == codec
        assert (init.video.width, init.video.height) == (640, 360)
        assert init.audio is None

    @pytest.mark.parametrize(
        ("entry", "codec"),
        [
            # 14496-1, 7.2.6: ES > DecoderConfig > DecoderSpecificInfo
            (
                audio_entry(b"mp4a", esds(bytes.fromhex("0316000200 0411 40 15 000000 00000000 00000000 0502 1408 060102"))),
                "mp4a.40.2",
            ),
            # sizes of four bytes, as FFmpeg writes them
            (
                audio_entry(b"mp4a", esds(bytes.fromhex("0380808025000200 04808080 17 40 15 000000 00000000 00000000 0580808002 2b92"))),
                "mp4a.40.5",
            ),
            # an escaped audio object type: 32 + 10
            (
                audio_entry(b"mp4a", esds(bytes.fromhex("0316000200 0411 40 15 000000 00000000 00000000 0502 f940"))),
                "mp4a.40.42",
            ),
            (
                audio_entry(b"mp4a", esds(bytes.fromhex("030f000200 040d 6b 15 000000 00000000 00000000"))),
                "mp4a.6b",
            ),
            (audio_entry(b"mp4a"), "mp4a"),
            (audio_entry(b"Opus"), "opus"),
            (audio_entry(b"fLaC"), "flac"),
            (audio_entry(b"ipcm"), "ipcm"),
        ],
    )  # fmt: skip
    def test_the_codec_of_audio(self, entry: bytes, codec: str) -> None:
        init = made_init(VIDEO_TRAK, made_trak(b"soun", entry))
        assert init.codecs == f"avc1,{codec}"

    def test_what_is_neither_video_nor_audio_is_no_track(self) -> None:
        init = made_init(made_trak(b"meta", write_box(b"mett")), VIDEO_TRAK)
        assert [track.kind for track in init.tracks] == [TrackKind.VIDEO]

    def test_64_bit_headers_are_read(self) -> None:
        init = made_init(made_trak(b"vide", visual_entry(b"avc1"), version=1))
        assert (init.video.track_id, init.video.timescale) == (1, 90_000)

    @pytest.mark.parametrize(
        "trak",
        [
            write_box(b"trak"),
            made_trak(b"vide", visual_entry(b"avc1"), timescale=0),
            made_trak(b"vide", write_box(b"avc1", bytes(10))),
            made_trak(b"vide", visual_entry(b"hvc1", write_box(b"hvcC", bytes(5)))),
            made_trak(b"soun", audio_entry(b"mp4a")),
            made_trak(b"soun", audio_entry(b"mp4a", esds(b"\x03\xff"))),
            made_trak(b"vide", b""),
            made_trak(b"vide", visual_entry(b'a",\n')),
            VIDEO_TRAK + made_trak(b"soun", audio_entry(b'a",\n')),
            VIDEO_TRAK + made_trak(b"soun", b""),
            VIDEO_TRAK * 2,
        ],
        ids=["empty", "no timescale", "short entry", "short hvcC", "no video", "short esds", "no entry", "not a name", "not a name of sound", "no entry of sound", "one number twice"],
    )  # fmt: skip
    def test_what_no_player_can_use_is_refused(self, trak: bytes) -> None:
        with pytest.raises(MediaError):
            made_init(trak)


def traf(tfhd: bytes, *boxes: bytes) -> bytes:
    return write_box(b"traf", write_box(b"tfhd", tfhd), *boxes)


def read_traf(data: bytes, mdat: bytes = bytes(100)) -> list[Sample]:
    moof = Box(b"moof", data, 8)
    track = replace(VIDEO, defaults=VIDEO.defaults._replace(duration=10, size=4))
    return read_fragment(moof, Box(b"mdat", mdat, 8), replace(INIT, tracks=(track,)))


TFDT = write_box(b"tfdt", bytes(4), (1000).to_bytes(4))


class TestReadFragment:
    def test_what_a_run_leaves_out_comes_from_the_tracks_defaults(self) -> None:
        trun = write_box(b"trun", bytes(4), (2).to_bytes(4))
        first, second = read_traf(traf(bytes.fromhex("00020000 00000001"), TFDT, trun))
        assert (first.dts, first.duration, len(first.data)) == (1000, 10, 4)
        assert (second.dts, second.is_sync) == (1010, True)

    def test_tfhd_overrides_the_tracks_defaults(self) -> None:
        """8.8.7, with a sample description index to be passed over."""
        tfhd = bytes.fromhex("0002003a 00000001 00000001 00000014 00000008 00010000")
        trun = write_box(b"trun", bytes(4), (2).to_bytes(4))
        samples = read_traf(traf(tfhd, TFDT, trun))
        assert [(s.duration, len(s.data), s.is_sync) for s in samples] == [
            (20, 8, False),
            (20, 8, False),
        ]

    def test_the_first_sample_may_have_flags_of_its_own(self) -> None:
        """8.8.8: a keyframe before frames that are none."""
        tfhd = bytes.fromhex("00020020 00000001 00010000")
        trun = write_box(b"trun", bytes.fromhex("00000004 00000002 02000000"))
        samples = read_traf(traf(tfhd, TFDT, trun))
        assert [sample.is_sync for sample in samples] == [True, False]

    def test_composition_offsets_have_a_sign_in_version_1_only(self) -> None:
        tfhd = bytes.fromhex("00020000 00000001")
        for version, offset in ((0, 2**32 - 1), (1, -1)):
            trun = bytes([version]) + bytes.fromhex("000800 00000001 ffffffff")
            (sample,) = read_traf(traf(tfhd, TFDT, write_box(b"trun", trun)))
            assert sample.composition_offset == offset

    def test_runs_follow_each_other(self) -> None:
        trun = write_box(b"trun", bytes(4), (1).to_bytes(4))
        tfhd = bytes.fromhex("00020000 00000001")
        samples = read_traf(traf(tfhd, TFDT, trun, trun), b"aaaabbbb")
        assert [(s.dts, bytes(s.data)) for s in samples] == [
            (1000, b"aaaa"),
            (1010, b"bbbb"),
        ]

    @pytest.mark.parametrize(
        "data",
        [
            write_box(b"traf"),
            write_box(b"traf", write_box(b"tfhd", bytes(8))),
            traf(bytes.fromhex("00020000 00000009"), TFDT),
            traf(bytes.fromhex("00000001 00000001 0000000000000000"), TFDT),
            traf(bytes(2), TFDT),
            traf(bytes.fromhex("00020000 00000001"), write_box(b"tfdt", bytes(2))),
            traf(
                bytes.fromhex("00020000 00000001"),
                TFDT,
                write_box(b"trun", bytes(4), (26).to_bytes(4)),
            ),
            traf(
                bytes.fromhex("00020000 00000001"),
                TFDT,
                write_box(b"trun", bytes.fromhex("00000001 00000001 00000000")),
            ),
            traf(
                bytes.fromhex("00020000 00000001"),
                TFDT,
                write_box(b"trun", bytes(4), (MAX_SAMPLES + 1).to_bytes(4)),
            ),
        ],
        ids=[
            "nothing",
            "no tfdt",
            "unknown track",
            "an absolute offset",
            "short tfhd",
            "short tfdt",
            "behind its mdat",
            "before its mdat",
            "too many",
        ],
    )
    def test_what_cannot_be_is_refused(self, data: bytes) -> None:
        with pytest.raises(MediaError):
            read_traf(data)

    def test_samples_of_no_bytes_are_counted_over_all_runs(self) -> None:
        """Sixteen bytes announce ten thousand; a moof has room for a million such runs."""
        tfhd = bytes.fromhex("00020010 00000001 00000000")
        trun = write_box(b"trun", bytes(4), MAX_SAMPLES.to_bytes(4))
        assert len(read_traf(traf(tfhd, TFDT, trun))) == MAX_SAMPLES
        with pytest.raises(MediaError, match="10001 samples"):
            read_traf(traf(tfhd, TFDT, trun, trun))
        with pytest.raises(MediaError, match="10001 samples"):
            read_traf(traf(tfhd, TFDT, trun) * 2)

    def test_samples_do_not_share_their_bytes(self) -> None:
        """Otherwise a fragment of a megabyte would make a part of gigabytes."""
        tfhd = bytes.fromhex("00020010 00000001 00000030")
        whole = write_box(b"trun", bytes.fromhex("00000001 00000002 00000000"))
        moof_and_header = 8 + len(traf(tfhd, TFDT, whole, whole)) + 8
        first = moof_and_header.to_bytes(4)
        trun = write_box(b"trun", bytes.fromhex("00000001 00000002"), first)
        with pytest.raises(MalformedBoxError, match="in 100 bytes"):
            read_traf(traf(tfhd, TFDT, trun, trun))

    def test_samples_are_views_not_copies(self) -> None:
        media = camera_media(str(tools.ffmpeg()))
        assert all(isinstance(sample.data, memoryview) for sample in media.samples)


MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
    min_size=1,
    max_size=6,
)


class TestMutations:
    """Damaged bytes of a real FFmpeg raise MediaError, or nothing."""

    @pytest.fixture(scope="class")
    def media(self) -> Media:
        return camera_media(str(tools.ffmpeg()))

    @given(mutations=MUTATIONS, cut=st.floats(0, 1))
    def test_of_an_init_section(
        self, media: Media, mutations: list[tuple[float, int]], cut: float
    ) -> None:
        ftyp, moov = BoxReader().feed(media.init.data)
        payload = damage(moov.payload, mutations)
        for whole in (payload, payload[: round(cut * len(payload))]):
            try:
                init = InitSection.from_boxes(ftyp, moov._replace(payload=whole))
            except MediaError:
                continue
            assert init.codecs

    @given(mutations=MUTATIONS, cut=st.floats(0, 1))
    def test_of_a_fragment(
        self, media: Media, mutations: list[tuple[float, int]], cut: float
    ) -> None:
        moof, mdat = media.fragments[1]
        payload = damage(moof.payload, mutations)
        for whole in (payload, payload[: round(cut * len(payload))]):
            try:
                damaged = moof._replace(payload=whole)
                samples = read_fragment(damaged, mdat, media.init)
                write_fragment(1, [(media.init.video, samples)] if samples else [])
            except MediaError:
                continue
            assert sum(len(sample.data) for sample in samples) <= len(mdat.payload)

    @pytest.mark.parametrize("channels", [1, 2])
    def test_sound_has_channels(self, any_ffmpeg: str, channels: int) -> None:
        encoder = ("-c:a", "aac", "-ac", str(channels), "-t", "1")
        media = fragmented(any_ffmpeg, *SILENT_VIDEO, *TONE, *H264, *encoder)
        assert media.init.audio is not None
        assert media.init.audio.channels == channels

    def test_a_descriptors_size_has_an_end(self) -> None:
        """A number of millions of bits would be shifted millions of times."""
        descriptors = esds(b"\x03" + b"\x80" * 4 + b"\0" * 100)
        with pytest.raises(MalformedBoxError, match="goes on"):
            made_init(VIDEO_TRAK, made_trak(b"soun", audio_entry(b"mp4a", descriptors)))

    def test_a_truncated_descriptor_size_is_malformed(self) -> None:
        with pytest.raises(MalformedBoxError):
            made_init(
                VIDEO_TRAK,
                made_trak(b"soun", audio_entry(b"mp4a", esds(b"\x03" + b"\xff" * 9))),
            )


def damage(data: bytes, mutations: list[tuple[float, int]]) -> bytes:
    damaged = bytearray(data)
    for place, value in mutations:
        damaged[int(place * len(data))] = value
    return bytes(damaged)
