"""The cameras of the configuration, opened."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Final, Self

import aiohttp

from custom_components.hls_camera.publishing.errors import PublishError
from custom_components.hls_camera.publishing.hls_publisher import (
    HlsOptions,
    HlsPublisher,
)
from custom_components.hls_camera.publishing.kinds import (
    DestinationKind,
    open_destination,
)
from custom_components.hls_camera.publishing.publication import Publication
from custom_components.hls_camera.publishing.publisher import Publisher
from custom_components.hls_camera.publishing.rtmp_address import parse_rtmp_address
from custom_components.hls_camera.publishing.rtmp_publisher import RtmpPublisher
from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.camera.limits import Limits
from custom_components.hls_camera.streaming.camera.manager import (
    KeyedSpec,
    SourceInUseError,
    StreamManager,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.camera.stream_spec import StreamSpec
from custom_components.hls_camera.streaming.errors import (
    InvalidSourceError,
    StreamLimitError,
)
from custom_components.hls_camera.streaming.sources.address_input import static_source
from custom_components.hls_camera.streaming.sources.source import Source, Transport

from .configuration import (
    CameraConfiguration,
    Configuration,
    ConfigurationError,
    PublishConfiguration,
)

_LOGGER: Final = logging.getLogger("hls_camera")
_RETRY_ABOVE_LIMIT_S: Final = 30.0


class ServedCamera:
    """A camera, and what is published of it."""

    def __init__(
        self,
        name: str,
        camera: Camera,
        manager: StreamManager,
        publications: Sequence[Publication],
    ) -> None:
        """Nothing runs yet."""
        self.name = name
        self.camera = camera
        self.publications = publications
        self._manager = manager
        self._starting: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Wait for viewers; start at once if the camera is always on, and publish."""
        self.camera.arm()
        for publication in self.publications:
            publication.start()
        if self.camera.main.keep_awake:
            self._starting = asyncio.create_task(self._start_in_turn())

    async def _start_in_turn(self) -> None:
        """Start; sixteen cameras at once would all be slow."""
        await self._manager.wait_for_turn()
        main = self.camera.main
        while main.keep_awake and main.state is StreamState.IDLE:
            try:
                await self.camera.start()
            except StreamLimitError:
                await asyncio.sleep(_RETRY_ABOVE_LIMIT_S)

    async def start(self) -> None:
        """Start, even if the camera was stopped; raises HlsCameraError."""
        if self.camera.main.state is StreamState.STOPPED:
            self.camera.arm()
        await self.camera.start()

    async def close(self) -> None:
        """End for good."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait({self._starting})
        for publication in self.publications:
            await publication.close()
        await self._manager.close_camera(self.camera)


class Cameras:
    """All cameras of the service, by name."""

    def __init__(self, manager: StreamManager, resources: AsyncExitStack) -> None:
        """Use `open()` instead."""
        self.manager = manager
        self._resources = resources
        self._cameras: dict[str, ServedCamera] = {}

    @classmethod
    async def open(cls, configuration: Configuration) -> Self:
        """Open the cameras; `begin()` starts them.

        Raises:
            ConfigurationError: a camera or a destination cannot be used.

        """
        server = configuration.server
        limits = Limits(
            max_concurrent_streams=server.stream_limit,
            memory_budget=server.memory_budget,
        )
        manager = StreamManager(server.ffmpeg, limits, lambda _is_full: None)
        async with AsyncExitStack() as resources:
            resources.push_async_callback(manager.shutdown)
            session = await resources.enter_async_context(aiohttp.ClientSession())
            cameras = cls(manager, resources)
            for each in configuration.cameras:
                cameras._cameras[each.name] = await cameras._open(each, session)
            cameras._resources = resources.pop_all()
            return cameras
        raise AssertionError

    def __getitem__(self, name: str) -> ServedCamera:
        """Return a camera; raises KeyError."""
        return self._cameras[name]

    def __iter__(self) -> Iterator[ServedCamera]:
        """Iterate over the cameras in the order of the configuration."""
        return iter(self._cameras.values())

    async def begin(self) -> None:
        """Start what should run."""
        for camera in self:
            await camera.begin()

    async def close(self) -> None:
        """End all; no FFmpeg is left afterwards."""
        await asyncio.gather(*(camera.close() for camera in self))
        await self._resources.aclose()

    async def _open(
        self, configuration: CameraConfiguration, session: aiohttp.ClientSession
    ) -> ServedCamera:
        name = configuration.name
        try:
            camera = self.manager.open_camera(_specs(configuration), name=lambda: name)
        except InvalidSourceError as err:
            raise ConfigurationError(f"camera {name}: {err}") from err
        except SourceInUseError as err:
            raise ConfigurationError(
                f"camera {name}: camera {err} has the same address"
            ) from err
        publications = [
            Publication(
                camera.main, await _publisher(name, each, self.manager.ffmpeg, session)
            )
            for each in configuration.publish
        ]
        return ServedCamera(name, camera, self.manager, publications)


def _specs(configuration: CameraConfiguration) -> list[KeyedSpec]:
    options = StreamOptions(
        on_demand=not configuration.always_on, idle_timeout=configuration.idle_timeout
    )
    logger = _LOGGER.getChild(configuration.name)
    streams: list[tuple[str, StreamOptions, logging.Logger]] = [
        (configuration.address, options, logger)
    ]
    if configuration.sub_address:
        of_sub = replace(options, on_demand=True, lookback=0.0)
        streams.append((configuration.sub_address, of_sub, logger.getChild("small")))
    specs = []
    for address, each_options, each_logger in streams:
        source = Source.parse(
            address,
            username=configuration.username,
            password=configuration.password,
            transport=Transport(configuration.transport),
        )
        spec = StreamSpec(
            find_source=static_source(source), options=each_options, logger=each_logger
        )
        specs.append(KeyedSpec(key=source.url, spec=spec))
    return specs


async def _publisher(
    camera: str,
    configuration: PublishConfiguration,
    ffmpeg: str,
    session: aiohttp.ClientSession,
) -> Publisher:
    """Return the publisher of a publication; raises ConfigurationError."""
    kind, settings = configuration.to, configuration.settings
    if kind is DestinationKind.RTMP:
        address = parse_rtmp_address(settings["server"])
        return RtmpPublisher(address, settings["stream_key"], ffmpeg)
    try:
        destination = await open_destination(kind, settings, session)
    except PublishError as err:
        raise ConfigurationError(
            f"camera {camera}: the endpoint of an object store is wrong"
        ) from err
    options = HlsOptions(
        segment_duration=configuration.segment_duration, listed=configuration.listed
    )
    return HlsPublisher(destination, options)
