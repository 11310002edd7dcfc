"""Keyframes as players see them."""

from collections.abc import Sequence

import pytest

from custom_components.hls_camera.streaming.errors import NoKeyframeError
from custom_components.hls_camera.streaming.media.fmp4 import Sample, TrackKind
from custom_components.hls_camera.streaming.media.keyframes import Keyframes

from ..media_files import H264, SILENT_VIDEO, TONE, VIDEO, Media, frames, handed_over

FRAME = VIDEO.timescale // 25
IDR = b"\0\0\0\3\x65\x88\x80"
OTHER = b"\0\0\0\3\x41\x9a\x80"


def pictures(count: int, *, marked_every: int, idr: Sequence[int]) -> list[Sample]:
    """Return frames of which some are marked as keyframes, and some are IDR pictures."""
    return [
        sample._replace(data=IDR if index in idr else OTHER)
        for index, sample in enumerate(
            frames([FRAME] * count, keyframe_every=marked_every)
        )
    ]


def marked(samples: Sequence[Sample]) -> list[int]:
    """Return the numbers of the frames that are marked."""
    return [sample.dts // FRAME for sample in samples if sample.is_sync]


def encoded(ffmpeg: str, *parameters: str) -> Media:
    """Return three seconds of H.264 and AAC, encoded with these parameters of x264."""
    tail = ("-x264-params", ":".join(parameters), "-c:a", "aac", "-t", "3")
    return handed_over(ffmpeg, *SILENT_VIDEO, *TONE, *H264, *tail)


def test_only_idr_pictures_are_keyframes() -> None:
    samples = pictures(100, marked_every=10, idr=(0, 50))
    keyframes = Keyframes(VIDEO, 12.5)
    corrected = keyframes.corrected(samples)
    assert marked(corrected) == [0, 50]
    assert [each.data for each in corrected] == [each.data for each in samples]
    assert keyframes.came_first


def test_nothing_passes_before_the_first_one_where_one_is_expected() -> None:
    samples = pictures(100, marked_every=30, idr=(30, 60, 90))
    expecting, content = Keyframes(VIDEO, 12.5), Keyframes(VIDEO)
    assert expecting.corrected(samples)[0] == samples[30]
    assert len(content.corrected(samples)) == 100
    assert not expecting.came_first


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (pictures(100, marked_every=40, idr=()), "where 2 are marked"),
        (pictures(320, marked_every=40, idr=(0,)), r"within 12\.5 s"),
        (pictures(320, marked_every=999, idr=(0,)), r"within 12\.5 s"),
        (pictures(320, marked_every=999, idr=()), r"within 12\.5 s"),
    ],
    ids=["never", "at the start only", "rarely", "not yet"],
)
def test_too_few_of_them_end_the_run_where_they_are_expected(
    samples: list[Sample], message: str
) -> None:
    with pytest.raises(NoKeyframeError, match=message):
        Keyframes(VIDEO, 12.5).corrected(samples)
    Keyframes(VIDEO).corrected(samples)


def test_a_jump_in_time_is_no_interval() -> None:
    """The segmenter refuses it, with the reason that it is one."""
    samples = pictures(20, marked_every=40, idr=(0,))
    later = [each._replace(dts=each.dts + 3600 * 90_000) for each in samples[10:]]
    corrected = Keyframes(VIDEO, 12.5).corrected([*samples[:10], later[0]])
    assert corrected[-1] == later[0]
    with pytest.raises(NoKeyframeError):
        Keyframes(VIDEO, 12.5).corrected([*samples[:10], *later[:2]])


def test_ten_seconds_between_them_are_few_enough() -> None:
    samples = pictures(1000, marked_every=250, idr=range(0, 1000, 250))
    assert marked(Keyframes(VIDEO, 12.5).corrected(samples)) == [0, 250, 500, 750]


def test_ordinary_media_are_left_as_they_are(any_ffmpeg: str) -> None:
    media = encoded(any_ffmpeg, "scenecut=0")
    keyframes = Keyframes(media.init.video, 12.5)
    assert tuple(keyframes.corrected(media.samples)) == media.samples


@pytest.mark.parametrize("kind", ["intra-refresh=1:bframes=0", "open-gop=1:bframes=2"])
def test_recovery_points_are_none(any_ffmpeg: str, kind: str) -> None:
    media = encoded(any_ffmpeg, "scenecut=0", kind)
    video = media.of(TrackKind.VIDEO)
    corrected = Keyframes(media.init.video).corrected(video)
    assert sum(sample.is_sync for sample in video) >= 3
    assert [sample.is_sync for sample in corrected].index(True) == 0
    assert sum(sample.is_sync for sample in corrected) == 1
