"""The FFmpeg command of a run: how the camera is read, and what is made of it."""

from typing import Final

from ..ffmpeg.guard import limit_pixels
from ..ffmpeg.process import PROGRESS, SOURCE
from ..sources.source import FORMATS, PROTOCOLS, Transport
from ..transcode.plan import Action, Plan, TrackPlan
from .run_spec import InputSpec, RunSpec

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


_TRANSPORTS: Final = {
    # It tries the next one where the camera answers 461.
    Transport.AUTOMATIC: (
        *("-rtsp_transport", "tcp+udp"),
        *("-rtsp_flags", "+prefer_tcp"),
    ),
    Transport.TCP: ("-rtsp_transport", "tcp"),
    Transport.UDP: ("-rtsp_transport", "udp"),
}

_ANALYSIS: Final = 0.5
"""Seconds of the stream that FFmpeg looks at first: enough for parameter sets."""
_LONG_ANALYSIS: Final = 10.0
"""The same for a camera that sends sound seconds before its first picture: without a
picture's size FFmpeg gives up. It costs other cameras most of a second."""
_MAX_TRACKS: Final = 64
"""Tracks of a source, above which it is refused, or the rest is left out: FFmpeg would ask
a camera for each of a thousand."""
_SELDOM: Final = 0.5
"""Seconds from one picture to the next above which FFmpeg's usual analysis takes long."""


def input_arguments(spec: InputSpec) -> list[str]:
    """Return FFmpeg's arguments that open a source; SOURCE stands for its address.

    They begin with the protocols that FFmpeg may speak.
    """
    source = spec.source
    timeout = str(int(spec.read_timeout * 1_000_000))
    arguments = ["-protocol_whitelist", PROTOCOLS[source.scheme]]
    if source.is_rtsp:
        arguments += [*_TRANSPORTS[source.transport], "-timeout", timeout]
        # FFmpeg sets up each track that is described, and gives up where the camera
        # refuses one: never ask for metadata.
        kinds = "video+audio" if spec.with_sound else "video"
        arguments += ["-allowed_media_types", kinds]
    else:
        # Not `-timeout`: for RTMP it means to wait for a caller, and each protocol
        # counts it in another unit.
        arguments += ["-rw_timeout", timeout]
    if source.scheme == "udp":
        # What FFmpeg has no time for is lost, but it goes on.
        arguments += ["-overrun_nonfatal", "1"]
    if source.scheme == "rtsps":
        # Cameras have self-signed certificates; FFmpeg 9 would refuse them.
        arguments += ["-tls_verify", "0"]
    if spec.use_wallclock:
        arguments += ["-use_wallclock_as_timestamps", "1"]
    # The frame rate is not waited for.
    arguments += ["-fpsprobesize", "0"]
    analysis = _LONG_ANALYSIS if spec.look_longer else _ANALYSIS
    if source.is_joined:
        analysis += spec.keyframe_wait
    arguments += ["-analyzeduration", str(int(analysis * 1_000_000))]
    arguments += ["-max_streams", str(_MAX_TRACKS)]
    arguments += limit_pixels()
    if spec.frame_interval > _SELDOM:
        # Otherwise it waits for several pictures, to know in which order they come.
        arguments += ["-max_ts_probe", "1"]
    arguments += spec.extra_arguments
    return [*arguments, "-format_whitelist", FORMATS[source.scheme], "-i", SOURCE]


def build_command(ffmpeg: str, spec: RunSpec) -> list[str]:
    """Return the command that writes fragmented MP4 to its standard output."""
    encoding, plan = spec.encoding, spec.plan
    command = [ffmpeg, "-hide_banner", "-nostdin", "-nostats"]
    command += ["-loglevel", "level+warning"]
    # FFmpeg 9 looks once in this period (seconds) whether it was told to end.
    command += ["-stats_period", "0.2", "-progress", PROGRESS]
    if spec.input.in_real_time:
        command += ["-re"]
    command += encoding.input_arguments if encoding else ()
    command += input_arguments(spec.input)
    command += ["-map", "0:v:0"]
    command += encoding.output_arguments if encoding else _copying(plan.video)
    if spec.has_sound:
        command += ["-map", f"0:a:{plan.audio.track}?", *_audio_arguments(plan)]
    # Priming samples and B-frames must not reach below a decode time of zero.
    command += ["-output_ts_offset", "10", "-max_interleave_delta", "1"]
    command += ["-f", "mp4", "-movflags", MOVFLAGS]
    return [*command, "-frag_duration", str(FRAGMENT_DURATION_US), "pipe:1"]


def _copying(video: TrackPlan) -> list[str]:
    # Some cameras' first packet has no presentation time: the muxer would abort.
    arguments = ["-c:v", "copy", "-bsf:v", "setts=pts='if(eq(PTS,NOPTS),DTS,PTS)'"]
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
