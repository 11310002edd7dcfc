"""A description of a source's media and of their conversion, for the user."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN, LONG_KEYFRAME_INTERVAL
from .streaming.sources.source_info import AudioInfo, SourceInfo, VideoInfo
from .streaming.transcode.options import VideoMode
from .streaming.transcode.plan import Action, Plan, PlanReason, TrackPlan, make_plan

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
    """Return placeholders "video", "audio", "small" and "details" for a form's text.

    `small` describes the sub-stream's media; its text is a paragraph, or empty.
    """
    plan = make_plan(info)
    details = [*_keyframes("keyframe", info.video, plan.video)]
    if small is not None:
        sub_plan = make_plan(small)
        details += _keyframes("small_keyframe", small.video, sub_plan.video)
    text = await _async_sentences(hass)
    return {
        "video": text(_video(info.video, plan.video)),
        "audio": text(_audio(info.audio, plan.audio)),
        "small": f"\n\n{text(_small(small, plan))}" if small else "",
        "details": text(details),
    }


async def async_describe_conversion(
    hass: HomeAssistant, info: SourceInfo | None, mode: VideoMode, *, makes_sub: bool
) -> str:
    """Return which settings of a conversion apply to a camera; empty if not known.

    `makes_sub` is whether a sub-stream is made by conversion.
    """
    if info is None:
        return ""
    is_copied = make_plan(info, mode).video.action is Action.COPY
    key = "conversion_of_all"
    if is_copied:
        key = "conversion_of_sub" if makes_sub else "conversion_of_none"
    return (await _async_sentences(hass))([(key, {})])


async def _async_sentences(
    hass: HomeAssistant,
) -> Callable[[Iterable[_Sentence]], str]:
    """Return a function that translates sentences and joins them.

    Home Assistant translates whole texts by key. These texts consist of optional parts,
    so the parts are translated here, in the language of the server.
    """
    translations = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )

    def text(sentences: Iterable[_Sentence]) -> str:
        return " ".join(
            translations[f"component.{DOMAIN}.selector.found.options.{key}"].format(
                **placeholders
            )
            for key, placeholders in sentences
        )

    return text


def _small(small: SourceInfo, first: Plan) -> Iterator[_Sentence]:
    plan = make_plan(small)
    yield "small", {}
    yield from _video(small.video, plan.video)
    if (plan.audio.action is Action.DROP) is not (first.audio.action is Action.DROP):
        yield "small_sound_differs", {}


def _video(video: VideoInfo, plan: TrackPlan) -> Iterator[_Sentence]:
    size = {"width": str(video.width), "height": str(video.height)}
    placeholders = {"codec": codec_name(video.codec), **size}
    if video.frame_rate is None:
        yield "video", placeholders
    else:
        yield "video_rate", {**placeholders, "rate": f"{video.frame_rate:.3g}"}
    yield f"video_{plan.reason}", {}
    if plan.reason is PlanReason.CODEC_NOT_PLAYABLE:
        yield "video_codec_advice", {}


def _keyframes(key: str, video: VideoInfo, plan: TrackPlan) -> Iterator[_Sentence]:
    """Yield the keyframe interval, by the key of its sentence, and advice on it."""
    interval = video.keyframe_interval
    if interval is None:
        yield f"{key}_unknown", {}
    else:
        yield key, {"interval": f"{interval:.3g}"}
    is_rare = interval is None or interval > LONG_KEYFRAME_INTERVAL
    if is_rare and plan.action is Action.COPY:
        yield "keyframe_advice", {}


def _audio(audio: AudioInfo | None, plan: TrackPlan) -> Iterator[_Sentence]:
    if audio is not None:
        yield "audio", {"codec": codec_name(audio.codec)}
    yield f"audio_{plan.reason}", {}


def codec_name(name: str) -> str:
    """Return the common name of a codec, from FFmpeg's."""
    return _CODECS.get(name, name.upper())
