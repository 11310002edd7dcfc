"""The FFmpeg command of a run: its input, and the media that it makes of it.

Picture and sound are separate outputs where possible: in an output with two tracks, FFmpeg
holds each packet until the next one, to write them in the order of their times.
"""

from typing import Final

from ..errors import SourceChangedError
from ..ffmpeg.process import PROGRESS, SIDE_OUTPUT
from ..media.demuxer import SOUND_OFFSET_S
from ..sources.input import OpenInput
from ..transcode.encoder_arguments import Encoding
from ..transcode.plan import Action, Plan
from .run_spec import RunSpec

# NUT has no times below zero, as those of priming samples would be. The index at the end
# of a file would grow in FFmpeg's memory for as long as it runs.
OUTPUT: Final = ("-output_ts_offset", "10", "-f", "nut", "-write_index", "0")
SOUND_OUTPUT: Final = ("-output_ts_offset", str(10 + SOUND_OFFSET_S), *OUTPUT[2:])

# A packet does not wait for more of its own track.
_AT_ONCE: Final = ("-flush_packets", "1")
# With two tracks, a packet waits for the next one at most.
_SOON: Final = ("-max_interleave_delta", "1")

_ENCODED: Final = "[encoded]"
"""The picture of a filter graph, as the encoder takes it."""


def build_command(ffmpeg: str, spec: RunSpec, opened: OpenInput) -> list[str]:
    """Return the command that writes NUT to its standard output, and the sound beside it.

    Raises:
        SourceChangedError: the plan copies a picture that is composed of several.

    """
    encoding, plan = spec.encoding, spec.plan
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats"]
    command += ["-loglevel", "level+warning"]
    # FFmpeg 9 checks once in this period (seconds) for the order to end.
    command += ["-stats_period", "0.2"]
    if encoding:
        # Only encoders drop frames, and each report wakes us.
        command += ["-progress", PROGRESS, *encoding.input_arguments]
    command += opened.arguments
    command += _converted(opened, encoding) if encoding else _copied(opened, spec)
    if not spec.has_sound:
        return [*command, *_AT_ONCE, *OUTPUT, "pipe:1"]
    optional = "" if spec.needs_sound else "?"
    sound = ["-map", f"0:a:{plan.audio.track}{optional}", *_audio_arguments(plan)]
    if spec.needs_sound and not opened.filter_graph:
        command += [*_AT_ONCE, *OUTPUT, "pipe:1"]
        return [*command, *sound, *_AT_ONCE, *SOUND_OUTPUT, SIDE_OUTPUT]
    if opened.filter_graph:
        # The sound is one input's: it would go on where another's end ends the picture.
        sound += ["-shortest"]
    # An output needs a track: where the sound may be missing, it is beside the picture.
    return [*command, *sound, *_SOON, *_AT_ONCE, *OUTPUT, "pipe:1"]


def _converted(opened: OpenInput, encoding: Encoding) -> list[str]:
    if not opened.filter_graph:
        return ["-map", opened.picture, *encoding.output_arguments]
    # FFmpeg takes no further filters for the output of a graph: they become a part of it.
    graph = f"{opened.filter_graph};{opened.picture}{encoding.filters}{_ENCODED}"
    mapped = ["-filter_complex", graph, "-map", _ENCODED]
    return [*mapped, *encoding.encoder_arguments]


def _copied(opened: OpenInput, spec: RunSpec) -> list[str]:
    if opened.filter_graph:
        # It was planned for another input.
        msg = "the picture is composed of several now"
        raise SourceChangedError(msg)
    arguments = ["-map", opened.picture, "-c:v", "copy"]
    if not spec.has_b_frames:
        return arguments
    # The first packet has no presentation time, with which the muxer gives up. Others do
    # without this filter: it holds each frame until the next one.
    return [*arguments, "-bsf:v", "setts=pts='if(eq(PTS,NOPTS),DTS,PTS)'"]


def _audio_arguments(plan: Plan) -> list[str]:
    if plan.audio.action is Action.COPY:
        # FFmpeg 9 takes no frame of LATM for one that decoding can begin with, and waits
        # for it.
        return ["-c:a", "copy", "-copyinkf:a"]
    # More channels are not heard everywhere.
    arguments = ["-af", "aformat=channel_layouts=mono|stereo"]
    # G.711 has 8 kHz, for which AAC has no bit rate worth hearing.
    return [*arguments, "-c:a", "aac", "-ar", "16000", "-b:a", "48k"]
