"""The FFmpeg command of a run: its input, and the media that it makes of it."""

from typing import Final

from ..errors import SourceChangedError
from ..ffmpeg.process import PROGRESS
from ..sources.input import OpenInput
from ..transcode.encoder_arguments import Encoding
from ..transcode.plan import Action, Plan, TrackPlan
from .run_spec import RunSpec

# One fragment per video frame up to 33 frames per second; two above. `frag_every_frame`
# would also cut at every audio frame, three times as often, and FFmpeg 9 moves decode
# times when it does (docs/decisions/packaging.md has the counts).
FRAGMENT_DURATION_US: Final = 30_000

# frag_discont with delay_moov: true decode times, no edit list for a late track.
# negative_cts_offsets: B-frames without an edit list.
MOVFLAGS: Final = (
    "empty_moov+default_base_moof+skip_trailer+frag_keyframe+delay_moov"
    "+frag_discont+negative_cts_offsets"
)


_ENCODED: Final = "[encoded]"
"""The picture of a filter graph, as the encoder takes it."""


def build_command(ffmpeg: str, spec: RunSpec, opened: OpenInput) -> list[str]:
    """Return the command that writes fragmented MP4 to its standard output.

    Raises:
        SourceChangedError: the plan copies a picture that is composed of several.

    """
    encoding, plan = spec.encoding, spec.plan
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats"]
    command += ["-loglevel", "level+warning"]
    # FFmpeg 9 looks once in this period (seconds) whether it was told to end.
    command += ["-stats_period", "0.2", "-progress", PROGRESS]
    command += encoding.input_arguments if encoding else ()
    command += opened.arguments
    command += _converted(opened, encoding) if encoding else _copied(opened, plan.video)
    if spec.has_sound:
        command += ["-map", f"0:a:{plan.audio.track}?", *_audio_arguments(plan)]
        if opened.filter_graph:
            # The sound is one input's: it would go on where another's end ends the picture.
            command += ["-shortest"]
    # Priming samples and B-frames must not reach below a decode time of zero.
    command += ["-output_ts_offset", "10", "-max_interleave_delta", "1"]
    command += ["-f", "mp4", "-movflags", MOVFLAGS]
    return [*command, "-frag_duration", str(FRAGMENT_DURATION_US), "pipe:1"]


def _converted(opened: OpenInput, encoding: Encoding) -> list[str]:
    if not opened.filter_graph:
        return ["-map", opened.picture, *encoding.output_arguments]
    # FFmpeg takes no further filters for the output of a graph: they become a part of it.
    graph = f"{opened.filter_graph};{opened.picture}{encoding.filters}{_ENCODED}"
    mapped = ["-filter_complex", graph, "-map", _ENCODED]
    return [*mapped, *encoding.encoder_arguments]


def _copied(opened: OpenInput, video: TrackPlan) -> list[str]:
    if opened.filter_graph:
        # It was planned for another input.
        msg = "the picture is composed of several now"
        raise SourceChangedError(msg)
    arguments = ["-map", opened.picture, "-c:v", "copy"]
    # Some cameras' first packet has no presentation time: the muxer would abort.
    arguments += ["-bsf:v", "setts=pts='if(eq(PTS,NOPTS),DTS,PTS)'"]
    return [*arguments, "-tag:v", video.tag] if video.tag else arguments


def _audio_arguments(plan: Plan) -> list[str]:
    if plan.audio.action is Action.COPY:
        # From MPEG-TS, AAC comes in ADTS frames; from RTSP it passes unchanged. FFmpeg 9
        # takes no frame of LATM for one that decoding can begin with, and waits for it.
        return ["-c:a", "copy", "-copyinkf:a", "-bsf:a", "aac_adtstoasc"]
    # More channels are not heard everywhere.
    arguments = ["-af", "aformat=channel_layouts=mono|stereo"]
    # G.711 has 8 kHz, for which AAC has no bit rate worth hearing.
    return [*arguments, "-c:a", "aac", "-ar", "16000", "-b:a", "48k"]
