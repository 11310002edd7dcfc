"""FFmpeg's command lines to encode a feed and packetize it for RTP."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from . import capture_time
from .media import AudioCodec, Feed, H264Keyframes, Picture, VideoCodec
from .rtp import TrackKind

PAYLOAD_SIZE = 1400
"""Size of RTP packets: with all headers, they fit into the usual MTU."""

_PALETTES = (
    ("0x14213d", "0x2a6f97", "0x014f86", "0x468faf"),
    ("0x1b4332", "0x40916c", "0x2d6a4f", "0x95d5b2"),
    ("0x3c096c", "0x9d4edd", "0x5a189a", "0xe0aaff"),
    ("0x6a040f", "0xdc2f02", "0x9d0208", "0xf48c06"),
)

_VIDEO_ENCODERS: Mapping[VideoCodec, tuple[str, ...]] = {
    "h264": ("libx264", "-preset", "ultrafast", "-tune", "zerolatency"),
    "hevc": ("libx265", "-preset", "ultrafast", "-tune", "zerolatency"),
    "mjpeg": ("mjpeg", "-huffman", "default"),
    "mpeg4": ("mpeg4",),
}
_X264_KEYFRAMES: Mapping[H264Keyframes, tuple[str, ...]] = {
    "idr": (),
    "open_gop": ("open-gop=1",),
    "intra_refresh": ("intra-refresh=1",),
}
_AUDIO_ENCODERS: Mapping[AudioCodec, tuple[str, ...]] = {
    "aac": ("aac", "-b:a", "32k"),
    "latm": ("aac", "-b:a", "32k"),
    "pcmu": ("pcm_mulaw",),
    "pcma": ("pcm_alaw",),
    "g726": ("adpcm_g726", "-code_size", "4"),
    "l16": ("pcm_s16be",),
    "opus": ("libopus", "-b:a", "32k", "-frame_duration", "20"),
}
_SAMPLE_RATES: Mapping[AudioCodec, int] = {
    "aac": 16000,
    "latm": 16000,
    "pcmu": 8000,
    "pcma": 8000,
    "g726": 8000,
    "l16": 16000,
    "opus": 48000,
}


@dataclass(frozen=True, slots=True)
class Input:
    """FFmpeg's input, with its streams for picture and sound."""

    arguments: tuple[str, ...]
    streams: Mapping[TrackKind, str]


def tracks(feed: Feed) -> tuple[TrackKind, ...]:
    """Return the tracks of a feed, in the order of its description."""
    codecs = {TrackKind.VIDEO: feed.video, TrackKind.AUDIO: feed.audio}
    return tuple(track for track, codec in codecs.items() if codec is not None)


def _test_picture(feed: Feed) -> str:
    width, height = feed.size
    return f"testsrc2=size={width}x{height}:rate={feed.fps}"


def _scene(feed: Feed, font: str) -> str:
    """Return a filter graph: slow colors, a moving disc, a title and a clock."""
    width, height = feed.size
    title = re.sub(r"[^\w .-]", " ", feed.title)
    colours = _PALETTES[crc32(feed.title.encode()) % len(_PALETTES)]
    palette = ":".join(f"c{index}={colour}" for index, colour in enumerate(colours))
    disc = (
        f"fontfile='{font}':text=●:fontsize=h/4:fontcolor=white@0.85"
        ":x='(w-tw)*(0.5+0.4*sin(t*0.7))':y='(h-th)*(0.4+0.3*cos(t*1.1))'"
    )
    caption = f"fontfile='{font}':fontcolor=white:fontsize=h/16:y=h*0.93-th/2"
    clock = r"%{localtime\:%Y-%m-%d %X}"
    return ",".join(
        (
            f"gradients=size=320x180:rate={feed.fps}:nb_colors=4:{palette}:seed=7:speed=0.01",
            f"scale={width}:{height}",
            "format=yuv420p",
            f"drawtext={disc}",
            "drawbox=x=0:y=ih*0.86:w=iw:h=ih*0.14:color=black@0.45:t=fill",
            f"drawtext={caption}:text='{title}':x=w*0.03",
            f"drawtext={caption}:text='{clock}':x=w*0.97-tw",
        )
    )


def sample_rate(codec: AudioCodec, feed: Feed) -> int:
    """Return the sample rate of a feed's sound."""
    return feed.sample_rate or _SAMPLE_RATES[codec]


def _tone(codec: AudioCodec, feed: Feed) -> str:
    """Return a low tone with a beep each second."""
    rate = sample_rate(codec, feed)
    graph = f"sine=frequency=220:beep_factor=4:sample_rate={rate},volume=0.5"
    if codec in ("pcmu", "pcma", "g726"):
        graph += f",asetnsamples={rate // 25}"  # 40 ms in a packet, as cameras do
    return graph


def _capture_time(feed: Feed) -> Input:
    """Return the test picture, paced by the time codes on stdin.

    The filter graph generates picture and sound: a frame needs only its code and leaves
    as soon as that arrives, and the sound keeps pace with the picture.
    """
    block = capture_time.block_size(feed.size[1])
    code = f"{capture_time.COLUMNS}x{capture_time.ROWS}"
    graph = (
        f"{_test_picture(feed)}[picture];"
        f"[0:v]scale=iw*{block}:ih*{block}:flags=neighbor,format=yuv420p[code];"
        "[picture][code]overlay=format=yuv420:shortest=1[video]"
    )
    streams = {TrackKind.VIDEO: "[video]"}
    if feed.audio is not None:
        graph += f";{_tone(feed.audio, feed)}[audio]"
        streams[TrackKind.AUDIO] = "[audio]"
    return Input(
        (
            *("-probesize", "32", "-analyzeduration", "0"),
            *("-f", "rawvideo", "-pix_fmt", "gray", "-video_size", code),
            *("-framerate", str(feed.fps), "-i", "pipe:0"),
            *("-filter_complex", graph),
        ),
        streams,
    )


def _picture(feed: Feed, font: str | None) -> str:
    picture = _test_picture(feed)
    if feed.picture is Picture.SCENE and font is not None:
        picture = _scene(feed, font)
    if feed.variable_fps:
        picture += r",select='lt(mod(n\,10)\,7)'"
    return picture


def _sources(feed: Feed, font: str | None, *, paced: bool) -> Input:
    """Return picture and sound, in real time or as fast as they can be encoded."""
    if feed.picture is Picture.CAPTURE_TIME:
        return _capture_time(feed)
    graphs: dict[TrackKind, str] = {}
    if feed.video is not None:
        graphs[TrackKind.VIDEO] = _picture(feed, font) + ",realtime" * paced
    if feed.audio is not None:
        graphs[TrackKind.AUDIO] = _tone(feed.audio, feed) + ",arealtime" * paced
    arguments: list[str] = []
    for graph in graphs.values():
        arguments += ["-f", "lavfi", "-i", graph]
    streams = {track: f"{index}:{track[0]}" for index, track in enumerate(graphs)}
    return Input(tuple(arguments), streams)


def _clip(feed: Feed, clip: Path) -> Input:
    streams = {track: f"0:{track[0]}" for track in tracks(feed)}
    return Input(("-re", "-stream_loop", "-1", "-i", str(clip)), streams)


def _video_encoder(codec: VideoCodec, feed: Feed) -> tuple[str, ...]:
    interval = str(feed.frames_per_keyframe)
    arguments = [
        *("-c:v", *_VIDEO_ENCODERS[codec], "-fps_mode", "passthrough", "-threads", "1"),
        *("-g", interval, "-keyint_min", interval, "-sc_threshold", "0"),
    ]
    usual = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    arguments += ["-pix_fmt", feed.pixel_format or usual]
    if codec != "mjpeg":
        arguments += ["-bf", str(feed.bframes)]
    if codec == "h264":
        arguments += ["-slices", str(feed.slices), *_h264_tools(feed)]
    if codec == "hevc":
        parameters = {
            "keyint": interval,
            "min-keyint": interval,
            "scenecut": "0",
            "open-gop": "0",
            "bframes": str(feed.bframes),
            "slices": str(feed.slices),
            "pools": "none",
            "frame-threads": "1",
            "log-level": "error",
        }
        pairs = ":".join(f"{key}={value}" for key, value in parameters.items())
        arguments += ["-x265-params", pairs]
    if feed.video_bitrate is not None:
        rate = str(feed.video_bitrate)
        arguments += ["-b:v", rate, "-maxrate", rate, "-bufsize", rate]
    elif codec in ("h264", "hevc"):
        arguments += ["-crf", "28"]
    else:
        arguments += ["-q:v", "6"]
    return tuple(arguments)


def _h264_tools(feed: Feed) -> Iterator[str]:
    """Yield options that require the profile, because the fastest preset uses none."""
    if feed.profile is not None:
        yield from ("-profile:v", feed.profile)
    if feed.profile in ("main", "high"):
        yield from ("-coder", "cabac")
    parameters = _X264_KEYFRAMES[feed.keyframes]
    if feed.profile == "high":
        parameters = (*parameters, "8x8dct=1")
    if parameters:
        yield from ("-x264-params", ":".join(parameters))
    if feed.interlaced:
        yield from ("-flags", "+ildct+ilme")


def _audio_encoder(codec: AudioCodec, feed: Feed) -> tuple[str, ...]:
    rate = str(sample_rate(codec, feed))
    return ("-c:a", *_AUDIO_ENCODERS[codec], "-ar", rate, "-ac", "1")


def _encoder(track: TrackKind, feed: Feed) -> tuple[str, ...]:
    arguments: tuple[str, ...] = ()
    if track is TrackKind.VIDEO and feed.video is not None:
        arguments = _video_encoder(feed.video, feed)
    elif feed.audio is not None:
        arguments = _audio_encoder(feed.audio, feed)
    return (*arguments, "-flags", "+global_header")


def packetiser(
    track: TrackKind, feed: Feed, socket: Path, start: int
) -> tuple[str, ...]:
    """Return an output: the RTP packets of one track, as datagrams to a Unix socket.

    Both tracks have the same start time, so that their sender reports agree.
    """
    in_band = feed.in_band_parameter_sets and feed.video not in (None, "mjpeg")
    return (
        *(("-bsf:v", "dump_extra") if in_band and track is TrackKind.VIDEO else ()),
        *("-avoid_negative_ts", "disabled", "-muxdelay", "0"),
        *("-start_time_realtime", str(start), "-packetsize", str(PAYLOAD_SIZE)),
        *(("-rtpflags", "latm") if feed.audio == "latm" else ()),
        *("-type", "datagram", "-f", "rtp", f"unix:{socket}"),
    )


def packetise_command(
    feed: Feed,
    sockets: Mapping[TrackKind, Path],
    start: int,
    *,
    clip: Path | None = None,
    font: str | None = None,
) -> tuple[str, ...]:
    """Return FFmpeg's arguments to send a feed as RTP to the socket of each track.

    `start` is the current time, in microseconds since 1970.
    """
    source = _clip(feed, clip) if clip else _sources(feed, font, paced=True)
    arguments = ["-hide_banner", "-nostats", "-loglevel", "warning", *source.arguments]
    for track, stream in source.streams.items():
        encoder = ("-c", "copy") if clip else _encoder(track, feed)
        output = packetiser(track, feed, sockets[track], start)
        arguments += ["-map", stream, *encoder, *output]
    return tuple(arguments)


def clip_command(feed: Feed, font: str | None) -> tuple[str, ...]:
    """Return FFmpeg's arguments to encode a clip of a feed, without the file."""
    source = _sources(feed, font, paced=False)
    arguments = list(source.arguments)
    for track, stream in source.streams.items():
        arguments += ["-map", stream, *_encoder(track, feed)]
    return (*arguments, "-t", str(feed.clip_seconds), "-f", "nut")
