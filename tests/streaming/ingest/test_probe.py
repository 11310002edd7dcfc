"""Probes of sources, by a real FFmpeg."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.errors import (
    FfmpegMissingError,
    SourceError,
)
from custom_components.hls_camera.streaming.ingest.probe import KEYFRAME_FORMAT, probe
from custom_components.hls_camera.streaming.outputs.snapshot import decode_snapshot
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.redact import REDACTED
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import (
    Action,
    PlanReason,
    TrackPlan,
    make_plan,
)
from tests import tools
from tests.camera import Feed, Lower, TestCamera, TrackKind, faults

from ..servers import KINDS, MpegTsServer, Server
from ..source_failures import failure
from ..web_camera import SlideShow, WebCamera, WebRequest, make_jpegs, respond

MODULE = "custom_components.hls_camera.streaming.ingest.probe"
REPORT = "custom_components.hls_camera.streaming.ingest.packet_report"


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let less be enough."""
    monkeypatch.setattr(f"{REPORT}._MIN_MEDIA_FOR_FRAME_RATE_S", 0.4)


async def decode(ffmpeg: str, keyframe: bytearray) -> bytes:
    """Return a still image of a keyframe."""
    return await decode_snapshot(ffmpeg, bytes(keyframe), container=KEYFRAME_FORMAT)


async def shows_keyframe(server: Server, ffmpeg: str) -> SourceInfo:
    """Probe a server whose keyframe can be decoded; return its description."""
    keyframe = bytearray()
    await server.start()
    try:
        source = AddressInput.parse(server.url)
        info = await probe(ffmpeg, source, keyframe=keyframe)
    finally:
        await server.stop()
    assert is_jpeg(await decode(ffmpeg, keyframe))
    return info


def is_jpeg(image: bytes) -> bool:
    """Return whether an image begins as a JPEG does."""
    return image.startswith(b"\xff\xd8")


@pytest.mark.usefixtures("brief")
class TestCameras:
    async def test_h264_and_aac(self, any_ffmpeg: str) -> None:
        async with TestCamera(Feed(audio="aac", keyframe_interval=0.4)) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
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

    @pytest.mark.parametrize(
        "feed",
        [
            Feed(audio="pcmu", keyframe_interval=0.4),
            Feed(bframes=2, keyframe_interval=0.4),
            Feed(video="hevc", keyframe_interval=0.4),
            Feed(video="mjpeg"),
        ],
        ids=["H.264", "B-frames", "H.265", "MJPEG"],
    )
    async def test_a_keyframe_comes_over_the_same_connection(
        self, any_ffmpeg: str, feed: Feed
    ) -> None:
        keyframe = bytearray()
        async with TestCamera(feed) as camera:
            source = AddressInput.parse(camera.url)
            info = await probe(any_ffmpeg, source, keyframe=keyframe)
            assert camera.total_connections == 1
        assert info.video.width == 320
        assert is_jpeg(await decode(any_ffmpeg, keyframe))

    @pytest.mark.parametrize("kind", ["http-mjpeg", "http-mpegts"])
    async def test_other_sources_have_a_keyframe_as_well(
        self, kind: str, tmp_path: Path
    ) -> None:
        """MPEG-TS carries the same codecs under other tags."""
        await shows_keyframe(KINDS[kind](tmp_path), str(tools.ffmpeg()))

    @pytest.mark.parametrize("codec", ["mpeg2video", "mpeg4"])
    async def test_an_old_codec_in_mpeg_ts_has_a_keyframe_as_well(
        self, any_ffmpeg: str, codec: str
    ) -> None:
        info = await shows_keyframe(MpegTsServer(("-c:v", codec)), any_ffmpeg)
        assert info.video.codec == codec

    async def test_b_frames_over_udp(self, ffmpeg: str) -> None:
        feed = Feed(bframes=2, keyframe_interval=0.4)
        async with TestCamera(feed, transports=[Lower.UDP]) as camera:
            source = Source.parse(camera.url, transport=Transport.UDP)
            info = await probe(ffmpeg, AddressInput(source))
        assert info.video.has_b_frames
        assert info.audio is None

    async def test_h265_and_g711(self, ffmpeg: str) -> None:
        feed = Feed(video="hevc", audio="pcmu", keyframe_interval=0.4)
        async with TestCamera(feed) as camera:
            info = await probe(ffmpeg, AddressInput.parse(camera.url))
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
    async def test_sound_without_a_decoder_configuration(
        self, any_ffmpeg: str, pattern: str, replacement: str
    ) -> None:
        fault = faults.MisdescribedTrack(TrackKind.AUDIO, pattern, replacement)
        feed = Feed(audio="aac", keyframe_interval=0.4)
        async with TestCamera(feed, faults=[fault]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.codec == "h264"
        assert make_plan(info).audio.action is Action.DROP

    async def test_aac_of_another_profile(self, any_ffmpeg: str) -> None:
        main = faults.MisdescribedTrack(TrackKind.AUDIO, r"config=\w+", "config=0C08")
        feed = Feed(audio="aac", keyframe_interval=0.4)
        async with TestCamera(feed, faults=[main]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.audio is not None
        assert info.audio.profile == "Main"

    async def test_an_interlaced_picture(self, any_ffmpeg: str) -> None:
        feed = Feed(interlaced=True, keyframe_interval=0.4)
        async with TestCamera(feed) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.is_interlaced

    async def test_b_frames_in_good_order(self, any_ffmpeg: str) -> None:
        """FFmpeg mends the times of the first ones; that is not how it goes on."""
        async with TestCamera(Feed(bframes=2, keyframe_interval=0.4)) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.has_b_frames
        assert not info.video.has_broken_order

    async def test_mjpeg(self, ffmpeg: str) -> None:
        async with TestCamera(Feed(video="mjpeg")) as camera:
            info = await probe(ffmpeg, AddressInput.parse(camera.url))
        assert (info.video.codec, info.video.pixel_format) == ("mjpeg", "yuvj420p")
        assert info.video.keyframe_interval == pytest.approx(1 / 15, abs=0.02)

    async def test_sound_that_is_announced_and_does_not_come(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{REPORT}.MAX_PROBED_INTERVAL_S", 0.8)
        silent = faults.SilentTrack(TrackKind.AUDIO)
        async with TestCamera(Feed(audio="aac"), faults=[silent]) as camera:
            info = await probe(ffmpeg, AddressInput.parse(camera.url))
        assert info.audio is not None
        assert info.audio.is_silent

    async def test_credentials_of_any_characters(self, any_ffmpeg: str) -> None:
        username, password = "us er@home", "p@ss:/?#[]%20'\"&ü"
        feed = Feed(keyframe_interval=0.4)
        async with TestCamera(feed, username=username, password=password) as camera:
            source = Source.parse(camera.plain_url, username, password)
            info = await probe(any_ffmpeg, AddressInput(source))
        assert info.video.codec == "h264"

    async def test_a_user_without_a_password(self, any_ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=0.4)
        async with TestCamera(feed, username="admin", password="") as camera:
            source = Source.parse(camera.plain_url, "admin")
            info = await probe(any_ffmpeg, AddressInput(source))
        assert info.video.codec == "h264"


@pytest.mark.usefixtures("brief")
class TestTracks:
    """A camera may describe more than its picture and its sound."""

    FEED = Feed(audio="aac", keyframe_interval=0.4)

    async def test_metadata_is_never_asked_for(self, any_ffmpeg: str) -> None:
        metadata = faults.MoreTracks(
            TrackKind.DATA, "rtpmap:0 vnd.onvif.metadata/90000", status=404
        )
        async with TestCamera(self.FEED, faults=[metadata]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.audio is not None
        assert camera.total_connections == 1

    @pytest.mark.parametrize(
        "fault",
        [
            faults.RefusedTrack(TrackKind.AUDIO, 503),
            faults.RefusedTrack(TrackKind.AUDIO, 404),
            faults.MoreTracks(TrackKind.AUDIO, "sendonly", status=453),
            faults.MoreTracks(TrackKind.AUDIO, "sendonly", first=True, status=500),
        ],
        ids=["sound busy", "sound missing", "talk-back busy", "talk-back first"],
    )
    async def test_the_picture_is_taken_alone_where_sound_is_refused(
        self, any_ffmpeg: str, fault: faults.Fault
    ) -> None:
        async with TestCamera(self.FEED, faults=[fault]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.codec == "h264"
        assert make_plan(info).audio.reason is PlanReason.REFUSED_TRACK
        assert camera.total_connections == 2

    async def test_a_refused_picture_is_an_error(self, any_ffmpeg: str) -> None:
        busy = faults.RefusedTrack(TrackKind.VIDEO, 503)
        async with TestCamera(self.FEED, faults=[busy]) as camera:
            error = await failure(any_ffmpeg, camera.url)
        assert error.reason is EndReason.BUSY

    async def test_refused_credentials_are_not_tried_twice(
        self, any_ffmpeg: str
    ) -> None:
        locked = faults.RefusedTrack(TrackKind.AUDIO, 401)
        async with TestCamera(self.FEED, faults=[locked]) as camera:
            error = await failure(any_ffmpeg, camera.url)
        assert error.reason is EndReason.UNAUTHORIZED
        assert camera.total_connections == 1

    async def test_the_first_sound_track_that_sends_is_taken(
        self, any_ffmpeg: str
    ) -> None:
        talk_back = faults.MoreTracks(TrackKind.AUDIO, "sendonly", first=True, count=2)
        async with TestCamera(self.FEED, faults=[talk_back]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.audio is not None
        assert (info.audio.codec, info.audio.profile) == ("aac", "LC")
        assert not info.audio.is_silent
        assert make_plan(info).audio == TrackPlan(
            Action.COPY, PlanReason.PLAYS_EVERYWHERE, track=2
        )

    async def test_only_so_many_tracks_are_asked_for(
        self, any_ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{REPORT}.MAX_PROBED_INTERVAL_S", 0.8)
        many = faults.MoreTracks(TrackKind.AUDIO, "sendonly", count=300)
        async with TestCamera(Feed(keyframe_interval=0.4), faults=[many]) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.codec == "h264"
        setups = [each for each in camera.exchanges if each.method == "SETUP"]
        assert len(setups) <= 64


class TestSlowPictures:
    """A picture every few seconds; here they are half a second apart, and so is patience."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(f"{MODULE}._MAX_USUAL_ANALYSIS_S", 1.0)

    async def test_ffmpegs_analysis_is_not_waited_for(self, any_ffmpeg: str) -> None:
        feed = Feed(fps=2, keyframe_interval=1)
        async with TestCamera(feed) as camera:
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
        assert info.video.frame_rate == pytest.approx(2, rel=0.05)
        assert info.video.frame_interval == pytest.approx(0.5, rel=0.05)
        assert camera.total_connections == 2


async def test_a_web_camera_is_connected_to_once(
    any_ffmpeg: str,
) -> None:
    """Also where its pictures have no times: some boards serve one client at a time."""
    show = SlideShow(await make_jpegs(5), interval=0.4)
    async with WebCamera(show) as camera:
        info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
    assert info.is_untimed
    assert info.video.frame_rate == pytest.approx(2.5, rel=0.1)
    assert camera.connections == 1


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
        assert error.detail == f"127.0.0.1:{port}: Connection refused"

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
    async def test_a_refusal_is_recognized_by_its_status(
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
            info = await probe(any_ffmpeg, AddressInput.parse(camera.url))
            assert info.video.codec == "h264"
            only_tcp = Source.parse(camera.url, transport=Transport.TCP)
            with pytest.raises(SourceError) as caught:
                await probe(any_ffmpeg, AddressInput(only_tcp))
        assert caught.value.reason is EndReason.TRANSPORT_REFUSED

    async def test_a_still_image(self, any_ffmpeg: str) -> None:
        picture = respond((await make_jpegs(1))[0], "image/jpeg")

        async def answer(_: WebRequest) -> AsyncGenerator[bytes]:
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
            await probe("/nowhere/ffmpeg", AddressInput.parse("rtsp://127.0.0.1/"))

    async def test_cancelled_it_leaves_the_camera(self, ffmpeg: str) -> None:
        feed = Feed(keyframe_interval=5)
        async with TestCamera(feed) as camera:
            probing = asyncio.create_task(probe(ffmpeg, AddressInput.parse(camera.url)))
            await camera.wait_connected()
            probing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await probing
            await camera.wait_disconnected()


def test_the_reason_is_shown_without_credentials() -> None:
    assert REDACTED not in str(SourceError(EndReason.REFUSED))
    assert str(SourceError(EndReason.REFUSED, "words")) == "refused: words"
