"""Whether one more conversion fits, and in how much detail."""

from contextlib import suppress
from dataclasses import replace

import pytest

from custom_components.hls_camera.streaming.errors import (
    ConversionLimitError,
    EncoderMissingError,
)
from custom_components.hls_camera.streaming.sources.source_info import VideoInfo
from custom_components.hls_camera.streaming.transcode.admission import (
    LEAST_DETAIL,
    Conversion,
    Conversions,
)
from custom_components.hls_camera.streaming.transcode.hardware import WorkingEncoder
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
)

FULL_HD = VideoInfo(codec="hevc", width=1920, height=1080, frame_rate=25.0)
"""Reckoned at 0.73 processors."""
ANYTHING = ConversionOptions()


def conversions(processors: float, *encoders: Encoder) -> Conversions:
    async def find() -> tuple[WorkingEncoder, ...]:
        return tuple(map(WorkingEncoder, encoders))

    return Conversions(find, processors=processors)


def on(processors: float) -> Conversions:
    return conversions(processors, Encoder.SOFTWARE)


async def fill(machine: Conversions) -> list[Conversion]:
    """Begin conversions until no more are admitted."""
    admitted: list[Conversion] = []
    with suppress(ConversionLimitError):
        while True:
            admitted.append(await machine.begin(ANYTHING, FULL_HD))
    return admitted


async def test_where_there_is_room_nothing_is_taken_away() -> None:
    conversion = await on(4).begin(ANYTHING, FULL_HD)
    assert conversion.options == ANYTHING
    assert (conversion.encoder.encoder, conversion.detail) == (Encoder.SOFTWARE, 0)


async def test_the_fuller_the_machine_the_less_detail_until_none_more_fits() -> None:
    machine = on(8)
    admitted = await fill(machine)
    details = [conversion.detail for conversion in admitted]
    assert details == sorted(details)
    assert details[0] == 0
    assert details[-1] > 0
    assert machine.load <= machine.capacity == pytest.approx(6.4)
    least = admitted[-1].options
    assert (least.max_height, least.max_frame_rate) == (480, 10.0)
    with pytest.raises(ConversionLimitError) as refusal:
        await machine.begin(ANYTHING, FULL_HD)
    assert refusal.value.running == len(admitted)


async def test_a_conversion_that_ends_makes_room() -> None:
    machine = on(4)
    admitted = await fill(machine)
    for conversion in admitted:
        machine.end(conversion)
    assert (machine.running, machine.load) == (0, 0)
    assert (await machine.begin(ANYTHING, FULL_HD)).detail == 0


async def test_a_slow_machine_is_known_by_what_it_takes() -> None:
    quick, slow = on(4), on(4)
    (await quick.begin(ANYTHING, FULL_HD)).measure = lambda: 0.3
    (await slow.begin(ANYTHING, FULL_HD)).measure = lambda: 1.9
    assert len(await fill(quick)) > 2 * len(await fill(slow))


async def test_measured_costs_outlast_the_last_conversion() -> None:
    machine = on(4)
    conversion = await machine.begin(ANYTHING, FULL_HD)
    conversion.measure = lambda: 2 * 3.2
    machine.end(conversion)
    assert (await machine.begin(ANYTHING, FULL_HD)).detail > 0


async def test_hardware_teaches_nothing_of_software() -> None:
    machine = conversions(4, Encoder.VAAPI, Encoder.SOFTWARE)
    conversion = await machine.begin(ANYTHING, FULL_HD)
    conversion.measure = lambda: 0.01
    other = await machine.begin(ANYTHING, FULL_HD, broken={Encoder.VAAPI})
    assert other.encoder.encoder is Encoder.SOFTWARE
    assert machine.load == pytest.approx(0.01 + other.reckoned)


async def test_the_only_one_is_tried_on_any_machine() -> None:
    conversion = await on(0.1).begin(ANYTHING, FULL_HD)
    assert conversion.detail == LEAST_DETAIL


async def test_a_clock_that_is_wrong_does_not_make_it_dear() -> None:
    """Nobody films 1000 frames a second: their times are no measure of the work."""
    machine = on(4)
    conversion = await machine.begin(ANYTHING, replace(FULL_HD, frame_rate=1000.0))
    assert conversion.detail == 0
    other = await machine.begin(ANYTHING, FULL_HD)
    assert conversion.reckoned == other.reckoned


async def test_one_that_was_too_slow_begins_with_less_detail() -> None:
    conversion = await on(4).begin(ANYTHING, FULL_HD, detail=2)
    assert conversion.detail == 2
    conversion = await on(4).begin(ANYTHING, FULL_HD, detail=99)
    assert conversion.detail == LEAST_DETAIL


async def test_a_smaller_picture_by_choice_stays_smaller() -> None:
    wanted = ConversionOptions(max_height=240, max_frame_rate=2.0)
    conversion = await on(4).begin(wanted, FULL_HD, detail=1)
    assert conversion.options == wanted


@pytest.mark.parametrize(
    ("wanted", "broken", "used"),
    [
        (None, set(), Encoder.VAAPI),
        (None, {Encoder.VAAPI}, Encoder.SOFTWARE),
        (Encoder.SOFTWARE, set(), Encoder.SOFTWARE),
        (Encoder.VAAPI, {Encoder.VAAPI}, Encoder.SOFTWARE),
        (Encoder.NVENC, set(), Encoder.VAAPI),
    ],
)
async def test_the_encoder_is_the_one_asked_for_or_what_works(
    wanted: Encoder | None, broken: set[Encoder], used: Encoder
) -> None:
    machine = conversions(4, Encoder.VAAPI, Encoder.SOFTWARE)
    options = ConversionOptions(encoder=wanted)
    assert (
        await machine.begin(options, FULL_HD, broken=broken)
    ).encoder.encoder is used


async def test_an_ffmpeg_without_encoders_says_so() -> None:
    with pytest.raises(EncoderMissingError):
        await conversions(4).begin(ANYTHING, FULL_HD)
