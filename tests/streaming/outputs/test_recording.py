"""Recordings of a window: their media, and their files."""

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import override

import pytest

from custom_components.hls_camera.streaming.errors import (
    RecordingError,
    StreamNotReadyError,
    StreamStoppedError,
)
from custom_components.hls_camera.streaming.live.following import follow
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from custom_components.hls_camera.streaming.outputs import recording as module
from custom_components.hls_camera.streaming.outputs.recording import record
from tests.waiting import eventually

from ..media_files import H264, SILENT_VIDEO, TONE, Media, handed_over
from ..probing import Probed, decoded_sizes, hash_of, probe_file
from ..windows import START

FRAME = 1 / 25
LARGE = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")


def film(ffmpeg: str, *more: str, picture: tuple[str, ...] = SILENT_VIDEO) -> Media:
    """Return twelve seconds of H.264 and AAC, with a keyframe each second."""
    tail = ("-tune", "zerolatency", "-c:a", "aac", "-t", "12")
    return handed_over(ffmpeg, *picture, *TONE, *H264, *tail, *more)


class RecordedWindow(Window):
    """A window that knows how many tasks wait for media in it."""

    waiting = 0

    @override
    async def wait_for(self, msn: int, part: int | None = None) -> None:
        self.waiting += 1
        try:
            await super().wait_for(msn, part)
        finally:
            self.waiting -= 1


class Camera:
    """Media that come into a window as time goes by; the time is the test's."""

    def __init__(self, *, max_bytes: int = 24 * 1024 * 1024) -> None:
        self.now = 0.0
        self.set_back = 0.0
        self._segmenter: Segmenter | None = None
        self.window = RecordedWindow(
            max_duration=12, max_bytes=max_bytes, lookback=12, clock=lambda: self.now
        )

    def begin(self, media: Media) -> None:
        """Start FFmpeg, so to speak; the one before has ended."""
        if self._segmenter is not None:
            self._segmenter.flush()
        self.media = media
        self._samples = iter(media.closed)
        self._begun = self.now
        first = media.of(TrackKind.VIDEO)[0]
        self._zero = first.dts / media.init.video.timescale
        self.window.begin_run(media.init)
        self._segmenter = Segmenter(
            media.init,
            self.window,
            Packaging(frame_rate=25),
            timeline=self.window.timeline,
            clock=lambda: START + self.now - self.set_back,
        )

    async def play(self, seconds: float) -> None:
        """Let so many seconds go by."""
        until = self.now + seconds
        video = self.media.init.video
        for sample in self._samples:
            assert self._segmenter is not None
            self._segmenter.push([sample])
            if sample.track_id != video.track_id:
                continue
            self.now = self._begun + sample.dts / video.timescale - self._zero
            await asyncio.sleep(0)
            if self.now >= until - FRAME:
                break
        self.now = until

    async def play_to_recorder(self, seconds: float) -> None:
        """Do so, and wait until the recorder has taken all of it."""
        await self.play(seconds)
        await eventually(lambda: self.window.waiting > 0, within=10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "clip.mp4"


@pytest.fixture
async def camera(ffmpeg: str) -> Camera:
    """A camera that has been live for five seconds and a half."""
    camera = Camera()
    camera.begin(film(ffmpeg))
    await camera.play(5.5)
    return camera


def recording_of(
    camera: Camera, path: Path, duration: float, lookback: float
) -> asyncio.Task[None]:
    """Begin to record as soon as the event loop gets to it."""
    return asyncio.create_task(
        record(camera.window, path, duration=duration, lookback=lookback)
    )


async def recorded(
    camera: Camera, path: Path, *, duration: float, lookback: float
) -> Probed:
    """Record while time passes; return the file's media."""
    recording = recording_of(camera, path, duration, lookback)
    await asyncio.sleep(0)
    await camera.play(duration + 0.8)
    await recording
    assert files_beside(path).keys() == {path.name}
    return probe_file(path)


def assert_continuous(times: list[float], step: float) -> None:
    """Assert that packets follow each other without a gap."""
    expected = [times[0] + n * step for n in range(len(times))]
    assert times == pytest.approx(expected, abs=1e-5)


def first_of(probed: Probed, media: Media) -> int:
    """Return which of a camera's frames a file begins with; assert that all follow."""
    source = [hash_of(each) for each in media.of(TrackKind.VIDEO)]
    copied = probed.hashes("video")
    first = source.index(copied[0])
    assert copied == source[first : first + len(copied)]
    return first


async def test_it_begins_before_it_was_asked_for(camera: Camera, path: Path) -> None:
    probed = await recorded(camera, path, duration=3, lookback=4)
    assert probed.duration == pytest.approx(7, abs=0.5)
    # No frame was encoded again, left out or added.
    assert first_of(probed, camera.media) % 25 == 0
    assert probed.packets["video"][0]["flags"].startswith("K")
    assert probed.times("video")[0] == 0
    assert_continuous(probed.times("video"), FRAME)
    sound = set(map(hash_of, camera.media.of(TrackKind.AUDIO)))
    assert set(probed.hashes("audio")) <= sound
    assert_continuous(probed.times("audio"), 1024 / 48000)
    assert abs(probed.times("audio")[0]) < 0.1
    assert probed.times("audio")[-1] == pytest.approx(probed.duration, abs=0.1)


async def test_where_keyframes_are_rare_it_shows_no_more_than_was_asked_for(
    ffmpeg: str, path: Path
) -> None:
    camera = Camera()
    camera.begin(film(ffmpeg, "-g", "100"))
    await camera.play(7)
    probed = await recorded(camera, path, duration=2, lookback=1)
    # A keyframe came three seconds ago. Two of these are in the file, but not shown.
    assert probed.duration == pytest.approx(3, abs=0.1)
    assert first_of(probed, camera.media) == 100
    assert probed.times("video")[0] == pytest.approx(-2, abs=0.1)


async def test_frames_that_are_shown_in_another_order(ffmpeg: str, path: Path) -> None:
    reordered = ("-tune", "film", "-bf", "2", "-preset", "superfast")
    camera = Camera()
    camera.begin(film(ffmpeg, *reordered))
    await camera.play(5.5)
    probed = await recorded(camera, path, duration=2, lookback=2)
    assert probed.times("video", "pts_time")[0] == 0
    assert probed.duration == pytest.approx(4, abs=0.5)
    assert first_of(probed, camera.media) % 25 == 0


async def test_the_past_alone(camera: Camera, path: Path) -> None:
    probed = await recorded(camera, path, duration=0, lookback=3)
    assert probed.duration == pytest.approx(3, abs=0.5)


async def recorded_before_it_began(
    ffmpeg: str, camera: Camera, path: Path, *, duration: float, lookback: float
) -> None:
    """Record a camera that begins only then, and plays a second longer."""
    recording = recording_of(camera, path, duration, lookback)
    await asyncio.sleep(0)
    camera.begin(film(ffmpeg))
    await camera.play(duration + 1)
    await recording


async def test_a_recording_of_no_time_shows_one_picture(
    ffmpeg: str, path: Path
) -> None:
    """Also of a camera that has yet to begin."""
    camera = Camera()
    await recorded_before_it_began(ffmpeg, camera, path, duration=0, lookback=0)
    assert probe_file(path).duration == pytest.approx(0.1, abs=0.1)


async def test_a_look_back_beyond_the_window(camera: Camera, path: Path) -> None:
    probed = await recorded(camera, path, duration=1, lookback=60)
    assert first_of(probed, camera.media) == 0
    assert probed.duration == pytest.approx(6.5, abs=0.1)


async def test_without_media_it_begins_with_the_first_picture(
    ffmpeg: str, path: Path
) -> None:
    camera = Camera()
    await recorded_before_it_began(ffmpeg, camera, path, duration=3, lookback=5)
    probed = probe_file(path)
    assert first_of(probed, camera.media) == 0
    assert probed.duration == pytest.approx(3, abs=0.05)


async def test_several_at_a_time(camera: Camera, tmp_path: Path) -> None:
    spans = [(1, 0), (3, 2), (2, 5), (2, 5)]
    paths = [tmp_path / f"{n}.mp4" for n in range(len(spans))]
    recordings = [
        recording_of(camera, path, duration, lookback)
        for path, (duration, lookback) in zip(paths, spans, strict=True)
    ]
    await asyncio.sleep(0)
    await camera.play(4)
    await asyncio.gather(*recordings)
    for path, span in zip(paths, spans, strict=True):
        assert probe_file(path).duration == pytest.approx(sum(span), abs=0.5)


class TestInterruptions:
    async def test_one_keeps_its_duration(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        recording = recording_of(camera, path, 8, 2)
        await camera.play(1)
        camera.now += 4
        camera.begin(film(ffmpeg))
        await camera.play(4)
        await recording
        probed = probe_file(path)
        assert probed.duration == pytest.approx(10, abs=0.6)
        for kind in TrackKind:
            times = probed.times(kind)
            *usual, longest = sorted(b - a for a, b in pairwise(times))
            assert longest == pytest.approx(4, abs=0.3)
            assert max(usual) < 0.05

    async def test_the_picture_may_have_another_size_afterwards(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        recording = recording_of(camera, path, 5, 2)
        await camera.play(1)
        camera.begin(film(ffmpeg, picture=LARGE))
        await camera.play(5)
        await recording
        sizes = decoded_sizes(path)
        small = sizes.count((320, 180))
        assert sizes == [(320, 180)] * small + [(640, 360)] * (len(sizes) - small)
        assert len(sizes) == pytest.approx(7 * 25, abs=15)

    async def test_another_codec_ends_it(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        x265 = ("-c:v", "libx265", "-x265-params", "log-level=none", "-t", "1")
        recording = recording_of(camera, path, 60, 2)
        await camera.play(1)
        camera.begin(handed_over(ffmpeg, *SILENT_VIDEO, *x265, "-preset", "ultrafast"))
        await camera.play(1)
        await recording
        assert probe_file(path).duration == pytest.approx(3, abs=0.6)

    async def test_media_before_the_look_back_are_left_out(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        camera.now += 60
        recording = recording_of(camera, path, 2, 5)
        await asyncio.sleep(0)
        camera.begin(film(ffmpeg))
        await camera.play(3)
        await recording
        probed = probe_file(path)
        assert probed.duration == pytest.approx(2, abs=0.1)
        assert_continuous(probed.times("video"), FRAME)

    async def test_earlier_runs_within_the_look_back_are_included(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        camera.now += 6
        camera.begin(film(ffmpeg))
        await camera.play(1.5)
        # Four seconds ago, there was no picture.
        probed = await recorded(camera, path, duration=1, lookback=4)
        assert probed.duration == pytest.approx(2.5, abs=0.1)
        assert first_of(probed, camera.media) == 0

    async def test_it_does_not_go_back_with_the_wall_clock(
        self, camera: Camera, ffmpeg: str, path: Path
    ) -> None:
        recording = recording_of(camera, path, 4, 2)
        await camera.play(1)
        camera.set_back = 0.9
        camera.begin(film(ffmpeg))
        await camera.play(5)
        await recording
        probed = probe_file(path)
        assert probed.duration == pytest.approx(6, abs=0.6)
        times = probed.times("video")
        assert times == sorted(set(times))

    @pytest.mark.parametrize("lookback", [8, 5, 1])
    async def test_it_looks_back_over_a_wall_clock_that_was_set_back(
        self, camera: Camera, ffmpeg: str, path: Path, lookback: float
    ) -> None:
        """By an hour, as at the end of summer time where it is kept by hand."""
        camera.set_back = 3600
        camera.begin(film(ffmpeg))
        await camera.play(3.0)
        probed = await recorded(camera, path, duration=1, lookback=lookback)
        assert probed.duration == pytest.approx(lookback + 1, abs=0.6)
        times = probed.times("video")
        assert times == sorted(set(times))

    async def test_a_slow_reader_continues_at_the_newest_keyframe(
        self, ffmpeg: str
    ) -> None:
        camera = Camera(max_bytes=150_000)
        camera.begin(film(ffmpeg))
        await camera.play(1.5)
        window = camera.window
        *_, first = window.keyframes()
        parts = follow(window, first)
        await anext(parts)
        await camera.play(8)
        assert window.segment(first.msn) is None
        newest = window.latest_keyframe()
        assert newest is not None
        assert await anext(parts) == (newest.init, newest.part)
        await parts.aclose()


class TestEnds:
    async def test_a_stopped_stream_leaves_a_shorter_recording(
        self, camera: Camera, path: Path
    ) -> None:
        recording = recording_of(camera, path, 60, 2)
        await camera.play_to_recorder(2)
        camera.window.clear()
        await recording
        assert probe_file(path).duration == pytest.approx(4, abs=0.8)

    async def test_so_does_one_that_comes_back_no_more(
        self, camera: Camera, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_MAX_DELAY_S", 0.1)
        await record(camera.window, path, duration=0.2, lookback=2)
        assert probe_file(path).duration == pytest.approx(2, abs=0.8)

    async def test_a_cancelled_recording_leaves_a_shorter_file(
        self, camera: Camera, path: Path
    ) -> None:
        recording = recording_of(camera, path, 60, 2)
        await camera.play_to_recorder(2)
        recording.cancel()
        with pytest.raises(asyncio.CancelledError):
            await recording
        assert probe_file(path).duration == pytest.approx(4, abs=0.8)

    async def test_no_picture_comes(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_FIRST_PICTURE_TIMEOUT_S", 0)
        with pytest.raises(StreamNotReadyError):
            await record(Camera().window, path, duration=1)
        assert not path.parent.exists()

    async def test_stopped_before_there_was_a_picture(self, path: Path) -> None:
        window = Camera().window
        recording = asyncio.create_task(record(window, path, duration=1))
        await asyncio.sleep(0)
        window.clear()
        with pytest.raises(StreamStoppedError):
            await recording

    async def test_stopped_while_the_file_is_made(
        self, camera: Camera, path: Path
    ) -> None:
        recording = recording_of(camera, path, 60, 2)
        await asyncio.sleep(0)
        camera.window.clear()
        await recording
        assert list(files_beside(path)) == [path.name]
        assert probe_file(path).duration == pytest.approx(2, abs=0.8)


def files_beside(path: Path) -> dict[str, bytes]:
    """Return the names in a file's folder."""
    return {each.name: each.read_bytes() for each in path.parent.iterdir()}


def mode_of(path: Path) -> int:
    """Return the permissions of a file, which is created if it is missing."""
    path.touch()
    return path.stat().st_mode


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Have the system refuse to let a file grow, as it does when a disk is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestDisks:
    @pytest.fixture
    def older(self, path: Path) -> Path:
        """A recording that is there already."""
        path.parent.mkdir()
        path.write_bytes(b"an older recording")
        return path

    @pytest.mark.parametrize("buffer", [4096, 1024**2], ids=["soon", "late"])
    async def test_a_full_disk_is_reported_and_leaves_no_partial_file(
        self,
        camera: Camera,
        older: Path,
        monkeypatch: pytest.MonkeyPatch,
        buffer: int,
    ) -> None:
        monkeypatch.setattr(module, "_BUFFER_BYTES", buffer)
        monkeypatch.setattr(module, "_MAX_DELAY_S", 0.5)
        with no_file_above(30_000), pytest.raises(RecordingError, match="too large"):
            await record(camera.window, older, duration=0, lookback=5)
        assert files_beside(older) == {older.name: b"an older recording"}

    async def test_a_folder_that_cannot_be_made(
        self, camera: Camera, older: Path
    ) -> None:
        with pytest.raises(RecordingError):
            await record(camera.window, older / "clip.mp4", duration=1)

    async def test_a_folder_in_its_place_is_reported_at_once(
        self, camera: Camera, older: Path
    ) -> None:
        with pytest.raises(RecordingError, match="directory"):
            await record(camera.window, older.parent, duration=60)

    async def test_a_machine_that_has_no_thread_left(
        self, camera: Camera, older: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(asyncio, "to_thread", fail)
        with pytest.raises(RecordingError, match="thread"):
            await record(camera.window, older, duration=1)

    async def test_others_may_read_it_as_they_may_other_files(
        self, camera: Camera, path: Path
    ) -> None:
        await recorded(camera, path, duration=0, lookback=1)
        assert mode_of(path) == mode_of(path.with_name("other"))
