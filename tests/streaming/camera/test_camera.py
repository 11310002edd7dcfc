"""Two qualities of one camera, with real FFmpegs and two real streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

import m3u8
import pytest

from custom_components.hls_camera.streaming.camera import variant_memory as module
from custom_components.hls_camera.streaming.camera.camera import (
    SUB_PLAYLIST,
    Camera,
    Quality,
    open_camera,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.variant_memory import KnownVariants
from custom_components.hls_camera.streaming.media.boxes import BoxReader
from custom_components.hls_camera.streaming.media.fmp4 import read_fragment
from custom_components.hls_camera.streaming.outputs.hls_delivery import Delivery
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MEDIA_PLAYLIST,
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.streaming.outputs.live_feed import MOVED
from tests.camera import Feed, TestCamera
from tests.streams import machine, reach, stream_spec

from .. import rfc8216
from ..servers import free_port
from .test_rendition import CORE, H264, LOGGER, NOWHERE

MAIN = Feed(size=(640, 360), keyframe_interval=0.8)
SMALL = Feed(keyframe_interval=0.4)
KNOWN: KnownVariants = {
    uri: {
        "uri": uri,
        "bandwidth": bandwidth,
        "average_bandwidth": bandwidth // 2,
        "codecs": "avc1.42C01E",
        "width": 640,
        "height": 360,
    }
    for uri, bandwidth in ((MEDIA_PLAYLIST, 2_000_000), (SUB_PLAYLIST, 200_000))
}


class Scene:
    """A camera with two streams, and both sessions."""

    def __init__(
        self, main: TestCamera, small: TestCamera | None, ours: Camera
    ) -> None:
        self.main = main
        self.small = small
        self.ours = ours
        self.token = ""

    async def get(self, resource: str) -> Delivery:
        """Ask for a resource as a viewer."""
        return await self.ours.deliver(self.token, resource, {}, {})

    async def text(self, resource: str) -> str:
        """Return a playlist."""
        delivery = await self.get(resource)
        assert delivery.status == 200
        return b"".join(delivery.body).decode()

    async def addresses(self) -> list[str]:
        """Return what the multivariant playlist lists."""
        playlists = m3u8.loads(await self.text(MULTIVARIANT_PLAYLIST)).playlists
        return [playlist.uri for playlist in playlists]


@asynccontextmanager
async def scene(
    ffmpeg: str,
    *,
    known: KnownVariants | None = KNOWN,
    small: Feed | None = SMALL,
    elsewhere: str = NOWHERE,
    idle_timeout: float = 30.0,
) -> AsyncIterator[Scene]:
    """A viewer of a camera; `small` is None where what is `elsewhere` has no picture."""
    async with AsyncExitStack() as stack:
        main_camera = await stack.enter_async_context(TestCamera(MAIN))
        small_camera = None
        if small is not None:
            small_camera = await stack.enter_async_context(TestCamera(small))
        options = StreamOptions(part_duration=0.1, idle_timeout=idle_timeout)
        specs = [
            stream_spec(
                camera.url if camera else elsewhere,
                options,
                logger=LOGGER,
                source_info=H264,
            )
            for camera in (main_camera, small_camera)
        ]
        ours = open_camera(specs, machine(ffmpeg), known=known)
        stack.push_async_callback(ours.stop)
        ours.arm()
        found = Scene(main_camera, small_camera, ours)
        found.token = ours.open_viewer()
        yield found


class TestWhatIsOffered:
    async def test_both_at_once_where_they_are_known(self, ffmpeg: str) -> None:
        """The small one is there twice: hls.js leaves no part for the lowest variant."""
        async with scene(ffmpeg) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            assert not camera.ours.main.window.is_ready
            assert [(each.uri, each.stream_info.bandwidth) for each in playlists] == [
                (MEDIA_PLAYLIST, 2_000_000),
                (f"{SUB_PLAYLIST}?again", 220_000),
                (SUB_PLAYLIST, 200_000),
            ]

    @pytest.mark.parametrize(
        ("main", "small", "told"),
        [(25.0, 15.0, 25.0), (15.0, 25.0, 25.0), (25.0, None, None)],
    )
    async def test_one_frame_rate_for_both(
        self, ffmpeg: str, main: float | None, small: float | None, told: float | None
    ) -> None:
        """hls.js would begin with the lower one, and never change to certain others."""
        rates = {MEDIA_PLAYLIST: main, SUB_PLAYLIST: small}
        known = {uri: {**KNOWN[uri], "frame_rate": rates[uri]} for uri in KNOWN}
        async with scene(ffmpeg, known=known) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            assert [each.stream_info.frame_rate for each in playlists] == [told] * 3

    async def test_both_when_they_have_shown_what_they_are(self, ffmpeg: str) -> None:
        async with scene(ffmpeg, known=None) as camera:
            playlists = m3u8.loads(await camera.text(MULTIVARIANT_PLAYLIST)).playlists
            sizes = [each.stream_info.resolution for each in playlists]
            assert sizes == [(640, 360), (320, 180), (320, 180)]
            kept = json.loads(json.dumps(camera.ours.known_variants))
        async with scene(ffmpeg, known=kept) as camera:
            assert len(await camera.addresses()) == 3
            assert camera.ours.sub is not None
            assert camera.ours.sub.state is StreamState.IDLE

    async def test_the_main_one_where_the_small_one_fails(self, ffmpeg: str) -> None:
        async with scene(ffmpeg, small=None) as camera:
            assert camera.ours.sub is not None
            camera.ours.sub.wake()
            await reach(camera.ours.sub, StreamState.BACKOFF)
            assert await camera.addresses() == [MEDIA_PLAYLIST]

    async def test_the_main_one_where_only_the_small_one_has_sound(
        self, ffmpeg: str
    ) -> None:
        """A player's buffers are made for sound, or not."""
        small = {**KNOWN[SUB_PLAYLIST], "codecs": "avc1.42C00C,mp4a.40.2"}
        async with scene(ffmpeg, known={**KNOWN, SUB_PLAYLIST: small}) as camera:
            assert await camera.addresses() == [MEDIA_PLAYLIST]


class TestBitRates:
    """What is told is an upper bound, and is kept on a disk."""

    @pytest.mark.parametrize(("lasts", "falls"), [(3600.0, False), (0.0, True)])
    async def test_the_highest_of_a_day_is_told(
        self,
        ffmpeg: str,
        monkeypatch: pytest.MonkeyPatch,
        lasts: float,
        falls: bool,
    ) -> None:
        monkeypatch.setattr(module, "_MIN_MEDIA_FOR_BIT_RATE_S", 0.5)
        monkeypatch.setattr(module, "_PEAK_LASTS_S", lasts)
        async with scene(ffmpeg, known=None) as camera:
            await camera.text(MULTIVARIANT_PLAYLIST)
            found = camera.ours.known_variants
        bit_rates = {uri: 10 * each["bandwidth"] for uri, each in found.items()}
        kept = {uri: {**found[uri], "bandwidth": bit_rates[uri]} for uri in found}
        async with scene(ffmpeg, known=kept) as camera:
            for uri in found:
                await camera.text(uri)
            for session in camera.ours.renditions:
                await session.window.wait_for(session.window.last_msn + 2)
            for uri, each in camera.ours.known_variants.items():
                assert (each["bandwidth"] < bit_rates[uri]) is falls


class TestConnections:
    async def test_a_quality_runs_once_somebody_asks_for_it(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            assert camera.small is not None
            await camera.text(MULTIVARIANT_PLAYLIST)
            await camera.text(MEDIA_PLAYLIST)
            assert camera.small.total_connections == 0
            await camera.text(SUB_PLAYLIST)
            await camera.text(f"{SUB_PLAYLIST}")
            assert len(camera.small.connections) == 1
            assert len(camera.main.connections) == 1
            assert camera.ours.viewers.watching == 1

    async def test_who_watches_the_small_one_does_not_keep_the_other(
        self, ffmpeg: str
    ) -> None:
        async with scene(ffmpeg, idle_timeout=1.0) as camera:
            await camera.text(SUB_PLAYLIST)
            async with asyncio.timeout(10):
                while camera.ours.main.is_running:
                    await camera.text(SUB_PLAYLIST)
                    await asyncio.sleep(0.1)
            assert camera.ours.sub is not None
            assert camera.ours.sub.is_running

    async def test_who_has_watched_both_may_change_back(self, ffmpeg: str) -> None:
        async with scene(ffmpeg, idle_timeout=1.5) as camera:
            await camera.text(MEDIA_PLAYLIST)
            for _ in range(30):
                await camera.text(SUB_PLAYLIST)
                await asyncio.sleep(0.1)
            assert camera.ours.main.is_running

    async def test_a_stop_ends_both_and_all_viewers(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            assert camera.small is not None
            await camera.text(SUB_PLAYLIST)
            await camera.ours.stop()
            assert not camera.main.connections
            assert not camera.small.connections
            for resource in (MULTIVARIANT_PLAYLIST, MEDIA_PLAYLIST, SUB_PLAYLIST):
                assert (await camera.get(resource)).status == 404


class TestAfterTheSmallOneWasGivenUp:
    """Its credentials were wrong; somebody has mended that in the camera."""

    @staticmethod
    async def give_up(camera: Scene) -> None:
        assert camera.ours.sub is not None
        camera.ours.sub.wake()
        await reach(camera.ours.sub, StreamState.FAILED)

    async def test_it_is_tried_again_when_the_main_one_starts(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            scene(
                ffmpeg, small=None, elsewhere=small.plain_url, idle_timeout=1.0
            ) as camera,
        ):
            await self.give_up(camera)
            assert await camera.addresses() == [MEDIA_PLAYLIST]
            await reach(camera.ours.main, StreamState.IDLE)
            small.authenticator = None
            assert len(await camera.addresses()) == 3
            assert (await camera.get(SUB_PLAYLIST)).status == 200

    async def test_it_is_tried_again_when_the_main_one_recovers(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            scene(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            await self.give_up(camera)
            await reach(camera.ours.main, StreamState.STREAMING)
            assert await camera.addresses() == [MEDIA_PLAYLIST]
            for connection in camera.main.connections:
                connection.reset()
            outage = (StreamState.BACKOFF, StreamState.STARTING)
            await reach(camera.ours.main, *outage)
            await reach(camera.ours.main, StreamState.STREAMING)
            assert len(await camera.addresses()) == 3


class TestWhoFollowsTheSmallOne:
    """Somebody whose picture is small, and who would rather see the large one than none."""

    async def test_gets_the_main_one_while_the_small_one_is_in_trouble(
        self, ffmpeg: str
    ) -> None:
        async with scene(ffmpeg, small=None) as camera:
            ours = camera.ours
            assert ours.sub is not None
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.sub.audience
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                states = [json.loads(text)["state"] async for text in messages]
            assert set(states) <= {StreamState.IDLE, StreamState.STARTING}
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience

    async def test_gets_the_main_one_when_the_small_one_was_given_up(
        self, ffmpeg: str
    ) -> None:
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            scene(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            ours = camera.ours
            token = ours.open_viewer(Quality.SUB)
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                states = [json.loads(text)["state"] async for text in messages]
            assert StreamState.FAILED not in states
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience

    async def test_keeps_it_over_an_outage_that_passes(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            ours = camera.ours
            assert camera.small is not None
            token = ours.open_viewer(Quality.SUB)
            async with aclosing(ours.follow(token)) as messages:
                for _ in range(2):
                    async for message in messages:
                        if isinstance(message, bytes):
                            break
                    for connection in camera.small.connections:
                        connection.reset()
                    async for message in messages:
                        if isinstance(message, str) and "run" in message:
                            break
                    else:
                        raise AssertionError("it ended")

    async def test_goes_back_to_it_once_that_is_steady(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Nobody else asks for the small one, and the main one's feed never fails."""
        monkeypatch.setattr(f"{CORE}.ingest.recovery.HEALTHY_AFTER_S", 1.0)
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL", 0.2)
        port = free_port()
        async with scene(
            ffmpeg, small=None, elsewhere=f"rtsp://127.0.0.1:{port}/camera"
        ) as camera:
            ours = camera.ours
            sub = ours.sub
            assert sub is not None
            sub.wake()
            await reach(sub, StreamState.BACKOFF)
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience
            async with aclosing(ours.follow(token)) as messages:
                async for message in messages:
                    if isinstance(message, bytes):
                        break
                async with TestCamera(SMALL, port=port), asyncio.timeout(40):
                    said = [text async for text in messages if isinstance(text, str)]
                    assert said[-1] == MOVED
                    assert sub.is_steady
                    token = ours.open_viewer(Quality.SUB)
                    assert token in sub.audience

    async def test_wakes_it_where_it_rests(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Such as where there was no place for it, or its password was corrected."""
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL", 0.2)
        async with (
            TestCamera(SMALL, username="me", password="right") as small,
            scene(ffmpeg, small=None, elsewhere=small.plain_url) as camera,
        ):
            ours = camera.ours
            assert ours.sub is not None
            ours.sub.wake()
            await reach(ours.sub, StreamState.FAILED)
            token = ours.open_viewer(Quality.SUB)
            small.authenticator = None
            ours.sub.arm()
            async with (
                asyncio.timeout(20),
                aclosing(ours.follow(token)) as messages,
            ):
                async for _ in messages:
                    if ours.sub.state is StreamState.STREAMING:
                        break

    async def test_stays_with_the_main_one_while_it_comes_and_goes(
        self, ffmpeg: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(f"{CORE}.outputs.live_feed.STATUS_INTERVAL", 0.2)
        async with scene(ffmpeg) as camera:
            ours = camera.ours
            sub = ours.sub
            assert sub is not None
            assert camera.small is not None
            sub.wake()
            await reach(sub, StreamState.STREAMING)
            for connection in camera.small.connections:
                connection.reset()
            await reach(sub, StreamState.BACKOFF)
            token = ours.open_viewer(Quality.SUB)
            assert token in ours.main.audience
            async with aclosing(ours.follow(token)) as messages:
                async for _ in messages:
                    if sub.state is StreamState.STREAMING:
                        break
                said = [await anext(messages) for _ in range(40)]
            assert MOVED not in said


class TestTimeline:
    async def test_media_tell_the_same_time_in_both(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            await camera.text(MEDIA_PLAYLIST)
            await asyncio.sleep(0.7)
            await camera.text(SUB_PLAYLIST)
            assert camera.ours.sub is not None
            zeros = [
                zero_of(session) for session in (camera.ours.main, camera.ours.sub)
            ]
            assert zeros[0] == pytest.approx(zeros[1], abs=0.01)

    async def test_each_tells_how_far_the_other_is(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            first = await camera.text(MEDIA_PLAYLIST)
            assert "RENDITION-REPORT" not in first
            small = await camera.text(SUB_PLAYLIST)
            assert f'#EXT-X-RENDITION-REPORT:URI="{MEDIA_PLAYLIST}",LAST-MSN=' in small
            rfc8216.parse(small)
            main = await camera.text(MEDIA_PLAYLIST)
            assert f'#EXT-X-RENDITION-REPORT:URI="{SUB_PLAYLIST}",LAST-MSN=' in main

    async def test_media_are_found_in_either_window(self, ffmpeg: str) -> None:
        async with scene(ffmpeg) as camera:
            for playlist in (MEDIA_PLAYLIST, SUB_PLAYLIST):
                listed = m3u8.loads(await camera.text(playlist))
                assert listed.segments[0].init_section is not None
                for uri in (
                    listed.segments[0].uri,
                    listed.segments[0].init_section.uri,
                ):
                    assert (await camera.get(uri)).status == 200


def zero_of(session: Rendition) -> float:
    """Return the wall clock time at which media time is zero in a window."""
    init = session.window.latest_init
    assert init is not None
    segment = session.window.listed[0]
    moof, mdat = BoxReader().feed(segment.parts[0].data)
    frame = next(
        sample
        for sample in read_fragment(moof, mdat, init)
        if sample.track_id == init.video.track_id
    )
    return segment.start - frame.dts / init.video.timescale
