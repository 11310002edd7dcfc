"""Find a camera's streams at its maker's usual paths, over RTSP."""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import aclosing, suppress
from typing import Final

from ..streaming.sources.destinations import Origin
from ..streaming.sources.login import parse_challenges
from ..streaming.sources.rtsp_message import RtspMessage
from .credentials import Credentials
from .errors import FindingError, FindingProblem
from .found import Device, FoundCamera, FoundChannel, FoundStream
from .makers_paths import MakerPaths, makers_paths
from .ports import open_ports
from .rtsp_client import RtspClient

PORTS: tuple[int, ...] = (554, 8554, 88)
"""Usual ones: 88 is Foscam's."""
TLS_PORTS: tuple[int, ...] = (322, 8322, 7441)
"""Usual ones of RTSP over TLS: 7441 is that of UniFi."""
SEARCH_TIMEOUT_S: Final = 5.0
_UNKNOWN_PATH: Final = "/hls-camera-search"
"""The answer to it shows whether other answers depend on the path."""


async def find_by_path(
    host: str, ports: Iterable[int], credentials: Credentials
) -> FoundCamera:
    """Return the camera at a host, from the first port at which a usual path exists.

    The usual ports of RTSP over TLS come last, and with them ports that do not answer
    without TLS.

    Raises:
        FindingError: there is none, or it rejects the login.

    """
    makers = await asyncio.to_thread(makers_paths)
    problem = FindingProblem.NO_ANSWER
    with suppress(TimeoutError):
        async with asyncio.timeout(SEARCH_TIMEOUT_S):
            answering = await open_ports(host, ports)
            answering.sort(key=lambda port: port in TLS_PORTS)
            origins = deque(
                Origin("rtsps" if port in TLS_PORTS else "rtsp", host, port)
                for port in answering
            )
            while origins:
                problem = FindingProblem.ONVIF_OFF
                origin = origins.popleft()
                async with aclosing(_PathSearch(origin, credentials, makers)) as search:
                    if camera := await search.run():
                        return camera
                if not search.has_answered and not origin.has_tls:
                    origins.append(origin._replace(scheme="rtsps"))
    raise FindingError(problem)


class _PathSearch:
    """The search at one port."""

    def __init__(
        self, origin: Origin, credentials: Credentials, makers: Iterable[MakerPaths]
    ) -> None:
        self._client = RtspClient(origin, credentials)
        self._credentials = credentials
        self._makers = makers
        self.has_answered = False
        """Whether the port speaks RTSP."""

    async def aclose(self) -> None:
        """Close the connection."""
        await self._client.close()

    async def run(self) -> FoundCamera | None:
        """Return the camera; None if there is none.

        Raises:
            FindingError: the camera rejects the login.

        """
        elsewhere = await self._client.describe(_UNKNOWN_PATH)
        if elsewhere is None:
            return None
        self.has_answered = True
        if elsewhere.status == 200:
            # It has one stream, whatever the path.
            return self._camera("", [self._channel(1, "/", None)])
        candidates = [
            (maker, answer)
            for maker in self._makers
            if (answer := await self._client.describe(maker.main.format(channel=1)))
            and answer.status in {200, 401}
        ]
        candidates.sort(key=lambda each: _rank(*each))
        has_rejected = False
        for maker, answer in candidates:
            path = maker.main.format(channel=1)
            status = answer.status
            if status != 200:
                status = await self._sign_in(path, answer)
                has_rejected |= status == 401
            if status == 200:
                return await self._found(maker)
        if has_rejected:
            raise FindingError(FindingProblem.LOGIN_REJECTED)
        return None

    async def _sign_in(self, path: str, refused: RtspMessage) -> int:
        """Ask for a stream with a login, and return the status.

        Raises:
            FindingError: no further request may carry the login.

        """
        self._credentials.check()
        status = await self._client.describe_signed(path, refused)
        if status == 401:
            self._credentials.note_rejection()
        return status

    async def _found(self, maker: MakerPaths) -> FoundCamera:
        """Return the camera of a maker: its channels, and their sub-streams."""
        channels = []
        for number in range(1, maker.channels + 1):
            main = maker.main.format(channel=number)
            if number > 1 and not await self._exists(main):
                break
            sub = maker.sub.format(channel=number)
            has_sub = await self._exists(sub)
            channels.append(self._channel(number, main, sub if has_sub else None))
        return self._camera(maker.maker, channels)

    async def _exists(self, path: str) -> bool:
        """Whether there is a stream at a path of a camera that accepts the login."""
        answer = await self._client.describe(path)
        if answer is not None and answer.status == 401:
            return await self._client.describe_signed(path, answer) == 200
        return answer is not None and answer.status == 200

    def _channel(self, number: int, main: str, sub: str | None) -> FoundChannel:
        paths = [main] if sub is None else [main, sub]
        streams = (FoundStream(url=self._client.url(path)) for path in paths)
        return FoundChannel(key=str(number), name="", streams=tuple(streams))

    def _camera(self, maker: str, channels: Iterable[FoundChannel]) -> FoundCamera:
        return FoundCamera(device=Device(manufacturer=maker), channels=tuple(channels))


def _rank(maker: MakerPaths, answer: RtspMessage) -> tuple[bool, bool]:
    """Return the place of a candidate: streams without a login, then the camera's maker."""
    challenges = parse_challenges(answer.values("www-authenticate"))
    realms = [each.parameters.get("realm", "") for each in challenges]
    known = any(map(maker.names, [*realms, answer.value("server")]))
    return answer.status != 200, not known
