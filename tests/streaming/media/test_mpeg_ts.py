"""MPEG-TS: taken apart by the standard, and read back by FFmpeg's own ffprobe."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.streaming.media.endless import TIMESCALE, Frame
from custom_components.hls_camera.streaming.media.fmp4 import InitSection, TrackKind
from custom_components.hls_camera.streaming.media.mpeg_ts import TsContainer, crc32
from custom_components.hls_camera.streaming.media.sample_entries import aac_entry

from ..endless_files import PACKET, TsFile, frames_of, of_kind, pictures, write
from ..media_files import (
    AUDIO,
    H264,
    SILENT_VIDEO,
    VIDEO,
    VIDEO_INIT,
    camera_media,
    handed_over,
)
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
LC = bytes.fromhex("1408")
"""AudioSpecificConfig of AAC-LC: mono of 16 kHz."""
AUDIBLE = InitSection(b"", (VIDEO, replace(AUDIO, entry=aac_entry(LC, 1, 16_000))))
VIDEO_PID = 0x100
WRAP = 1 << 33


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "endless.ts"


def test_every_picture_and_all_sound_come_at_their_time(
    ffmpeg: str, path: Path
) -> None:
    media = camera_media(ffmpeg)
    probed = probe_file(write(path, TsContainer(), media))
    for kind in TrackKind:
        frames = of_kind(frames_of(media), kind)
        found = probed.times(kind)
        assert [time - found[0] for time in found] == pytest.approx(
            [(frame.dts - frames[0].dts) / TIMESCALE for frame in frames], abs=1e-4
        )
    flags = [packet["flags"][0] for packet in probed.packets["video"]]
    assert [n for n, flag in enumerate(flags) if flag == "K"] == [0, 25, 50]
    assert probed.streams["audio"]["codec_name"] == "aac"
    assert probed.streams["audio"]["sample_rate"] == "48000"


@pytest.mark.parametrize("encoder", [H264, REORDERED, X265], ids=lambda each: each[1])
def test_the_pictures_are_those_of_the_camera(
    ffmpeg: str, path: Path, encoder: tuple[str, ...]
) -> None:
    """Reordered ones as well, and those of H.265."""
    media = handed_over(ffmpeg, *SILENT_VIDEO, *encoder, "-t", "2")
    mp4 = path.with_suffix(".mp4")
    mp4.write_bytes(media.as_mp4())
    assert pictures(write(path, TsContainer(), media)) == pictures(mp4)
    probed = probe_file(path)
    assert len(probed.packets["video"]) == len(media.samples)
    shown = sorted(probed.times("video", "pts_time"))
    steps = {round(b - a, 3) for a, b in pairwise(shown)}
    assert steps == {0.04}


def test_readers_go_on_with_the_next_run(ffmpeg: str, path: Path) -> None:
    """Also with another size, without sound, and with sound again."""
    large = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")
    media = camera_media(ffmpeg)
    silent = handed_over(ffmpeg, *large, *H264, "-t", "1")
    write(path, TsContainer(), media, silent, media)
    probed = probe_file(path)
    assert len(probed.packets["video"]) == 75 + 25 + 75
    times = probed.times("video")
    assert times == sorted(times)
    file = TsFile.read(path.read_bytes())
    runs = [pes.is_discontinuous for pes in file.pes if pes.pid == VIDEO_PID]
    assert [n for n, begins in enumerate(runs) if begins] == [75, 100]
    maps = list(dict.fromkeys(file.sections[0x1000]))
    assert [section[5] >> 1 & 0x1F for section in maps] == [0, 1, 2]


def test_tables_have_a_checksum_and_stand_before_each_keyframe(
    ffmpeg: str, path: Path
) -> None:
    media = camera_media(ffmpeg)
    data = write(path, TsContainer(), media, at_once=1).read_bytes()
    file = TsFile.read(data)
    assert {crc32(each) for each in (*file.sections[0], *file.sections[0x1000])} == {0}
    packets = [data[at : at + PACKET] for at in range(0, len(data), PACKET)]
    pids = [(packet[1] & 0x1F) << 8 | packet[2] for packet in packets]
    keyframes = [
        number
        for number, packet in enumerate(packets)
        if packet[3] & 0x20 and packet[4] and packet[5] & 0x40
    ]
    assert len(keyframes) == 3
    for number in keyframes:
        assert pids[number - 2 : number] == [0, 0x1000]


def test_sound_that_adts_cannot_describe_is_left_out(ffmpeg: str, path: Path) -> None:
    media = camera_media(ffmpeg)
    video, audio = media.init.tracks
    mute = replace(audio, entry=b"")
    write(path, TsContainer(), replace(media, init=InitSection(b"", (video, mute))))
    assert "audio" not in probe_file(path).streams


def test_times_go_on_behind_the_end_of_their_33_bits() -> None:
    container = TsContainer()
    start = container.begin(VIDEO_INIT)
    times = [WRAP - 2 * TIMESCALE + step * TIMESCALE for step in range(3)]
    frames = [
        Frame(TrackKind.VIDEO, time, time + 3600, 3600, False, picture(b"\x41 abc"))
        for time in times
    ]
    pes = TsFile.read(start + container.write(frames)).pes
    assert [each.dts for each in pes] == [WRAP - TIMESCALE, 0, TIMESCALE]
    assert [each.pts - each.dts for each in pes] == [3600] * 3


def picture(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


@st.composite
def arbitrary_frames(draw: st.DrawFn) -> list[Frame]:
    frames = []
    dts = dict.fromkeys(TrackKind, draw(st.integers(0, 2 * WRAP)))
    for kind in draw(st.lists(st.sampled_from(TrackKind), max_size=12)):
        dts[kind] += draw(st.integers(1, 10 * TIMESCALE))
        data = b"\x41" + draw(st.binary(max_size=600))
        frames.append(
            Frame(
                kind,
                dts[kind],
                dts[kind] + draw(st.integers(0, TIMESCALE)),
                0,
                draw(st.booleans()),
                picture(data) if kind is TrackKind.VIDEO else data,
            )
        )
    return frames


@given(arbitrary_frames())
def test_whatever_comes_is_carried_whole(frames: list[Frame]) -> None:
    """With counters that go on, and clock references before decode times."""
    container = TsContainer()
    data = container.begin(AUDIBLE) + container.write(frames)
    pes = TsFile.read(data).pes
    assert len(pes) == len(frames)
    for each, frame in zip(pes, frames, strict=True):
        assert (each.dts - frame.dts) % WRAP == TIMESCALE
        if frame.kind is TrackKind.VIDEO:
            assert (each.pts - frame.pts) % WRAP == TIMESCALE
            assert each.data.endswith(b"\0\0\0\1" + bytes(frame.data[4:]))
            assert each.data.startswith(b"\0\0\0\1\x09\xf0\0\0\0\1")
            assert each.clock is not None
            assert 0 < (each.dts - each.clock) % WRAP < TIMESCALE
            assert each.is_random_access is frame.is_sync
        else:
            assert each.data[7:] == frame.data
            assert (each.data[3] & 3) << 11 | each.data[4] << 3 | each.data[5] >> 5 == (
                len(each.data)
            )


def test_bytes_of_a_pause_are_the_tables() -> None:
    container = TsContainer()
    begin = container.begin(AUDIBLE)
    file = TsFile.read(begin + container.pause())
    assert not file.pes
    assert len(file.sections[0]) == len(file.sections[0x1000]) == 2
