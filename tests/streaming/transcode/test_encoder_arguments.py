"""FFmpeg's arguments that convert a picture."""

import shlex
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import pytest

from custom_components.hls_camera.streaming.media.orientation import Orientation
from custom_components.hls_camera.streaming.transcode.encoder_arguments import (
    Encoding,
    encoding,
    needs_device,
)
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
    Preset,
)

from .. import turns
from ..media_files import INIT, Media, handed_over, run_ffmpeg

NODE = "/dev/dri/renderD129"
DEFAULT = ConversionOptions()
HARDWARE = [encoder for encoder in Encoder if encoder is not Encoder.SOFTWARE]


def contains(arguments: tuple[str, ...], wanted: str) -> bool:
    """Whether these words stand there, one after the other."""
    words = shlex.split(wanted)
    return any(
        list(arguments[at : at + len(words)]) == words for at in range(len(arguments))
    )


def value(arguments: tuple[str, ...], option: str) -> str:
    """Return the argument after an option, which is there once."""
    assert arguments.count(option) == 1
    return arguments[arguments.index(option) + 1]


def filters(made: Encoding) -> str:
    return value(made.output_arguments, "-vf")


class TestSoftware:
    def test_by_default(self) -> None:
        made = encoding(DEFAULT, Encoder.SOFTWARE)
        assert made.input_arguments == ()
        assert " ".join(made.output_arguments) == (
            "-vf scale=w='trunc(iw/2)*2':h='trunc(ih/2)*2' -fps_mode vfr"
            " -c:v libx264 -preset superfast -tune zerolatency -pix_fmt yuv420p"
            " -crf 23 -maxrate 4000000 -bufsize 4000000 -sc_threshold 0 -g 250"
            " -force_key_frames"
            " expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+1))"
        )

    @pytest.mark.parametrize("preset", Preset)
    def test_preset(self, preset: Preset) -> None:
        made = encoding(ConversionOptions(preset=preset), Encoder.SOFTWARE)
        assert value(made.output_arguments, "-preset") == preset.value

    def test_an_average_bit_rate_takes_the_place_of_a_quality(self) -> None:
        options = ConversionOptions(
            bitrate=800_000, max_bitrate=1_200_000, buffer_size=600_000
        )
        arguments = encoding(options, Encoder.SOFTWARE).output_arguments
        assert contains(arguments, "-b:v 800000 -maxrate 1200000 -bufsize 600000")
        assert "-crf" not in arguments

    @pytest.mark.parametrize("encoder", [Encoder.SOFTWARE, Encoder.VAAPI])
    def test_the_highest_bit_rate_is_never_below_the_average(
        self, encoder: Encoder
    ) -> None:
        options = ConversionOptions(bitrate=8_000_000, max_bitrate=4_000_000)
        arguments = encoding(options, encoder).output_arguments
        assert contains(arguments, "-b:v 8000000 -maxrate 8000000")

    def test_no_keyframe_comes_before_it_is_asked_for(self) -> None:
        options = ConversionOptions(keyframe_interval=10)
        arguments = encoding(options, Encoder.SOFTWARE).output_arguments
        assert int(value(arguments, "-g")) >= 10 * 60
        assert "prev_forced_t+10)" in value(arguments, "-force_key_frames")


class Facts(NamedTuple):
    """FFmpeg's arguments for one kind of hardware, without the picture's size."""

    codec: str
    """Which it decodes: H.265, or H.264 where that is all."""
    opens: str
    decodes: str
    scales: str
    encodes: str


FACTS = {
    Encoder.VAAPI: Facts(
        codec="hevc",
        opens=f"-init_hw_device vaapi=hw:{NODE} -filter_hw_device hw",
        decodes="-hwaccel vaapi -hwaccel_device hw"
        " -hwaccel_flags allow_profile_mismatch -hwaccel_output_format vaapi",
        scales="format=vaapi|nv12,hwupload,scale_vaapi="
        ":out_color_matrix=bt709:out_range=tv:format=nv12",
        encodes="-c:v h264_vaapi -bf 0 -profile:v high -level:v 4.1 -sei:v 0",
    ),
    Encoder.QSV: Facts(
        codec="hevc",
        opens=f"-init_hw_device vaapi=va:{NODE} -init_hw_device qsv=hw@va"
        " -filter_hw_device hw",
        decodes="-hwaccel qsv -hwaccel_device hw -c:v hevc_qsv -bsf:v dump_extra"
        " -hwaccel_output_format qsv",
        scales="format=qsv|nv12,hwupload=extra_hw_frames=64,vpp_qsv=:format=nv12",
        encodes="-c:v h264_qsv -bf 0 -profile:v high -level:v 4.1 -async_depth:v 1"
        " -forced_idr 1",
    ),
    Encoder.NVENC: Facts(
        codec="hevc",
        opens="-init_hw_device cuda=hw -filter_hw_device hw",
        decodes="-hwaccel cuda -hwaccel_device hw -hwaccel_output_format cuda",
        scales="format=cuda|nv12,hwupload,scale_cuda=:format=nv12",
        encodes="-c:v h264_nvenc -bf 0 -profile:v high -level:v auto -preset:v p2"
        " -tune:v ll -rc:v vbr -forced-idr 1",
    ),
    Encoder.V4L2M2M: Facts(
        codec="h264",
        opens="",
        decodes="-c:v h264_v4l2m2m",
        scales="scale=,format=yuv420p",
        encodes="-c:v h264_v4l2m2m -bf 0 -pix_fmt yuv420p",
    ),
    Encoder.RKMPP: Facts(
        codec="hevc",
        opens="",
        decodes="-hwaccel rkmpp -afbc rga -hwaccel_output_format drm_prime",
        scales="scale_rkrga=:format=nv12:afbc=1",
        encodes="-c:v h264_rkmpp -bf 0 -profile:v high -level:v 4.1",
    ),
    Encoder.VIDEOTOOLBOX: Facts(
        codec="hevc",
        opens="",
        decodes="-hwaccel videotoolbox",
        scales="scale=,format=nv12",
        encodes="-c:v h264_videotoolbox -bf 0 -profile:v high -level:v 4.1",
    ),
}
EVEN = "w='trunc(iw/2)*2':h='trunc(ih/2)*2'"


class TestHardware:
    def test_there_are_facts_about_all_of_it(self) -> None:
        assert set(FACTS) == set(HARDWARE)

    @pytest.mark.parametrize(("encoder", "facts"), FACTS.items())
    def test_decodes_and_encodes(self, encoder: Encoder, facts: Facts) -> None:
        made = encoding(DEFAULT, encoder, device=NODE, decode=facts.codec)
        opened = f"{facts.opens} {facts.decodes}".strip()
        assert " ".join(made.input_arguments) == opened
        assert filters(made).replace(EVEN, "") == facts.scales
        assert contains(made.output_arguments, facts.encodes)

    @pytest.mark.parametrize(("encoder", "facts"), FACTS.items())
    def test_software_decodes_what_the_hardware_does_not(
        self, encoder: Encoder, facts: Facts
    ) -> None:
        made = encoding(DEFAULT, encoder, device=NODE, decode="mpeg4")
        assert made == encoding(DEFAULT, encoder, device=NODE)
        assert " ".join(made.input_arguments) == facts.opens
        assert filters(made).startswith(f"scale={EVEN},format=")
        assert ("hwupload" in filters(made)) == needs_device(encoder)
        assert contains(made.output_arguments, facts.encodes)

    # The others are in no FFmpeg that tests can count on.
    @pytest.mark.parametrize("encoder", [Encoder.VAAPI, Encoder.QSV, Encoder.NVENC])
    def test_ffmpeg_knows_the_options_of_its_encoders(
        self, any_ffmpeg: str, encoder: Encoder
    ) -> None:
        usage = run_ffmpeg(any_ffmpeg, "-h", f"encoder={encoder.value}").decode()
        # These belong to every encoder; in the usage are those that are its own.
        common = {"-c:v", "-bf", "-level:v"}
        for option in FACTS[encoder].encodes.split():
            if option.startswith("-") and option not in common:
                assert f"  {option.removesuffix(':v')} " in usage

    @pytest.mark.parametrize("encoder", HARDWARE)
    def test_a_picture_is_turned_in_software(self, encoder: Encoder) -> None:
        options = ConversionOptions(max_height=360)
        made = encoding(
            options, encoder, Orientation.ROTATE_RIGHT, device=NODE, decode="h264"
        )
        assert "-hwaccel_output_format" not in made.input_arguments
        before, turn, after = filters(made).partition(",transpose=clock,")
        assert before.startswith("scale=")
        assert turn
        assert after.startswith("format=")

    @pytest.mark.parametrize("encoder", HARDWARE)
    def test_rate_keyframes_and_times(self, encoder: Encoder) -> None:
        """The quality cannot be asked for: half of the highest rate is the average."""
        options = ConversionOptions(keyframe_interval=2)
        arguments = encoding(options, encoder, device=NODE).output_arguments
        assert contains(arguments, "-b:v 2000000 -maxrate 4000000 -bufsize 4000000")
        assert contains(arguments, "-fps_mode vfr")
        assert value(arguments, "-g") == "100"
        assert "prev_forced_t+2)" in value(arguments, "-force_key_frames")
        assert "-crf" not in arguments
        assert "-preset" not in arguments

    @pytest.mark.parametrize("encoder", HARDWARE)
    def test_frames_are_dropped_before_they_cost_anything(
        self, encoder: Encoder
    ) -> None:
        options = ConversionOptions(max_frame_rate=10)
        for codec in ("h264", None):
            made = encoding(options, encoder, device=NODE, decode=codec)
            assert filters(made).startswith("select=")


def convert(
    ffmpeg: str,
    source: tuple[str, ...],
    options: ConversionOptions,
    orientation: Orientation = Orientation.NORMAL,
) -> Media:
    """Return a source as FFmpeg encodes it in software."""
    made = encoding(options, Encoder.SOFTWARE, orientation)
    return handed_over(ffmpeg, *made.input_arguments, *source, *made.output_arguments)


def frame_times(
    ffmpeg: str, source: tuple[str, ...], options: ConversionOptions
) -> list[float]:
    """Return when the frames are shown, in seconds."""
    made = encoding(options, Encoder.SOFTWARE)
    text = run_ffmpeg(
        *(ffmpeg, *source, *made.output_arguments, "-f", "framecrc", "pipe:1")
    ).decode()
    lines = text.splitlines()
    base = next(Fraction(line.split()[-1]) for line in lines if line[:3] == "#tb")
    return [float(int(line.split(",")[2]) * base) for line in lines if line[:2] == "0,"]


def pattern(
    size: str = "160x90", rate: int = 25, filters: str = "null"
) -> tuple[str, ...]:
    return (
        "-f",
        "lavfi",
        "-i",
        f"testsrc2=size={size}:rate={rate}:duration=4,{filters}",
    )


class TestFrameRate:
    def test_above_the_cap_some_frames_are_dropped(self, any_ffmpeg: str) -> None:
        options = ConversionOptions(max_frame_rate=10)
        times = frame_times(any_ffmpeg, pattern(), options)
        assert len(times) == 40
        assert {round(time * 25) / 25 for time in times} == {
            round(time, 2) for time in times
        }, "times stay as they are"
        assert max(later - earlier for earlier, later in pairwise(times)) < 0.13

    # Two frames of each seven at twenty per second: 0.1 s and 0.25 s apart.
    @pytest.mark.parametrize(
        "source",
        [
            pattern(rate=20, filters="select=not(mod(n\\,7))+not(mod(n-2\\,7))"),
            pattern(rate=5),
            pattern(rate=10),
        ],
        ids=["variable", "below", "at_the_cap"],
    )
    def test_below_the_cap_nothing_changes(
        self, any_ffmpeg: str, source: tuple[str, ...]
    ) -> None:
        capped = frame_times(any_ffmpeg, source, ConversionOptions(max_frame_rate=10))
        assert capped == frame_times(any_ffmpeg, source, DEFAULT)
        assert len(capped) >= 20

    def test_a_camera_that_is_not_exact_keeps_its_frames(self, any_ffmpeg: str) -> None:
        late = "settb=1/1000,setpts='N*100+if(mod(N,2),20,0)'"
        times = frame_times(
            any_ffmpeg,
            pattern(rate=10, filters=late),
            ConversionOptions(max_frame_rate=10),
        )
        assert len(times) == 40

    def test_after_a_pause_there_is_no_burst(self, any_ffmpeg: str) -> None:
        pause = "select=lt(t\\,1)+gt(t\\,3)"
        times = frame_times(
            any_ffmpeg, pattern(filters=pause), ConversionOptions(max_frame_rate=10)
        )
        after = [time for time in times if time > 3]
        assert min(later - earlier for earlier, later in pairwise(after)) > 0.07
        assert len(after) == pytest.approx(10, abs=1)

    @pytest.mark.parametrize("interval", [0.5, 2])
    def test_keyframes_come_in_time(self, any_ffmpeg: str, interval: float) -> None:
        options = ConversionOptions(keyframe_interval=interval, max_frame_rate=10)
        media = convert(any_ffmpeg, pattern(), options)
        timescale = media.init.video.timescale
        keyframes = [each.dts / timescale for each in media.samples if each.is_sync]
        assert len(keyframes) == pytest.approx(4 / interval, abs=1)
        for earlier, later in pairwise(keyframes):
            assert interval <= later - earlier + 1e-6 < interval + 0.2


class TestSize:
    @pytest.mark.parametrize(
        ("camera", "max_height", "shown"),
        [
            ("642x362", None, (642, 362)),
            ("641x361", None, (640, 360)),
            ("320x180", 180, (320, 180)),
            ("320x180", 1080, (320, 180)),
            ("1280x720", 360, (640, 360)),
            ("1920x1080", 720, (1280, 720)),
            ("642x362", 180, (318, 180)),
            ("641x361", 241, (426, 240)),
            ("180x320", 160, (90, 160)),
        ],
    )
    def test_never_enlarged_and_even(
        self,
        any_ffmpeg: str,
        camera: str,
        max_height: int | None,
        shown: tuple[int, int],
    ) -> None:
        # FFmpeg's own pictures have even sides, whatever is asked for.
        resized = pattern(filters=f"scale={camera.replace('x', ':')},setsar=1")
        media = convert(
            any_ffmpeg,
            (*resized, "-frames:v", "2"),
            ConversionOptions(max_height=max_height),
        )
        assert (media.init.video.width, media.init.video.height) == shown

    def test_the_height_is_that_before_the_turn(self, any_ffmpeg: str) -> None:
        media = convert(
            any_ffmpeg,
            (*pattern("320x180"), "-frames:v", "2"),
            ConversionOptions(max_height=90),
            Orientation.ROTATE_LEFT,
        )
        assert (media.init.video.width, media.init.video.height) == (90, 160)


def decode(ffmpeg: str, data: bytes) -> bytes:
    """Return the first picture as a player shows it, three bytes per pixel."""
    return run_ffmpeg(
        *(ffmpeg, "-i", "pipe:0", "-frames:v", "1"),
        *("-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"),
        stdin=data,
    )


@pytest.mark.parametrize("orientation", Orientation, ids=lambda each: each.name.lower())
class TestOrientation:
    def test_the_encoder_turns_the_picture(
        self, any_ffmpeg: str, orientation: Orientation
    ) -> None:
        media = convert(any_ffmpeg, turns.QUARTERS, DEFAULT, orientation)
        video = media.init.video
        assert (video.width, video.height) == turns.size(orientation)
        picture = decode(any_ffmpeg, media.data)
        assert turns.read(picture, orientation) == turns.SHOWN[orientation]

    def test_the_init_section_turns_it_alike(
        self, any_ffmpeg: str, orientation: Orientation
    ) -> None:
        coded = convert(any_ffmpeg, turns.QUARTERS, DEFAULT)
        turned = coded.init.turned(orientation)
        assert (turned.video.width, turned.video.height) == turns.size(orientation)
        assert len(turned.data) == len(coded.init.data)
        picture = decode(any_ffmpeg, coded.as_mp4(turned))
        assert turns.read(picture, orientation) == turns.SHOWN[orientation]


def test_a_picture_that_is_not_turned_stays_as_it_is() -> None:
    assert INIT.turned(Orientation.NORMAL) is INIT
