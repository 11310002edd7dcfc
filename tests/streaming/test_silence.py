"""Silence is what FFmpeg hears none in."""

from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.fmp4 import Sample, write_fragment
from custom_components.hls_camera.streaming.silence import silent_frame
from tests import tools

from .media import AUDIO, H264, SILENT_VIDEO, TONE, fragmented, run_ffmpeg

_SECOND = 47
"""Frames of 1024 samples in a second of 48 kHz."""


@pytest.mark.parametrize("channels", [1, 2])
def test_it_is_decoded_without_a_complaint_and_without_a_sound(
    ffmpeg: str, channels: int
) -> None:
    encoder = ("-c:a", "aac", "-ac", str(channels), "-t", "1")
    media = fragmented(ffmpeg, *SILENT_VIDEO, *TONE, *H264, *encoder)
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
