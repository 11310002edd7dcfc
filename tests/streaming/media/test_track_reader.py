"""Tracks as they come: the description of each, and its packets as samples."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.ingest.command import OUTPUT
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Track,
    TrackKind,
    write_fragment,
)
from custom_components.hls_camera.streaming.media.nal_units import parameter_sets
from custom_components.hls_camera.streaming.media.nut import NutReader
from custom_components.hls_camera.streaming.media.packet import Packet, StreamHeader
from custom_components.hls_camera.streaming.media.track_reader import (
    TrackReader,
    track_reader,
)
from tests import tools

from ..media_files import H264, SILENT_VIDEO, TONE, nal_units, run_ffmpeg
from ..probing import decoded_sizes

type Codec = Literal["h264", "hevc"]

SIZES = ("320x180", "160x90")
ENCODERS: dict[Codec, tuple[str, ...]] = {
    "h264": ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5"),
    "hevc": (
        *("-c:v", "libx265", "-preset", "ultrafast"),
        *("-x265-params", "log-level=none:keyint=5:repeat-headers=1"),
    ),
}
each_codec = pytest.mark.parametrize("codec", ENCODERS)


class Stream:
    """One stream of FFmpeg's output."""

    def __init__(self, data: bytes, kind: TrackKind) -> None:
        reader = NutReader()
        packets = reader.feed(data)
        assert reader.streams is not None
        kinds = [stream.kind for stream in reader.streams]
        number = kinds.index(kind)
        self.header: StreamHeader = reader.streams[number]
        self.packets = [each for each in packets if each.stream == number]

    def reader(self, **changed: object) -> TrackReader:
        """Return a reader of it, perhaps with another header."""
        return track_reader(replace(self.header, **changed), 1)  # type: ignore[arg-type]


@cache
def film(ffmpeg: str, codec: Codec, size: str) -> Stream:
    """Return half a second of a picture, with its parameter sets before each keyframe."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25")
    in_band = () if codec == "hevc" else ("-bsf:v", "dump_extra")
    tail = ("-pix_fmt", "yuv420p", "-t", "0.5", *OUTPUT, "pipe:1")
    data = run_ffmpeg(ffmpeg, *picture, *ENCODERS[codec], *in_band, *tail)
    return Stream(data, TrackKind.VIDEO)


@cache
def sound(ffmpeg: str, *more: str) -> Stream:
    """Return a second of AAC."""
    arguments = (*SILENT_VIDEO, *TONE, *H264, "-c:a", "aac", "-t", "1", *more)
    return Stream(run_ffmpeg(ffmpeg, *arguments, *OUTPUT, "pipe:1"), TrackKind.AUDIO)


def described(reader: TrackReader, *packets: Packet) -> Track:
    """Return the description of a track once packets have come."""
    for packet in packets:
        reader.take(packet)
    assert reader.track is not None
    return reader.track


class TestDescriptionsOfPictures:
    @each_codec
    def test_a_header_describes_the_picture(
        self, any_ffmpeg: str, codec: Codec
    ) -> None:
        stream = film(any_ffmpeg, codec, SIZES[0])
        track = described(stream.reader(), stream.packets[0])
        assert (track.width, track.height) == (320, 180)
        assert track.codec.startswith({"h264": "avc1.", "hevc": "hvc1."}[codec])
        assert track.entry[4:8] == track.codec[:4].encode()

    @each_codec
    def test_parameter_sets_in_the_stream_override_the_header(
        self, any_ffmpeg: str, codec: Codec
    ) -> None:
        """A camera's session description may be another picture's."""
        wrong, right = (film(any_ffmpeg, codec, size) for size in SIZES)
        lied = described(
            right.reader(extradata=wrong.header.extradata), right.packets[0]
        )
        assert lied == described(right.reader(), right.packets[0])

    @each_codec
    def test_a_header_need_not_say_anything(
        self, any_ffmpeg: str, codec: Codec
    ) -> None:
        stream = film(any_ffmpeg, codec, SIZES[0])
        reader = stream.reader(extradata=b"")
        others = [each for each in stream.packets if not each.is_keyframe]
        for packet in others:
            assert reader.take(packet) is None
        assert reader.track is None
        known = described(stream.reader(), stream.packets[0])
        assert described(reader, stream.packets[0]) == known

    @each_codec
    def test_a_header_of_something_else_says_nothing(
        self, ffmpeg: str, codec: Codec
    ) -> None:
        stream = film(ffmpeg, codec, SIZES[0])
        known = described(stream.reader(), stream.packets[0])
        reader = stream.reader(extradata=b"something else")
        assert described(reader, stream.packets[0]) == known

    @each_codec
    def test_a_configuration_that_is_cut_short_is_refused(
        self, ffmpeg: str, codec: Codec
    ) -> None:
        with pytest.raises(MediaError, match="cut short"):
            film(ffmpeg, codec, SIZES[0]).reader(extradata=b"\1\x64\0")

    @each_codec
    def test_one_set_alone_is_not_enough(self, any_ffmpeg: str, codec: Codec) -> None:
        wrong, right = (film(any_ffmpeg, codec, size) for size in SIZES)
        picture = right.packets[0].data
        first = picture[: picture.index(b"\0\0\1", 4)]
        alone = right.packets[0]._replace(data=first)
        reader = right.reader(extradata=wrong.header.extradata)
        lied = described(reader, alone)
        assert (
            lied.entry
            == described(
                right.reader(extradata=wrong.header.extradata),
                right.packets[0]._replace(data=b"\0\0\1\x01"),
            ).entry
        )

    @each_codec
    def test_a_decoder_needs_nothing_but_the_description(
        self, any_ffmpeg: str, codec: Codec, tmp_path: Path
    ) -> None:
        """Parameter sets in the stream are taken out, as a strict player may do."""
        wrong, right = (film(any_ffmpeg, codec, size) for size in SIZES)
        reader = right.reader(extradata=wrong.header.extradata)
        samples = [sample for each in right.packets if (sample := reader.take(each))]
        assert reader.track is not None
        sets = parameter_sets(reader.track, samples[0].data)
        assert len(sets) == {"h264": 2, "hevc": 3}[codec]
        unwanted = {unit for units in sets.values() for unit in units}
        bare = [
            sample._replace(
                duration=1800,
                data=b"".join(
                    len(unit).to_bytes(4) + unit
                    for unit in nal_units(sample)
                    if unit not in unwanted
                ),
            )
            for sample in samples
        ]
        path = tmp_path / "strict.mp4"
        init = InitSection.of_tracks((reader.track,))
        path.write_bytes(init.data + write_fragment(1, [(reader.track, bare)]))
        assert set(decoded_sizes(path)) == {(160, 90)}

    @pytest.mark.parametrize(
        ("aspect", "width"), [((4, 3), 427), ((1, 1), 320), ((1001, 1000), 320)]
    )
    def test_pixels_need_not_be_square(
        self, ffmpeg: str, aspect: tuple[int, int], width: int
    ) -> None:
        stream = film(ffmpeg, "h264", SIZES[0])
        reader = stream.reader(pixel_aspect=aspect)
        track = described(reader, stream.packets[0])
        assert (track.width, track.height) == (width, 180)
        assert b"pasp" + b"".join(side.to_bytes(4) for side in aspect) in track.entry


class TestPictures:
    @each_codec
    def test_start_codes_become_lengths(self, any_ffmpeg: str, codec: Codec) -> None:
        stream = film(any_ffmpeg, codec, SIZES[0])
        reader = stream.reader()
        for packet in stream.packets:
            sample = reader.take(packet)
            assert sample is not None
            units = nal_units(sample)
            assert sum(map(len, units)) <= len(packet.data) - 3 * len(units)
            assert all(unit in packet.data for unit in units)

    @pytest.mark.parametrize("size", [1, 2, 4])
    def test_lengths_become_four_bytes(self, ffmpeg: str, size: int) -> None:
        stream = film(ffmpeg, "h264", SIZES[0])
        track = described(stream.reader(), stream.packets[0])
        record = bytearray(track.entry[track.entry.index(b"avcC") + 4 :])
        record[4] = 0xFC | size - 1
        reader = stream.reader(extradata=bytes(record))
        units = [b"\x65\x88first", b"\x65second"]
        data = b"".join(len(unit).to_bytes(size) + unit for unit in units)
        sample = reader.take(stream.packets[0]._replace(data=data))
        assert sample is not None
        assert nal_units(sample) == units

    def test_packets_without_units_are_left_out(self, ffmpeg: str) -> None:
        stream = film(ffmpeg, "h264", SIZES[0])
        reader = stream.reader()
        assert reader.take(stream.packets[0]._replace(data=b"nothing")) is None

    def test_times_are_the_packets(self, ffmpeg: str) -> None:
        stream = film(ffmpeg, "h264", SIZES[0])
        sample = stream.reader().take(Packet(0, 900, 700, True, stream.packets[0].data))
        assert sample is not None
        assert (sample.dts, sample.composition_offset) == (700, 200)
        assert sample.duration == 0


class TestSound:
    @pytest.mark.parametrize("channels", [1, 2])
    def test_it_has_channels(self, any_ffmpeg: str, channels: int) -> None:
        stream = sound(any_ffmpeg, "-ac", str(channels))
        track = described(stream.reader())
        assert (track.codec, track.channels) == ("mp4a.40.2", channels)
        assert track.timescale == 48_000

    def test_frames_last_as_long_as_they_are_apart(self, any_ffmpeg: str) -> None:
        stream = sound(any_ffmpeg)
        reader = stream.reader()
        samples = [sample for each in stream.packets if (sample := reader.take(each))]
        assert {b.dts - a.dts for a, b in pairwise(samples)} == {1024}
        assert {sample.duration for sample in samples} == {1024}
        assert all(sample.is_sync for sample in samples)

    def test_adts_is_taken_off_and_describes_the_sound(self, any_ffmpeg: str) -> None:
        """As it comes from MPEG-TS, whose header says nothing."""
        bare = sound(any_ffmpeg)
        arguments = (*SILENT_VIDEO, *TONE, *H264, "-c:a", "aac", "-t", "1")
        ts = run_ffmpeg(any_ffmpeg, *arguments, "-f", "mpegts", "pipe:1")
        copy = ("-i", "pipe:0", "-map", "0", "-c", "copy", *OUTPUT, "pipe:1")
        stream = Stream(run_ffmpeg(any_ffmpeg, *copy, stdin=ts), TrackKind.AUDIO)
        assert not stream.header.extradata
        reader = stream.reader()
        with pytest.raises(AssertionError):
            described(reader)
        samples = [sample for each in stream.packets if (sample := reader.take(each))]
        track, known = described(reader), described(bare.reader())
        assert (track.codec, track.channels) == (known.codec, known.channels)
        sent = [each.data for each in bare.packets]
        assert [sample.data for sample in samples][1:20] == sent[1:20]

    @given(data=st.binary(max_size=80))
    def test_a_configuration_of_any_bytes_is_read_or_refused(self, data: bytes) -> None:
        stream = sound(str(tools.ffmpeg()))
        try:
            reader = stream.reader(extradata=data)
        except MediaError:
            return
        if data:
            assert described(reader).codec.startswith("mp4a.40.")

    def test_the_size_of_a_configuration_is_limited(self, ffmpeg: str) -> None:
        with pytest.raises(MediaError):
            sound(ffmpeg).reader(extradata=b"\x14\x08" + bytes(200))


@pytest.mark.parametrize("kind", [*TrackKind, None])
def test_codecs_that_are_not_packaged_are_refused(
    ffmpeg: str, kind: TrackKind | None
) -> None:
    with pytest.raises(MediaError, match="a stream coded as b'MJPG'"):
        film(ffmpeg, "h264", SIZES[0]).reader(kind=kind, codec=b"MJPG")
