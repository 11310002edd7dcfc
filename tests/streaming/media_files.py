"""Media for the tests of the core: made up, or real from an FFmpeg."""

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from statistics import median_low

from custom_components.hls_camera.streaming.ingest.command import OUTPUT
from custom_components.hls_camera.streaming.live.segments import PartialSegment
from custom_components.hls_camera.streaming.media.boxes import iter_boxes
from custom_components.hls_camera.streaming.media.demuxer import Demuxer
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    Track,
    TrackKind,
    write_fragment,
)

VIDEO = Track(1, TrackKind.VIDEO, 90_000, "avc1.64001F", 320, 180)
AUDIO = Track(2, TrackKind.AUDIO, 16_000, "mp4a.40.2")
INIT = InitSection(b"init", (VIDEO, AUDIO))
VIDEO_INIT = InitSection(b"init of video", (VIDEO,))

SILENT_VIDEO = ("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")


@dataclass(frozen=True)
class Media:
    """FFmpeg's output, taken apart by the code under test."""

    data: bytes
    init: InitSection
    samples: tuple[Sample, ...]

    def of(self, kind: TrackKind) -> list[Sample]:
        """Return the samples of the video, or of the audio."""
        track = self.init.video if kind is TrackKind.VIDEO else self.init.audio
        assert track is not None
        return [each for each in self.samples if each.track_id == track.track_id]

    @property
    def closed(self) -> list[Sample]:
        """All samples with their durations, as they come.

        The last ones have no known duration: they last as long as others, and sound no longer
        than the picture.
        """
        video = self.of(TrackKind.VIDEO)
        usual = median_low([b.dts - a.dts for a, b in pairwise(video)] or [1])
        end = (video[-1].dts + usual) / self.init.video.timescale
        following = {
            track.track_id: round(end * track.timescale) for track in self.init.played
        }
        closed = []
        for sample in reversed(self.samples):
            after = following[sample.track_id]
            if after > sample.dts:
                closed.append(sample._replace(duration=after - sample.dts))
                following[sample.track_id] = sample.dts
            else:
                closed.append(sample)
        return closed[::-1]

    def as_mp4(self, init: InitSection | None = None) -> bytes:
        """Return all of it as a fragmented MP4, perhaps behind another init section."""
        runs = [
            (track, [each for each in self.closed if each.track_id == track.track_id])
            for track in self.init.played
        ]
        return (init or self.init).data + write_fragment(1, runs)


def read(data: bytes) -> Media:
    """Take FFmpeg's output apart."""
    demuxer = Demuxer()
    samples = demuxer.feed(data)
    assert demuxer.init is not None
    return Media(data, demuxer.init, tuple(samples))


def boxes_of(data: bytes | memoryview) -> list[tuple[bytes, bytes]]:
    """Return type and payload of each box."""
    return [(box_type, bytes(payload)) for box_type, payload in iter_boxes(data)]


@cache
def run_ffmpeg(binary: str, *arguments: str, stdin: bytes = b"") -> bytes:
    """Return an FFmpeg's standard output."""
    command = (binary, "-hide_banner", "-loglevel", "error", *arguments)
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


@cache
def handed_over(binary: str, *arguments: str) -> Media:
    """Return an FFmpeg's output for these inputs and encoders, in the core's format."""
    return read(run_ffmpeg(binary, *arguments, *OUTPUT, "pipe:1"))


@cache
def camera_media(binary: str) -> Media:
    """Return three seconds of H.264 and AAC, with a keyframe each second."""
    tail = ("-tune", "zerolatency", "-c:a", "aac", "-t", "3")
    return handed_over(binary, *SILENT_VIDEO, *TONE, *H264, *tail)


def frames(
    durations: Iterable[int],
    *,
    keyframe_every: int = 25,
    start: int = 0,
    track: Track = VIDEO,
    size: int = 100,
) -> list[Sample]:
    """Return samples of these durations, each with other data."""
    samples = []
    dts = start
    for index, duration in enumerate(durations):
        is_sync = track.kind is TrackKind.AUDIO or index % keyframe_every == 0
        data = index.to_bytes(4) * (size // 4)
        samples.append(Sample(track.track_id, dts, duration, 0, is_sync, data))
        dts += duration
    return samples


@dataclass
class RecordedSegment:
    """A media segment as the sink got it."""

    start: float
    parts: list[PartialSegment] = field(default_factory=list)
    is_complete: bool = False


@dataclass
class RecordingSink:
    """Keep a segmenter's output."""

    segments: list[RecordedSegment] = field(default_factory=list)
    part_targets: list[float] = field(default_factory=list)
    max_segment_bytes: int = 1_000_000_000

    @property
    def parts(self) -> list[PartialSegment]:
        """All partial segments."""
        return [part for segment in self.segments for part in segment.parts]

    def open_segment(self, start: float) -> None:
        """Begin a media segment, when the one before is complete."""
        assert all(segment.is_complete for segment in self.segments)
        self.segments.append(RecordedSegment(start))

    def raise_part_target(self, part_target: float) -> None:
        """Note the part target."""
        self.part_targets.append(part_target)

    def add_part(self, part: PartialSegment) -> None:
        """Note a partial segment."""
        assert self.part_targets, "a part before its target"
        segment = self.segments[-1]
        assert not segment.is_complete
        assert part.index == len(segment.parts)
        segment.parts.append(part)

    def close_segment(self) -> None:
        """Note the end of a media segment that has something in it."""
        assert self.segments[-1].parts
        self.segments[-1].is_complete = True


def nal_units(sample: Sample | bytes) -> list[bytes]:
    """Return the NAL units of a sample with four-byte lengths (ISO/IEC 14496-15, 5.3.3)."""
    data = bytes(sample.data) if isinstance(sample, Sample) else sample
    units = []
    while data:
        size = int.from_bytes(data[:4])
        units.append(data[4 : 4 + size])
        assert len(units[-1]) == size
        data = data[4 + size :]
    return units


def durations(parts: Sequence[PartialSegment]) -> list[float]:
    """Return the parts' durations."""
    return [part.duration for part in parts]
