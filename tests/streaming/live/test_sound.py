"""Sound goes out beside its picture, whatever clock the camera counts it by."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, pairwise
from typing import Final, NamedTuple

import pytest

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.live.sound import Sound
from custom_components.hls_camera.streaming.live.sound_clock import MAX_AHEAD_S
from custom_components.hls_camera.streaming.media.audio_gaps import silent_frame
from custom_components.hls_camera.streaming.media.fmp4 import Sample

from ..media_files import AUDIO, VIDEO

TRACK: Final = replace(AUDIO, channels=1)
SAMPLES: Final = 1024
"""Of sound in a frame."""
FRAME: Final = SAMPLES / TRACK.timescale
PICTURE: Final = 1 / 25

type Clock = Callable[[float], float]
"""What a camera's clock says, at a time in seconds."""


class Heard(NamedTuple):
    """A frame of sound that goes out."""

    picture: float
    """Where the picture was by then, in seconds."""
    recorded: float | None
    """When it was recorded, in seconds; None for silence."""
    sample: Sample

    @property
    def start(self) -> float:
        """Seconds at which it is played."""
        return self.sample.dts / TRACK.timescale

    @property
    def late(self) -> float:
        """How many seconds after it was recorded it is played."""
        assert self.recorded is not None
        return self.start - self.recorded


class Camera:
    """A picture of 25 frames a second, and sound by another clock."""

    def __init__(
        self,
        clock: Clock = lambda time: time,
        *,
        delay: float = 0.0,
        is_heard: Callable[[float], bool] = lambda _: True,
        picture_clock: Clock = lambda time: time,
    ) -> None:
        self.sound = Sound(TRACK)
        self._clock = clock
        self._delay = delay
        self._is_heard = is_heard
        self._picture_clock = picture_clock
        self.events = sorted([*self._pictures(), *self._sounds()])

    def _pictures(self) -> Iterator[tuple[float, int, float]]:
        return ((number * PICTURE, 1, number * PICTURE) for number in range(3000))

    def _sounds(self) -> Iterator[tuple[float, int, float]]:
        for time in (number * FRAME for number in range(2000)):
            if self._is_heard(time):
                yield time + FRAME + self._delay, 0, time

    def play(self, until: float) -> list[Heard]:
        """Return what is heard until a time."""
        heard: list[Heard] = []
        numbers: dict[bytes, float] = {}
        picture, last = 0.0, -1
        keys = count()
        for come, is_picture, time in self.events:
            if come > until:
                break
            if is_picture:
                dts = round(self._picture_clock(time) * VIDEO.timescale)
                frame = Sample(1, dts, round(PICTURE * VIDEO.timescale), 0, True, b"")
                out = self.sound.beside(frame, VIDEO.timescale)
                picture = (frame.dts + frame.duration) / VIDEO.timescale
            else:
                key = next(keys).to_bytes(4)
                numbers[key] = time
                # As FFmpeg does with a time that goes back.
                last = max(round(self._clock(time) * TRACK.timescale), last + 1)
                sample = Sample(TRACK.track_id, last, SAMPLES, 0, True, key)
                out = self.sound.came(sample)
            heard += [
                Heard(picture, numbers.get(bytes(each.data)), each) for each in out
            ]
        return heard


def assert_unbroken(heard: list[Heard]) -> None:
    """Assert that sound or silence follows each frame, with less than a frame between."""
    for one, following in pairwise(heard):
        gap = following.sample.dts - one.sample.dts - one.sample.duration
        assert 0 <= gap < SAMPLES


HOUR = 3600.0


@pytest.mark.parametrize(
    "clock",
    [
        lambda time: time + 9 * HOUR,
        lambda time: time + 2.0,
        lambda time: time + 9 * HOUR if time > 10 else time,
        lambda time: time + 2.0 if time > 10 else time,
        lambda time: time - 2.0 if time > 10 else time,
        lambda time: time - HOUR if time > 10 else time,
        lambda time: 1.05 * time,
        lambda time: 1.01 * time,
        lambda time: 0.95 * time,
    ],
    ids=[
        "hours ahead",
        "seconds ahead",
        "set forward by hours",
        "set forward by seconds",
        "set back by seconds",
        "set back by an hour",
        "fast",
        "a little fast",
        "slow",
    ],
)
def test_sound_by_another_clock_is_put_beside_its_picture(clock: Clock) -> None:
    camera = Camera(clock)
    heard = camera.play(60)
    assert_unbroken(heard)
    recorded = [each for each in heard if each.recorded is not None]
    settled = [each for each in recorded if not 10 < (each.recorded or 0) < 14]
    assert max(abs(each.late) for each in settled[40:]) < 0.8
    # Most of it is heard, and players never wait for it.
    assert len(recorded) * FRAME > 50
    for each in heard:
        assert each.start < each.picture + MAX_AHEAD_S + FRAME
    ends = {each.picture: each.start for each in heard}
    assert all(picture - end < 1.5 for picture, end in ends.items() if picture > 3)
    assert abs(camera.sound.correction) > 0.4


def test_sound_hours_behind_its_picture_is_put_beside_it() -> None:
    camera = Camera(picture_clock=lambda time: time + 9 * HOUR)
    heard = [each for each in camera.play(60) if each.recorded is not None]
    assert {round(each.late - 9 * HOUR, 1) for each in heard[40:]} == {0.0}
    assert len(heard) * FRAME > 50


@pytest.mark.parametrize("delay", [0.0, 0.3, 1.4])
def test_sound_that_comes_late_keeps_its_time(delay: float) -> None:
    """As from MPEG-TS."""
    camera = Camera(delay=delay)
    heard = [each for each in camera.play(60) if each.recorded is not None]
    assert camera.sound.correction == 0
    assert {round(each.late, 6) for each in heard} == {0.0}
    assert len(heard) * FRAME > 57


@pytest.mark.parametrize("sound_first", [True, False])
def test_sound_that_comes_in_bursts_keeps_its_time(sound_first: bool) -> None:
    """Two seconds of picture, and two seconds of sound."""
    camera = Camera()
    camera.events.sort(
        key=lambda event: (event[2] // 2, event[1] == sound_first, event[2])
    )
    heard = [each for each in camera.play(60) if each.recorded is not None]
    assert camera.sound.correction == 0
    assert {round(each.late, 6) for each in heard} == {0.0}
    assert all(each.start < each.picture + MAX_AHEAD_S + FRAME for each in heard)


def test_sound_beside_rare_pictures_keeps_its_time() -> None:
    """Each comes when the next one has begun, with all the sound beside it."""
    sound = Sound(TRACK)
    heard: list[Sample] = []
    for number in range(20):
        for index in range(5 * 16):
            dts = (number * 80 + index) * SAMPLES
            heard += sound.came(Sample(2, dts, SAMPLES, 0, True, b"sound"))
        frame = Sample(1, number * 80 * SAMPLES, 80 * SAMPLES, 0, True, b"")
        heard += sound.beside(frame, TRACK.timescale)
    assert sound.correction == 0
    assert {bytes(each.data) for each in heard} == {b"sound"}


def test_a_picture_that_stands_moves_no_sound() -> None:
    """It comes back where it belongs."""
    camera = Camera()
    camera.events = [
        (come + 3 if is_picture and 10 < time < 13 else come, is_picture, time)
        for come, is_picture, time in camera.events
    ]
    camera.events.sort()
    camera.play(60)
    assert camera.sound.correction == 0


def test_sound_that_pauses_is_not_waited_for_again_and_again() -> None:
    """Two seconds of it, then none for five; the last frame comes with the next lump."""
    camera = Camera(is_heard=lambda time: time % 7 < 2)
    camera.events = [
        (
            come + 5 if not is_picture and time % 7 > 2 - FRAME else come,
            is_picture,
            time,
        )
        for come, is_picture, time in camera.events
    ]
    camera.events.sort()
    heard = camera.play(60)
    assert_unbroken(heard)
    ends: dict[float, float] = {}
    for each in heard:
        ends[each.picture] = each.start + FRAME
    waits = []
    end = 0.0
    for number in range(1, 1450):
        picture = number * PICTURE + PICTURE
        end = max(end, *(e for p, e in ends.items() if abs(p - picture) < 0.01), 0.0)
        waits.append((picture, picture - end))
    assert max(wait for picture, wait in waits if picture > 8) < 0.35
    assert sum(each.recorded is not None for each in heard) * FRAME > 14
    assert camera.sound.correction == 0


def test_a_codec_without_silence_is_put_beside_its_picture_as_well() -> None:
    camera = Camera(lambda time: time + 9 * HOUR)
    camera.sound = Sound(replace(TRACK, channels=6))
    heard = camera.play(20)
    assert {each.recorded is None for each in heard} == {False}
    assert abs(heard[-1].late) < 0.2


def test_a_jump_in_the_picture_is_not_filled() -> None:
    """Players are to jump as well; and nine seconds of silence a picture are a lot of work."""
    sound = Sound(TRACK)
    heard: list[Sample] = []
    time = 0.0
    for number in range(200):
        time += 9.0 if number == 100 else PICTURE
        frame = Sample(1, round(time * 90_000), 3600, 0, True, b"")
        heard += sound.beside(frame, 90_000)
    assert {bytes(each.data) for each in heard} == {silent_frame(TRACK)}
    assert len(heard) * FRAME < 8


@pytest.mark.parametrize("duration", [0, 1, 2**31])
@pytest.mark.parametrize("timescale", [1, 8000, 2**32 - 1])
def test_a_camera_does_not_decide_how_much_silence_there_is(
    duration: int, timescale: int
) -> None:
    """Not by the duration of its samples, nor by its timescale."""
    sound = Sound(replace(TRACK, timescale=timescale))
    for number in range(20):
        list(sound.came(Sample(2, number, duration, 0, True, b"sound")))
    made = 0
    for number in range(250):
        frame = Sample(1, number * 3600, 3600, 0, True, b"")
        made += len(list(sound.beside(frame, 90_000)))
    assert made <= 10 * 100 + 20


@pytest.mark.parametrize(("size", "count"), [(0, 3000), (6 * 1024 * 1024, 3)])
def test_sound_without_pictures_does_not_pile_up(size: int, count: int) -> None:
    """Neither many samples nor large ones."""
    sound, data = Sound(TRACK), bytes(size)
    samples = [Sample(2, number, SAMPLES, 0, True, data) for number in range(count)]
    with pytest.raises(MediaError, match="audio samples wait"):
        assert not [out for sample in samples for out in sound.came(sample)]


def test_large_sound_that_is_due_does_not_wait() -> None:
    sound, data = Sound(TRACK), bytes(6 * 1024 * 1024)
    list(sound.beside(Sample(1, 0, 3600, 0, True, b""), 90_000))
    samples = [
        Sample(2, number * SAMPLES, SAMPLES, 0, True, data) for number in range(5)
    ]
    assert len([out for sample in samples for out in sound.came(sample)]) == 5
