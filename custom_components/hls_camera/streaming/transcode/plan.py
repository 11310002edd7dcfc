"""The decision to copy or encode each track of a source, with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Final

from ..sources.source_info import CREDIBLE_FRAME_RATE, AudioInfo, SourceInfo, VideoInfo
from .options import ConversionOptions, VideoMode


class Action(StrEnum):
    """The treatment of a track."""

    COPY = "copy"
    ENCODE = "encode"
    DROP = "drop"


class PlanReason(StrEnum):
    """Why a track is treated as it is; each one is a translation key."""

    PLAYS_EVERYWHERE = "plays_everywhere"
    CODEC_NOT_PLAYABLE = "codec_not_playable"
    PROFILE_NOT_PLAYABLE = "profile_not_playable"
    PIXEL_FORMAT_NOT_PLAYABLE = "pixel_format_not_playable"
    INTERLACED = "interlaced"
    LEVEL_NOT_PLAYABLE = "level_not_playable"
    FRAME_RATE_NOT_PLAYABLE = "frame_rate_not_playable"
    RARE_KEYFRAMES = "rare_keyframes"
    BROKEN_ORDER = "broken_order"
    CHANNELS_NOT_PLAYABLE = "channels_not_playable"
    WANTED = "wanted"
    """A person has decided so."""
    NOT_WANTED = "not_wanted"
    NO_TRACK = "no_track"
    SILENT_TRACK = "silent_track"
    UNUSABLE_TRACK = "unusable_track"
    REFUSED_TRACK = "refused_track"
    """The camera does not hand it out."""


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """The plan for one track, and its reason."""

    action: Action
    reason: PlanReason
    tag: str = ""
    """The name of the sample entry of a copied picture, where it is not H.264's."""
    track: int = 0
    """Which of the source's tracks of its kind it is, counted from 0."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for the tracks of a source."""

    video: TrackPlan
    audio: TrackPlan

    @property
    def copies_all(self) -> bool:
        """Whether there is picture and sound, and neither is converted."""
        return self.video.action is self.audio.action is Action.COPY


# Codecs that can be packaged, regardless of the player.
_PACKAGED: Final = {"h264", "hevc"}
_TAGS: Final = {"hevc": "hvc1"}

# Profiles that every browser decodes, by FFmpeg's names; None if unknown.
_PLAYABLE_PROFILES: Final = {"Baseline", "Constrained Baseline", "Main", "High", None}
# 8 bit, 4:2:0; "yuvj" is the full range spelling.
_PLAYABLE_PIXEL_FORMATS: Final = {"yuv420p", "yuvj420p", None}
_PLAYABLE_AAC_PROFILES: Final = {"LC", "HE-AAC", "HE-AACv2", None}
_PLAYABLE_CHANNELS: Final = {"mono", "stereo"}

# The limits of H.264's level 5.2, above which few decoders go (table A-1 of H.264).
_MACROBLOCKS: Final = 36_864
_MACROBLOCKS_PER_SECOND: Final = 2_073_600
_TAME_HEIGHT: Final = 1080
_TAME_RATE: Final = 30.0
"""The limits to which a larger picture is converted."""


def make_plan(
    info: SourceInfo, mode: VideoMode = VideoMode.AUTOMATIC, *, audio: bool = True
) -> Plan:
    """Return the cheapest plan that every browser plays: H.264 and AAC.

    `mode` is a person's choice for the picture, `audio` whether there may be sound.
    """
    return Plan(
        video=_plan_video(info.video, mode),
        audio=(
            _plan_audio(info)
            if audio
            else TrackPlan(Action.DROP, PlanReason.NOT_WANTED)
        ),
    )


def clamp_to_playable(wanted: ConversionOptions, video: TrackPlan) -> ConversionOptions:
    """Return options that remove the cause of an unplayable picture."""
    match video.reason:
        case PlanReason.LEVEL_NOT_PLAYABLE:
            height = min(wanted.max_height or _TAME_HEIGHT, _TAME_HEIGHT)
            return replace(wanted, max_height=height)
        case PlanReason.FRAME_RATE_NOT_PLAYABLE:
            rate = min(wanted.max_frame_rate or _TAME_RATE, _TAME_RATE)
            return replace(wanted, max_frame_rate=rate)
    return wanted


def _plan_video(video: VideoInfo, mode: VideoMode) -> TrackPlan:
    if mode is VideoMode.COPY and video.codec in _PACKAGED:
        return TrackPlan(Action.COPY, PlanReason.WANTED, _TAGS.get(video.codec, ""))
    if mode is VideoMode.CONVERT:
        return TrackPlan(Action.ENCODE, PlanReason.WANTED)
    obstacle = next(_video_obstacles(video), None)
    if obstacle is not None:
        return TrackPlan(Action.ENCODE, obstacle)
    return TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE)


def _video_obstacles(video: VideoInfo) -> Iterator[PlanReason]:
    """Yield the reasons why some browser cannot play a picture, the plainest first."""
    if video.codec != "h264":
        yield PlanReason.CODEC_NOT_PLAYABLE
    if video.pixel_format not in _PLAYABLE_PIXEL_FORMATS:
        yield PlanReason.PIXEL_FORMAT_NOT_PLAYABLE
    if video.profile not in _PLAYABLE_PROFILES:
        yield PlanReason.PROFILE_NOT_PLAYABLE
    if video.is_interlaced:
        # FFmpeg would hand on each field as a frame of its own.
        yield PlanReason.INTERLACED
    if video.has_rare_keyframes:
        yield PlanReason.RARE_KEYFRAMES
    if video.has_broken_order:
        yield PlanReason.BROKEN_ORDER
    rate = video.frame_rate or 0.0
    if rate > CREDIBLE_FRAME_RATE:
        yield PlanReason.FRAME_RATE_NOT_PLAYABLE
    size = ceil(video.width / 16) * ceil(video.height / 16)
    if not 0 < size <= _MACROBLOCKS or size * rate > _MACROBLOCKS_PER_SECOND:
        yield PlanReason.LEVEL_NOT_PLAYABLE


def _plan_audio(info: SourceInfo) -> TrackPlan:
    audio = info.audio
    if audio is None:
        is_refused = info.refuses_sound
        reason = PlanReason.REFUSED_TRACK if is_refused else PlanReason.NO_TRACK
        return TrackPlan(Action.DROP, reason)
    if audio.is_silent:
        # Players would wait for it, and silence would be made up.
        return TrackPlan(Action.DROP, PlanReason.SILENT_TRACK)
    if audio.is_unusable:
        return TrackPlan(Action.DROP, PlanReason.UNUSABLE_TRACK)
    obstacle = next(_audio_obstacles(audio), None)
    if obstacle is not None:
        return TrackPlan(Action.ENCODE, obstacle, track=audio.track)
    return TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE, track=audio.track)


def _audio_obstacles(audio: AudioInfo) -> Iterator[PlanReason]:
    """Yield the reasons why some browser cannot play a sound, the plainest first."""
    if audio.codec != "aac":
        yield PlanReason.CODEC_NOT_PLAYABLE
    if audio.profile not in _PLAYABLE_AAC_PROFILES:
        yield PlanReason.PROFILE_NOT_PLAYABLE
    if audio.channels not in _PLAYABLE_CHANNELS:
        yield PlanReason.CHANNELS_NOT_PLAYABLE
