"""The limit on conversions: their number, and the detail of each.

Converting costs processor time, and a machine that has none left makes all streams
stutter. So each conversion is admitted before it begins. The first ones are reckoned with
the needs of a common machine for so many pixels; their real needs correct that.
"""

import os
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from ..errors import ConversionLimitError
from ..sources.source_info import CREDIBLE_FRAME_RATE, VideoInfo
from .hardware import WorkingEncoder, choose
from .options import ConversionOptions, Encoder

_DECODING: Final = 4e-9
_ENCODING: Final = 10e-9
"""Processor seconds per pixel: H.265 to H.264, on a small machine of today."""
_SHARE: Final = 0.8
"""Of the processor; the rest is for Home Assistant and for copied streams."""
_FRAME_RATE: Final = 25.0
"""If the source's is unknown, or impossible by its clock."""


class _Detail(NamedTuple):
    """The largest picture that is kept."""

    height: int | None = None
    frame_rate: float | None = None


_DETAILS: Final = (
    _Detail(),
    _Detail(720, 15.0),
    _Detail(480, 10.0),
    _Detail(360, 5.0),
)
"""From all requested detail down to a picture on which people can be recognized."""
LEAST_DETAIL: Final = len(_DETAILS) - 1


@dataclass(slots=True, eq=False)
class Conversion:
    """One that runs, or is about to."""

    options: ConversionOptions
    """The requested options, with as much detail as the machine has time for."""
    encoder: WorkingEncoder
    detail: int
    """Steps of reduced detail: 0 is not at all, LEAST_DETAIL is the most."""
    reckoned: float
    """Processor seconds per second of media, on a machine whose pace is 1."""
    measure: Callable[[], float | None] = field(default=lambda: None)
    """Returns the real ones, once they are known."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "encoder": self.encoder.encoder,
            "max_height": self.options.max_height,
            "max_frame_rate": self.options.max_frame_rate,
            "detail_reduction": self.detail,
            "processors": self.measure(),
        }


class Conversions:
    """All conversions of one machine."""

    def __init__(
        self,
        find_encoders: Callable[[], Awaitable[tuple[WorkingEncoder, ...]]],
        *,
        processors: float | None = None,
    ) -> None:
        """`find_encoders` returns those that work here, the best one first."""
        self._find_encoders = find_encoders
        self._capacity = _SHARE * (processors or os.process_cpu_count() or 1)
        self._running: list[Conversion] = []
        self._pace = 1.0
        """The real cost of a conversion here, per expected cost."""

    @property
    def running(self) -> int:
        """The number of conversions that run."""
        return len(self._running)

    @property
    def load(self) -> float:
        """Processors that the running ones need."""
        return sum(self._cost(conversion) for conversion in self._running)

    @property
    def capacity(self) -> float:
        """Processors that there are for conversions."""
        return self._capacity

    async def begin(
        self,
        wanted: ConversionOptions,
        video: VideoInfo,
        *,
        detail: int = 0,
        broken: Collection[Encoder] = (),
    ) -> Conversion:
        """Admit a conversion; `end()` has to follow.

        The encoder that was asked for is taken if it works, else the best one; `broken`
        ones are not taken. `detail` is the least reduction of detail.

        Raises:
            EncoderMissingError: none works.
            ConversionLimitError: there is no room, however small the picture.

        """
        found = await self._find_encoders()
        working = tuple(each for each in found if each.encoder not in broken)
        encoder = choose(wanted.encoder, working)
        self._learn()
        load = self.load
        for level in range(min(detail, LEAST_DETAIL), len(_DETAILS)):
            options = _reduced(wanted, _DETAILS[level])
            conversion = Conversion(options, encoder, level, _reckon(options, video))
            is_only_one = not self._running and level == LEAST_DETAIL
            fits = load + self._cost(conversion) <= self._capacity
            if fits or is_only_one:
                self._running.append(conversion)
                return conversion
        raise ConversionLimitError(self.running)

    def end(self, conversion: Conversion) -> None:
        """It runs no longer."""
        self._learn()
        self._running.remove(conversion)

    def _cost(self, conversion: Conversion) -> float:
        measured = conversion.measure()
        return measured if measured is not None else conversion.reckoned * self._pace

    def _learn(self) -> None:
        """Correct the expectation by the cost of the running conversions."""
        known = [
            (measured, conversion.reckoned)
            for conversion in self._running
            if (measured := conversion.measure()) is not None
            and conversion.encoder.encoder is Encoder.SOFTWARE
        ]
        if known:
            measured, reckoned = map(sum, zip(*known, strict=True))
            self._pace = measured / reckoned


def _reduced(wanted: ConversionOptions, detail: _Detail) -> ConversionOptions:
    return replace(
        wanted,
        max_height=_least(wanted.max_height, detail.height),
        max_frame_rate=_least(wanted.max_frame_rate, detail.frame_rate),
    )


def _least[T: (int, float)](one: T | None, other: T | None) -> T | None:
    return min((limit for limit in (one, other) if limit is not None), default=None)


def _reckon(options: ConversionOptions, video: VideoInfo) -> float:
    """Return the expected cost of a conversion, in processor seconds per second of media."""
    rate = video.frame_rate or _FRAME_RATE
    if rate > CREDIBLE_FRAME_RATE:
        rate = _FRAME_RATE
    pixels = video.width * video.height
    scale = min(1.0, (options.max_height or video.height) / max(video.height, 1))
    encoded_rate = min(rate, options.max_frame_rate or rate)
    # Frames that are left out have been decoded nevertheless.
    return _DECODING * pixels * rate + _ENCODING * pixels * scale**2 * encoded_rate
