"""Packaging of one run: real samples become a window's segments, or end the run."""

import logging
from collections.abc import Iterable

import pytest

from custom_components.hls_camera.streaming.errors import (
    NoKeyframeError,
    SourceChangedError,
)
from custom_components.hls_camera.streaming.live.demand import Demand
from custom_components.hls_camera.streaming.live.packager import Packager
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.media.fmp4 import Sample, TrackKind
from custom_components.hls_camera.streaming.media.orientation import Orientation

from ..clocks import Clock
from ..media_files import Media, camera_media
from ..windows import make_window


@pytest.fixture
def media(ffmpeg: str) -> Media:
    """Three seconds of picture and sound, with a keyframe each second."""
    return camera_media(ffmpeg)


@pytest.fixture
def stream() -> LiveStream:
    return LiveStream(
        make_window(), Demand(Clock()), logger=logging.getLogger(__name__)
    )


def push(packager: Packager, samples: Iterable[Sample]) -> tuple[int, float]:
    """Package samples one by one; return the frames and the seconds of media."""
    results = [packager.push([sample]) for sample in samples]
    return sum(each.frames for each in results), sum(each.media for each in results)


def test_samples_become_media_that_can_be_played(
    stream: LiveStream, media: Media
) -> None:
    packager = Packager(stream, media.init, Packaging())
    frames, seconds = push(packager, media.samples)
    assert frames == len(media.of(TrackKind.VIDEO))
    assert seconds == pytest.approx(packager.played)
    assert packager.begins_with_keyframe
    assert packager.keyframe_interval == pytest.approx(1.0)
    assert packager.capture_delay is not None

    window = stream.window
    segment = window.segment(window.last_msn)
    assert segment is not None
    assert segment.parts[0].independent
    init = window.init_section(segment.init_id)
    assert init is not None
    assert init.codecs == media.init.codecs


def test_the_end_of_a_run_hands_out_what_waits(
    stream: LiveStream, media: Media
) -> None:
    packager = Packager(stream, media.init, Packaging())
    push(packager, media.samples)
    before = packager.played
    packager.flush()
    assert before < packager.played == pytest.approx(3.0, abs=0.05)
    assert stream.window.played == pytest.approx(packager.played)


def test_a_run_without_samples_has_no_figures(stream: LiveStream, media: Media) -> None:
    packager = Packager(stream, media.init, Packaging())
    packager.flush()
    assert packager.played == 0
    assert packager.keyframe_interval is None
    assert packager.capture_delay is None
    assert not packager.begins_with_keyframe
    assert not stream.window.is_ready


def recoded(media: Media) -> list[Sample]:
    """Return the samples, as if the camera's settings had changed in the middle."""
    parameter_set = b"\x67another one"
    video = media.of(TrackKind.VIDEO)
    second = [each.dts for each in video if each.is_sync][1]
    return [
        sample._replace(
            data=len(parameter_set).to_bytes(4) + parameter_set + bytes(sample.data)
        )
        if sample.is_sync and sample.dts >= second
        else sample
        for sample in video
    ]


def test_another_coding_of_the_picture_ends_the_run(
    stream: LiveStream, media: Media
) -> None:
    """The init section would describe it no longer."""
    packager = Packager(stream, media.init, Packaging())
    with pytest.raises(SourceChangedError):
        push(packager, recoded(media))
    assert 0.5 < packager.played <= 1


def test_another_coding_may_be_left_alone(stream: LiveStream, media: Media) -> None:
    packager = Packager(stream, media.init, Packaging(follow_changes=False))
    frames, _ = push(packager, recoded(media))
    assert frames == len(media.of(TrackKind.VIDEO))


def test_keyframes_that_are_too_far_apart_end_the_run(
    stream: LiveStream, media: Media
) -> None:
    packager = Packager(stream, media.init, Packaging(max_keyframe_interval=0.5))
    with pytest.raises(NoKeyframeError):
        push(packager, media.samples)


def test_players_turn_the_picture(stream: LiveStream, media: Media) -> None:
    packaging = Packaging(orientation=Orientation.ROTATE_LEFT)
    push(Packager(stream, media.init, packaging), media.samples)
    assert stream.init is not None
    assert stream.init.data == media.init.turned(Orientation.ROTATE_LEFT).data
    assert stream.init.data != media.init.data


def test_the_next_run_goes_on_in_the_same_window(
    stream: LiveStream, media: Media
) -> None:
    for _ in range(2):
        packager = Packager(stream, media.init, Packaging())
        push(packager, media.samples)
        packager.flush()
        stream.end_run()
    segments = [stream.window.segment(msn) for msn in range(stream.window.last_msn)]
    assert sum(segment.discontinuities for segment in segments if segment) == 1
