"""A file as FFmpeg's own ffprobe sees it."""

import json
import subprocess
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

from custom_components.hls_camera.streaming.media.fmp4 import Sample
from tests import tools


@dataclass(frozen=True)
class Probed:
    """The packets of a file; times are in seconds."""

    duration: float
    streams: dict[str, Any]
    """The first one of each kind."""
    packets: dict[str, list[Any]]

    def hashes(self, kind: str) -> list[str]:
        """Return a hash of each packet of a kind."""
        return [packet["data_hash"] for packet in self.packets[kind]]

    def times(self, kind: str, name: str = "dts_time") -> list[float]:
        """Return the times of a kind's packets."""
        return [float(packet[name]) for packet in self.packets[kind]]


def probe_file(path: Path) -> Probed:
    """Read a file; it has to be without fault."""
    command: list[str | Path] = [tools.ffprobe(), "-v", "warning", "-of", "json"]
    command += ["-show_format", "-show_streams", "-show_packets"]
    command += ["-show_data_hash", "md5", path]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b"", done.stderr
    answer = json.loads(done.stdout)
    packets: dict[str, list[Any]] = {"video": [], "audio": []}
    for packet in answer["packets"]:
        packets[packet["codec_type"]].append(packet)
    return Probed(
        float(answer["format"]["duration"]),
        {stream["codec_type"]: stream for stream in reversed(answer["streams"])},
        packets,
    )


def decoded_sizes(path: Path) -> list[tuple[int, int]]:
    """Return the sizes of the pictures of a file that a decoder shows."""
    command: list[str | Path] = [tools.ffprobe(), "-v", "warning", "-of", "csv=p=0"]
    command += ["-select_streams", "v", "-show_entries", "frame=width,height", path]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert done.stderr == "", done.stderr
    rows = (line.strip(",").split(",") for line in done.stdout.split())
    return [(int(row[0]), int(row[1])) for row in rows]


def hash_of(sample: Sample) -> str:
    """Return a sample's hash as `Probed.hashes` has it."""
    return f"MD5:{md5(sample.data, usedforsecurity=False).hexdigest()}"
