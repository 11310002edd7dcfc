"""Silence that FFmpeg also measures as silence."""

from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.media.audio_gaps import Gaps, silent_frame
from custom_components.hls_camera.streaming.media.fmp4 import Sample, write_fragment
from tests import tools

from ..media_files import AUDIO, H264, SILENT_VIDEO, TONE, handed_over, run_ffmpeg

_SECOND = 47
"""Frames of 1024 samples in a second of 48 kHz."""


@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_decoded_without_a_complaint_and_without_a_sound(
    ffmpeg: str, channels: int
) -> None:
    encoder = ("-c:a", "aac", "-ac", str(channels), "-t", "1")
    media = handed_over(ffmpeg, *SILENT_VIDEO, *TONE, *H264, *encoder)
    track = media.init.audio
    assert track is not None
    frame = silent_frame(track)
    assert frame is not None
    samples = [
        Sample(track.track_id, index * 1024, 1024, 0, True, frame)
        for index in range(_SECOND)
    ]
    silent = media.init.data + write_fragment(1, [(track, samples)])
    decode = ("-xerror", "-i", "-", "-f", "s16le", "-c:a", "pcm_s16le", "-")
    heard = run_ffmpeg(str(tools.ffmpeg()), *decode, stdin=silent)
    assert len(heard) >= (_SECOND - 1) * 1024 * 2 * channels
    assert not any(heard)


def test_other_codecs_and_more_channels_have_none() -> None:
    assert silent_frame(replace(AUDIO, channels=6)) is None
    assert silent_frame(replace(AUDIO, codec="opus", channels=2)) is None


FRAME = 1024
MONO = replace(AUDIO, channels=1)


def waits(gaps: Gaps, start: float, seconds: float) -> float:
    """Return how long the picture goes on before there is silence."""
    for number in range(round(seconds * 25)):
        if list(gaps.fill(start + number / 25, FRAME)):
            return number / 25
    return seconds


def hear(gaps: Gaps, start: float, late: float, seconds: float) -> None:
    """Take sound that comes so many seconds late, beside its picture."""
    rate = MONO.timescale
    for number in range(round(seconds * rate / FRAME)):
        time = start + number * FRAME / rate
        list(gaps.fill(time + late, FRAME))
        sample = Sample(MONO.track_id, round(time * rate), FRAME, 0, True, b"sound")
        list(gaps.take(sample, time + late, FRAME))


class TestGaps:
    def test_sound_that_stops_is_waited_for_a_little(self) -> None:
        gaps = Gaps(MONO)
        hear(gaps, 0, late=0.1, seconds=5)
        assert waits(gaps, 5, 5) == pytest.approx(0.6, abs=0.15)

    def test_sound_that_comes_late_is_waited_for_longer(self) -> None:
        gaps = Gaps(MONO)
        hear(gaps, 0, late=1.2, seconds=10)
        assert waits(gaps, 10, 5) == pytest.approx(1.5 * 1.2, abs=0.15)

    def test_old_lateness_is_forgotten(self) -> None:
        gaps = Gaps(MONO)
        hear(gaps, 0, late=1.2, seconds=10)
        hear(gaps, 11.1, late=0.1, seconds=60)
        assert waits(gaps, 71.2, 5) == pytest.approx(0.6, abs=0.15)

    def test_a_straggler_teaches_nothing(self) -> None:
        """As the last frame of a pause, which an encoder keeps until there is more."""
        gaps = Gaps(MONO)
        hear(gaps, 0, late=0.1, seconds=5)
        assert waits(gaps, 5.1, 5) < 0.7
        for number in range(125):
            list(gaps.fill(5.5 + number / 25, FRAME))
        straggler = Sample(MONO.track_id, 5 * MONO.timescale, FRAME, 0, True, b"sound")
        assert not list(gaps.take(straggler, 10.5, FRAME))
        hear(gaps, 10.4, late=0.1, seconds=5)
        assert waits(gaps, 15.5, 5) < 0.4

    def test_a_gap_between_two_samples_is_silent(self) -> None:
        gaps = Gaps(MONO)
        before, after = (
            Sample(MONO.track_id, dts, FRAME, 0, True, b"sound")
            for dts in (0, 5 * FRAME + 100)
        )
        list(gaps.take(before, 0.1, FRAME))
        taken = list(gaps.take(after, 0.4, FRAME))
        assert [each.dts for each in taken] == [
            *(FRAME, 2 * FRAME, 3 * FRAME, 4 * FRAME, 5 * FRAME + 100)
        ]
        assert {bytes(each.data) for each in taken[:-1]} == {silent_frame(MONO)}
