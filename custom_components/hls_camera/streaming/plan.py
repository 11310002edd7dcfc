"""Copy or encode: decided per track from what the source sends, with the reason."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .source_info import AudioInfo, SourceInfo, VideoInfo


class Action(StrEnum):
    """What happens to a track."""

    COPY = "copy"
    ENCODE = "encode"
    DROP = "drop"


class PlanReason(StrEnum):
    """Why a track is treated as it is; each one is a translation key."""

    PLAYS_EVERYWHERE = "plays_everywhere"
    CODEC_NOT_PLAYABLE = "codec_not_playable"
    PIXEL_FORMAT_NOT_PLAYABLE = "pixel_format_not_playable"
    NO_TRACK = "no_track"
    SILENT_TRACK = "silent_track"


@dataclass(frozen=True, slots=True)
class TrackPlan:
    """What happens to one track, and why."""

    action: Action
    reason: PlanReason


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to the tracks of a source."""

    video: TrackPlan
    audio: TrackPlan


# What every browser decodes (8 bit, 4:2:0); "yuvj" is the full range spelling.
_PLAYABLE_PIXEL_FORMATS: Final = {"yuv420p", "yuvj420p", None}


def make_plan(info: SourceInfo) -> Plan:
    """Return the cheapest plan that every browser plays: H.264 and AAC."""
    return Plan(video=_plan_video(info.video), audio=_plan_audio(info.audio))


def _plan_video(video: VideoInfo) -> TrackPlan:
    if video.codec != "h264":
        return TrackPlan(Action.ENCODE, PlanReason.CODEC_NOT_PLAYABLE)
    if video.pixel_format not in _PLAYABLE_PIXEL_FORMATS:
        return TrackPlan(Action.ENCODE, PlanReason.PIXEL_FORMAT_NOT_PLAYABLE)
    return TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE)


def _plan_audio(audio: AudioInfo | None) -> TrackPlan:
    if audio is None:
        return TrackPlan(Action.DROP, PlanReason.NO_TRACK)
    if audio.is_silent:
        # The muxer would wait for ever for the track it was promised.
        return TrackPlan(Action.DROP, PlanReason.SILENT_TRACK)
    if audio.codec != "aac":
        return TrackPlan(Action.ENCODE, PlanReason.CODEC_NOT_PLAYABLE)
    return TrackPlan(Action.COPY, PlanReason.PLAYS_EVERYWHERE)
