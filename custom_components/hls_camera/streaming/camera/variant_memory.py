"""The memory of a rendition's variant, for a multivariant playlist of two."""

import time
from collections.abc import Mapping
from typing import Any, Final

from ..outputs.hls_playlist import Variant
from ..sources.source_info import restored

_MIN_MEDIA_FOR_BIT_RATE_S: Final = 5.0
"""A run's first segment is mostly keyframe."""
_NOTABLE_CHANGE: Final = 0.25
"""The part of a bit rate by which it has to change to be replaced."""
_PEAK_LASTS_S: Final = 24 * 3600.0
"""Seconds for which the highest bit rate is kept: scenes come back, bit rates are upper bounds, and
the entry is written to a disk that wears out."""

type KnownVariants = Mapping[str, Mapping[str, Any]]
"""The variants of a camera's renditions by their playlists' URIs; JSON can keep them."""


class VariantMemory:
    """Remembers the variant that a rendition is, or was when it last ran."""

    def __init__(self, known: object = None) -> None:
        """Begin with the variant in `known`, unless it is damaged."""
        self._known = restored(Variant, known)
        self._known_since = time.monotonic()

    def forget(self) -> None:
        """Forget the variant: the next run brings another one."""
        self._known = None

    def update(self, now: Variant | None, media: float) -> Variant | None:
        """Return the variant, if it is known.

        `now` is the present run's, measured over `media` seconds.
        """
        if now is not None and (
            self._known is None
            or _differs(now, self._known)
            or self._has_other_bit_rate(now, self._known, media)
        ):
            self._known = now
            self._known_since = time.monotonic()
        return self._known

    def _has_other_bit_rate(self, now: Variant, known: Variant, media: float) -> bool:
        """Whether the bit rate is notably higher, or has been lower for long."""
        if media < _MIN_MEDIA_FOR_BIT_RATE_S:
            return False
        change = now.bandwidth / max(known.bandwidth, 1) - 1
        age = time.monotonic() - self._known_since
        return change > _NOTABLE_CHANGE or (
            change < -_NOTABLE_CHANGE and age > _PEAK_LASTS_S
        )


def _differs(one: Variant, other: Variant) -> bool:
    """Whether two variants differ in more than their bit rates."""
    return (one.codecs, one.width, one.height, one.frame_rate) != (
        other.codecs,
        other.width,
        other.height,
        other.frame_rate,
    )
