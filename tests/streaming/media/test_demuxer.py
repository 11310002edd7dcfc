"""FFmpeg's output, taken apart: bytes in, samples out."""

from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.media.demuxer import SOUND_OFFSET_S, Demuxer
from custom_components.hls_camera.streaming.media.fmp4 import TrackKind

from ..media_files import camera_media, nal_units
from ..nut_files import PICTURE, SOUND, Frame, headers

SETS = (b"\x67\x64\x00\x0a\xac\xb2\x84", b"\x68\xce\x0f\xc8")
IDR = b"\x65\x88\x80picture"
KEYFRAME = b"".join(b"\0\0\0\1" + unit for unit in (*SETS, IDR))
OTHER = b"\0\0\0\1\x41\x9a\x80picture"
ADTS = bytes.fromhex("fff16040017ffc") + b"sound"


OFFSET = SOUND_OFFSET_S * 16_000
"""In the time base of the sound."""
UNDESCRIBED = headers(PICTURE, replace(SOUND, extradata=b""))
"""Headers without the configuration of the sound."""


def test_samples_come_with_their_init_section(any_ffmpeg: str) -> None:
    media = camera_media(any_ffmpeg)
    assert [track.kind for track in media.init.played] == list(TrackKind)
    assert len(media.of(TrackKind.VIDEO)) == 75
    assert media.init.codecs.endswith(",mp4a.40.2")


def test_it_may_come_byte_by_byte(ffmpeg: str) -> None:
    media = camera_media(ffmpeg)
    data = media.data[:40_000]
    demuxer = Demuxer()
    samples = [
        sample
        for place in range(len(data))
        for sample in demuxer.feed(data[place : place + 1])
    ]
    assert samples == list(media.samples[: len(samples)])
    assert len(samples) > 20


def test_a_picture_waits_until_its_sound_is_described() -> None:
    """AAC from MPEG-TS has its configuration in the packets only."""
    demuxer = Demuxer()
    pictures = [Frame(0, 3600, KEYFRAME), Frame(0, 7200, OTHER, is_keyframe=False)]
    data = UNDESCRIBED + b"".join(frame.write() for frame in pictures)
    assert demuxer.feed(data) == []
    samples = demuxer.feed(Frame(1, 640, ADTS).write())
    assert demuxer.init is not None
    assert [sample.track_id for sample in samples] == [1, 1, 2]
    assert nal_units(samples[0]) == [*SETS, IDR]
    assert samples[2].data == b"sound"


@pytest.mark.parametrize("first", ["picture", "sound"])
def test_the_sound_may_come_beside_the_picture(first: str) -> None:
    """The tracks have their numbers in either order: players need no other init section."""
    demuxer = Demuxer(needs_sound=True)
    picture = headers(PICTURE) + Frame(0, 3600, KEYFRAME).write()
    sound = headers(SOUND) + Frame(0, OFFSET + 640, b"sound").write()
    if first == "picture":
        assert demuxer.feed(picture) == []
        samples = demuxer.feed_sound(sound)
    else:
        assert demuxer.feed_sound(sound) == []
        samples = demuxer.feed(picture)
    assert {sample.track_id for sample in samples} == {1, 2}
    assert demuxer.init is not None
    video, audio = demuxer.init.played
    assert (video.track_id, audio.track_id) == (1, 2)
    [later] = demuxer.feed_sound(Frame(0, OFFSET + 1664, b"more").write())
    assert (later.track_id, later.dts, later.data) == (2, 1664, b"more")


def test_sound_among_the_pictures_is_enough() -> None:
    demuxer = Demuxer(needs_sound=True)
    frames = Frame(0, 3600, KEYFRAME).write() + Frame(1, 640, b"sound").write()
    samples = demuxer.feed(headers(PICTURE, SOUND) + frames)
    assert [sample.track_id for sample in samples] == [1, 2]


def test_packets_before_the_pictures_configuration_are_left_out() -> None:
    demuxer = Demuxer()
    early = Frame(0, 0, OTHER, is_keyframe=False).write()
    sound = Frame(1, 640, b"sound").write()
    assert demuxer.feed(headers(PICTURE, SOUND) + early + sound) == []
    samples = demuxer.feed(Frame(0, 3600, KEYFRAME).write())
    assert [sample.track_id for sample in samples] == [2, 1]


@pytest.mark.parametrize(
    ("size", "count"), [(1_000_000, 20), (10, 5_000)], ids=["bytes", "samples"]
)
def test_not_more_waits_than_is_allowed(size: int, count: int) -> None:
    demuxer = Demuxer()
    demuxer.feed(UNDESCRIBED)
    picture = KEYFRAME + b"\xff" * size
    data = b"".join(Frame(0, 3600 * number, picture).write() for number in range(count))
    with pytest.raises(MediaError, match="wait for another track"):
        demuxer.feed(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (headers(SOUND), "no video track"),
        (b"HTTP/1.1 200 OK\r\nServer: x\r\n", "no NUT"),
    ],
)
def test_media_that_cannot_be_packaged_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        Demuxer().feed(data)
