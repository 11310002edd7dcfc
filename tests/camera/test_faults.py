"""The effect of each fault on FFmpeg."""

import asyncio
import itertools
from dataclasses import replace
from typing import Literal, override

import pytest

from . import Feed, TestCamera, TrackKind
from .client import Viewer, watch
from .faults import (
    After,
    Answer,
    Client,
    ClockDrift,
    ClockOffset,
    Fault,
    Finish,
    FirstConnections,
    Forward,
    FrozenTimestamps,
    Garbage,
    GarbageAnswer,
    MoreTracks,
    OneClient,
    PacketFilter,
    PacketLoss,
    PausingTrack,
    Proceed,
    Redirect,
    RefusedTrack,
    Reset,
    Silent,
    SilentTrack,
    SlowAnswers,
    SplitKeyframes,
    Stall,
    Status,
    TimestampJump,
    TimestampWrap,
    Trickle,
    WrongContentLength,
)
from .rtp import MediaPacket, RtpPacket
from .rtsp import Request

TIMEOUT = ("-timeout", "500000")
FEED = Feed(fps=30)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "401 Unauthorized"),
        (403, "403 Forbidden"),
        (404, "404 Not Found"),
        (454, "PLAY failed: 454"),
        (461, "Protocol not supported"),
        (503, "5XX Server Error"),
    ],
)
async def test_status(status: int, says: str) -> None:
    async with TestCamera(faults=[Status(status)]) as camera:
        viewer = await watch(camera.url)
    assert says in viewer.log
    assert not viewer.packets
    assert status in {each.status for each in camera.exchanges}


async def test_a_redirect() -> None:
    async with (
        TestCamera(FEED) as other,
        TestCamera(faults=[Redirect(other.url)]) as camera,
    ):
        viewer = await watch(camera.url, seconds=0.3)
        assert other.total_connections == 1
    assert viewer.packets


async def test_a_refused_track() -> None:
    fault = RefusedTrack(TrackKind.AUDIO, 406)
    async with TestCamera(Feed(audio="aac"), faults=[fault]) as camera:
        viewer = await watch(camera.url)
        assert "method SETUP failed: 406" in viewer.log
        assert not viewer.packets
        alone = await watch(camera.url, "-allowed_media_types", "video", seconds=0.3)
    assert alone.packets


async def test_more_tracks_than_are_sent() -> None:
    more = MoreTracks(TrackKind.AUDIO, "sendonly", count=2, first=True)
    async with TestCamera(FEED, faults=[more]) as camera:
        viewer = await watch(
            camera.url, "-analyzeduration", "100000", seconds=0.3, streams="0:v"
        )
    assert viewer.packets
    assert "Stream #0:1: Audio: pcm_mulaw" in viewer.log
    setups = [each for each in camera.exchanges if each.method == "SETUP"]
    assert [each.status for each in setups] == [200, 200, 200]


async def test_one_client_at_a_time() -> None:
    async with TestCamera(FEED, faults=[OneClient(busy=0.3)]) as camera:
        async with Viewer(camera.url) as viewer:
            await viewer.wait_packets(1)
            assert "DESCRIBE failed: 453" in (await watch(camera.url)).log
        await camera.wait_disconnected()
        assert "DESCRIBE failed: 453" in (await watch(camera.url)).log
        async with asyncio.timeout(10):
            while not (await watch(camera.url, seconds=0.3)).packets:
                pass


async def test_silent_camera() -> None:
    async with TestCamera(faults=[Silent()]) as camera:
        viewer = await watch(camera.url, *TIMEOUT)
    assert viewer.status != 0
    assert [each.status for each in camera.exchanges] == [None]


@pytest.mark.parametrize(
    "fault", [GarbageAnswer(), WrongContentLength(50), WrongContentLength(-150)]
)
async def test_answers_that_make_no_sense(fault: Fault) -> None:
    async with TestCamera(faults=[fault]) as camera:
        viewer = await watch(camera.url, *TIMEOUT)
    assert not viewer.packets


async def test_slow_answers() -> None:
    async with (
        TestCamera(faults=[SlowAnswers(0.2)]) as camera,
        Viewer(camera.url) as viewer,
    ):
        (first,) = (await viewer.wait_packets(1))[:1]
    assert first.arrival > 4 * 0.2  # OPTIONS, DESCRIBE, SETUP, PLAY


async def test_refused_connections() -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as watching:
        await watching.wait_packets(1)
        camera.refuse_connections()
        refused = await watch(camera.url)
        assert "Connection refused" in refused.log
        count = len(watching.packets)
        await watching.wait_packets(count + 5)
        await camera.accept_connections()
        assert (await watch(camera.url, seconds=0.3)).packets


@pytest.mark.parametrize("fault", [Reset(), Finish()])
async def test_ends_of_a_connection(fault: Fault) -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as viewer:
        await viewer.wait_packets(5)
        camera.strike(fault)
        await viewer.wait_end()
        await camera.wait_disconnected()
        assert (await watch(camera.url, seconds=0.3)).packets


async def test_stall_and_recovery() -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as viewer:
        await viewer.wait_packets(5)
        stall = Stall()
        camera.inject(stall)
        await asyncio.sleep(0.2)
        count = len(viewer.packets)
        await asyncio.sleep(0.2)
        assert len(viewer.packets) == count
        assert len(camera.connections) == 1
        camera.clear(stall)
        await viewer.wait_packets(count + 5)


async def test_strikes_after_some_frames() -> None:
    async with TestCamera(faults=[After(Finish(), frames=7)]) as camera:
        viewer = await watch(camera.url, seconds=5)
    assert len(viewer.packets) == 7


async def test_strikes_after_some_time() -> None:
    async with TestCamera(faults=[After(Reset(), seconds=0.5)]) as camera:
        viewer = await watch(camera.url, seconds=5)
    assert viewer.packets


async def test_strikes_the_first_connections_only() -> None:
    fault = FirstConnections(2, Status(503))
    async with TestCamera(faults=[fault]) as camera:
        viewers = [await watch(camera.url, seconds=0.3) for _ in range(3)]
    assert [bool(viewer.packets) for viewer in viewers] == [False, False, True]


async def test_faults_go_together() -> None:
    async with TestCamera(
        FEED, faults=[After(Finish(), frames=20), TimestampJump(100), PacketLoss(0.1)]
    ) as camera:
        viewer = await watch(camera.url, seconds=500)
    assert 10 < len(viewer.packets) < 20


async def test_garbage_between_packets() -> None:
    """FFmpeg reads until an empty line, wherever that is, and then recovers."""
    feed = Feed(video="mjpeg", size=(640, 360), fps=30)  # so it arrives soon
    async with TestCamera(feed) as camera, Viewer(camera.url) as viewer:
        before = await viewer.wait_packets(5)
        camera.strike(Garbage())
        packets = await viewer.wait_packets(len(before) + 20)
        assert camera.total_connections == 1
    assert packets[: len(before)] == before


@pytest.mark.parametrize("audio", [None, "pcmu"])
async def test_timestamps_jump_forward(audio: Literal["pcmu"] | None) -> None:
    async with (
        TestCamera(replace(FEED, audio=audio)) as camera,
        Viewer(camera.url) as viewer,
    ):
        before = await viewer.wait_packets(5)
        camera.inject(TimestampJump(3600))
        await viewer.wait_packets(len(before) + 10)
    times = viewer.times()
    assert times[-1] - times[0] == pytest.approx(3600, abs=2)
    assert times[-1] - times[-2] == pytest.approx(1 / 30, abs=0.001)


async def test_timestamps_jump_backward() -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as viewer:
        before = await viewer.wait_packets(5)
        camera.inject(TimestampJump(-20))
        await viewer.wait_packets(len(before) + 10)
    assert "Non-monoton" in viewer.log
    assert len(set(viewer.times())) < len(viewer.times())


async def test_timestamps_freeze() -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as viewer:
        before = await viewer.wait_packets(5)
        camera.inject(FrozenTimestamps())
        await viewer.wait_packets(len(before) + 10)
    assert len(set(viewer.times()[-5:])) == 1


@pytest.mark.parametrize("audio", [None, "pcmu"])
async def test_timestamps_wrap(audio: Literal["pcmu"] | None) -> None:
    """It has no visible effect, but the timestamps have wrapped."""
    feed = replace(FEED, audio=audio)
    wrapped = Recorder(TimestampWrap(0.3))
    async with TestCamera(feed, faults=[wrapped]) as camera:
        viewer = await watch(camera.url, seconds=0.6)
    assert min(wrapped.timestamps) < 90_000
    assert max(wrapped.timestamps) > 2**32 - 90_000
    times = viewer.times()
    assert times[-1] - times[0] < 0.7
    assert times == sorted(times)


async def test_clock_drifts() -> None:
    async with TestCamera(FEED, faults=[ClockDrift(1.5)]) as camera:
        viewer = await watch(camera.url, seconds=1)
    pairs = itertools.pairwise(viewer.times()[6:])
    assert {round(later - earlier, 3) for earlier, later in pairs} == {0.05}


async def test_the_clock_of_one_track_drifts() -> None:
    fault = ClockDrift(1.5, TrackKind.AUDIO)
    async with (
        TestCamera(Feed(audio="aac", fps=30), faults=[fault]) as camera,
        Viewer(camera.url) as viewer,
    ):
        await viewer.wait_packets(60)
    picture, sound = viewer.times(0), viewer.times(1)
    assert picture[-1] - picture[-31] == pytest.approx(1.0, abs=0.01)
    assert sound[-1] - sound[-11] == pytest.approx(1.5 * 10 * 1024 / 16_000, abs=0.01)


async def test_two_tracks_report_different_times() -> None:
    fault = ClockOffset(-3600, TrackKind.VIDEO)
    async with (
        TestCamera(Feed(audio="pcmu", fps=30), faults=[fault]) as camera,
        Viewer(camera.url) as viewer,
    ):
        await viewer.wait_packets(30)
        await viewer.wait_packets(3, stream=1)
    # FFmpeg delays the later one for some seconds.
    assert 3500 < viewer.times(1)[-1] - viewer.times(0)[-1] <= 3601


async def test_a_track_pauses() -> None:
    fault = PausingTrack(TrackKind.AUDIO, sent=0.3, paused=0.6)
    async with (
        TestCamera(Feed(audio="pcmu"), faults=[fault]) as camera,
        Viewer(camera.url) as viewer,
    ):
        await viewer.wait_packets(40)
    pairs = itertools.pairwise(viewer.times(1))
    assert max(later - earlier for earlier, later in pairs) > 0.4


async def test_packet_loss() -> None:
    async with TestCamera(FEED, faults=[PacketLoss(0.3)]) as camera:
        viewer = await watch(camera.url, seconds=1)
    pairs = itertools.pairwise(viewer.times())
    assert max(later - earlier for earlier, later in pairs) > 1.9 / 30


async def test_announced_sound_that_never_comes() -> None:
    fault = SilentTrack(TrackKind.AUDIO)
    async with TestCamera(Feed(audio="aac"), faults=[fault]) as camera:
        viewer = await watch(camera.url, seconds=0.5, streams="0:v")
    assert viewer.codecs == ["h264", "aac"]
    assert len(viewer.packets) > 5


async def test_sound_long_before_the_picture() -> None:
    fault = SilentTrack(TrackKind.VIDEO, seconds=0.7)
    async with (
        TestCamera(Feed(audio="pcmu", keyframe_interval=0.2), faults=[fault]) as camera,
        Viewer(camera.url, "-analyzeduration", "2000000") as viewer,
    ):
        await viewer.wait_packets(5)
    assert viewer.times(0)[0] - viewer.times(1)[0] > 0.5


async def test_trickle() -> None:
    """At a fifth of its bitrate, a stream arrives late."""
    feed = Feed(video="mjpeg", fps=30)
    async with (
        TestCamera(feed, faults=[Trickle(60_000)]) as camera,
        Viewer(camera.url) as viewer,
    ):
        packets = await viewer.wait_packets(6)
    span = packets[-1].arrival - packets[0].arrival
    assert span > 1.5 * (packets[-1].time - packets[0].time)


async def test_keyframes_in_two_parts() -> None:
    feed = Feed(slices=2, size=(640, 360), fps=30, keyframe_interval=0.5)
    async with TestCamera(feed, faults=[SplitKeyframes()]) as camera:
        viewer = await watch(camera.url, seconds=0.7)
    keyframes = [packet.time for packet in viewer.packets if packet.keyframe]
    assert len(keyframes) == 4
    assert keyframes[2] == keyframes[3]


@pytest.mark.parametrize(("fps", "frames"), [(1, 3), (60, 40)])
async def test_unusual_frame_rates(fps: int, frames: int) -> None:
    async with TestCamera(Feed(fps=fps)) as camera, Viewer(camera.url) as viewer:
        await viewer.wait_packets(frames)
    pairs = itertools.pairwise(viewer.times())
    assert all(
        later - earlier == pytest.approx(1 / fps, abs=0.001) for earlier, later in pairs
    )


async def test_another_size_in_the_same_stream() -> None:
    """The parameter sets change, and the numbers continue."""
    feed = replace(FEED, audio="pcmu")
    sizes = Recorder()
    async with TestCamera(feed, faults=[sizes]) as camera, Viewer(camera.url) as viewer:
        before = await viewer.wait_packets(5)
        await camera.switch_feed(replace(feed, size=(640, 360)))
        await viewer.wait_packets(len(before) + 15)
        assert "640x360" not in viewer.log  # the client still has only the old one
        assert "640x360" in (await watch(camera.url, seconds=0.3)).log
    times = viewer.times()
    assert times == sorted(times)
    assert times[-1] - times[0] < 5
    assert abs(viewer.times(0)[-1] - viewer.times(1)[-1]) < 0.5
    assert sizes.gaps == 0


async def test_another_codec_after_a_reboot() -> None:
    async with TestCamera(FEED) as camera, Viewer(camera.url) as viewer:
        await viewer.wait_packets(5)
        await camera.reboot(Feed(video="hevc", audio="pcmu"))
        await viewer.wait_end()
        after = await watch(camera.url, seconds=0.3)
    assert after.codecs == ["hevc", "pcm_mulaw"]


class Recorder(Fault):
    """Records the packets of the first client, after another fault has changed them."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.timestamps: list[int] = []
        self.gaps = 0
        self._fault = fault or Fault()
        self._last: dict[TrackKind, int] = {}

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        return await self._fault.answer(request, client, proceed)

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        inner = self._fault.strike(client)

        def record(packet: MediaPacket, forward: Forward) -> None:
            if isinstance(packet, RtpPacket) and client.number == 1:
                expected = (
                    self._last.get(packet.track, packet.sequence - 1) + 1
                ) % 2**16
                self.gaps += packet.sequence != expected
                self._last[packet.track] = packet.sequence
                self.timestamps.append(packet.timestamp)
            forward(packet)

        if inner is None:
            return record
        return lambda packet, forward: inner(packet, lambda each: record(each, forward))
