"""Frames as they come, for players that append each one by itself."""

import asyncio
import logging
import struct
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import pairwise

import pytest

from custom_components.hls_camera.streaming.errors import StreamStoppedError
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.frames import (
    MAX_QUEUED,
    MAX_QUEUED_BYTES,
    TRACK_NUMBERS,
    Fragment,
    FrameReader,
    Frames,
)
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    TrackKind,
)

from ..fragments import samples_in
from ..media_files import AUDIO, INIT, VIDEO, boxes_of, camera_media, frames
from ..windows import make_window

FRAME = VIDEO.timescale // 25
CAME = 1_790_000_000.5
NTP_EPOCH = 2_208_988_800
PICTURE = TRACK_NUMBERS[TrackKind.VIDEO][0]


class Stream:
    """A window and its frames, fed by a segmenter."""

    def __init__(self, init: InitSection = INIT, **limits: int) -> None:
        self.init = init
        self.window: Window = make_window(**limits)
        demand = Demand(lambda: 0.0)
        self.live = LiveStream(self.window, demand, logger=logging.getLogger(__name__))
        self.frames = Frames(self.live, clock=lambda: CAME)
        self.begin_run()

    def begin_run(self) -> None:
        """FFmpeg is restarted."""
        self.window.begin_run(self.init)
        self.segmenter = Segmenter(
            self.init, self.live, Packaging(), clock=lambda: 1_000_000.0
        )
        self.live.begin_run(self.init, self.segmenter)

    def push(self, samples: Sequence[Sample]) -> None:
        for sample in samples:
            self.segmenter.push([sample])


@pytest.fixture
def stream() -> Stream:
    return Stream()


async def read_all(reader: FrameReader) -> list[InitSection | Fragment]:
    """Return the waiting messages."""
    items = []
    while (item := await reader.read(0)) is not None:
        items.append(item)
    return items


def samples_of(
    items: Sequence[InitSection | Fragment], init: InitSection = INIT
) -> list[Sample]:
    """Return the samples of the fragments; each fragment has its track's number before it."""

    def read() -> Iterator[Sample]:
        for item in items:
            if isinstance(item, Fragment):
                for sample in samples_in(item.data[1:], init):
                    is_picture = sample.track_id == init.video.track_id
                    assert is_picture is (item.data[0] == PICTURE)
                    yield sample._replace(data=bytes(sample.data))

    return list(read())


async def test_each_frame_is_a_fragment_of_its_own(stream: Stream) -> None:
    with stream.frames.reader() as reader:
        picture = frames([FRAME] * 60)
        stream.push(picture)
        init, *fragments = await read_all(reader)
    assert init == INIT
    assert len(fragments) == 60
    assert samples_of(fragments) == picture


async def test_picture_and_sound_come_apart(stream: Stream) -> None:
    sound = frames([1024] * 3, track=AUDIO)
    with stream.frames.reader() as reader:
        stream.push([*frames([FRAME]), *sound])
        _, *fragments = await read_all(reader)
    assert samples_of(fragments[1:]) == sound


async def test_nothing_is_made_when_nobody_reads(stream: Stream) -> None:
    def is_wanted() -> bool:
        return stream.segmenter.on_frame is not None

    assert not is_wanted()
    with stream.frames.reader(), stream.frames.reader():
        assert is_wanted()
    assert not is_wanted()


async def test_all_readers_share_the_bytes(stream: Stream) -> None:
    with stream.frames.reader() as one, stream.frames.reader() as other:
        stream.push(frames([FRAME] * 3))
        for first, second in zip(
            await read_all(one), await read_all(other), strict=True
        ):
            assert first is second


async def test_later_readers_share_them_as_well(stream: Stream) -> None:
    """Frames from before the first reader, and from before the second."""
    stream.push(frames([FRAME] * 30))
    with stream.frames.reader() as first:
        stream.push(frames([FRAME] * 40)[30:])
        with stream.frames.reader() as second, stream.frames.reader() as third:
            early, late = await read_all(first), await read_all(second)
            for one, other in zip(late, await read_all(third), strict=True):
                assert one is other
    # Only the time at which a frame came is not for those who were not there yet.
    assert samples_of(late) == samples_of(early)
    for item in late[1:]:
        assert isinstance(item, Fragment)
        assert boxes_of(item.data[1:])[0][0] == b"moof"


async def test_many_slow_readers_hold_no_copies() -> None:
    stream = Stream(max_bytes=8_000_000)
    size = 40_000
    picture = frames([FRAME] * 300, keyframe_every=100, size=size)
    stream.push(picture[:90])
    tracemalloc.start()
    try:
        with ExitStack() as readers:
            for _ in range(100):
                readers.enter_context(stream.frames.reader())
            stream.push(picture[90:])
            memory, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Copies of all first messages would be 360 MB.
    assert memory < 2 * MAX_QUEUED_BYTES + 300 * size


async def test_messages_that_all_have_read_are_released() -> None:
    stream = Stream(max_bytes=1_000_000)
    size = 20_000
    tracemalloc.start()
    try:
        with stream.frames.reader() as reader:
            stream.push(frames([FRAME] * 100, size=size))
            unread, _ = tracemalloc.get_traced_memory()
            await read_all(reader)
            read, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The next viewer's first messages stay: frames from the last keyframe on.
    assert read < unread - 50 * size


async def test_a_reader_far_behind_a_keyframe_waits_for_the_next() -> None:
    """So a camera holds a limited amount, however rarely it sends keyframes."""
    stream = Stream(max_bytes=50_000)
    picture = frames([FRAME] * 30, keyframe_every=20, size=4000)
    with stream.frames.reader():
        for frame in picture[:19]:
            stream.frames.frame(VIDEO, frame)
        with stream.frames.reader() as late:
            assert await read_all(late) == [INIT]
            for frame in picture[19:]:
                stream.frames.frame(VIDEO, frame)
            assert samples_of(await read_all(late)) == picture[20:]


@pytest.mark.parametrize("already", [1, 4, 24, 25, 26, 29, 49, 51, 60, 75, 99])
async def test_a_new_reader_begins_at_the_newest_keyframe(
    stream: Stream, already: int
) -> None:
    """Whether it is in the window or waits for its part; and nothing is missing."""
    picture = frames([FRAME] * 100)
    stream.push(picture[:already])
    with stream.frames.reader() as reader:
        stream.push(picture[already:])
        init, *fragments = await read_all(reader)
    assert init == INIT
    newest = (already - 1) // 25 * 25
    assert samples_of(fragments) == picture[newest:]


async def test_a_new_reader_gets_the_sound_with_the_picture(ffmpeg: str) -> None:
    media = camera_media(ffmpeg)
    stream = Stream(media.init)
    stream.push(media.samples[: len(media.samples) * 2 // 3])
    with stream.frames.reader() as reader:
        _, *fragments = await read_all(reader)
    samples = samples_of(fragments, media.init)
    picture = [each for each in samples if each.track_id == media.init.video.track_id]
    assert media.init.audio
    sound = [each for each in samples if each.track_id == media.init.audio.track_id]
    assert picture[0].is_sync
    begins = picture[0].dts / media.init.video.timescale
    assert sound[0].dts / media.init.audio.timescale == pytest.approx(begins, abs=0.25)
    assert len(sound) > 10


async def test_a_reader_without_a_near_keyframe_requests_a_new_one() -> None:
    """The past is not shown before the present."""
    stream = Stream()
    asked: list[bool] = []
    stream.window.on_keyframe_wanted = lambda: asked.append(True)
    stream.push(frames([FRAME] * 250, keyframe_every=1000))
    with stream.frames.reader():
        assert not asked
    stream.push(frames([FRAME] * 100, keyframe_every=1000, start=250 * FRAME)[1:])
    with stream.frames.reader():
        assert asked


async def test_before_a_run_has_a_keyframe_there_is_its_init_section_alone() -> None:
    stream = Stream()
    with stream.frames.reader() as reader:
        assert await read_all(reader) == [INIT]
        stream.push(frames([FRAME] * 30)[10:])
        assert samples_of(await read_all(reader))[0].is_sync


async def test_a_restart_begins_with_an_init_section(stream: Stream) -> None:
    with stream.frames.reader() as reader:
        stream.push(frames([FRAME] * 10))
        await read_all(reader)
        stream.begin_run()
        stream.push(frames([FRAME] * 3))
        init, *fragments = await read_all(reader)
    assert init == INIT
    assert len(fragments) == 3


async def test_a_slow_reader_goes_on_at_the_next_keyframe(stream: Stream) -> None:
    """It loses what is old, and holds no more than is allowed."""
    picture = frames([FRAME] * (MAX_QUEUED + 60), keyframe_every=70)
    with stream.frames.reader() as reader:
        stream.push(picture)
        init, *fragments = await read_all(reader)
    assert init == INIT
    assert samples_of(fragments) == picture[350:]
    assert stream.frames.skipped == 350


async def test_a_reader_that_waits_for_the_first_keyframe_misses_nothing() -> None:
    stream = Stream()
    with stream.frames.reader() as reader:
        stream.push(frames([FRAME] * 30)[10:])
        await read_all(reader)
    assert stream.frames.skipped == 0


async def test_a_slow_reader_holds_so_many_bytes_at_most(stream: Stream) -> None:
    size = MAX_QUEUED_BYTES // 10
    picture = frames([FRAME] * 38, keyframe_every=5, size=size)
    with stream.frames.reader() as reader:
        for frame in picture:
            stream.frames.frame(VIDEO, frame)
        items = await read_all(reader)
    assert sum(map(len, samples_of(items))) <= MAX_QUEUED_BYTES
    assert samples_of(items)[0].is_sync
    assert samples_of(items)[-1] == picture[-1]


async def test_a_stop_ends_all_readers(stream: Stream) -> None:
    with stream.frames.reader() as reader:
        await read_all(reader)
        reading = asyncio.create_task(reader.read(60))
        await asyncio.sleep(0)
        stream.live.clear()
        with pytest.raises(StreamStoppedError):
            await reading


async def test_a_nudge_wakes_readers(stream: Stream) -> None:
    with stream.frames.reader() as reader:
        await read_all(reader)
        reading = asyncio.create_task(reader.read(60))
        await asyncio.sleep(0)
        reader.nudge()
        assert await reading is None


async def test_a_new_picture_has_its_time_of_arrival(stream: Stream) -> None:
    """In a prft (ISO/IEC 14496-12, 8.16.5); sound has none."""
    with stream.frames.reader() as reader:
        stream.push([*frames([FRAME] * 2), *frames([1024], track=AUDIO)])
        _, *fragments = await read_all(reader)
    *pictures, sound = [boxes_of(each.data[1:]) for each in fragments]
    times = [struct.unpack(">IIQQ", prft) for (_, prft), *_ in pictures]
    for _, track_id, ntp, _ in times:
        assert track_id == VIDEO.track_id
        assert ntp / 2**32 - NTP_EPOCH == pytest.approx(CAME, abs=1e-3)
    starts = [sample.dts for sample in samples_of(fragments[:2])]
    assert [media_time for *_, media_time in times] == starts
    assert [box_type for box_type, _ in sound] == [b"moof", b"mdat"]


async def test_a_stumble_is_no_step_that_browsers_refuse(stream: Stream) -> None:
    """They drop all up to a keyframe after one of more than two durations (MSE, 3.5.8)."""
    shown = [*range(10), *range(40, 60)]
    picture = [Sample(1, time * FRAME, FRAME, 0, time == 0, b"x" * 9) for time in shown]
    with stream.frames.reader() as reader:
        for frame in picture:
            stream.frames.frame(VIDEO, frame)
        _, *fragments = await read_all(reader)
    told = samples_of(fragments)
    for before, after in pairwise(told):
        assert 0 < after.dts - before.dts <= 2 * before.duration
    assert [each.dts + each.composition_offset for each in told] == [
        each.dts for each in picture
    ]
    # It has caught up, and no duration is far too long meanwhile.
    assert told[-1] == picture[-1]
    assert max(each.duration for each in told) == 2 * FRAME


async def test_a_keyframe_needs_nothing_before_it(stream: Stream) -> None:
    picture = frames([FRAME] * 2, keyframe_every=1)
    late = picture[1]._replace(dts=picture[1].dts + 50 * FRAME)
    with stream.frames.reader() as reader:
        for frame in (picture[0], late):
            stream.frames.frame(VIDEO, frame)
        _, *fragments = await read_all(reader)
    assert samples_of(fragments) == [picture[0], late]


async def test_media_from_before_the_viewer_have_no_time_of_arrival(
    stream: Stream,
) -> None:
    stream.push(frames([FRAME] * 4))
    with stream.frames.reader() as reader:
        _, *fragments = await read_all(reader)
    for fragment in fragments:
        assert boxes_of(fragment.data[1:])[0][0] == b"moof"
