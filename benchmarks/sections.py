"""What docs/benchmarks.md tells of each measure, in its order."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from .cameras import COST, ENDURANCE, START_UP
from .conversion import CONVERSION
from .picture import DELAY, FIRST_PICTURE, LOW_LATENCY, PLAIN
from .viewers import VIEWERS

LIMITS: Final = """\
Processor time: each of our cameras has an FFmpeg of its own, which survives whatever a camera
sends and can be ended; Home Assistant's own stream reads it by a thread. Our viewers get a part
five times a second instead of once, and ask for each twice: for the playlist that lists it and
for the part. That is what the smaller delay costs: a third of our processor time is FFmpeg's; of
the rest more than half goes into answering requests, nearly a third into taking and cutting what
FFmpeg writes. With partial segments of one second, as Home Assistant's are (a setting for all
cameras), eight cameras take 0.75 % of a core each in Home Assistant beside 0.81 % of theirs, and
with FFmpeg's 0.60 % it is 1.7 times theirs. Tried and left: to read FFmpeg's pipe only when a
partial segment is due. It wakes Home Assistant less often and saves a twentieth of our time,
which is too little for frames that come later where a camera sends them unevenly.

Delay: hls.js plays at the distance at which it has begun, which differs by up to 0.2 s from one
start to the next.

Many viewers of one camera: all are woken by the same part and are answered one after another in
Home Assistant's only event loop, one or two tenths of a millisecond each. When Python looks for
garbage in all of Home Assistant, everything stands still for a tenth to a fifth of a second here;
more requests bring that about more often. Whether it falls into one of a hundred parts decides
what the last hundredth of the answers takes.
"""
"""Why targets are missed."""


class Column(NamedTuple):
    """A figure in a table."""

    name: str
    title: str
    digits: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A plot of a figure against how many there are: a straight line, if all is well."""

    title: str
    file: str
    name: str
    is_share: bool
    """Whether the figure is each one's share, and not what all cost together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A measure, its text and its tables."""

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
Seconds from asking Home Assistant for a camera's stream to the first frame on the screen, in
Chromium, by the camera's keyframe interval. Cold: nobody watched, and the camera sends from its
next keyframe on. Warm: somebody else watches already.
""",
        tables=((Column("cold", "cold", 2), Column("warm", "warm", 2)),),
    ),
    Section(
        measure=DELAY,
        title="Delay",
        text="""\
Seconds from the camera's clock, which is in the picture, to the screen; keyframes every second.
Plain is hls.js with its low-latency mode off, as Home Assistant's frontend sets it where more
than two cameras are shown over HTTP/1.
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
What each camera costs that is copied (1280x720, 25 frames a second, 2 Mbit/s, AAC, keyframes
every 2 s) and watched by one low-latency viewer: percent of a core, and megabytes (each page of
memory by a process's share in it). It is what Home Assistant and its children take, less what
they take when no stream runs. Our partial segments last 0.2 s, Home Assistant's 1 s, so that our
viewers ask four to five times as often. The event loop's lag is in milliseconds, looked at a
hundred times a second; one of them is the timer's own.
""",
        tables=(
            (
                Column("cpu", "% of a core", 2),
                Column("cpu FFmpeg", "of it in FFmpeg", 2),
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
            "Processor time by cameras", "benchmark-cameras.svg", "cpu", is_share=True
        ),
    ),
    Section(
        measure=ENDURANCE,
        title="Endurance",
        text="""\
Sixteen copied cameras of 2 Mbit/s, each with one low-latency viewer, without a break. The event
loop's lag is in milliseconds.
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
Sixteen idle cameras opened at once, as a dashboard does: seconds until a viewer has its first
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
        measure=VIEWERS,
        title="Viewers",
        text="""\
Low-latency viewers of one camera: clients that ask as hls.js does, without a browser, all in one
process, whose share of a core is told, too. Times are milliseconds from when a partial segment was
there to when a viewer had the playlist that lists it, or all of the segment. On the wire:
kilobits per second for each viewer.
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
                Column("viewers' cpu", "viewers' own %", 0),
            ),
            (
                Column("media", "media", 0),
                Column("playlists", "playlists, compressed", 1),
                Column("plain playlists", "not compressed", 1),
                Column("headers", "headers of answers", 1),
            ),
        ),
        growth=Growth(
            "Processor time by viewers", "benchmark-viewers.svg", "cpu", is_share=False
        ),
    ),
    Section(
        measure=CONVERSION,
        title="Conversion",
        text="""\
What a picture costs that no browser plays as it comes and that is converted to H.264 by
software: percent of a core, without viewers, 25 frames a second. Home Assistant's own stream
does not convert. [Codecs](codecs.md) has more.
""",
        tables=((Column("ffmpeg", "FFmpeg", 0), Column("own", "own process", 1)),),
    ),
)
