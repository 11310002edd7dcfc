"""The sections of docs/benchmarks.md, in order."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from .cameras import COST, ENDURANCE, START_UP
from .conversion import CONVERSION
from .picture import DELAY, FIRST_PICTURE, LOW_LATENCY, PLAIN
from .pipe_to_socket import PIPE_TO_SOCKET
from .viewers import VIEWERS

LIMITS: Final = """\
CPU time: each camera of HLS Camera has its own FFmpeg process, which survives bad input and can
be stopped; Home Assistant's own stream reads the camera in a thread. Viewers of HLS Camera get a
part five times a second instead of once, with two requests each: for the playlist and for the
part. This is the price of the shorter delay: FFmpeg takes a third of the CPU time; of the rest,
answering requests takes more than half, and reading and cutting FFmpeg's output nearly a third.
With partial segments of one second, as in Home Assistant (a setting for all cameras), eight
cameras take 0.75 % of a core each in Home Assistant, compared with 0.81 % for its own stream, and
with FFmpeg's 0.60 % they take 1.7 times as much. Rejected: to read FFmpeg's pipe only when a
partial segment is due. It wakes Home Assistant less often and saves a twentieth of the time, but
delays frames of cameras that send them unevenly.

Delay: hls.js keeps the distance to live that it had at the start, which differs by up to 0.2 s
between starts.

Many viewers of one camera: each part wakes all of them, and Home Assistant's only event loop
answers one after another, in one or two tenths of a millisecond each. Python's garbage collection
stops all of Home Assistant for a tenth to a fifth of a second on this machine, and more requests
trigger it more often. The slowest hundredth of the answers depends on whether it falls into one
of a hundred parts.
"""
"""The reasons for missed targets."""


class Column(NamedTuple):
    """A figure in a table."""

    name: str
    title: str
    digits: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A plot of a figure over the number of cameras or viewers, ideally a straight line."""

    title: str
    file: str
    name: str
    is_share: bool
    """Whether the figure is the cost of one, not the total cost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A measure with its text and its tables."""

    measure: str
    title: str
    text: str
    tables: tuple[tuple[Column, ...], ...]
    growth: Growth | None = None


SECTIONS: Final = (
    Section(
        measure=FIRST_PICTURE,
        title="First picture",
        text="""\
Seconds from the request for a camera's stream to the first frame on the screen, in Chromium, for
different keyframe intervals of the camera. Cold: nobody watched before, and the camera starts
with its next keyframe. Warm: somebody else is watching.
""",
        tables=((Column("cold", "cold", 2), Column("warm", "warm", 2)),),
    ),
    Section(
        measure=DELAY,
        title="Delay",
        text="""\
Seconds from the camera's clock in the picture to the screen, with a keyframe every second. Plain:
hls.js without low-latency mode, which Home Assistant's frontend uses for more than two cameras
over HTTP/1.
""",
        tables=tuple(
            (
                Column(f"{player} p50", f"{player}: p50", 2),
                Column(f"{player} p95", "p95", 2),
                Column(f"{player} longest gap", "longest gap", 2),
                Column(f"{player} stalls", "stalls", 0),
                Column(f"{player} played", "seconds played", 0),
            )
            for player in (LOW_LATENCY, PLAIN)
        ),
    ),
    Section(
        measure=COST,
        title="Cameras",
        text="""\
CPU time and memory of each camera with copied video (1280x720, 25 frames per second, 2 Mbit/s,
AAC, keyframes every 2 s) and one low-latency viewer: percent of a core, and megabytes
(proportional set size). The figures include Home Assistant and its child processes, minus their
use without streams. Partial segments last 0.2 s in HLS Camera and 1 s in Home Assistant, so
viewers of HLS Camera send four to five times as many requests. The event loop's lag in
milliseconds is sampled a hundred times a second; the timer itself is one millisecond late.
""",
        tables=(
            (
                Column("cpu", "% of a core", 2),
                Column("cpu FFmpeg", "in FFmpeg", 2),
                Column("cpu own", "in Home Assistant", 2),
                Column("memory", "MB", 1),
            ),
            (
                Column("lag p50", "lag p50", 1),
                Column("lag p99", "lag p99", 1),
                Column("lag max", "longest", 0),
                Column("idle lag p99", "p99 without streams", 1),
                Column("stalls", "stalls", 0),
            ),
        ),
        growth=Growth(
            "CPU time by cameras", "benchmark-cameras.svg", "cpu", is_share=True
        ),
    ),
    Section(
        measure=ENDURANCE,
        title="Endurance",
        text="""\
Sixteen cameras with copied video of 2 Mbit/s and one low-latency viewer each, without
interruption. The event loop's lag is in milliseconds.
""",
        tables=(
            (
                Column("minutes", "minutes", 1),
                Column("stalls", "stalls", 0),
                Column("errors", "errors", 0),
                Column("lag p50", "lag p50", 1),
                Column("lag p99", "lag p99", 1),
                Column("lag max", "longest", 0),
            ),
        ),
    ),
    Section(
        measure=START_UP,
        title="Start-up",
        text="""\
Sixteen idle cameras opened at once, as by a dashboard: seconds until each viewer has its first
partial segment, and the event loop's lag meanwhile, in milliseconds.
""",
        tables=(
            (
                Column("first", "first", 1),
                Column("median", "median", 1),
                Column("last", "last", 1),
                Column("missing", "not within 40 s", 0),
                Column("lag p99", "lag p99", 0),
                Column("lag max", "longest", 0),
            ),
        ),
    ),
    Section(
        measure=PIPE_TO_SOCKET,
        title="From FFmpeg to the viewer",
        text="""\
Sixteen cameras with copied video of 2 Mbit/s (25 frames per second, AAC), each with one viewer of
its live feed: the time from the moment at which a frame can be read from FFmpeg's pipe until Home
Assistant has taken it, and until the viewer has received it, in milliseconds. The viewers are
WebSocket clients without a browser in one process, which also observes the pipes.
""",
        tables=(
            (
                Column("wait p50", "taken: p50", 2),
                Column("wait p99", "p99", 2),
                Column("wait max", "longest", 1),
                Column("total p50", "received: p50", 2),
                Column("total p99", "p99", 2),
                Column("total max", "longest", 1),
                Column("frames", "frames", 0),
            ),
        ),
    ),
    Section(
        measure=VIEWERS,
        title="Viewers",
        text="""\
Low-latency viewers of one camera: clients without a browser that send the requests of hls.js,
all in one process. The last column is the CPU time of that process. Times are milliseconds from
the end of a partial segment until a viewer has received the playlist that lists it, or the whole
partial segment. The second table shows kilobits per second for each viewer.
""",
        tables=(
            (
                Column("requests", "requests/s", 0),
                Column("cpu", "% of a core", 1),
                Column("playlist p99", "playlist p99", 0),
                Column("part p50", "part p50", 0),
                Column("part p99", "part p99", 0),
                Column("lag p99", "loop lag p99", 1),
                Column("errors", "errors", 0),
                Column("stalls", "stalls", 0),
                Column("viewers' cpu", "viewers' CPU %", 0),
            ),
            (
                Column("media", "media", 0),
                Column("playlists", "playlists, compressed", 1),
                Column("plain playlists", "not compressed", 1),
                Column("headers", "response headers", 1),
            ),
        ),
        growth=Growth(
            "CPU time by viewers", "benchmark-viewers.svg", "cpu", is_share=False
        ),
    ),
    Section(
        measure=CONVERSION,
        title="Conversion",
        text="""\
CPU time of software conversion to H.264, for video that no browser can play: percent of a core,
without viewers, at 25 frames per second. Home Assistant's own stream does not convert. For more
figures, see [codecs](codecs.md).
""",
        tables=((Column("ffmpeg", "FFmpeg", 0), Column("own", "Python process", 1)),),
    ),
)
