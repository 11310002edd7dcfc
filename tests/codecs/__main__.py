"""Plays the whole matrix, measures what it costs, and writes docs/codecs.md: `--help`."""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from typing import Final

from playwright.async_api import Browser

from custom_components.hls_camera.streaming.ffmpeg.batched_pipe import PERIOD
from custom_components.hls_camera.streaming.transcode.plan import Action
from tests import tools
from tests.browser.chromium import headless_chromium
from tests.camera import Feed

from .cases import AUDIOS, BESIDE, MATRIX, OTHER_AUDIOS, VIDEOS, CodecCase, case
from .cost import CopyCost, Cost, measure_copy, measure_feed
from .play import play

_REPORT: Final = Path(__file__).resolve().parents[2] / "docs" / "codecs.md"
_TRIES: Final = 3
_COPIED: Final = Feed(
    size=(1920, 1080),
    fps=25,
    profile="high",
    video_bitrate=4_000_000,
    audio="aac",
    live=False,
)
_DONE: Final = {
    Action.COPY: "copied",
    Action.ENCODE: "converted",
    Action.DROP: "none",
}


@dataclass(slots=True)
class Played:
    """What came of a cell."""

    tries: int = 0
    wrong: Sequence[str] = ("not played",)
    """In words; nothing where it plays."""


@dataclass(slots=True)
class Column:
    """What came of everything with one FFmpeg."""

    version: str
    plays: Mapping[str, Played]
    video_costs: Mapping[str, Cost]
    audio_costs: Mapping[str, Cost]
    copying: CopyCost


def _version(binary: Path) -> str:
    output = subprocess.run(
        (binary, "-version"), capture_output=True, check=True, text=True
    ).stdout
    return output.split()[2].partition("-")[0].removeprefix("n")


async def _play_all(
    browser: Browser,
    cases: Sequence[CodecCase],
    binary: Path,
    seconds: float,
    side: int,
) -> dict[str, Played]:
    """Play cells, some side by side; those that fail once more, in case it was the load."""
    version, played = _version(binary), {each.name: Played() for each in cases}
    for _ in range(_TRIES):
        left = [each for each in cases if played[each.name].wrong]
        for some in batched(left, side, strict=False):
            results = await asyncio.gather(
                *(play(browser, each, binary, seconds) for each in some)
            )
            for each, result in zip(some, results, strict=True):
                tries = played[each.name].tries + 1
                played[each.name] = Played(tries, result)
                print(
                    f"{version:8} {each.name}: {'; '.join(result) or 'plays'}",
                    flush=True,
                )
    return played


def _measured(video: str) -> Feed:
    """Return a camera's usual picture; pre-encoded, so that encoding it costs nothing."""
    feed = VIDEOS[video]
    bitrate = None if feed.video == "mjpeg" else 2_000_000
    return replace(feed, size=(1280, 720), fps=25, video_bitrate=bitrate)


async def _measure_all(
    binaries: Sequence[Path], seconds: float, rounds: int
) -> tuple[dict[str, list[Cost]], dict[str, list[Cost]], list[CopyCost]]:
    """Measure one stream after the other, each with all FFmpegs at once."""

    async def measured(feed: Feed) -> list[Cost]:
        costs = await asyncio.gather(
            *(measure_feed(feed, binary, seconds) for binary in binaries)
        )
        print(feed.video, feed.audio, costs, flush=True)
        return costs

    videos = {name: await measured(_measured(name)) for name in VIDEOS}
    copied = _measured("H.264 baseline")
    audios = {
        name: await measured(replace(copied, audio=codec, live=codec == "g726"))
        for name, codec in {**AUDIOS, **OTHER_AUDIOS}.items()
        if codec is not None
    }
    copying = await asyncio.gather(
        *(measure_copy(_COPIED, binary, seconds, rounds) for binary in binaries)
    )
    print(copying, flush=True)
    return videos, audios, copying


def _percent(seconds: float) -> str:
    return f"{100 * seconds:.2f} %"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""


def _cell(each: CodecCase, columns: Sequence[Column]) -> str:
    fails = [column.version for column in columns if column.plays[each.name].wrong]
    if fails:
        return f"**fails with {', '.join(fails)}**"
    tries = max(column.plays[each.name].tries for column in columns)
    return "plays" if tries == 1 else f"plays, try {tries}"


def _matrix_rows(columns: Sequence[Column]) -> Iterator[Sequence[str]]:
    for video in VIDEOS:
        cells = (_cell(case(video, audio), columns) for audio in AUDIOS)
        yield video, _DONE[case(video, "none").actions[0]], *cells


def _cost_rows(
    costs: Sequence[Mapping[str, Cost]], treatments: Mapping[str, str]
) -> Iterator[Sequence[str]]:
    for name, treatment in treatments.items():
        figures = [
            _percent(part)
            for column in costs
            for part in (column[name].ffmpeg, column[name].own)
        ]
        yield name, treatment, *figures


def _copy_rows(columns: Sequence[Column]) -> Iterator[Sequence[str]]:
    copying = [column.copying for column in columns]
    yield "`ffmpeg -c copy -f null`", *(_percent(each.null) for each in copying)
    yield (
        "FFmpeg with our command, its output thrown away",
        *(_percent(each.discarded) for each in copying),
    )
    yield "FFmpeg as we run it", *(_percent(each.pipeline.ffmpeg) for each in copying)
    yield "Our process", *(_percent(each.pipeline.own) for each in copying)
    yield "**The whole pipeline**", *(_percent(each.pipeline.total) for each in copying)
    yield (
        "**Times the first row**",
        *(f"{each.pipeline.total / each.null:.2f}" for each in copying),
    )


def _report(columns: Sequence[Column], seconds: float, rounds: int) -> str:
    versions = [f"FFmpeg {column.version}" for column in columns]
    both = [f"{version}, {who}" for version in versions for who in ("FFmpeg", "ours")]
    audio = {
        name: _DONE[case("H.264 baseline", name).actions[1]]
        for name in {**AUDIOS, **OTHER_AUDIOS}
        if name != "none"
    }
    video = {name: _DONE[case(name, "none").actions[0]] for name in VIDEOS}
    lines = [
        "# Codecs",
        "",
        "What becomes of each codec that cameras send, whether it plays, and what it costs.",
        "`scripts/codecs` plays and measures all of it and writes this page.",
        "",
        "## What plays",
        "",
        "Each cell was a test camera over RTSP, our pipeline, and hls.js in Chromium, with each of",
        f"{' and '.join(versions)}: frames went on, so did the sound where there is any, and no error",
        "was fatal. What does not play at once is tried again, and so marked. Of the sounds, AAC is",
        "copied; G.711, Opus, G.726 and PCM are converted to AAC.",
        "",
        *_table(["Picture", "is", *AUDIOS], _matrix_rows(columns)),
        "Beside the matrix, with H.264 baseline: "
        + "; ".join(f"{each.audio} {_cell(each, columns)}" for each in BESIDE)
        + ".",
        "",
        "## What is converted",
        "",
        "A picture is copied when every browser plays it: H.264 with 8 bits and 4:2:0, in the",
        "Baseline, Main or High profile, progressive, up to level 5.2. Everything else is converted to",
        "H.264: other codecs; other profiles and colour formats (High 10, 4:2:2, 4:4:4); interlaced",
        "pictures; more than 36864 macroblocks, as many as 4096x2304 has, or 2073600 of them a second;",
        "more than 120 frames a second; frames out of order whose decode times stand still.",
        "",
        "Sound is copied where it is AAC (LC or HE), mono or stereo, and converted to AAC where it is",
        "anything else that FFmpeg decodes. Sound that cannot be used is left out, never the picture:",
        "announced and not sent, of an unknown codec, AAC without a configuration or with a broken one.",
        "",
        "## What it costs",
        "",
        "Processor time per second of media, in percent of one core: user and system time of FFmpeg and",
        "of our process, without viewers. The camera sends a clip that was encoded before, 1280x720, 25",
        f"frames a second, about 2 Mbit/s where the codec can be told; {seconds:g} s each.",
        "",
        *_table(
            ["Picture, no sound", "is", *both],
            _cost_rows([column.video_costs for column in columns], video),
        ),
        *_table(
            ["Sound, with H.264 copied", "is", *both],
            _cost_rows([column.audio_costs for column in columns], audio),
        ),
        "## Copying, against FFmpeg alone",
        "",
        "The same camera, 1920x1080, 25 frames a second, 4 Mbit/s, AAC, one row after the other:",
        f"medians of {rounds} rounds of {seconds:g} s each.",
        "",
        *_table(["Processor time", *versions], _copy_rows(columns)),
        "The difference of the first two rows is what writing fragmented MP4 costs and what is sent",
        "to FFmpeg's progress reports; of the next two, what the pipe costs. Our process reads the",
        "fragments, cuts partial segments and segments, and judges the stream. While nobody watches,",
        f"what FFmpeg writes gathers in its pipe for {PERIOD:g} s, since being woken for each frame costs",
        "more than reading it; while somebody does, each frame is read at once.",
    ]
    return "\n".join(lines) + "\n"


async def _main(options: argparse.Namespace) -> int:
    began = time.monotonic()
    binaries = options.ffmpeg or [tools.ffmpeg_old(), tools.ffmpeg()]
    cases = [each for each in (*MATRIX, *BESIDE) if options.only in each.name]
    async with headless_chromium() as browser:
        plays = [
            await _play_all(browser, cases, binary, options.play, options.side_by_side)
            for binary in binaries
        ]
    if not options.only:
        videos, audios, copying = await _measure_all(
            binaries, options.seconds, options.rounds
        )
        columns = [
            Column(
                _version(binary),
                plays[index],
                {name: costs[index] for name, costs in videos.items()},
                {name: costs[index] for name, costs in audios.items()},
                copying[index],
            )
            for index, binary in enumerate(binaries)
        ]
        options.report.write_text(_report(columns, options.seconds, options.rounds))
    wrong = sum(bool(result.wrong) for column in plays for result in column.values())
    print(
        f"{wrong} of {len(cases) * len(binaries)} do not play;"
        f" {time.monotonic() - began:.0f} s"
    )
    return int(wrong > 0)


def main() -> int:
    """Play and measure what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.codecs", description=__doc__)
    add = parser.add_argument
    add("--only", default="", metavar="TEXT", help="cells so named, without figures")
    add("--ffmpeg", action="append", type=Path, metavar="PATH", help="may be repeated")
    add("--play", type=float, default=6.0, metavar="SECONDS", help="for each cell")
    add("--side-by-side", type=int, default=5, metavar="N", help="cells at a time")
    add("--seconds", type=float, default=20.0, help="for each figure")
    add("--rounds", type=int, default=3, help="of the comparison of copying")
    add("--report", type=Path, default=_REPORT, metavar="FILE")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
