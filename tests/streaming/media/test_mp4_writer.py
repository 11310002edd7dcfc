"""Plain MP4, read back by FFmpeg's own ffprobe."""

from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming.errors import MalformedBoxError, MediaError
from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    TrackKind,
)
from custom_components.hls_camera.streaming.media.mp4_writer import Mp4Writer
from custom_components.hls_camera.streaming.media.orientation import Orientation

from ..media_files import (
    AUDIO,
    H264,
    SILENT_VIDEO,
    TONE,
    Media,
    camera_media,
    handed_over,
)
from ..probing import decoded_sizes, hash_of, probe_file

CREATED = 1_790_000_000.0
LARGE = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")


def begin_of(media: Media) -> float:
    """Return the presentation time of the first frame, in seconds of decode time."""
    first = media.of(TrackKind.VIDEO)[0]
    return (first.dts + first.composition_offset) / media.init.video.timescale


def later(samples: list[Sample], init: InitSection, seconds: float) -> list[Sample]:
    """Return samples moved in time."""
    timescales = {track.track_id: track.timescale for track in init.tracks}
    return [
        each._replace(dts=each.dts + round(seconds * timescales[each.track_id]))
        for each in samples
    ]


def write(path: Path, *medias: Media, apart: float = 0.0, begin: float = 0.0) -> Path:
    """Write media one after another; `begin` is how much of it is not shown."""
    with path.open("wb") as file:
        writer = Mp4Writer(file, medias[0].init, CREATED)
        for number, media in enumerate(medias):
            for sample in media.closed:
                writer.add(media.init, later([sample], media.init, number * apart))
        start = begin_of(medias[0])
        writer.finish(start + begin, start + 3600)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


def test_every_sample_is_there_as_it_came(ffmpeg: str, path: Path) -> None:
    media = camera_media(ffmpeg)
    probed = probe_file(write(path, media))
    for kind in TrackKind:
        assert probed.hashes(kind) == [hash_of(each) for each in media.of(kind)]
    assert probed.duration == pytest.approx(3, abs=0.001)
    assert probed.times("video") == pytest.approx([n / 25 for n in range(75)])
    flags = [packet["flags"][0] for packet in probed.packets["video"]]
    assert [n for n, flag in enumerate(flags) if flag == "K"] == [0, 25, 50]
    assert probed.streams["video"]["codec_tag_string"] == "avc1"
    assert probed.streams["audio"]["codec_tag_string"] == "mp4a"


def test_the_tables_come_last_and_the_file_is_not_fragmented(
    ffmpeg: str, path: Path
) -> None:
    data = write(path, camera_media(ffmpeg)).read_bytes()
    boxes = []
    offset = 0
    while offset < len(data):
        size = int.from_bytes(data[offset : offset + 4])
        if size == 1:
            size = int.from_bytes(data[offset + 8 : offset + 16])
        boxes.append(data[offset + 4 : offset + 8])
        offset += size
    assert boxes == [b"ftyp", b"mdat", b"moov"]
    assert b"mvex" not in data
    assert b"co64" in data


def test_frames_that_are_shown_in_another_order(ffmpeg: str, path: Path) -> None:
    media = handed_over(
        *(ffmpeg, *SILENT_VIDEO, *TONE, *H264[:2], "-g", "25", "-bf", "2"),
        *("-c:a", "aac", "-t", "2"),
    )
    frames = media.of(TrackKind.VIDEO)
    assert len({frame.composition_offset for frame in frames}) > 1
    probed = probe_file(write(path, media))
    shown = probed.times("video", "pts_time")
    assert shown[0] == 0
    assert sorted(shown) == pytest.approx([n / 25 for n in range(50)], abs=0.001)
    assert shown != sorted(shown)
    assert probed.duration == pytest.approx(2, abs=0.05)


def test_hidden_media_are_edited_out(ffmpeg: str, path: Path) -> None:
    probed = probe_file(write(path, camera_media(ffmpeg), begin=0.6))
    assert probed.duration == pytest.approx(2.4, abs=0.001)
    # It is there, so that decoding begins with a keyframe.
    assert len(probed.packets["video"]) == 75
    assert probed.packets["video"][0]["flags"].startswith("K")
    assert probed.times("video")[0] == pytest.approx(-0.6, abs=0.001)
    assert len(decoded_sizes(path)) == 60


def test_sound_that_begins_later_stays_in_sync(ffmpeg: str, path: Path) -> None:
    media = camera_media(ffmpeg)
    assert media.init.audio is not None
    sound_from = media.of(TrackKind.AUDIO)[0].dts + media.init.audio.timescale // 2
    with path.open("wb") as file:
        writer = Mp4Writer(file, media.init, CREATED)
        writer.add(
            media.init,
            [
                each
                for each in media.closed
                if each.track_id == media.init.video.track_id or each.dts >= sound_from
            ],
        )
        writer.finish(begin_of(media), begin_of(media) + 60)
    probed = probe_file(path)
    assert probed.times("video")[0] == 0
    assert probed.times("audio")[0] == pytest.approx(0.5, abs=0.022)
    assert probed.duration == pytest.approx(3, abs=0.001)


@pytest.mark.parametrize(
    ("orientation", "rotation"),
    [(Orientation.ROTATE_LEFT, 90), (Orientation.ROTATE_180, -180)],
)
def test_a_turned_picture_stays_turned(
    ffmpeg: str, path: Path, orientation: Orientation, rotation: int
) -> None:
    media = camera_media(ffmpeg)
    turned = replace(media, init=media.init.turned(orientation))
    [matrix] = probe_file(write(path, turned)).streams["video"]["side_data_list"]
    assert matrix["rotation"] == rotation


class TestAnotherInitSection:
    def test_the_same_once_more_is_no_other_description(
        self, ffmpeg: str, path: Path
    ) -> None:
        media = camera_media(ffmpeg)
        probed = probe_file(write(path, media, media, apart=5))
        times = probed.times("video")
        # The pause between them keeps its duration: the last picture stays.
        assert times[75] - times[74] == pytest.approx(2.04, abs=0.001)
        assert probed.duration == pytest.approx(8, abs=0.001)
        assert path.read_bytes().count(b"avc1") == 1
        assert len(decoded_sizes(path)) == 150

    def test_another_size_is_another_description(self, ffmpeg: str, path: Path) -> None:
        small = camera_media(ffmpeg)
        tail = ("-tune", "zerolatency", "-c:a", "aac", "-t", "1")
        large = handed_over(ffmpeg, *LARGE, *TONE, *H264, *tail)
        write(path, small, large, small, apart=3)
        sizes = decoded_sizes(path)
        assert sizes == [(320, 180)] * 75 + [(640, 360)] * 25 + [(320, 180)] * 75
        hashes = probe_file(path).hashes("video")
        expected = [hash_of(each) for each in small.of(TrackKind.VIDEO)]
        assert hashes[:75] == hashes[100:] == expected

    def test_times_of_another_unit(self, ffmpeg: str, path: Path) -> None:
        media = camera_media(ffmpeg)
        tail = ("-c:a", "aac", "-enc_time_base:v", "1:90000", "-t", "1")
        other = handed_over(ffmpeg, *SILENT_VIDEO, *TONE, *H264, *tail)
        assert other.init.video.timescale != media.init.video.timescale
        times = probe_file(write(path, media, other, apart=3)).times("video")
        assert times == pytest.approx([n / 25 for n in range(100)], abs=0.05)

    def test_sound_of_another_kind_is_left_out(self, ffmpeg: str, path: Path) -> None:
        media = camera_media(ffmpeg)
        tail = ("-c:a", "aac", "-ar", "16000", "-tune", "zerolatency", "-t", "1")
        other = handed_over(ffmpeg, *SILENT_VIDEO, *TONE, *H264, *tail)
        probed = probe_file(write(path, media, other, apart=3))
        assert len(probed.packets["video"]) == 100
        assert probed.hashes("audio") == [
            hash_of(each) for each in media.of(TrackKind.AUDIO)
        ]

    def test_another_codec_is_refused(self, ffmpeg: str, path: Path) -> None:
        x265 = ("-c:v", "libx265", "-preset", "ultrafast")
        quiet = ("-x265-params", "log-level=none", "-t", "0.2")
        other = handed_over(ffmpeg, *SILENT_VIDEO, *x265, *quiet)
        with pytest.raises(MediaError, match="goes on as hvc1"):
            write(path, camera_media(ffmpeg), other)


def test_h265_is_recorded_as_it_is(ffmpeg: str, path: Path) -> None:
    x265 = ("-c:v", "libx265", "-preset", "ultrafast")
    quiet = ("-x265-params", "log-level=none", "-t", "0.4")
    media = handed_over(ffmpeg, *SILENT_VIDEO, *x265, *quiet)
    probed = probe_file(write(path, media))
    assert probed.streams["video"]["codec_tag_string"] == "hvc1"
    assert probed.hashes("video") == [hash_of(each) for each in media.samples]


def test_a_pause_above_the_range_of_a_table(ffmpeg: str, path: Path) -> None:
    media = camera_media(ffmpeg)
    with pytest.raises(MediaError, match="out of range"):
        write(path, media, media, apart=500_000)


def test_an_init_section_that_lacks_a_track(ffmpeg: str, path: Path) -> None:
    media = camera_media(ffmpeg)
    other = replace(media.init, tracks=(media.init.video, replace(AUDIO, track_id=9)))
    with path.open("wb") as file, pytest.raises(MalformedBoxError, match="no audio"):
        Mp4Writer(file, other, CREATED)
