"""Play the whole matrix, measure its CPU time, and write docs/codecs.md: `--help`."""

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

from custom_components.hls_camera.streaming.ingest.run import UNWATCHED_PERIOD_S
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
    """The result of a cell."""

    tries: int = 0
    wrong: Sequence[str] = ("not played",)
    """In words; empty if it plays."""


@dataclass(slots=True)
class Column:
    """All results with one FFmpeg."""

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
    """Play cells, several at a time; repeat those that fail, in case the load was the cause."""
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
    """Return the usual video of a camera, encoded in advance: encoding costs nothing then."""
    feed = VIDEOS[video]
    bitrate = None if feed.video == "mjpeg" else 2_000_000
    return replace(feed, size=(1280, 720), fps=25, video_bitrate=bitrate)


async def _measure_all(
    binaries: Sequence[Path], seconds: float, rounds: int
) -> tuple[dict[str, list[Cost]], dict[str, list[Cost]], list[CopyCost]]:
    """Measure one stream after the other, each with all FFmpegs at the same time."""

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
        "FFmpeg with the integration's command, output discarded",
        *(_percent(each.discarded) for each in copying),
    )
    yield (
        "FFmpeg in the integration",
        *(_percent(each.pipeline.ffmpeg) for each in copying),
    )
    yield "Python process", *(_percent(each.pipeline.own) for each in copying)
    yield "**Total**", *(_percent(each.pipeline.total) for each in copying)
    yield (
        "**Ratio to the first row**",
        *(f"{each.pipeline.total / each.null:.2f}" for each in copying),
    )


def report(columns: Sequence[Column], seconds: float, rounds: int) -> str:
    versions = [f"FFmpeg {column.version}" for column in columns]
    both = [f"{version}, {who}" for version in versions for who in ("FFmpeg", "Python")]
    audio = {
        name: _DONE[case("H.264 baseline", name).actions[1]]
        for name in {**AUDIOS, **OTHER_AUDIOS}
        if name != "none"
    }
    video = {name: _DONE[case(name, "none").actions[0]] for name in VIDEOS}
    lines = [
        "# Codecs",
        "",
        "Whether each codec of cameras plays, whether it is converted, and the CPU time that it needs.",
        "`scripts/codecs` plays and measures all codecs and writes this page.",
        "",
        "## What plays",
        "",
        "Each cell is a test with a camera over RTSP, the integration's core, and hls.js in Chromium, with",
        f"each of {' and '.join(versions)}. It plays if frames and sound continue and no error",
        "is fatal. A test that fails is repeated, and marked with the number of tries. AAC is copied;",
        "G.711, Opus, G.726 and PCM are converted to AAC.",
        "",
        *_table(["Video", "Treatment", *AUDIOS], _matrix_rows(columns)),
        "In addition, with H.264 baseline: "
        + "; ".join(f"{each.audio} {_cell(each, columns)}" for each in BESIDE)
        + ".",
        "",
        "## What is converted",
        "",
        "Video that every browser plays is copied: progressive H.264 with 8 bits and 4:2:0, in the",
        "Baseline, Main or High profile, up to level 5.2. All other video is converted to H.264: other",
        "codecs; other profiles and color formats (High 10, 4:2:2, 4:4:4); interlaced video; more than",
        "36864 macroblocks (4096x2304) per frame, or 2073600 per second; more than 120 frames per second;",
        "frames out of order whose decode times do not advance.",
        "",
        "AAC (LC or HE) in mono or stereo is copied. All other sound that FFmpeg can decode is converted",
        "to AAC. Unusable sound is left out, while the video is still shown: sound that is announced but",
        "not sent, an unknown codec, AAC with a missing or broken configuration.",
        "",
        "## CPU time",
        "",
        "CPU time per second of media, in percent of one core: user and system time of FFmpeg and of the",
        "Python process, without viewers. The camera sends a clip of 1280x720 with 25 frames per second,",
        f"encoded in advance, at about 2 Mbit/s if the codec has a bitrate setting; {seconds:g} s each.",
        "",
        *_table(
            ["Video, no sound", "Treatment", *both],
            _cost_rows([column.video_costs for column in columns], video),
        ),
        *_table(
            ["Sound, with H.264 copied", "Treatment", *both],
            _cost_rows([column.audio_costs for column in columns], audio),
        ),
        "## Copying, compared with FFmpeg alone",
        "",
        "One camera with 1920x1080, 25 frames per second, 4 Mbit/s and AAC, measured row by row:",
        f"medians of {rounds} rounds of {seconds:g} s each.",
        "",
        *_table(["CPU time", *versions], _copy_rows(columns)),
        "The first two rows differ by the cost of the output format, the",
        "next two by the cost of the pipe. The Python process reads the fragments, makes segments and",
        "partial segments, and supervises the stream. While nobody watches, FFmpeg's output is read every",
        f"{UNWATCHED_PERIOD_S:g} s, because a wake-up for each frame costs more than reading it. For a viewer of the live feed,",
        "each frame is read at once; for HLS alone, a partial segment's first frames are read together.",
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
        options.report.write_text(report(columns, options.seconds, options.rounds))
    wrong = sum(bool(result.wrong) for column in plays for result in column.values())
    print(
        f"{wrong} of {len(cases) * len(binaries)} do not play;"
        f" {time.monotonic() - began:.0f} s"
    )
    return int(wrong > 0)


def main() -> int:
    """Play and measure the cells that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.codecs", description=__doc__)
    add = parser.add_argument
    add(
        "--only",
        default="",
        metavar="TEXT",
        help="only cells whose name contains TEXT, without figures",
    )
    add(
        "--ffmpeg",
        action="append",
        type=Path,
        metavar="PATH",
        help="an FFmpeg; may be repeated",
    )
    add(
        "--play",
        type=float,
        default=6.0,
        metavar="SECONDS",
        help="how long each cell plays",
    )
    add(
        "--side-by-side",
        type=int,
        default=5,
        metavar="N",
        help="how many cells play at a time",
    )
    add("--seconds", type=float, default=20.0, help="how long each figure is measured")
    add(
        "--rounds",
        type=int,
        default=3,
        help="rounds of the comparison with FFmpeg alone",
    )
    add("--report", type=Path, default=_REPORT, metavar="FILE")
    return asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
