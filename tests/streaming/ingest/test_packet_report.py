"""Descriptions of sources, from FFmpeg's reports of packets."""

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.ingest.packet_report import PacketReport
from custom_components.hls_camera.streaming.sources.source_info import VideoInfo

from ..clocks import Clock

MOST_PACKETS = 5000
"""Several times those of six seconds of any camera."""
HEADER = b"""\
#software: Lavf63.1.102
#tb 0: 1/90000
#media_type 0: video
#codec_id 0: h264
#dimensions 0: 1280x720
"""
SOUND = b"""\
#media_type 1: audio
#codec_id 1: pcm_mulaw
#sample_rate 1: 8000
#media_type 2: audio
#codec_id 2: aac
#sample_rate 2: 16000
"""
DESCRIPTION = [
    "  Stream #0:1: Audio: pcm_mulaw, 8000 Hz, mono, s16, 64 kb/s",
    "  Stream #0:2: Audio: aac (LC), 16000 Hz, mono, fltp",
    "Output #0, framecrc, to 'pipe:1':",
    "  Stream #0:1: Audio: pcm_mulaw, 8000 Hz, mono, s16, 64 kb/s",
]


def described_by(*lines: str) -> VideoInfo:
    """Return the picture of a source of which FFmpeg's log has these lines."""
    report = PacketReport()
    report.feed(HEADER + b"0, 0, 0, 3000, 500, 0x1\n")
    return report.summary(lines).video


def timed(
    times: Sequence[int],
    *,
    frame_rate: int = 25,
    keyframes: Collection[int] = (0,),
) -> VideoInfo:
    """Return the picture of frames with these times, which count frames at that rate."""
    report = PacketReport()
    report.feed(HEADER.replace(b"1/90000", b"1/%d" % frame_rate))
    for number, (decoded, presented) in enumerate(
        zip(sorted(times), times, strict=True)
    ):
        flags = b"" if number in keyframes else b", F=0x0"
        report.feed(b"0, %d, %d, 1, 5, 0x1%s\n" % (decoded, presented, flags))
    return report.summary([]).video


def arriving(*arrivals: tuple[float, int]) -> VideoInfo:
    """Return the picture of frames without times; so many arrive at each second."""
    clock = Clock()
    report = PacketReport(clock)
    report.feed(HEADER)
    start, number = clock.now, 0
    for seconds, count in arrivals:
        clock.now = start + seconds
        for _ in range(count):
            report.feed(b"0, %d, %d, 1, 5, 0x1, F=0x0\n" % (number, number))
            number += 1
    return report.summary(["Input #0, mpjpeg, from 'http://camera/'"]).video


@pytest.mark.parametrize(
    ("line", "profile", "pixel_format"),
    [
        ("  Stream #0:0: Video: h264 (Constrained Baseline), yuv420p(tv, bt709, progressive), 1280x720, 25 fps", "Constrained Baseline", "yuv420p"),
        ("  Stream #0:0[0x100]: Video: h264 (High) ([27][0][0][0] / 0x001B), yuv420p(progressive), 320x240 [SAR 1:1 DAR 4:3]", "High", "yuv420p"),
        ("    Stream #0:1(eng): Video: hevc (Main 10) (hev1 / 0x31766568), yuv420p10le(tv), 3840x2160", "Main 10", "yuv420p10le"),
        ("  Stream #0:0: Video: h264 (avc1 / 0x31637661), yuvj420p(pc), 640x360", None, "yuvj420p"),
        ("  Stream #0:0: Video: mjpeg (Baseline), yuvj422p(pc, bt470bg/unknown/unknown), 640x360", "Baseline", "yuvj422p"),
        ("  Stream #0:0: Video: mjpeg, yuvj420p(pc), 640x360", None, "yuvj420p"),
        ("  Stream #0:0: Video: h264 (High), gray(progressive), 640x360", "High", "gray"),
    ],
)  # fmt: skip
def test_ffmpegs_description_is_understood(
    line: str, profile: str | None, pixel_format: str
) -> None:
    video = described_by(line)
    assert (video.profile, video.pixel_format) == (profile, pixel_format)


@pytest.mark.parametrize(
    "line",
    [
        "  Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp",
        "  Stream #0:0: Video: h264, none, 90k tbr, 90k tbn",
        "[rtsp @ 0x55] setting jitter buffer size to 0",
    ],
)
def test_lines_without_the_picture_are_skipped(line: str) -> None:
    video = described_by(line)
    assert (video.profile, video.pixel_format) == (None, None)


class TestPacketReport:
    """FFmpeg's framecrc format."""

    def test_lines_may_come_in_any_pieces(self) -> None:
        data = HEADER + b"0, 0, 0, 3000, 500, 0x1\n0, 3000, 3000, 3000, 5, 0x1, F=0x0\n"
        report = PacketReport()
        for byte in data:
            report.feed(bytes([byte]))
        info = report.summary([])
        assert (info.video.width, info.video.frame_rate) == (1280, 30)
        assert info.video.keyframe_interval is None
        assert info.video.profile is None
        assert info.audio is None

    def test_enough_is_a_second_with_two_keyframes(self) -> None:
        report = PacketReport()
        report.feed(HEADER + b"0, 0, 0, 0, 500, 0x1\n0, 45000, 45000, 0, 500, 0x1\n")
        assert not report.known.is_set()
        report.feed(b"0, 90000, 90000, 0, 500, 0x1, F=0x0, S=1, 1\n")
        assert report.known.is_set()

    def test_after_six_seconds_no_more_is_learnt(self) -> None:
        report = PacketReport()
        report.feed(
            HEADER + b"0, 0, 0, 0, 500, 0x1\n0, 540000, 540000, 0, 5, 0x1, F=0x0\n"
        )
        assert report.known.is_set()

    def test_frames_that_come_too_late_to_be_decoded_in_order(self) -> None:
        """FFmpeg gives each the time of the one before: B-frames nobody told it of."""
        lines = [b"0, 0, 0, 3000, 500, 0x1\n"]
        for number in range(1, 40):
            time = 9000 * (number // 3)
            lines.append(b"0, %d, %d, 3000, 5, 0x1, F=0x0\n" % (time, time))
        report = PacketReport()
        report.feed(HEADER + b"".join(lines))
        assert report.summary([]).video.has_broken_order

    def test_parts_of_keyframes_with_one_time_are_in_order(self) -> None:
        lines = [
            b"0, %d, %d, 3000, 5, 0x1%s\n"
            % (3000 * number, 3000 * number, b"" if number % 5 == 0 else b", F=0x0")
            for number in range(40)
            for _ in range(4 if number % 5 == 0 else 1)
        ]
        report = PacketReport()
        report.feed(HEADER + b"".join(lines))
        assert not report.summary([]).video.has_broken_order

    def test_pictures_without_times_are_timed_by_their_arrival(self) -> None:
        clock = Clock()
        report = PacketReport(clock)
        report.feed(HEADER + b"0, 0, 0, 1, 5, 0x1\n")
        assert not report.known.is_set()
        clock.now += 4.0
        report.feed(b"0, 1, 1, 1, 5, 0x1\n")
        assert report.known.is_set()
        video = report.summary(["Input #0, mpjpeg, from 'http://camera/'"]).video
        assert (video.frame_rate, video.keyframe_interval) == (0.25, 4.0)

    def test_the_sound_track_that_sends_wins_over_those_before_it(self) -> None:
        report = PacketReport()
        report.feed(HEADER + SOUND)
        report.feed(b"0, 0, 0, 3000, 500, 0x1\n2, 0, 0, 1024, 30, 0x1\n")
        audio = report.summary(DESCRIPTION).audio
        assert audio is not None
        assert (audio.track, audio.codec, audio.profile) == (1, "aac", "LC")
        assert not audio.is_silent

    def test_a_sound_track_that_can_be_decoded_wins_over_one_that_cannot(self) -> None:
        report = PacketReport()
        report.feed(HEADER + SOUND.replace(b"1: pcm_mulaw", b"1: none"))
        report.feed(b"0, 0, 0, 3000, 500, 0x1\n")
        report.feed(b"1, 0, 0, 160, 30, 0x1\n2, 0, 0, 1024, 30, 0x1\n")
        audio = report.summary(DESCRIPTION).audio
        assert audio is not None
        assert audio.track == 1

    def test_the_first_of_several_silent_sound_tracks_is_described(self) -> None:
        report = PacketReport()
        report.feed(HEADER + SOUND + b"0, 0, 0, 3000, 500, 0x1\n")
        audio = report.summary(DESCRIPTION).audio
        assert audio is not None
        assert (audio.track, audio.codec, audio.is_silent) == (0, "pcm_mulaw", True)

    @pytest.mark.parametrize("stream", [0, 1])
    def test_only_so_many_packets_are_counted(self, stream: int) -> None:
        report = PacketReport()
        report.feed(HEADER + SOUND + b"%d, 0, 0, 1, 5, 0x1\n" % stream * MOST_PACKETS)
        assert report.known.is_set()
        assert report.has_video is (stream == 0)
        report.feed(b"0, 9, 9, 1, 5, 0x1\n" * 2)
        assert report.has_video is (stream == 0)
        assert report.summary([]).video.frame_rate is None

    def test_a_frame_without_a_time_is_presented_when_it_is_decoded(self) -> None:
        report = PacketReport()
        report.feed(HEADER + b"0, 0, %d, 0, 5, 0x1\n" % -(2**63))
        report.feed(b"0, 3000, 3000, 0, 5, 0x1, F=0x0\n")
        assert report.summary([]).video.frame_rate == 30

    @given(st.lists(st.integers(0, 2**40), min_size=1, max_size=50))
    def test_any_times_make_a_summary(self, times: list[int]) -> None:
        report = PacketReport(Clock())
        report.feed(HEADER)
        for each in times:
            report.feed(b"0, %d, %d, 0, 5, 0x1\n" % (each, each))
        video = report.summary([]).video
        assert video.frame_rate is None or video.frame_rate >= 0

    def test_a_header_without_packets_is_no_video(self) -> None:
        report = PacketReport()
        report.feed(HEADER)
        assert not report.has_video


def test_the_frame_rate_is_the_usual_one() -> None:
    """A camera's first frames are often unevenly spaced."""
    times = [0, 1, 20, 24, 28, 32, 36, 40]
    assert timed(times, frame_rate=100).frame_rate == 25
    assert timed(times[:1]).frame_rate is None
    assert timed([1, 1]).frame_rate is None


def test_frames_may_be_presented_in_another_order() -> None:
    assert timed([0, 12, 4, 8, 24, 16, 20], frame_rate=100).frame_rate == 25


def test_the_frame_rate_of_a_source_without_times_is_that_of_the_arrivals() -> None:
    """Frames that had gathered before are ignored, late frames count once each."""
    assert arriving((0.0, 9), (0.2, 1), (0.4, 1), (0.8, 2)).frame_rate == 5
    assert arriving((0.0, 9)).frame_rate is None


def test_the_keyframe_interval_is_the_longest() -> None:
    assert timed(range(25), keyframes=[0, 14, 24]).keyframe_interval == 0.56
    assert timed(range(25), keyframes=[0]).keyframe_interval is None
    assert timed([1, 1], keyframes=[0, 1]).keyframe_interval is None
