"""Results of probes, in plain words."""

import pytest
from homeassistant.core import HomeAssistant

from custom_components.hls_camera.describe import (
    async_describe,
    async_describe_conversion,
)
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.options import VideoMode

NO_SOUND = "The camera sends no sound."
ADVICE = " Set the camera to one every 1 or 2 s, so that the picture appears sooner."


@pytest.mark.parametrize(
    ("video", "audio", "expected"),
    [
        (
            VideoInfo(
                codec="h264",
                width=1920,
                height=1080,
                frame_rate=25.0,
                keyframe_interval=2.0,
            ),
            AudioInfo(codec="aac", sample_rate=16000),
            {
                "video": "H.264, 1920x1080, 25 fps. Plays everywhere.",
                "details": "A keyframe every 2 s.",
                "audio": "AAC. Plays everywhere.",
            },
        ),
        (
            VideoInfo(
                codec="h264",
                width=640,
                height=360,
                frame_rate=29.97,
                keyframe_interval=5.0,
            ),
            None,
            {
                "video": "H.264, 640x360, 30 fps. Plays everywhere.",
                "details": "A keyframe every 5 s." + ADVICE,
                "audio": NO_SOUND,
            },
        ),
        (
            VideoInfo(codec="h264", width=640, height=360),
            None,
            {
                "video": "H.264, 640x360. Plays everywhere.",
                "details": "Keyframes are rare." + ADVICE,
                "audio": NO_SOUND,
            },
        ),
        (
            VideoInfo(codec="hevc", width=3840, height=2160, keyframe_interval=10.0),
            AudioInfo(codec="pcm_alaw", sample_rate=8000),
            {
                "video": "H.265, 3840x2160."
                " Not every browser can play it, so it is converted to H.264."
                " Choose H.264 in the camera's own settings to spare this computer the"
                " work.",
                "details": "A keyframe every 10 s.",
                "audio": "G.711. Browsers cannot play it, so it is converted to AAC.",
            },
        ),
        (
            VideoInfo(
                codec="h264",
                width=640,
                height=360,
                pixel_format="yuv422p",
                frame_rate=12.5,
                keyframe_interval=1.0,
            ),
            AudioInfo(codec="mp2", sample_rate=48000),
            {
                "video": "H.264, 640x360, 12.5 fps."
                " Browsers cannot play its color format, so it is converted.",
                "details": "A keyframe every 1 s.",
                "audio": "MP2. Browsers cannot play it, so it is converted to AAC.",
            },
        ),
    ],
)
async def test_plain_words(
    hass: HomeAssistant,
    video: VideoInfo,
    audio: AudioInfo | None,
    expected: dict[str, str],
) -> None:
    found = await async_describe(hass, SourceInfo(video=video, audio=audio))
    assert found == {**expected, "small": ""}


LARGE = VideoInfo(codec="h264", width=1920, height=1080, keyframe_interval=2.0)
SMALL = VideoInfo(codec="h264", width=640, height=360, keyframe_interval=1.0)
SOUND = AudioInfo(codec="aac", sample_rate=16000)


@pytest.mark.parametrize(
    ("audio", "advice"),
    [(SOUND, ""), (None, " Only one of the two streams has sound, ")],
)
async def test_a_second_picture(
    hass: HomeAssistant, audio: AudioInfo | None, advice: str
) -> None:
    found = await async_describe(
        hass,
        SourceInfo(video=LARGE, audio=SOUND),
        SourceInfo(video=SMALL, audio=audio),
    )
    text = "\n\n**Sub-stream:** H.264, 640x360. Plays everywhere."
    assert found["details"] == (
        "A keyframe every 2 s. Sub-stream: a keyframe every 1 s."
    )
    assert found["small"].startswith(text + advice)
    assert (found["small"] == text) is not bool(advice)


@pytest.mark.parametrize(
    ("codec", "mode", "makes_sub", "expected"),
    [
        ("h264", VideoMode.AUTOMATIC, False, "is copied unchanged, so the other"),
        ("h264", VideoMode.AUTOMATIC, True, "apply to the sub-stream only."),
        (
            "h264",
            VideoMode.CONVERT,
            False,
            "is converted, so all settings below apply.",
        ),
        ("hevc", VideoMode.AUTOMATIC, False, "is converted, so all settings"),
        ("hevc", VideoMode.COPY, False, "is copied unchanged, so the other"),
    ],
)
async def test_which_settings_of_a_conversion_apply(
    hass: HomeAssistant, codec: str, mode: VideoMode, makes_sub: bool, expected: str
) -> None:
    video = VideoInfo(codec=codec, width=640, height=360, keyframe_interval=1.0)
    info = SourceInfo(video=video)
    text = await async_describe_conversion(hass, info, mode, makes_sub=makes_sub)
    assert expected in text


async def test_a_camera_that_was_never_seen_is_not_described(
    hass: HomeAssistant,
) -> None:
    mode = VideoMode.AUTOMATIC
    assert not await async_describe_conversion(hass, None, mode, makes_sub=True)
