"""The faults with their expected results."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final, override

from custom_components.hls_camera.streaming.reasons import EndReason
from tests.camera import Feed, Join, TrackKind, faults
from tests.camera.faults import Client, Fault, PacketFilter

from .scene import FEED, FaultCase, Happening, Limits, Sees, WatchedStream

_MEDIA_WATCHED: Final = 1.5
"""Seconds of media to watch if the fault must not be visible."""
_TRY: Final = 3.0
"""Seconds for a try without a fault, with tolerance for a busy machine."""
_FIRST_PAUSE: Final = 1.2
"""Maximum seconds of backoff before the second try."""
_REJECTION_PAUSE: Final = 30.0
"""Seconds between tries after rejected credentials, to avoid a locked account."""
_PACE: Final = 30.0
"""Seconds until a stream that is slower than real time is detected."""
_LOOK: Final = 2.0
"""Seconds to probe a camera with a keyframe every second."""

FEED_AAC: Final = replace(FEED, audio="aac")

_NO_STREAM: Final = frozenset(
    {
        EndReason.NO_VIDEO,
        EndReason.TIMED_OUT,
        EndReason.DISCONNECTED,
        EndReason.PROCESS_DIED,
        EndReason.BAD_MEDIA,
        EndReason.UNREADABLE,
    }
)


class Noted(Fault):
    """Sets an event when a fault strikes."""

    def __init__(self, fault: Fault) -> None:
        """Let `fault` strike."""
        self.struck = asyncio.Event()
        self._fault = fault

    @override
    def strike(self, client: Client) -> PacketFilter | None:
        self.struck.set()
        return self._fault.strike(client)


# Faults


async def killed(scene: WatchedStream) -> None:
    """Kill FFmpeg."""
    scene.kill()


def strikes(make: Callable[[], Fault]) -> Happening:
    """Inject a fault into the current connection only."""

    async def happen(scene: WatchedStream) -> None:
        scene.camera.strike(make())

    return happen


def stays(make: Callable[[], Fault]) -> Happening:
    """Inject a fault into the current connection and all later ones."""

    async def happen(scene: WatchedStream) -> None:
        scene.camera.inject(make())

    return happen


def next_connection(make: Callable[[], Fault], connections: int = 1) -> Happening:
    """Reset the connection, and inject a fault into the next one."""

    async def happen(scene: WatchedStream) -> None:
        scene.misbehave_next(make(), connections)
        scene.camera.strike(faults.Reset())

    return happen


def until_noticed(make: Callable[[], Fault]) -> Happening:
    """Reset the connection, and inject a fault into new ones until one has failed."""

    async def happen(scene: WatchedStream) -> None:
        fault = make()
        scene.camera.inject(fault)
        scene.camera.strike(faults.Reset())
        await scene.tries_ended(2)
        scene.camera.clear(fault)

    return happen


async def refused_for_a_while(scene: WatchedStream) -> None:
    scene.camera.refuse_connections()
    scene.camera.strike(faults.Reset())
    await scene.tries_ended(2)
    await scene.camera.accept_connections()


async def stalled_after_frames(scene: WatchedStream) -> None:
    stall = Noted(faults.Stall())
    scene.camera.strike(faults.After(stall, frames=7))
    async with asyncio.timeout(5):
        await stall.struck.wait()


async def garbage_between_packets(scene: WatchedStream) -> None:
    scene.camera.strike(faults.Garbage())
    await scene.play_on(_MEDIA_WATCHED)


async def plays_on(scene: WatchedStream) -> None:
    """Only play: the camera has its fault from the start."""
    await scene.play_on(_MEDIA_WATCHED)


def stays_unseen(make: Callable[[], Fault]) -> Happening:
    """Inject a fault that must not affect the stream."""

    async def happen(scene: WatchedStream) -> None:
        scene.camera.inject(make())
        await scene.play_on(_MEDIA_WATCHED)

    return happen


def switched(feed: Feed) -> Happening:
    """Switch to another feed in the same stream."""

    async def happen(scene: WatchedStream) -> None:
        await scene.camera.switch_feed(feed)

    return happen


def rebooted(feed: Feed) -> Happening:
    """Restart the camera with another feed, after its absence has been detected."""

    async def happen(scene: WatchedStream) -> None:
        scene.camera.refuse_connections()
        scene.camera.strike(faults.Reset())
        await scene.tries_ended(2)
        await scene.camera.switch_feed(feed)
        await scene.camera.accept_connections()

    return happen


# Time limits


def stall_limit(limits: Limits) -> float:
    """Return the time to detect a stall, and a try."""
    return limits.stall + _TRY


def pause(_: Limits) -> float:
    """Return the wait before the second try, and a try."""
    return _FIRST_PAUSE + _TRY


def useless_answer(limits: Limits) -> float:
    """Return the time for a useless answer: FFmpeg's timeout, a probe, and a wait."""
    return 2 * limits.stall + _LOOK + pause(limits)


_LOST: Final = (EndReason.DISCONNECTED,)

CASES: Final = (
    FaultCase(
        name="process killed",
        camera="FFmpeg is killed (SIGKILL).",
        happens=killed,
        tells=(EndReason.PROCESS_DIED,),
    ),
    FaultCase(
        name="reset",
        camera="The camera resets the connection (RST).",
        happens=strikes(faults.Reset),
        tells=_LOST,
    ),
    FaultCase(
        name="close",
        camera="The camera closes the connection (FIN).",
        happens=strikes(faults.Finish),
        tells=_LOST,
    ),
    FaultCase(
        name="refused for a while",
        camera="The connection is reset. New connections are refused for a while.",
        happens=refused_for_a_while,
        tells=(*_LOST, EndReason.REFUSED),
        within=pause,
    ),
    FaultCase(
        name="401 once",
        camera="After a reset, the camera rejects the correct password once.",
        happens=next_connection(lambda: faults.Status(401)),
        tells=(*_LOST, EndReason.UNAUTHORIZED),
        within=lambda _: _REJECTION_PAUSE + _TRY,
        slow=True,
    ),
    FaultCase(
        name="404 for a while",
        camera="After a reset, the camera answers 404 for a while.",
        happens=until_noticed(lambda: faults.Status(404)),
        tells=(*_LOST, EndReason.NOT_FOUND),
        within=pause,
    ),
    FaultCase(
        name="454 for a while",
        camera="After a reset, the camera rejects its own session (454) for a while.",
        happens=until_noticed(lambda: faults.Status(454)),
        tells=(*_LOST, EndReason.DISCONNECTED),
        within=pause,
    ),
    FaultCase(
        name="503 for a while",
        camera="After a reset, the camera is busy (503) for a while.",
        happens=until_noticed(lambda: faults.Status(503)),
        tells=(*_LOST, EndReason.BUSY),
        within=pause,
        slow=True,
    ),
    FaultCase(
        name="half-open stall",
        camera="The camera stops sending, but stays connected.",
        happens=strikes(faults.Stall),
        tells=(EndReason.STALLED,),
        within=stall_limit,
    ),
    FaultCase(
        name="stall after frames",
        camera="The camera stops sending after seven frames, between two keyframes.",
        happens=stalled_after_frames,
        tells=(EndReason.STALLED,),
        within=stall_limit,
    ),
    FaultCase(
        name="hang at connect",
        camera="After a reset, the camera accepts a connection and does not answer.",
        happens=next_connection(faults.Silent),
        tells=(*_LOST, _NO_STREAM),
        within=useless_answer,
    ),
    FaultCase(
        name="garbage answer",
        camera="After a reset, the camera's answer is not RTSP.",
        happens=next_connection(faults.GarbageAnswer),
        tells=(*_LOST, _NO_STREAM),
        within=useless_answer,
    ),
    FaultCase(
        name="description too long",
        camera="After a reset, the description is shorter than announced.",
        happens=next_connection(lambda: faults.WrongContentLength(200)),
        tells=(*_LOST, _NO_STREAM),
        within=useless_answer,
    ),
    FaultCase(
        name="description too short",
        camera="After a reset, the description is longer than announced.",
        happens=next_connection(lambda: faults.WrongContentLength(-100)),
        tells=(*_LOST, _NO_STREAM),
        within=useless_answer,
        slow=True,
    ),
    FaultCase(
        name="garbage in the stream",
        camera="The camera sends 4 kB of garbage between the packets.",
        happens=garbage_between_packets,
        sees=Sees.EITHER,
        tells=(EndReason.STALLED,),
        within=stall_limit,
    ),
    FaultCase(
        name="trickle",
        camera="The stream slows down to 500 bytes per second, as over bad Wi-Fi.",
        happens=strikes(lambda: faults.Trickle(500)),
        tells=(frozenset({EndReason.STALLED, EndReason.TOO_SLOW}),),
        within=lambda _: _PACE + _TRY,
    ),
    FaultCase(
        name="clock set forward",
        camera="All timestamps jump by an hour.",
        happens=stays(lambda: faults.TimestampJump(3600)),
        tells=(EndReason.TIMELINE,),
    ),
    FaultCase(
        name="clock set back",
        camera="All timestamps jump back by twenty seconds.",
        happens=stays(lambda: faults.TimestampJump(-20)),
        tells=(EndReason.TIMELINE,),
        within=stall_limit,
    ),
    FaultCase(
        name="timestamps freeze",
        camera="All timestamps stand still until the next connection.",
        happens=strikes(faults.FrozenTimestamps),
        tells=(EndReason.TIMELINE,),
        within=stall_limit,
    ),
    FaultCase(
        name="timestamps freeze permanently",
        camera="All timestamps stand still, also after a new connection.",
        happens=stays(faults.FrozenTimestamps),
        tells=(EndReason.TIMELINE, EndReason.TIMELINE),
        runs=2,
        slow=True,
        within=lambda limits: limits.stall + limits.start + 1.0 + pause(limits),
    ),
    FaultCase(
        name="timestamps wrap",
        camera="The 32 bits of the timestamps overflow.",
        faults=(lambda: faults.TimestampWrap(1.5),),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="clock drift",
        camera="The camera's clock is fast by 36 seconds per hour.",
        happens=stays_unseen(lambda: faults.ClockDrift(1.01)),
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="another size",
        camera="The resolution changes at a keyframe.",
        happens=switched(replace(FEED, size=(320, 180))),
        tells=(EndReason.SOURCE_CHANGED,),
        new_map=True,
    ),
    FaultCase(
        name="another size, converted",
        camera="The same with H.265, which is converted.",
        feed=replace(FEED, video="hevc"),
        happens=switched(replace(FEED, video="hevc", size=(320, 180))),
        sees=Sees.NOTHING,
        slow=True,
    ),
    FaultCase(
        name="another codec",
        camera="The camera restarts and sends H.265 instead of H.264.",
        happens=rebooted(replace(FEED, video="hevc")),
        tells=(*_LOST, EndReason.REFUSED, EndReason.BAD_MEDIA),
        within=lambda limits: _LOOK + 2 * pause(limits),
        new_map=True,
    ),
    FaultCase(
        name="sound before picture",
        camera="After a reset, the sound starts two seconds before the picture.",
        feed=FEED_AAC,
        happens=next_connection(
            lambda: faults.SilentTrack(TrackKind.VIDEO, seconds=2.0)
        ),
        tells=(*_LOST, EndReason.NO_VIDEO),
        within=lambda limits: _LOOK + pause(limits),
    ),
    FaultCase(
        name="sound before picture, each time",
        camera="The same after each new connection.",
        feed=FEED_AAC,
        happens=next_connection(
            lambda: faults.SilentTrack(TrackKind.VIDEO, seconds=2.0), 99
        ),
        # FFmpeg 9 finds the picture at the second try already, with other parameters.
        tells=(*_LOST, EndReason.NO_VIDEO, EndReason.NO_VIDEO),
        spared_tries=1,
        new_map=None,
        within=lambda _: 3 * (2.0 + _LOOK) + 3 * _FIRST_PAUSE + _TRY,
        slow=True,
    ),
    FaultCase(
        name="sound that stops",
        camera="The sound stops, and the picture continues.",
        feed=FEED_AAC,
        happens=stays_unseen(lambda: faults.SilentTrack(TrackKind.AUDIO)),
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="sound that never comes",
        camera="After a reset, the sound is announced, but not sent.",
        feed=FEED_AAC,
        happens=next_connection(lambda: faults.SilentTrack(TrackKind.AUDIO), 99),
        # Silence takes its place.
        tells=_LOST,
    ),
    FaultCase(
        name="only sound",
        camera="The picture stops, and the sound continues.",
        feed=FEED_AAC,
        happens=strikes(lambda: faults.SilentTrack(TrackKind.VIDEO)),
        tells=(EndReason.AUDIO_ONLY,),
        within=stall_limit,
    ),
    FaultCase(
        name="ten-second keyframe interval",
        camera="A keyframe every ten seconds, and the connection is reset (RST).",
        feed=replace(FEED, keyframe_interval=10.0),
        happens=strikes(faults.Reset),
        tells=_LOST,
    ),
    FaultCase(
        name="ten-second keyframe interval, no keyframe at the start",
        camera="The same, but the camera starts without a keyframe.",
        feed=replace(FEED, keyframe_interval=10.0),
        join=Join.KEYFRAME,
        happens=strikes(faults.Reset),
        tells=_LOST,
        within=lambda _: 10.0 + _TRY,
        slow=True,
    ),
    FaultCase(
        name="split keyframes",
        camera="Each keyframe consists of four packets with the same timestamp.",
        feed=replace(FEED, slices=4),
        faults=(faults.SplitKeyframes,),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="B-frames",
        camera="Two B-frames between other frames.",
        feed=replace(FEED, bframes=2),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="first packet without timestamp",
        camera="With B-frames, the first packet after a reset has no presentation time.",
        feed=replace(FEED, bframes=2),
        happens=strikes(faults.Reset),
        tells=_LOST,
    ),
    FaultCase(
        name="odd size",
        camera="Pictures of 642x362.",
        feed=replace(FEED, size=(642, 362)),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="1 fps",
        camera="One frame per second.",
        feed=replace(FEED, fps=1),
        happens=plays_on,
        sees=Sees.NOTHING,
        longest_gap=2.5,
        stall_at_least=5.0,
        slow=True,
    ),
    FaultCase(
        name="60 fps",
        camera="Sixty frames per second.",
        feed=replace(FEED, fps=60),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="variable frame rate",
        camera="Three of every ten frames are missing.",
        feed=replace(FEED, fps=20, variable_fps=True),
        happens=plays_on,
        sees=Sees.NOTHING,
    ),
    FaultCase(
        name="packet loss",
        camera="One of fifty packets is lost.",
        happens=stays_unseen(lambda: faults.PacketLoss(0.02)),
        sees=Sees.GAP,
    ),
)
