"""Which encoders work: tried with the real FFmpegs, and with programs that stand in."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from custom_components.hls_camera.streaming.errors import (
    EncoderMissingError,
    FfmpegError,
    FfmpegMissingError,
)
from custom_components.hls_camera.streaming.ffmpeg import (
    capture as capture_module,
    process as ffmpeg_module,
)
from custom_components.hls_camera.streaming.ffmpeg.process import (
    FfmpegProcess,
    ProcessListener,
)
from custom_components.hls_camera.streaming.transcode import hardware as module
from custom_components.hls_camera.streaming.transcode.encoder_arguments import (
    needs_device,
)
from custom_components.hls_camera.streaming.transcode.hardware import (
    EncoderSearch,
    WorkingEncoder,
    choose,
    working_encoders,
)
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
)
from tests.waiting import end_of_other_tasks, eventually

from ..programs import Programs

SOFTWARE = WorkingEncoder(Encoder.SOFTWARE)
SECOND_LOOK = 1800.0
"""Seconds after which hardware that did not work is tried once more."""
DEVICES = {
    Encoder.NVENC: "nvidia0",
    Encoder.VAAPI: "dri/renderD128",
    Encoder.QSV: "dri/renderD128",
    Encoder.RKMPP: "mpp_service",
    Encoder.V4L2M2M: "video11",
}


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    """Return a folder of devices; there is none in it."""
    folder = tmp_path / "dev"
    folder.mkdir()
    return folder


def plug(dev: Path, *names: str) -> None:
    """Let there be devices that are none."""
    for name in names:
        (dev / name).parent.mkdir(exist_ok=True)
        (dev / name).touch()


class Machine:
    """A FFmpeg that lists these encoders, and writes down how it was called."""

    def __init__(self, programs: Programs, folder: Path, *encoders: Encoder) -> None:
        self._calls = folder / "calls"
        self._calls.touch()
        listed = "".join(f"echo ' V....D {each.value} of H.264'\n" for each in encoders)
        self._list = f'case "$*" in *-encoders*)\n{listed}exit;; esac\n'
        self._programs = programs

    def ffmpeg(self, script: str) -> str:
        """Return one that does this with everything else."""
        note = f'echo "$*" >> {self._calls}\n'
        return self._programs.make(f"{note}{self._list}{script}")

    @property
    def trials(self) -> list[str]:
        """How it was called, but for the list."""
        calls = self._calls.read_text().splitlines()
        assert "-encoders" in calls[0]
        return calls[1:]


class TestWithoutHardware:
    async def test_software_is_all_and_nothing_is_tried(
        self, any_ffmpeg: str, dev: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spawned: list[str] = []
        spawn = FfmpegProcess.spawn

        async def count(
            command: list[str], listener: ProcessListener, **options: Any
        ) -> FfmpegProcess:
            spawned.append(command[-1])
            return await spawn(command, listener, **options)

        monkeypatch.setattr(FfmpegProcess, "spawn", count)
        found = await working_encoders(any_ffmpeg, dev=dev, platform="linux")
        assert found == (SOFTWARE,)
        assert spawned == ["-encoders"]

    @pytest.mark.parametrize("encoder", [*DEVICES, Encoder.VIDEOTOOLBOX])
    async def test_a_device_that_does_not_work_is_not_offered(
        self,
        any_ffmpeg: str,
        dev: Path,
        encoder: Encoder,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """FFmpeg fails because of the device, and knows the arguments."""
        caplog.set_level("DEBUG")
        if encoder in DEVICES:
            plug(dev, DEVICES[encoder])
        platform = "linux" if encoder in DEVICES else "darwin"
        async with asyncio.timeout(module.TRIAL_LIMIT * 6):
            found = await working_encoders(any_ffmpeg, dev=dev, platform=platform)
        assert found == (SOFTWARE,)
        tried = [each for each in caplog.messages if "Does not work" in each]
        for misunderstanding in (
            *("Unrecognized option", "Option not found", "No such filter"),
            *("Unable to parse", "Undefined constant"),
        ):
            assert not any(misunderstanding in each for each in tried)

    async def test_an_encoder_that_is_not_listed_is_not_tried(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, *DEVICES.values())
        machine = Machine(programs, tmp_path, Encoder.SOFTWARE)
        assert await working_encoders(machine.ffmpeg("echo media"), dev=dev) == (
            SOFTWARE,
        )
        assert machine.trials == []

    async def test_there_may_be_no_encoder_at_all(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        machine = Machine(programs, tmp_path)
        assert await working_encoders(machine.ffmpeg(""), dev=dev) == ()
        with pytest.raises(EncoderMissingError):
            choose(None, ())


class TestWithHardware:
    """On simulated machines: real hardware has to be tested separately."""

    async def test_the_best_comes_first_and_software_last(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, *DEVICES.values())
        machine = Machine(programs, tmp_path, *Encoder)
        found = await working_encoders(
            machine.ffmpeg("echo media"), dev=dev, platform="linux"
        )
        node = str(dev / "dri/renderD128")
        assert found == (
            *(
                WorkingEncoder(each, node if needs_device(each) else "", decodes=True)
                for each in DEVICES
            ),
            SOFTWARE,
        )

    async def test_a_mac_has_its_own(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        machine = Machine(programs, tmp_path, *Encoder)
        ffmpeg = machine.ffmpeg("echo media")
        best, *others = await working_encoders(ffmpeg, dev=dev, platform="darwin")
        assert best == WorkingEncoder(Encoder.VIDEOTOOLBOX, decodes=True)
        assert others == [SOFTWARE]

    async def test_it_encodes_half_a_second_and_decodes_that(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, DEVICES[Encoder.NVENC])
        machine = Machine(programs, tmp_path, Encoder.NVENC)
        await working_encoders(machine.ffmpeg("printf media"), dev=dev)
        encode, decode = machine.trials
        assert "testsrc2=size=640x360:rate=25:duration=0.5" in encode
        assert "-c:v h264_nvenc" in encode
        assert "-hwaccel" not in encode
        assert "-hwaccel cuda" in decode
        assert "-i data:video/h264;base64,bWVkaWE= " in decode

    async def test_the_second_render_node_may_be_the_one(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, "dri/renderD128", "dri/renderD129", "dri/card0")
        machine = Machine(programs, tmp_path, Encoder.VAAPI)
        ffmpeg = machine.ffmpeg(
            'case "$*" in *renderD129*) echo media;; *) exit 1; esac'
        )
        (found,) = await working_encoders(ffmpeg, dev=dev)
        assert found.device == str(dev / "dri/renderD129")

    async def test_software_may_have_to_decode(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, DEVICES[Encoder.VAAPI])
        machine = Machine(programs, tmp_path, Encoder.VAAPI)
        ffmpeg = machine.ffmpeg('case "$*" in *-hwaccel*) exit 1;; esac; echo media')
        (found,) = await working_encoders(ffmpeg, dev=dev)
        assert not found.decodes

    @pytest.mark.parametrize(
        "script", ["exit 1", "echo media; exit 1", "exit 0", "kill -SEGV $$"]
    )
    async def test_it_has_to_come_to_a_good_end_with_something(
        self, programs: Programs, tmp_path: Path, dev: Path, script: str
    ) -> None:
        plug(dev, DEVICES[Encoder.V4L2M2M])
        machine = Machine(programs, tmp_path, Encoder.V4L2M2M)
        assert await working_encoders(machine.ffmpeg(script), dev=dev) == ()
        assert len(machine.trials) == 1

    async def test_one_that_hangs_is_ended(
        self,
        programs: Programs,
        tmp_path: Path,
        dev: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(module, "TRIAL_LIMIT", 0.2)
        monkeypatch.setattr(capture_module, "_GRACE_S", 0.05)
        plug(dev, DEVICES[Encoder.VAAPI])
        machine = Machine(programs, tmp_path, Encoder.VAAPI, Encoder.SOFTWARE)
        ffmpeg = machine.ffmpeg("trap '' TERM; while :; do sleep 9; done")
        assert await working_encoders(ffmpeg, dev=dev) == (SOFTWARE,)

    async def test_one_that_cannot_be_ended_is_left_behind(
        self,
        programs: Programs,
        tmp_path: Path,
        dev: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """As one that a driver holds: its output never closes."""
        monkeypatch.setattr(module, "TRIAL_LIMIT", 0.2)
        monkeypatch.setattr(capture_module, "_GRACE_S", 0.05)
        monkeypatch.setattr(ffmpeg_module, "KILL_LIMIT", 0.05)
        plug(dev, DEVICES[Encoder.VAAPI])
        held = tmp_path / "held"
        held.touch()
        machine = Machine(programs, tmp_path, Encoder.VAAPI, Encoder.SOFTWARE)
        ffmpeg = machine.ffmpeg(
            f"setsid sh -c 'while [ -e {held} ]; do sleep 0.1; done' & exit"
        )
        try:
            async with asyncio.timeout(30):
                assert await working_encoders(ffmpeg, dev=dev) == (SOFTWARE,)
            assert held.exists()
        finally:
            held.unlink()
            await end_of_other_tasks()

    async def test_nothing_is_left_when_nobody_waits_any_more(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, DEVICES[Encoder.VAAPI])
        started = tmp_path / "started"
        machine = Machine(programs, tmp_path, Encoder.VAAPI)
        ffmpeg = machine.ffmpeg(f"touch {started}; exec sleep 99")
        looking = asyncio.create_task(working_encoders(ffmpeg, dev=dev))
        await eventually(started.exists)
        looking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await looking


class TestSearch:
    """Once, and a second time where hardware is there and none of it works."""

    async def test_hardware_that_was_not_ready_is_found_later(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, DEVICES[Encoder.VAAPI])
        ready = tmp_path / "ready"
        machine = Machine(programs, tmp_path, Encoder.VAAPI, Encoder.SOFTWARE)
        now = 0.0
        search = EncoderSearch(
            machine.ffmpeg(f"[ -e {ready} ] && echo encoded"),
            dev=dev,
            platform="linux",
            clock=lambda: now,
        )
        assert await search() == (SOFTWARE,)
        ready.touch()
        now += SECOND_LOOK - 1
        assert await search() == (SOFTWARE,)
        now += 1
        assert [each.encoder for each in await search()] == [
            Encoder.VAAPI,
            Encoder.SOFTWARE,
        ]

    async def test_hardware_that_never_works_is_not_tried_for_ever(
        self, programs: Programs, tmp_path: Path, dev: Path
    ) -> None:
        plug(dev, DEVICES[Encoder.VAAPI])
        machine = Machine(programs, tmp_path, Encoder.VAAPI, Encoder.SOFTWARE)
        now = 0.0
        search = EncoderSearch(
            machine.ffmpeg("exit 1"), dev=dev, platform="linux", clock=lambda: now
        )
        for _ in range(5):
            assert await search() == (SOFTWARE,)
            now += SECOND_LOOK
        tried = [call for call in machine.trials if "-encoders" not in call]
        assert len(tried) == 2


class TestTrial:
    """With real FFmpegs, whose own H.264 stands in for that of a machine's hardware."""

    HARDWARE = Encoder.V4L2M2M

    @pytest.fixture
    def standing_in(self, any_ffmpeg: str, programs: Programs, dev: Path) -> str:
        """Return an FFmpeg whose hardware encoder and decoder work."""
        plug(dev, DEVICES[self.HARDWARE])
        return programs.make(f"""
            case "$*" in *-encoders*) echo ' V....D {self.HARDWARE} of H.264'; exit;; esac
            codec=h264
            for word; do
                shift
                case $word in {self.HARDWARE}) word=$codec;; -i) codec=libx264;; esac
                set -- "$@" "$word"
            done
            exec {any_ffmpeg} "$@"
        """)

    async def found(self, ffmpeg: str, dev: Path) -> WorkingEncoder:
        return (await working_encoders(ffmpeg, dev=dev, platform="linux"))[0]

    async def test_a_working_encoder_passes(self, standing_in: str, dev: Path) -> None:
        assert await self.found(standing_in, dev) == WorkingEncoder(
            self.HARDWARE, decodes=True
        )

    async def test_a_long_trial_is_decoded_as_far_as_it_fits(
        self, standing_in: str, dev: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rate = 20_000_000
        lavish = ConversionOptions(bitrate=rate, max_bitrate=rate, buffer_size=rate)
        monkeypatch.setattr(module, "_TRIAL", lavish)
        assert (await self.found(standing_in, dev)).decodes


class TestChoice:
    WORKING = (WorkingEncoder(Encoder.VAAPI, "/dev/dri/renderD128"), SOFTWARE)

    def test_the_best_unless_another_is_wanted(self) -> None:
        assert choose(None, self.WORKING).encoder is Encoder.VAAPI
        assert choose(Encoder.SOFTWARE, self.WORKING) is SOFTWARE

    def test_the_best_where_the_wanted_one_does_not_work(self) -> None:
        assert choose(Encoder.NVENC, self.WORKING).encoder is Encoder.VAAPI


async def test_without_ffmpeg(dev: Path) -> None:
    with pytest.raises(FfmpegMissingError):
        await working_encoders("/nowhere/ffmpeg", dev=dev)


async def test_a_program_that_lists_nothing(programs: Programs, dev: Path) -> None:
    ffmpeg = programs.make("echo wrong >&2; exit 1")
    with pytest.raises(FfmpegError, match="wrong"):
        await working_encoders(ffmpeg, dev=dev)
