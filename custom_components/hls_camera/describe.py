"""A description of a source's media and of their conversion, for the user."""

from collections.abc import Iterator
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, LONG_KEYFRAME_INTERVAL
from .streaming.sources.source_info import AudioInfo, SourceInfo, VideoInfo
from .streaming.transcode.plan import Action, Plan, TrackPlan, make_plan

# FFmpeg's names of codecs with their common names. Others are shown in capitals.
_CODECS: Final = {
    "adpcm_g726": "G.726",
    "adpcm_g726le": "G.726",
    "h264": "H.264",
    "hevc": "H.265",
    "mpeg4": "MPEG-4",
    "pcm_alaw": "G.711",
    "pcm_mulaw": "G.711",
    "opus": "Opus",
}

type _Sentence = tuple[str, dict[str, str]]
"""A key of the translations in `selector.found`, with its placeholders."""


async def async_describe(
    hass: HomeAssistant, info: SourceInfo, small: SourceInfo | None = None
) -> dict[str, str]:
    """Return placeholders "video", "audio" and "small" for a form's text.

    `small` describes the sub-stream's media; its text is a paragraph, or empty.
    """
    # Home Assistant translates whole texts by key. These texts consist of optional parts,
    # so the parts are translated here, in the language of the server.
    translations = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )

    def text(sentences: Iterator[_Sentence]) -> str:
        return " ".join(
            translations[f"component.{DOMAIN}.selector.found.options.{key}"].format(
                **placeholders
            )
            for key, placeholders in sentences
        )

    plan = make_plan(info)
    return {
        "video": text(_video(info.video, plan.video)),
        "audio": text(_audio(info.audio, plan.audio)),
        "small": f"\n\n{text(_small(small, plan))}" if small else "",
    }


def _small(small: SourceInfo, first: Plan) -> Iterator[_Sentence]:
    plan = make_plan(small)
    yield "small", {}
    yield from _video(small.video, plan.video)
    if (plan.audio.action is Action.DROP) is not (first.audio.action is Action.DROP):
        yield "small_sound_differs", {}


def _video(video: VideoInfo, plan: TrackPlan) -> Iterator[_Sentence]:
    size = {"width": str(video.width), "height": str(video.height)}
    placeholders = {"codec": _codec(video.codec), **size}
    if video.frame_rate is None:
        yield "video", placeholders
    else:
        yield "video_rate", {**placeholders, "rate": f"{video.frame_rate:.3g}"}
    interval = video.keyframe_interval
    if interval is None:
        yield "keyframe_unknown", {}
    else:
        yield "keyframe", {"interval": f"{interval:.3g}"}
    yield f"video_{plan.reason}", {}
    is_rare = interval is None or interval > LONG_KEYFRAME_INTERVAL
    if is_rare and plan.action is Action.COPY:
        yield "keyframe_advice", {}


def _audio(audio: AudioInfo | None, plan: TrackPlan) -> Iterator[_Sentence]:
    if audio is not None:
        yield "audio", {"codec": _codec(audio.codec)}
    yield f"audio_{plan.reason}", {}


def _codec(name: str) -> str:
    return _CODECS.get(name, name.upper())
