"""Endless files for tests: whole media in a container, and MPEG-TS taken apart."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path

from custom_components.hls_camera.streaming.media.endless import (
    TIMESCALE,
    Container,
    Frame,
)
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind
from tests import tools

from .media_files import Media

PACKET = 188


def frames_of(media: Media, after: int = 0) -> list[Frame]:
    """Return the frames of media from its first picture on, which is decoded at `after`."""
    timescales = {track.track_id: track.timescale for track in media.init.tracks}
    kinds = {track.track_id: track.kind for track in media.init.tracks}
    picture = media.of(TrackKind.VIDEO)[0]
    zero = picture.dts / timescales[picture.track_id]

    def ticks(time: float) -> int:
        return after + round(time * TIMESCALE)

    frames = []
    for each in media.closed:
        scale = timescales[each.track_id]
        if each.dts / scale < zero:
            continue
        frames.append(
            Frame(
                kinds[each.track_id],
                ticks(each.dts / scale - zero),
                ticks((each.dts + each.composition_offset) / scale - zero),
                round(each.duration * TIMESCALE / scale),
                each.is_sync,
                each.data,
            )
        )
    return frames


def write(
    path: Path,
    container: Container,
    *medias: Media,
    at_once: int = 7,
    frame_seconds: float = 0.0,
) -> Path:
    """Write media one after the other, some frames at once."""
    with path.open("wb") as file:
        after = 0
        for media in medias:
            file.write(container.begin(media.init.paced(frame_seconds)))
            frames = frames_of(media, after)
            for some in batched(frames, at_once, strict=False):
                file.write(container.write(some))
            after = max(frame.dts + frame.duration for frame in frames)
            file.write(container.pause())
    return path


def pictures(path: Path) -> list[str]:
    """Return a hash of each picture that FFmpeg decodes, which it does without complaint."""
    command: list[str | Path] = [tools.ffmpeg(), "-v", "warning", "-i", path]
    command += ["-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stderr == "", done.stderr
    rows = (line for line in done.stdout.splitlines() if not line.startswith("#"))
    return [row.rpartition(",")[2].strip() for row in rows]


@dataclass
class Pes:
    """A PES packet."""

    pid: int
    pts: int
    dts: int
    data: bytes
    clock: int | None
    """The clock reference in its first packet."""
    is_random_access: bool
    is_discontinuous: bool


@dataclass
class TsFile:
    """MPEG-TS that was taken apart, by ISO/IEC 13818-1."""

    pes: list[Pes]
    sections: dict[int, list[bytes]]
    """By PID."""

    @classmethod
    def read(cls, data: bytes) -> TsFile:
        """Take a file apart; each continuity counter has to go on."""
        assert len(data) % PACKET == 0
        counters: dict[int, int] = {}
        file = cls([], {})
        open_pes: dict[int, Pes] = {}
        for packet in batched(data, PACKET, strict=True):
            sync, high, low, control = packet[:4]
            assert sync == 0x47
            pid = (high & 0x1F) << 8 | low
            assert control & 0x10, "a packet without payload"
            counter = control & 0xF
            assert counter == (counters.get(pid, counter - 1) + 1) % 16
            counters[pid] = counter
            payload, field = bytes(packet[4:]), b""
            if control & 0x20:
                size = payload[0]
                field, payload = payload[1 : 1 + size], payload[1 + size :]
            if pid < 0x20 or pid >= 0x1000:
                assert high & 0x40
                assert payload[0] == 0
                length = (payload[2] & 0xF) << 8 | payload[3]
                file.sections.setdefault(pid, []).append(payload[1 : 4 + length])
            elif high & 0x40:
                open_pes[pid] = _begin_pes(pid, field, payload)
                file.pes.append(open_pes[pid])
            else:
                open_pes[pid].data += payload
        return file


def _begin_pes(pid: int, field: bytes, payload: bytes) -> Pes:
    assert payload[:3] == b"\0\0\1"
    flags = payload[7]
    assert flags & 0x80
    pts = _time(payload[9:14])
    dts = _time(payload[14:19]) if flags & 0x40 else pts
    marks = field[0] if field else 0
    clock = int.from_bytes(field[1:7]) >> 15 if marks & 0x10 else None
    data = payload[9 + payload[8] :]
    return Pes(pid, pts, dts, data, clock, bool(marks & 0x40), bool(marks & 0x80))


def _time(data: bytes) -> int:
    assert data[0] & data[2] & data[4] & 1, "a marker bit is missing"
    high, middle, low = data[0] >> 1 & 7, data[1:3], data[3:5]
    parts = [int.from_bytes(each) >> 1 for each in (middle, low)]
    return high << 30 | parts[0] << 15 | parts[1]


def of_kind(frames: Sequence[Frame], kind: TrackKind) -> list[Frame]:
    """Return the frames of a kind."""
    return [frame for frame in frames if frame.kind is kind]
