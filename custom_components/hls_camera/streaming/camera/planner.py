"""The plan of a stream, made of its options and of the camera's media."""

import math
from dataclasses import replace
from typing import Final

from ..ingest.packet_report import MAX_PROBED_INTERVAL_S
from ..ingest.recovery import Adaptations
from ..ingest.run_spec import RunSpec
from ..live.packaging import Packaging
from ..media.orientation import Orientation
from ..sources.input import Input, ReadOptions
from ..sources.source_info import SourceInfo
from ..transcode.elsewhere import ConversionRequest, ConvertedInput
from ..transcode.encoder_arguments import Encoding
from ..transcode.options import ConversionOptions, VideoMode
from ..transcode.plan import (
    Action,
    Plan,
    PlanReason,
    TrackPlan,
    clamp_to_playable,
    make_plan,
)
from .options import StreamOptions

_RARE_KEYFRAMES_WAIT: Final = 20.0
"""Seconds that a run waits for a keyframe where none was seen while probing."""
_START_ELSEWHERE_S: Final = 8.0
"""Seconds in which another host has to send a converted picture: there are others."""
_TARGET_DURATION_MARGIN: Final = 1.25
"""The target duration per keyframe interval. The interval would do, but hls.js waits for
a playlist no longer than four fifths of the target duration, and asks for one that is a
segment ahead."""


class Planner:
    """Plans the copy or conversion of a camera's media."""

    def __init__(self, options: StreamOptions, source_info: SourceInfo | None) -> None:
        """Begin with the result of an earlier probe."""
        self.options = options
        self.source_info = source_info
        self.orientation = Orientation.NORMAL
        """How viewers see the picture, from the next run on."""
        self.plan: Plan | None = self._make_plan()
        """None where the camera has to be probed first."""

    def describe(self, source_info: SourceInfo) -> bool:
        """Take the result of a probe; return whether it is new."""
        is_new = source_info != self.source_info
        self.source_info = source_info
        self.plan = self._make_plan()
        return is_new

    def turn(self, orientation: Orientation) -> bool:
        """Turn the picture from the next run on; return whether that is a change."""
        is_new = orientation != self.orientation
        self.orientation = orientation
        return is_new

    def forget_conversion(self) -> None:
        """Have the camera probed before the next run, unless all tracks are copied."""
        if self.plan is not None and not self.plan.copies_all:
            self.plan = None

    def note_rare_keyframes(self) -> None:
        """Convert from now on: keyframes are too rare for viewers to begin."""
        if self.source_info is None:
            return
        video = replace(self.source_info.video, has_rare_keyframes=True)
        self.describe(replace(self.source_info, video=video))

    def change_options(self, options: StreamOptions) -> bool:
        """Take other options; return whether other media follow from them."""
        before = self._media_options()
        self.options = options
        if self._media_options() == before:
            return False
        if self.plan is not None:
            self.plan = self._make_plan()
        return True

    @property
    def is_converting(self) -> bool:
        """Whether the picture is, or will be, encoded."""
        return self.plan is not None and self.plan.video.action is Action.ENCODE

    @property
    def has_rare_keyframes(self) -> bool:
        """Whether the picture is converted because it has too few keyframes."""
        return (
            self.plan is not None
            and self.plan.video.reason is PlanReason.RARE_KEYFRAMES
        )

    @property
    def conversion(self) -> ConversionOptions:
        """The options of a conversion, within the limits of players."""
        wanted = self.options.conversion
        return (
            wanted if self.plan is None else clamp_to_playable(wanted, self.plan.video)
        )

    @property
    def target_duration(self) -> int:
        """The target duration to expect of the longest segment, in seconds."""
        if self.plan is None or self.source_info is None:
            return 1
        interval = self.source_info.video.keyframe_interval
        if self.is_converting:
            interval = self.options.conversion.keyframe_interval
        return self.target_duration_for(interval or MAX_PROBED_INTERVAL_S)

    def frame_rate(self, conversion: ConversionOptions | None) -> float | None:
        """Return the frames per second of a copied or converted picture, where known."""
        rate = self.source_info.video.frame_rate if self.source_info else None
        if conversion is None or rate is None:
            return rate
        return min(rate, conversion.max_frame_rate or rate)

    def run_spec(
        self,
        source: Input,
        adaptations: Adaptations,
        *,
        encoding: Encoding | None,
        frame_rate: float | None,
    ) -> RunSpec:
        """Return the specification of the next run; the plan must be known."""
        assert self.plan is not None
        plan, info = self.plan, self.source_info
        interval = info.video.frame_interval if info else 0.0
        options = self.options.paced(interval)
        keyframe_wait = self._keyframe_wait
        return RunSpec(
            input=source,
            read_options=ReadOptions(
                read_timeout=options.stall_timeout + keyframe_wait,
                keyframe_wait=keyframe_wait,
                frame_interval=interval,
                with_sound=plan.audio.action is not Action.DROP,
                use_wallclock=adaptations.use_wallclock
                or (info is not None and info.is_untimed),
                look_longer=adaptations.look_longer,
                in_real_time=info is not None and info.comes_in_segments,
                use_gateway=info is not None and info.needs_gateway,
                allowed_hosts=options.allowed_hosts,
                extra_arguments=options.input_options,
            ),
            plan=plan,
            has_b_frames=info is None or info.video.has_b_frames,
            packaging=Packaging(
                part_duration=options.part_duration,
                max_segment=options.max_keyframe_interval,
                max_keyframe_interval=self._max_keyframe_interval(plan),
                frame_rate=frame_rate,
                # An encoder has turned the picture already.
                orientation=Orientation.NORMAL if encoding else self.orientation,
                follow_changes=adaptations.follow_changes,
            ),
            start_timeout=options.start_timeout,
            stall_timeout=options.stall_timeout,
            encoding=encoding,
        )

    def conversion_request(
        self, source: Input, adaptations: Adaptations
    ) -> ConversionRequest:
        """Return the conversion that the plan, which must be known, asks for."""
        assert self.plan is not None
        assert self.source_info is not None
        options = self.options
        return ConversionRequest(
            input=source,
            info=self.source_info,
            plan=self.plan,
            options=self.conversion,
            needs_this_machine=bool(options.input_options or options.allowed_hosts)
            or adaptations.use_wallclock,
        )

    def converted_run_spec(self, converted: ConvertedInput) -> RunSpec:
        """Return the specification of a run that copies what another host converts."""
        assert self.plan is not None
        plain = self.run_spec(
            converted.input,
            Adaptations(),
            encoding=None,
            frame_rate=self.frame_rate(None),
        )
        has_sound = plain.read_options.with_sound
        audio = self.plan.audio
        return replace(
            plain,
            plan=Plan(
                video=TrackPlan(Action.COPY, self.plan.video.reason),
                audio=TrackPlan(Action.COPY, audio.reason) if has_sound else audio,
            ),
            # go2rtc's encoders make none.
            has_b_frames=False,
            start_timeout=min(plain.start_timeout, _START_ELSEWHERE_S),
        )

    def target_duration_for(self, keyframe_interval: float) -> int:
        """Return the target duration for keyframes that are so many seconds apart."""
        return math.ceil(_TARGET_DURATION_MARGIN * keyframe_interval)

    @property
    def _keyframe_wait(self) -> float:
        """Seconds that the first keyframe may take: nothing can come before it."""
        if self.source_info is None:
            return 0.0
        interval = self.source_info.video.keyframe_interval
        return _RARE_KEYFRAMES_WAIT if interval is None else interval

    def _max_keyframe_interval(self, plan: Plan) -> float | None:
        """Return the seconds between keyframes above which converting would help."""
        may_convert = self.options.conversion.mode is VideoMode.AUTOMATIC
        is_copied = plan.video.action is Action.COPY
        return self.options.max_keyframe_interval if may_convert and is_copied else None

    def _make_plan(self) -> Plan | None:
        if self.source_info is None:
            return None
        mode = self.options.conversion.mode
        return make_plan(self.source_info, mode, audio=self.options.audio)

    def _media_options(self) -> tuple[object, ...]:
        """Return the options that affect the media."""
        options = self.options
        is_copied = self.plan is not None and not self.is_converting
        conversion = None if is_copied else options.conversion
        return (
            *(options.audio, options.input_options, options.allowed_hosts),
            *(options.conversion.mode, conversion),
        )
