"""The streams of all cameras, their limit and their end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple

from ..errors import HlsCameraError, StreamLimitError
from ..transcode.admission import Conversions
from ..transcode.elsewhere import ConversionHosts, OnlyHere
from ..transcode.hardware import EncoderSearch
from .camera import Camera, open_camera
from .limits import Limits
from .rendition import Rendition
from .stream_spec import Machine, StreamSpec
from .variant_memory import KnownVariants

_START_INTERVAL_S: Final = 0.5
"""Sixteen streams that start at once would all be slow."""
_REFUSED_DEMAND_S: Final = 60.0
"""Time after which nothing demands a refused stream any more: waiting players and always-on
streams request it again sooner."""


class SourceInUseError(HlsCameraError):
    """Another camera already streams from this source; the text is that camera's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedSpec:
    """A stream's specification with the key of its source."""

    key: str
    """Differs between sources: only one camera may stream from each."""
    spec: StreamSpec


class _OpenCamera(NamedTuple):
    """A camera and its name, which may change while it is open."""

    camera: Camera
    name: Callable[[], str]


class StreamManager:
    """Owns all cameras."""

    def __init__(
        self,
        ffmpeg: str,
        limits: Limits,
        on_full: Callable[[bool], None],
        hosts: ConversionHosts | None = None,
    ) -> None:
        """Use an FFmpeg executable, by name or path, for everything.

        `on_full` is called with True when the limit prevents a stream from running, and
        with False when there is room again or no demand for that stream. `hosts`
        convert for this machine.
        """
        self.ffmpeg = ffmpeg
        self.limits = limits
        self._on_full = on_full
        self._full: asyncio.TimerHandle | None = None
        """Running while the limit prevents a demanded stream from running."""
        self._next_turn = 0.0
        self._open: dict[tuple[str, ...], _OpenCamera] = {}
        """By the keys of their sources."""
        self.find_encoders = EncoderSearch(ffmpeg)
        self.conversions = Conversions(self.find_encoders)
        self._hosts = hosts or OnlyHere()

    @property
    def _cameras(self) -> list[Camera]:
        return [each.camera for each in self._open.values()]

    @property
    def renditions(self) -> tuple[Rendition, ...]:
        """The renditions of all cameras, running or not."""
        return tuple(chain.from_iterable(each.renditions for each in self._cameras))

    @property
    def running(self) -> int:
        """The number of running streams."""
        return sum(each.is_running for each in self.renditions)

    @property
    def cameras(self) -> int:
        """The number of cameras, running or not."""
        return len(self._open)

    @property
    def media_bytes(self) -> int:
        """Bytes of media in memory, of all streams."""
        return sum(each.window.size for each in self.renditions)

    def open_camera(
        self,
        specs: Sequence[KeyedSpec],
        known: KnownVariants | None = None,
        *,
        name: Callable[[], str],
    ) -> Camera:
        """Open a camera, whose main stream comes first; nothing runs yet.

        `known` is the `known_variants` of the same camera before, `name` returns its name.

        Raises:
            SourceInUseError: another camera has one of the sources.

        """
        keys = tuple(keyed.key for keyed in specs)
        for other_keys, other in self._open.items():
            if not set(keys).isdisjoint(other_keys):
                raise SourceInUseError(other.name())
        complete = [
            replace(keyed.spec, options=self.limits.apply(keyed.spec.options))
            for keyed in specs
        ]
        machine = Machine(self.ffmpeg, self.conversions, self._hosts)
        camera = open_camera(complete, machine, admit=self._admit, known=known)
        camera.add_listener(self._camera_changed)
        self._open[keys] = _OpenCamera(camera, name)
        return camera

    async def wait_for_turn(self) -> None:
        """Wait until the start interval since the last turn has passed."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next_turn)
        self._next_turn = turn + _START_INTERVAL_S
        await asyncio.sleep(turn - now)

    async def close_camera(self, camera: Camera) -> None:
        """End a camera for good; no FFmpeg of it is left afterwards."""
        try:
            await camera.close()
        finally:
            self._open = {
                keys: other
                for keys, other in self._open.items()
                if other.camera is not camera
            }

    async def shutdown(self) -> None:
        """End all cameras; no FFmpeg is left afterwards."""
        await asyncio.gather(
            *map(self.close_camera, self._cameras), return_exceptions=True
        )
        self._note_room()

    def find(self, token: str) -> Camera | None:
        """Return the camera of a viewer's token."""
        return next((each for each in self._cameras if token in each.viewers), None)

    def revoke(self, login: str) -> None:
        """End the viewers of a login, of all cameras."""
        for camera in self._cameras:
            camera.viewers.revoke(login)

    def _admit(self, places: int) -> None:
        """Check whether that many more streams may run.

        Raises:
            StreamLimitError: the stream limit has been reached.

        """
        limit = self.limits.stream_limit
        if self.running + places > limit:
            self._note_full()
            raise StreamLimitError(limit)

    def _camera_changed(self) -> None:
        if self.running < self.limits.stream_limit:
            self._note_room()

    def _note_full(self) -> None:
        if self._full is None:
            self._on_full(True)
        else:
            self._full.cancel()
        loop = asyncio.get_running_loop()
        self._full = loop.call_later(_REFUSED_DEMAND_S, self._note_room)

    def _note_room(self) -> None:
        if self._full is not None:
            self._full.cancel()
            self._full = None
            self._on_full(False)
