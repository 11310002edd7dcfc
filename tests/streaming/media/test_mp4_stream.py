"""An endless MP4, read back by FFmpeg's own ffprobe."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.errors import SourceChangedError
from custom_components.hls_camera.streaming.media.endless import TIMESCALE
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, TrackKind
from custom_components.hls_camera.streaming.media.mp4_stream import Mp4Container
from custom_components.hls_camera.streaming.media.orientation import Orientation
from tests import tools

from ..endless_files import frames_of, of_kind, pictures, write
from ..media_files import H264, SILENT_VIDEO, camera_media, handed_over
from ..probing import probe_file

REORDERED = ("-c:v", "libx264", "-preset", "superfast", "-g", "25", "-bf", "3")
X265 = (
    "-c:v",
    "libx265",
    "-preset",
    "ultrafast",
    "-x265-params",
    "bframes=0:log-level=none",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "endless.mp4"


@pytest.mark.parametrize("frame_seconds", [0.0, 0.04], ids=["unpaced", "paced"])
def test_every_picture_and_all_sound_come_at_their_time(
    ffmpeg: str, path: Path, frame_seconds: float
) -> None:
    media = camera_media(ffmpeg)
    file = write(path, Mp4Container(), media, frame_seconds=frame_seconds)
    probed = probe_file(file)
    for kind in TrackKind:
        frames = of_kind(frames_of(media), kind)
        assert probed.times(kind) == pytest.approx(
            [frame.dts / TIMESCALE for frame in frames], abs=1e-4
        )
    assert probed.streams["video"]["codec_tag_string"] == "avc3"
    assert probed.streams["audio"]["codec_tag_string"] == "mp4a"


@pytest.mark.parametrize(
    ("encoder", "tag"),
    [(H264, "avc3"), (REORDERED, "avc3"), (X265, "hev1")],
    ids=["h264", "reordered", "h265"],
)
@pytest.mark.parametrize("at_once", [1, 5])
@pytest.mark.parametrize("frame_seconds", [0.0, 0.04], ids=["unpaced", "paced"])
def test_the_pictures_are_those_of_the_camera(
    ffmpeg: str,
    path: Path,
    *,
    encoder: tuple[str, ...],
    tag: str,
    at_once: int,
    frame_seconds: float,
) -> None:
    media = handed_over(ffmpeg, *SILENT_VIDEO, *encoder, "-t", "2")
    whole = path.with_name("whole.mp4")
    whole.write_bytes(media.as_mp4())
    write(path, Mp4Container(), media, at_once=at_once, frame_seconds=frame_seconds)
    assert pictures(path) == pictures(whole)
    assert probe_file(path).streams["video"]["codec_tag_string"] == tag


def test_ffmpeg_passes_the_first_picture_on_without_more_of_them(
    any_ffmpeg: str,
) -> None:
    """It takes the frame rate from the first one, rather than to measure it."""
    media = camera_media(any_ffmpeg)
    frames = [each for each in frames_of(media) if each.dts < TIMESCALE // 10]
    container = Mp4Container()
    container.begin(media.init.paced(0.04))
    with subprocess.Popen(
        [
            *(any_ffmpeg, "-v", "error", "-i", "pipe:0", "-map", "0:v", "-c", "copy"),
            *("-f", "framecrc", "-flush_packets", "1", "pipe:1"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(container.write(frames))
        reader.stdin.flush()
        rows = iter(reader.stdout)
        assert next(row for row in rows if not row.startswith(b"#"))
        reader.stdin.close()
        assert len(list(rows)) == len(of_kind(frames, TrackKind.VIDEO)) - 1


@pytest.mark.parametrize("frame_seconds", [0.0001, 30.0])
def test_a_frame_rate_that_cannot_be_is_not_stated(
    ffmpeg: str, path: Path, frame_seconds: float
) -> None:
    """FFmpeg would repeat pictures where it encodes."""
    media = camera_media(ffmpeg)
    file = write(path, Mp4Container(), media, frame_seconds=frame_seconds)
    assert file.read_bytes() == write(path, Mp4Container(), media).read_bytes()


def test_parameter_sets_stand_before_each_keyframe(ffmpeg: str, path: Path) -> None:
    """A reader that copies the picture to RTP has nothing else."""
    media = camera_media(ffmpeg)
    write(path, Mp4Container(), media)
    shown = subprocess.run(
        [
            *(tools.ffprobe(), "-v", "error", "-select_streams", "v", "-of", "json"),
            *("-show_packets", "-show_data", path),
        ],
        capture_output=True,
        check=True,
    ).stdout
    packets = json.loads(shown)["packets"]
    begins = [each["data"].split()[1:4] for each in packets if "K" in each["flags"]]
    assert len(begins) == 3
    # The first NAL unit, behind its length, is a sequence parameter set.
    assert {begin[2][:2] for begin in begins} == {"67"}


def test_a_reader_goes_on_with_pictures_of_another_size(
    ffmpeg: str, path: Path
) -> None:
    large = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")
    small = camera_media(ffmpeg)
    other = handed_over(ffmpeg, *large, *H264, "-t", "1")
    write(path, Mp4Container(), small, other)
    assert len(pictures(path)) == 75 + 25
    times = probe_file(path).times("video")
    assert times == sorted(times)


def test_another_codec_ends_the_file(ffmpeg: str) -> None:
    h264 = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "1")
    h265 = handed_over(ffmpeg, *SILENT_VIDEO, *X265, "-t", "2")
    container = Mp4Container()
    container.begin(h264.init)
    with pytest.raises(SourceChangedError):
        container.begin(h265.init)


def test_other_sound_ends_the_file_but_none_does_not(ffmpeg: str) -> None:
    init = camera_media(ffmpeg).init
    video, audio = init.tracks
    container = Mp4Container()
    container.begin(init)
    container.begin(InitSection(b"", (video,)))
    with pytest.raises(SourceChangedError):
        container.begin(InitSection(b"", (video, replace(audio, entry=b"other"))))


def test_the_picture_is_as_coded(ffmpeg: str, path: Path) -> None:
    """Home Assistant's go2rtc and other readers turn it themselves."""
    media = handed_over(ffmpeg, *SILENT_VIDEO, *H264, "-t", "1")
    turned = replace(media, init=media.init.turned(Orientation.ROTATE_RIGHT))
    file = write(path, Mp4Container(), turned).read_bytes()
    assert file == write(path, Mp4Container(), media).read_bytes()
