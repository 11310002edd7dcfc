"""Tracks as they come: the description of each, and its packets as samples.

A header may lack the setup of a decoder: parameter sets and the configuration of sound
may come with the packets only.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final, override

from ..errors import MalformedNutError, MediaError
from .aac import AacConfig, config_of_adts, is_adts, read_config, without_adts
from .decoder_config import AvcConfig, HevcConfig, ParameterSets
from .fmp4 import Sample, Track, TrackKind
from .frame_durations import FrameDurations
from .nal_units import (
    has_start_codes,
    parameter_sets,
    replace_start_codes,
    widen_lengths,
)
from .packet import Packet, StreamHeader
from .sample_entries import aac_entry, visual_entry

# FFmpeg keeps the code that the source's container has for a codec, if it knows it.
_H264: Final = frozenset({b"h264", b"avc1", b"avc3", b"x264", b"davc", b"vssh"})
_H265: Final = frozenset({b"hevc", b"h265", b"hvc1", b"hev1"})
_AAC: Final = frozenset({0x00FF, 0x1600, 0x4143, 0x706D, 0xA106})
_NAMES: Final = {AvcConfig: "avc1", HevcConfig: "hvc1"}
_RECORD: Final = b"\x01"
"""The version that a decoder configuration begins with (ISO/IEC 14496-15, 5.3.3.1)."""
_ROUNDING: Final = 0.01
"""Of a picture's width, that its shown width may differ by for being rounded."""
_MAX_WIDTH: Final = 0xFFFF
_SHORTEST_FRAME: Final = 0.01
_LONGEST_FRAME: Final = 0.26
"""Seconds in a frame of AAC: 960 samples at 96 kHz, 2048 at 8 kHz."""


class TrackReader(ABC):
    """Make samples of a stream's packets."""

    track: Track | None = None
    """The description, once enough has come."""

    def __init__(self, header: StreamHeader, track_id: int) -> None:
        """Read a stream as the track of that number."""
        self._header = header
        self._track_id = track_id

    @abstractmethod
    def take(self, packet: Packet) -> Sample | None:
        """Return a packet as a sample; None where no decoder could take it.

        Raises:
            MediaError: no decoder can be set up.

        """


def track_reader(header: StreamHeader, track_id: int) -> TrackReader:
    """Return the reader of a stream.

    Raises:
        MediaError: it is coded as nothing that is packaged.

    """
    code = header.codec.lower()
    match header.kind:
        case TrackKind.VIDEO if code in _H264:
            return _VideoReader(header, track_id, AvcConfig)
        case TrackKind.VIDEO if code in _H265:
            return _VideoReader(header, track_id, HevcConfig)
        case TrackKind.AUDIO if int.from_bytes(header.codec, "little") in _AAC:
            return _AacReader(header, track_id)
    msg = f"a stream coded as {header.codec!r}"
    raise MediaError(msg)


class _VideoReader(TrackReader):
    """A picture of H.264 or H.265."""

    def __init__(
        self,
        header: StreamHeader,
        track_id: int,
        config: type[AvcConfig | HevcConfig],
    ) -> None:
        super().__init__(header, track_id)
        self._config = config
        self._unknown = Track(
            track_id, TrackKind.VIDEO, header.timescale, _NAMES[config]
        )
        self._length_bytes: int | None = None
        """Of a NAL unit's length; None behind start codes."""
        self._sets: ParameterSets = {}
        """Those of the header."""
        extradata = header.extradata
        if has_start_codes(extradata):
            units = replace_start_codes(extradata)
            self._sets = parameter_sets(self._unknown, units)
        elif extradata.startswith(_RECORD):
            try:
                self._sets, self._length_bytes = config.read(extradata)
            except IndexError:
                msg = "a decoder configuration that is cut short"
                raise MalformedNutError(msg) from None

    @override
    def take(self, packet: Packet) -> Sample | None:
        if self._length_bytes is None:
            data = replace_start_codes(packet.data)
        else:
            data = widen_lengths(packet.data, self._length_bytes)
        if self.track is None:
            self.track = self._describe(data)
        if self.track is None or not data:
            return None
        return Sample(
            self._track_id,
            packet.dts,
            0,
            packet.pts - packet.dts,
            packet.is_keyframe,
            data,
        )

    def _describe(self, picture: bytes) -> Track | None:
        """Return the description by the sets of the first picture, or of the header."""
        found = parameter_sets(self._unknown, picture)
        sets = found if self._is_complete(found) else self._sets
        if self._is_complete(self._sets) and all(
            unit in self._sets[kind] for kind, units in found.items() for unit in units
        ):
            sets = self._sets
        if not self._is_complete(sets):
            return None
        box, codec = self._config.box(sets)
        width, height = self._header.width, self._header.height
        name = _NAMES[self._config].encode()
        return Track(
            self._track_id,
            TrackKind.VIDEO,
            self._header.timescale,
            codec,
            _shown_width(width, self._header.pixel_aspect),
            height,
            entry=visual_entry(name, box, (width, height), self._header.pixel_aspect),
        )

    def _is_complete(self, sets: Mapping[int, object]) -> bool:
        return all(sets.get(kind) for kind in self._config.needed)


def _shown_width(coded: int, aspect: tuple[int, int]) -> int:
    """Return the width to show a picture with: its pixels may not be square.

    A scaled picture has even sides; FFmpeg makes up for that by pixels that are a little
    wider or narrower, which nobody sees.
    """
    shown = min(max(round(coded * aspect[0] / aspect[1]), 1), _MAX_WIDTH)
    return coded if abs(shown - coded) <= _ROUNDING * coded else shown


class _AacReader(TrackReader):
    """Sound of AAC, with or without headers of ADTS."""

    def __init__(self, header: StreamHeader, track_id: int) -> None:
        super().__init__(header, track_id)
        self._latest: int | None = None
        """Decode time of the latest frame."""
        self._durations = FrameDurations()
        if header.extradata:
            self._describe(read_config(header.extradata))

    def _describe(self, config: AacConfig) -> None:
        header = self._header
        entry = aac_entry(config.data, header.channels, header.sample_rate)
        self.track = Track(
            self._track_id,
            TrackKind.AUDIO,
            header.timescale,
            config.codec,
            channels=config.channels,
            entry=entry,
        )
        self._durations.note(round(config.frame_duration * header.timescale))

    @override
    def take(self, packet: Packet) -> Sample | None:
        data = packet.data
        if is_adts(data):
            if self.track is None:
                self._describe(read_config(config_of_adts(data)))
            data = without_adts(data)
        if self.track is None:
            return None
        self._note_step(packet.dts)
        duration = self._durations.usual or 0
        return Sample(self._track_id, packet.dts, duration, 0, True, data)

    def _note_step(self, time: int) -> None:
        """Measure the duration of a frame by its distance to the latest one."""
        step = 0 if self._latest is None else time - self._latest
        self._latest = time
        timescale = self._header.timescale
        if _SHORTEST_FRAME * timescale <= step <= _LONGEST_FRAME * timescale:
            self._durations.note(step)
