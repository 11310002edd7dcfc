"""A live stream and its outputs."""

import logging
from pathlib import Path
from typing import override

import pytest

from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.output import Output
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.segmenter import Segmenter
from custom_components.hls_camera.streaming.live.segments import (
    MediaSegment,
    PartialSegment,
)
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, Sample, Track

from ..clocks import Clock
from ..media_files import INIT, VIDEO, VIDEO_INIT, frames
from ..windows import make_window

FRAME = VIDEO.timescale // 25


class Stream:
    """A live stream with a segmenter, as a run has them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.live = LiveStream(
            make_window(), Demand(self.clock), logger=logging.getLogger(__name__)
        )
        self.begin_run(VIDEO_INIT)

    def begin_run(self, init: InitSection) -> None:
        self.live.window.begin_run(init)
        self.segmenter = Segmenter(
            init, self.live, Packaging(), clock=lambda: 1_000_000.0
        )
        self.live.begin_run(init, self.segmenter)


@pytest.fixture
def stream() -> Stream:
    return Stream()


class Log(Output):
    """Notes what it is given."""

    def __init__(self, *, takes_frames: bool = False) -> None:
        self.takes_frames = takes_frames
        self.log: list[str] = []

    @override
    def begin_run(self, init: InitSection) -> None:
        self.log.append("run")

    @override
    def frame(self, track: Track, sample: Sample) -> None:
        self.log.append("frame")

    @override
    def part(self, segment: MediaSegment, part: PartialSegment) -> None:
        self.log.append(f"part {segment.msn}.{part.index}")

    @override
    def segment(self, segment: MediaSegment) -> None:
        self.log.append(f"segment {segment.msn}")

    @override
    def clear(self) -> None:
        self.log.append("clear")


def test_the_usual_duration_of_a_picture_is_that_of_the_latest_run(
    stream: Stream,
) -> None:
    assert stream.live.frame_seconds == 0.0
    stream.segmenter.push(frames([FRAME] * 12))
    assert stream.live.frame_seconds == 0.04
    stream.begin_run(VIDEO_INIT)
    assert stream.live.frame_seconds == 0.0
    stream.live.clear()
    assert stream.live.frame_seconds == 0.0


def test_an_output_is_given_parts_and_segments_in_order(stream: Stream) -> None:
    output = Log()
    stream.live.attach(output)
    stream.segmenter.push(frames([FRAME] * 30, keyframe_every=15))
    stream.live.end_run()
    stream.begin_run(INIT)
    stream.live.clear()
    assert output.log[:3] == ["part 1.0", "part 1.1", "segment 1"]
    assert output.log[-2:] == ["run", "clear"]
    for number, each in enumerate(output.log):
        if each.startswith("segment"):
            before = output.log[number - 1]
            assert before.startswith(each.replace("segment", "part"))


def test_frames_are_given_to_those_that_take_them(stream: Stream) -> None:
    plain, eager = Log(), Log(takes_frames=True)
    stream.live.attach(plain)
    assert stream.segmenter.on_frame is None
    detach = stream.live.attach(eager)
    stream.segmenter.push(frames([FRAME] * 3))
    assert eager.log.count("frame") == 3
    assert "frame" not in plain.log
    detach()
    detach()
    assert stream.segmenter.on_frame is None


def test_an_output_that_fails_is_detached(
    stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Output):
        @override
        def part(self, segment: MediaSegment, part: PartialSegment) -> None:
            raise OSError("disk full")

    output = Log()
    stream.live.attach(Broken())
    stream.live.attach(output)
    stream.segmenter.push(frames([FRAME] * 30))
    assert output.log[:2] == ["part 1.0", "part 1.1"]
    assert caplog.text.count("Broken was detached") == 1


def test_a_lease_is_demand(stream: Stream) -> None:
    with stream.live.lease("recording"):
        stream.clock.now += 1000
        assert stream.live.demand.is_recent
    stream.clock.now += 1000
    assert not stream.live.demand.is_recent


def test_the_debug_log_names_the_purpose_of_each_lease(
    stream: Stream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with stream.live.lease("relay"):
        assert caplog.messages == ["Kept awake: relay"]
        with stream.live.lease("snapshot"):
            pass
    assert caplog.messages == [
        "Kept awake: relay",
        "Kept awake: snapshot",
        "No longer kept awake: snapshot",
        "No longer kept awake: relay",
    ]


class Folder(Output):
    """Writes each media segment into a folder, as an extension would."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._init = b""

    @override
    def begin_run(self, init: InitSection) -> None:
        self._init = init.data

    @override
    def segment(self, segment: MediaSegment) -> None:
        media = b"".join(part.data for part in segment.parts)
        (self._path / f"{segment.msn}.mp4").write_bytes(self._init + media)


def test_a_new_output_needs_no_change_of_the_core(
    stream: Stream, tmp_path: Path
) -> None:
    stream.live.attach(Folder(tmp_path))
    stream.begin_run(VIDEO_INIT)
    stream.segmenter.push(frames([FRAME] * 100, keyframe_every=25))
    window = stream.live.window
    written = sorted(tmp_path.iterdir())
    assert len(written) == window.last_msn - 1
    for path in written:
        segment = window.segment(int(path.stem))
        assert segment is not None
        media = b"".join(part.data for part in segment.parts)
        assert path.read_bytes() == VIDEO_INIT.data + media
