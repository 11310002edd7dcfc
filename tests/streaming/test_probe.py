"""What a source sends, found out by FFmpeg."""

import asyncio
import socket
from collections.abc import AsyncIterator
from fractions import Fraction

import pytest

from custom_components.hls_camera.streaming.errors import (
    FfmpegMissingError,
    SourceError,
)
from custom_components.hls_camera.streaming.options import Source, Transport
from custom_components.hls_camera.streaming.plan import Action, make_plan
from custom_components.hls_camera.streaming.probe import (
    _VIDEO_LINE,
    _interval,
    _PacketReport,
    _rate,
    probe,
)
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.redact import REDACTED
from custom_components.hls_camera.streaming.source_info import AudioInfo
from tests.camera import Feed, Lower, TestCamera, TrackKind, faults

from .web_camera import WebCamera, WebRequest, make_jpegs, respond

MODULE = "custom_components.hls_camera.streaming.probe"


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let less be enough."""
    monkeypatch.setattr(f"{MODULE}._ENOUGH", 0.4)


@pytest.mark.usefixtures("brief")
class TestCameras:
    async def test_h264_and_aac(self, any_ffmpeg: str) -> None:
        async with TestCamera(Feed(audio="aac", keyframe_interval=0.4)) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
            await camera.wait_disconnected()
        video = info.video
        assert (video.codec, video.width, video.height) == ("h264", 320, 180)
        assert (video.profile, video.pixel_format) == (
            "Constrained Baseline",
            "yuv420p",
        )
        assert video.frame_rate == pytest.approx(15, rel=0.02)
        assert video.keyframe_interval == pytest.approx(0.4, abs=0.05)
        assert not video.has_b_frames
        assert info.audio == AudioInfo(codec="aac", sample_rate=16000, profile="LC")
        assert camera.total_connections == 1

    async def test_b_frames_over_udp(self, ffmpeg: str) -> None:
        feed = Feed(bframes=2, keyframe_interval=0.4)
        async with TestCamera(feed, transports=[Lower.UDP]) as camera:
            source = Source.parse(camera.url, transport=Transport.UDP)
            info = await probe(ffmpeg, source)
        assert info.video.has_b_frames
        assert info.audio is None

    async def test_h265_and_g711(self, ffmpeg: str) -> None:
        feed = Feed(video="hevc", audio="pcmu", keyframe_interval=0.4)
        async with TestCamera(feed) as camera:
            info = await probe(ffmpeg, Source.parse(camera.url))
        assert (info.video.codec, info.video.profile) == ("hevc", "Main")
        assert info.audio == AudioInfo(codec="pcm_mulaw", sample_rate=8000)

    @pytest.mark.parametrize(
        ("pattern", "replacement"),
        [
            (r"config=\w+", ""),  # none
            (r"config=\w+", "config=1440"),  # of no known layout of channels
            (r"config=\w+", "config=FFFF"),
            (r"(MPEG4-GENERIC)", r"X-\1"),  # an encoding that nobody knows
        ],
    )
    async def test_sound_that_nothing_tells_how_to_decode(
        self, any_ffmpeg: str, pattern: str, replacement: str
    ) -> None:
        fault = faults.MisdescribedTrack(TrackKind.AUDIO, pattern, replacement)
        feed = Feed(audio="aac", keyframe_interval=0.4)
        async with TestCamera(feed, faults=[fault]) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
        assert info.video.codec == "h264"
        assert make_plan(info).audio.action is Action.DROP

    async def test_aac_of_another_profile(self, any_ffmpeg: str) -> None:
        main = faults.MisdescribedTrack(TrackKind.AUDIO, r"config=\w+", "config=0C08")
        feed = Feed(audio="aac", keyframe_interval=0.4)
        async with TestCamera(feed, faults=[main]) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
        assert info.audio is not None
        assert info.audio.profile == "Main"

    async def test_an_interlaced_picture(self, any_ffmpeg: str) -> None:
        feed = Feed(interlaced=True, keyframe_interval=0.4)
        async with TestCamera(feed) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
        assert info.video.is_interlaced

    async def test_b_frames_in_good_order(self, any_ffmpeg: str) -> None:
        """FFmpeg mends the times of the first ones; that is not how it goes on."""
        async with TestCamera(Feed(bframes=2, keyframe_interval=0.4)) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
        assert info.video.has_b_frames
        assert not info.video.has_broken_order

    async def test_mjpeg(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(video="mjpeg")) as camera:
            info = await probe(ffmpeg, Source.parse(camera.url))
        assert (info.video.codec, info.video.pixel_format) == ("mjpeg", "yuvj420p")
        assert info.video.keyframe_interval == pytest.approx(1 / 15, abs=0.02)

    async def test_sound_that_is_announced_and_does_not_come(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{MODULE}.UNKNOWN_INTERVAL", 0.8)
        silent = faults.SilentTrack(TrackKind.AUDIO)
        async with TestCamera(Feed(audio="aac"), faults=[silent]) as camera:
            info = await probe(ffmpeg, Source.parse(camera.url))
        assert info.audio is not None
        assert info.audio.is_silent

    async def test_credentials_of_any_characters(self, any_ffmpeg: str) -> None:
        username, password = "us er@home", "p@ss:/?#[]%20'\"&ü"
        feed = Feed(keyframe_interval=0.4)
        async with TestCamera(feed, username=username, password=password) as camera:
            source = Source.parse(camera.plain_url, username, password)
            info = await probe(any_ffmpeg, source)
        assert info.video.codec == "h264"

    async def test_a_user_without_a_password(self, any_ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=0.4)
        async with TestCamera(feed, username="admin", password="") as camera:
            await probe(any_ffmpeg, Source.parse(camera.plain_url, "admin"))


async def failure(ffmpeg: str, url: str, *, timeout: float = 10) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await probe(ffmpeg, Source.parse(url), timeout=timeout)
    return caught.value


class TestFailures:
    async def test_wrong_credentials(self, any_ffmpeg: str) -> None:
        async with TestCamera(username="me", password="right") as camera:
            url = camera.plain_url.replace("://", "://me:wrong-one@")
            error = await failure(any_ffmpeg, url)
        assert error.reason is EndReason.UNAUTHORIZED
        assert "wrong-one" not in str(error)

    async def test_a_path_that_does_not_exist(self, any_ffmpeg: str) -> None:
        async with TestCamera() as camera:
            error = await failure(any_ffmpeg, camera.url + "/other")
        assert error.reason is EndReason.NOT_FOUND

    async def test_a_port_that_nobody_listens_on(self, any_ffmpeg: str) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            url = f"rtsp://me:secret@127.0.0.1:{port}/live"
            error = await failure(any_ffmpeg, url)
        assert error.reason is EndReason.REFUSED
        assert "secret" not in error.detail
        assert error.detail.startswith(("rtsp", "Error", "["))

    async def test_a_host_that_does_not_exist(self, any_ffmpeg: str) -> None:
        error = await failure(any_ffmpeg, "rtsp://camera.invalid/live")
        assert error.reason is EndReason.UNREACHABLE

    async def test_sound_alone(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(video=None, audio="aac")) as camera:
            error = await failure(ffmpeg, camera.url)
        assert error.reason is EndReason.NO_VIDEO

    @pytest.mark.parametrize(
        ("status", "methods", "reason"),
        [
            (400, {"DESCRIBE"}, EndReason.BAD_REQUEST),
            (406, {"SETUP"}, EndReason.TRANSPORT_REFUSED),
            (453, {"SETUP"}, EndReason.BUSY),
            (453, {"PLAY"}, EndReason.BUSY),
            (455, {"PLAY"}, EndReason.BAD_REQUEST),
            (500, {"DESCRIBE"}, EndReason.CAMERA_ERROR),
            (503, {"SETUP"}, EndReason.BUSY),
            (551, {"DESCRIBE"}, EndReason.CAMERA_ERROR),
        ],
    )
    async def test_a_refusal_is_told_by_its_status(
        self, any_ffmpeg: str, status: int, methods: set[str], reason: EndReason
    ) -> None:
        refusal = faults.Status(status, methods=methods)
        async with TestCamera(faults=[refusal]) as camera:
            error = await failure(any_ffmpeg, camera.url)
        assert error.reason is reason
        assert str(status) in error.detail

    async def test_another_transport_is_tried(self, any_ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=0.4)
        async with TestCamera(feed, transports=[Lower.UDP]) as camera:
            info = await probe(any_ffmpeg, Source.parse(camera.url))
            assert info.video.codec == "h264"
            only_tcp = Source.parse(camera.url, transport=Transport.TCP)
            with pytest.raises(SourceError) as caught:
                await probe(any_ffmpeg, only_tcp)
        assert caught.value.reason is EndReason.TRANSPORT_REFUSED

    async def test_a_still_image(self, any_ffmpeg: str) -> None:
        picture = respond((await make_jpegs(1))[0], "image/jpeg")

        async def answer(_: WebRequest) -> AsyncIterator[bytes]:
            yield picture

        async with WebCamera(answer) as camera:
            error = await failure(any_ffmpeg, f"{camera.url}/snapshot")
        assert error.reason is EndReason.STILL_IMAGE

    async def test_a_camera_that_says_nothing(self, any_ffmpeg: str) -> None:
        async with TestCamera(faults=[faults.Silent()]) as camera:
            error = await failure(any_ffmpeg, camera.url, timeout=0.5)
            await camera.wait_disconnected()
        assert error.reason is EndReason.TIMED_OUT

    async def test_a_camera_that_describes_and_sends_nothing(self, ffmpeg: str) -> None:
        silent = faults.SilentTrack(TrackKind.VIDEO)
        async with TestCamera(faults=[silent]) as camera:
            error = await failure(ffmpeg, camera.url, timeout=0.7)
            await camera.wait_disconnected()
        assert error.reason is EndReason.TIMED_OUT

    async def test_no_ffmpeg(self) -> None:
        with pytest.raises(FfmpegMissingError):
            await probe("/nowhere/ffmpeg", Source.parse("rtsp://127.0.0.1/"))

    async def test_cancelled_it_leaves_the_camera(self, ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=5)
        async with TestCamera(feed) as camera:
            probing = asyncio.create_task(probe(ffmpeg, Source.parse(camera.url)))
            await camera.wait_connected()
            probing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await probing
            await camera.wait_disconnected()


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
    found = _VIDEO_LINE.search(line)
    assert found is not None
    assert (found["profile"], found["pixel_format"]) == (profile, pixel_format)


@pytest.mark.parametrize(
    "line",
    [
        "  Stream #0:1: Audio: aac (LC), 16000 Hz, mono, fltp",
        "  Stream #0:0: Video: h264, none, 90k tbr, 90k tbn",
        "[rtsp @ 0x55] setting jitter buffer size to 0",
    ],
)
def test_what_tells_nothing_of_the_picture_is_passed_over(line: str) -> None:
    assert _VIDEO_LINE.search(line) is None


HEADER = b"""\
#software: Lavf63.1.102
#tb 0: 1/90000
#media_type 0: video
#codec_id 0: h264
#dimensions 0: 1280x720
"""


class TestPacketReport:
    """FFmpeg's framecrc format."""

    def test_lines_may_come_in_any_pieces(self) -> None:
        data = HEADER + b"0, 0, 0, 3000, 500, 0x1\n0, 3000, 3000, 3000, 5, 0x1, F=0x0\n"
        report = _PacketReport()
        for byte in data:
            report.feed(bytes([byte]))
        info = report.summary([])
        assert (info.video.width, info.video.frame_rate) == (1280, 30)
        assert info.video.keyframe_interval is None
        assert info.video.profile is None
        assert info.audio is None

    def test_enough_is_a_second_with_two_keyframes(self) -> None:
        report = _PacketReport()
        report.feed(HEADER + b"0, 0, 0, 0, 500, 0x1\n0, 45000, 45000, 0, 500, 0x1\n")
        assert not report.known.is_set()
        report.feed(b"0, 90000, 90000, 0, 500, 0x1, F=0x0, S=1, 1\n")
        assert report.known.is_set()

    def test_after_six_seconds_no_more_is_learnt(self) -> None:
        report = _PacketReport()
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
        report = _PacketReport()
        report.feed(HEADER + b"".join(lines))
        assert report.summary([]).video.has_broken_order

    def test_parts_of_keyframes_with_one_time_are_in_order(self) -> None:
        lines = [
            b"0, %d, %d, 3000, 5, 0x1%s\n"
            % (3000 * number, 3000 * number, b"" if number % 5 == 0 else b", F=0x0")
            for number in range(40)
            for _ in range(4 if number % 5 == 0 else 1)
        ]
        report = _PacketReport()
        report.feed(HEADER + b"".join(lines))
        assert not report.summary([]).video.has_broken_order

    def test_a_header_without_packets_is_no_video(self) -> None:
        report = _PacketReport()
        report.feed(HEADER)
        assert not report.has_video


def test_the_frame_rate_is_the_usual_one() -> None:
    """A camera's first frames are often unevenly spaced."""
    times = [Fraction(time, 100) for time in (0, 1, 20, 24, 28, 32, 36, 40)]
    assert _rate(times) == 25
    assert _rate(times[:1]) is None
    assert _rate([Fraction(1), Fraction(1)]) is None


def test_the_keyframe_interval_is_the_longest() -> None:
    assert _interval([0, 50, 75], 25.0) == 2
    assert _interval([0], 25.0) is None
    assert _interval([0, 25], None) is None


def test_the_reason_is_shown_without_credentials() -> None:
    assert REDACTED not in str(SourceError(EndReason.REFUSED))
    assert str(SourceError(EndReason.REFUSED, "words")) == "refused: words"
