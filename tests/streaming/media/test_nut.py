"""NUT: bytes in, packets out."""

import tracemalloc
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.hls_camera.streaming.errors import (
    MalformedNutError,
    MediaError,
    NutTooLargeError,
)
from custom_components.hls_camera.streaming.ingest.command import OUTPUT
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from custom_components.hls_camera.streaming.media.nut import NutReader
from custom_components.hls_camera.streaming.media.packet import Packet, StreamHeader

from ..media_files import H264, SILENT_VIDEO, TONE, run_ffmpeg
from ..nut_files import (
    CODED_FLAGS,
    FILE_ID,
    INFO,
    INVALID,
    MAIN,
    PICTURE,
    SHIFT,
    SOUND,
    STREAM,
    SYNCPOINT,
    Frame,
    codes,
    film,
    headers,
    main_header,
    number,
    section,
    signed_number,
    stream_header,
)

HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error")
FRAMES = st.lists(
    st.builds(
        Frame,
        stream=st.integers(0, 1),
        pts=st.integers(0, 2**40),
        data=st.binary(min_size=1, max_size=40),
        is_keyframe=st.booleans(),
        has_checksum=st.booleans(),
    ),
    max_size=12,
)


def read(data: bytes, size: int | None = None) -> list[Packet]:
    """Return the packets of bytes that come all at once, or so many at a time."""
    reader = NutReader()
    step = size or max(len(data), 1)
    return [
        packet
        for start in range(0, len(data), step)
        for packet in reader.feed(data[start : start + step])
    ]


def streams_of(data: bytes) -> tuple[StreamHeader, ...]:
    """Return the streams of a file."""
    reader = NutReader()
    reader.feed(data)
    assert reader.streams is not None
    return reader.streams


class TestWhatIsWrittenIsRead:
    @given(frames=FRAMES)
    def test_packets_are_those_that_were_written(self, frames: list[Frame]) -> None:
        packets = read(film(frames, PICTURE, SOUND))
        assert [
            (each.stream, each.pts, each.is_keyframe, each.data) for each in packets
        ] == [(each.stream, each.pts, each.is_keyframe, each.data) for each in frames]

    @given(frames=FRAMES, cuts=st.lists(st.integers(0, 2000), max_size=30))
    def test_however_the_bytes_are_cut_the_packets_are_the_same(
        self, frames: list[Frame], cuts: list[int]
    ) -> None:
        data = film(frames, PICTURE, SOUND)
        edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
        reader = NutReader()
        packets = [
            packet
            for start, end in pairwise(edges)
            for packet in reader.feed(data[start:end])
        ]
        assert packets == read(data)

    def test_every_split_in_two_is_the_same(self) -> None:
        frames = [Frame(0, 900, b"picture"), Frame(1, 160, b"sound", has_checksum=True)]
        data = film(frames, PICTURE, SOUND)
        for cut in range(len(data) + 1):
            reader = NutReader()
            assert [*reader.feed(data[:cut]), *reader.feed(data[cut:])] == read(data)

    def test_a_packet_comes_out_with_its_last_byte(self) -> None:
        reader = NutReader()
        reader.feed(headers(PICTURE))
        frame = Frame(0, 900, b"picture").write()
        assert reader.feed(frame[:-1]) == []
        assert len(reader.feed(frame[-1:])) == 1

    @given(
        streams=st.lists(
            st.one_of(
                st.builds(
                    replace,
                    st.just(PICTURE),
                    codec=st.binary(min_size=2, max_size=4),
                    timescale=st.integers(1, 2**32 - 1),
                    extradata=st.binary(max_size=300),
                    width=st.integers(1, 0xFFFF),
                    pixel_aspect=st.tuples(st.integers(1, 99), st.integers(1, 99)),
                ),
                st.builds(replace, st.just(SOUND), channels=st.integers(1, 8)),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def test_streams_are_those_that_were_written(
        self, streams: list[StreamHeader]
    ) -> None:
        assert streams_of(headers(*streams)) == tuple(streams)

    def test_a_large_header_has_a_checksum_of_its_own(self) -> None:
        large = replace(PICTURE, extradata=bytes(5000))
        assert streams_of(headers(large)) == (large,)

    def test_pixels_of_unknown_shape_are_square(self) -> None:
        for aspect in ((0, 0), (0, 1), (2**40, 1)):
            odd = replace(PICTURE, pixel_aspect=aspect)
            assert streams_of(headers(odd)) == (PICTURE,)

    def test_unknown_sections_are_skipped(self) -> None:
        unknown = section(b"NZ123456", b"whatever") + section(INFO, b"\0")
        data = headers(PICTURE) + unknown + Frame(0, 9, b"x").write() + unknown
        assert [each.data for each in read(data)] == [b"x"]

    def test_headers_may_be_repeated(self) -> None:
        """FFmpeg does so, ever more seldom."""
        frame = Frame(0, 9, b"x").write()
        data = headers(PICTURE)
        assert len(read(data + frame + data.removeprefix(FILE_ID) + frame)) == 2

    def test_a_frame_of_nothing_is_none(self) -> None:
        assert read(headers(PICTURE) + Frame(0, 9, b"").write()) == []


class TestTimes:
    def test_a_time_may_be_coded_by_its_last_bits(self) -> None:
        """Those that are nearest to the latest time."""
        times = [500_000, 503_600, 501_800, 500_000 + 8000]
        short = [
            frame.write().replace(
                number(time + (1 << SHIFT)), number(time % (1 << SHIFT)), 1
            )
            for time in times
            for frame in [Frame(0, time, b"x")]
        ]
        first = Frame(0, times[0], b"x").write()
        packets = read(headers(PICTURE) + first + b"".join(short[1:]))
        assert [each.pts for each in packets] == times

    def test_a_time_may_follow_from_the_latest(self) -> None:
        """By the table of codes; a syncpoint has the time before it."""
        table = number(INVALID) + number(6) + bytes([0, 1, 0, 0, 0]) + number(1)
        table += number(32) + number(6) + signed_number(-40) + bytes([1, 0, 0, 0])
        table += number(254)
        data = FILE_ID + main_header([(1, 1000)], 1, frame_codes=table)
        data += stream_header(0, replace(PICTURE, timescale=1000))
        data += section(SYNCPOINT, number(5000) + number(0))
        frame = bytes([1]) + number(1) + b"x"
        assert [each.pts for each in read(data + 2 * frame)] == [4960, 4920]

    def test_a_syncpoint_counts_in_any_time_base(self) -> None:
        table = number(INVALID) + number(6) + bytes([0, 1, 0, 0, 0]) + number(1)
        table += number(32 | 16) + number(6) + bytes([0, 1, 0, 0, 0]) + number(254)
        data = FILE_ID + main_header([(1, 1000), (1, 48_000)], 2, frame_codes=table)
        data += stream_header(0, replace(PICTURE, timescale=1000))
        data += stream_header(1, replace(SOUND, timescale=48_000))
        data += section(SYNCPOINT, number(48_001 * 2 + 1) + number(0))
        frames = [bytes([1]) + number(place) + number(1) + b"x" for place in range(2)]
        assert [each.pts for each in read(data + b"".join(frames))] == [1000, 48_001]

    @given(numerator=st.integers(2, 2000))
    def test_a_tick_need_not_be_the_fraction_of_a_second(self, numerator: int) -> None:
        data = FILE_ID + main_header([(numerator, 30_000)], 1)
        data += stream_header(0, PICTURE) + Frame(0, 7, b"x").write()
        assert streams_of(data)[0].timescale == 30_000
        assert read(data)[0].pts == 7 * numerator

    def test_pictures_that_wait_for_others_are_decoded_before_they_are_shown(
        self,
    ) -> None:
        shown = [3, 6, 4, 5, 9, 7, 8]
        frames = b"".join(Frame(0, 100 * time, b"x").write() for time in shown)
        packets = read(headers(PICTURE, delay=2) + frames)
        assert [each.pts for each in packets] == [100 * time for time in shown]
        assert [each.dts for each in packets] == [100, 200, 300, 400, 500, 600, 700]


class TestElision:
    def test_common_beginnings_of_frames_are_in_the_main_header(self) -> None:
        begin = b"\0\0\1\xb6"
        frames = [
            Frame(0, 900, begin + b"picture", elision=1),
            Frame(0, 1800, b"picture"),
            Frame(0, 2700, begin, elision=1),
        ]
        data = headers(PICTURE, elided=[begin])
        data += b"".join(each.write(begin * each.elision) for each in frames)
        assert [each.data for each in read(data)] == [each.data for each in frames]

    def test_large_frames_have_their_beginning_with_them(self) -> None:
        large = Frame(0, 900, b"\1\2" + bytes(5000), elision=1)
        data = headers(PICTURE, elided=[b"\1\2"]) + large.write()
        assert [each.data for each in read(data)] == [large.data]


class TestFfmpeg:
    """Real output of FFmpeg."""

    @pytest.mark.parametrize(
        "encoder",
        [
            (*H264, "-tune", "zerolatency"),
            (*H264[:2], "-g", "10", "-bf", "3"),
            (*H264, "-x264-params", "slices=4"),
            HEVC,
        ],
        ids=["H.264", "B-frames", "slices", "H.265"],
    )
    def test_it_is_read_whole(self, any_ffmpeg: str, encoder: tuple[str, ...]) -> None:
        """Each packet has the time, the mark and the bytes that FFmpeg's reader finds."""
        arguments = (*SILENT_VIDEO, *TONE, *encoder, "-c:a", "aac", "-t", "2")
        data = run_ffmpeg(any_ffmpeg, *arguments, *OUTPUT, "pipe:1")
        copy = ("-f", "nut", "-copyts", "-i", "pipe:0", "-map", "0", "-c", "copy")
        report = run_ffmpeg(
            any_ffmpeg, *copy, "-f", "framehash", "-hash", "md5", "pipe:1", stdin=data
        )
        theirs = [
            (int(place), int(pts), int(size))
            for line in report.decode().splitlines()
            if line[0] != "#"
            for place, _, pts, _, size, _ in [line.split(",")[:6]]
        ]
        packets = read(data)
        bases = {
            int(line.split()[1].rstrip(":")): int(line.split("/")[1])
            for line in report.decode().splitlines()
            if line.startswith("#tb")
        }
        streams = streams_of(data)
        assert sorted(theirs) == sorted(
            (
                each.stream,
                each.pts * bases[each.stream] // streams[each.stream].timescale,
                len(each.data),
            )
            for each in packets
        )
        for place in range(2):
            times = [each.dts for each in packets if each.stream == place]
            assert times == sorted(set(times))
            # An encoder of H.265 announces no delay, which then shows.
            assert all(each.dts <= each.pts for each in packets[len(packets) // 5 :])

    @pytest.mark.parametrize("size", [1, 7, 1000, 65_536])
    def test_it_may_come_in_any_pieces(self, any_ffmpeg: str, size: int) -> None:
        arguments = (*SILENT_VIDEO, *TONE, *H264, "-c:a", "aac", "-t", "1")
        data = run_ffmpeg(any_ffmpeg, *arguments, *OUTPUT, "pipe:1")
        assert read(data, size) == read(data)

    def test_its_streams_are_described(self, any_ffmpeg: str) -> None:
        arguments = (*SILENT_VIDEO, *TONE, *H264, "-c:a", "aac", "-t", "0.2")
        picture, sound = streams_of(
            run_ffmpeg(any_ffmpeg, *arguments, *OUTPUT, "pipe:1")
        )
        assert picture.kind is TrackKind.VIDEO
        assert (picture.codec, picture.width, picture.height) == (b"H264", 320, 180)
        assert picture.extradata.startswith(b"\0\0\0\1\x67")
        assert (sound.sample_rate, sound.channels) == (48_000, 1)
        assert sound.timescale == 48_000


class TestLimits:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"HTTP/1.1 200 OK\r\nServer: x\r\n", "no NUT"),
            (FILE_ID + b"!", "before the main header"),
            (FILE_ID + section(SYNCPOINT, b"\1"), "before the main header"),
            (FILE_ID + section(MAIN, b"\x63"), "99 as the version"),
            (FILE_ID + section(MAIN, b""), "cut short"),
            (FILE_ID + section(MAIN, b"\3\0"), "0 streams"),
            (FILE_ID + section(MAIN, b"\3\x63"), "99 streams"),
            (FILE_ID + section(MAIN, b"\3\1\0\0"), "0 time bases"),
            (FILE_ID + main_header([(0, 1)], 1), "0 as a time base"),
            (FILE_ID + main_header([(1, 2**32)], 1), "as a time base"),
            (FILE_ID + main_header([(1, 1)], 1, frame_codes=codes((0, 0))), "0 codes"),
            (FILE_ID + main_header([(1, 1)], 1, frame_codes=codes((0, 999))), "999 codes"),
            (FILE_ID + MAIN + b"\3abc", "without a checksum"),
            (FILE_ID + MAIN + b"\xff" * 20, "goes on"),
            (headers(PICTURE) + main_header([(1, 9)], 1), "another header"),
            (headers(PICTURE) + stream_header(0, SOUND), "another header"),
            (headers(PICTURE) + stream_header(1, SOUND), "1 as a stream"),
            (FILE_ID + main_header([(1, 9)], 1) + section(SYNCPOINT, b"\0"), "before the streams"),
            (FILE_ID + main_header([(1, 9)], 1) + Frame(0, 0, b"x").write(), "of stream 0"),
            (headers(PICTURE) + Frame(1, 0, b"x").write(), "of stream 1"),
            (headers(PICTURE) + Frame(0, 2**62, b"x").write(), "out of range"),
            (headers(PICTURE) + Frame(0, 0, b"x", elision=1).write(), "unknown beginning"),
            (headers(PICTURE) + b"\0", "flags 0x2000"),
            (headers(PICTURE, elided=[b"begin"]) + Frame(0, 0, b"x", elision=1).write(), "begins with 5"),
            (headers(PICTURE) + b"\1" + b"\xff" * 20, "goes on"),
            (headers(replace(PICTURE, width=0)), "0 pixels wide"),
            (headers(replace(PICTURE, height=2**20)), "pixels high"),
            (headers(replace(PICTURE, codec=b"")), "0 bytes of a codec"),
            (headers(replace(SOUND, channels=0)), "0 channels"),
            (FILE_ID + main_header([(1, 9)], 1) + section(STREAM, b"\0\0\1x\5"), "5 as a time base"),
            (FILE_ID + main_header([(1, 9)], 1) + section(STREAM, b"\0\0\1x\0\0\0\0\0\x7f"), "cut short"),
        ],
    )  # fmt: skip
    def test_impossible_values_are_refused(self, data: bytes, message: str) -> None:
        with pytest.raises(MalformedNutError, match=message):
            read(data)
        with pytest.raises(MalformedNutError, match=message):
            read(data, 1)

    @pytest.mark.parametrize(
        "data",
        [
            FILE_ID + MAIN + number(2**30),
            headers(PICTURE) + b"\1" + number(CODED_FLAGS ^ 32) + number(2**40),
        ],
        ids=["header", "frame"],
    )
    def test_large_data_are_refused_by_their_announced_size(self, data: bytes) -> None:
        with pytest.raises(NutTooLargeError):
            read(data)

    def test_a_frame_above_the_cap_is_refused(self) -> None:
        reader = NutReader(max_frame_bytes=10)
        reader.feed(headers(PICTURE))
        assert len(reader.feed(Frame(0, 0, bytes(10)).write())) == 1
        with pytest.raises(NutTooLargeError, match="11 bytes"):
            reader.feed(Frame(0, 9, bytes(11)).write())

    @given(chunks=st.lists(st.binary(max_size=64), max_size=20))
    def test_arbitrary_bytes_are_packets_or_an_error(self, chunks: list[bytes]) -> None:
        reader = NutReader(max_frame_bytes=64)
        try:
            reader.feed(headers(PICTURE, SOUND))
            for chunk in chunks:
                for packet in reader.feed(chunk):
                    assert len(packet.data) <= 64
        except MediaError:
            pass

    @settings(max_examples=200)
    @given(
        changes=st.lists(
            st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)),
            min_size=1,
            max_size=6,
        )
    )
    def test_damaged_headers_are_read_or_refused(
        self, changes: Sequence[tuple[float, int]]
    ) -> None:
        data = bytearray(headers(PICTURE, SOUND, delay=2, elided=[b"\0\0\1"]))
        for place, value in changes:
            data[int(place * len(data))] = value
        frames = b"".join(
            Frame(each % 2, 900 * each, b"x").write() for each in range(9)
        )
        with suppress(MediaError):
            read(bytes(data) + frames)

    def test_a_frame_in_small_pieces_costs_no_more_than_its_size(self) -> None:
        """It is put together once."""
        size = 4 * 1024 * 1024
        data = Frame(0, 0, bytes(size)).write()
        reader = NutReader()
        reader.feed(headers(PICTURE))
        ends = list(accumulate([4096] * (len(data) // 4096)))
        tracemalloc.start()
        try:
            for end in ends:
                assert reader.feed(data[end - 4096 : end]) == []
            assert tracemalloc.get_traced_memory()[1] < 1.1 * size
            tracemalloc.reset_peak()
            [packet] = reader.feed(data[ends[-1] :])
            assert tracemalloc.get_traced_memory()[1] < 3.1 * size
        finally:
            tracemalloc.stop()
        assert len(packet.data) == size

    def test_start_codes_take_no_size_from_the_table_of_codes(self) -> None:
        """No frame begins with their first byte; the sizes go on behind it."""
        data = FILE_ID + main_header([(1, 1000)], 1, frame_codes=codes((0, 255)))
        data += stream_header(0, replace(PICTURE, timescale=1000))
        start = ord("N")
        data += bytes([start - 1, *bytes(start - 1), start + 1, *bytes(start)])
        assert [len(each.data) for each in read(data)] == [start - 1, start]
