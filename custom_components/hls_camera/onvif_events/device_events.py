"""The events of one device: one subscription, which exists while somebody listens."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NoReturn

import aiohttp
from yarl import URL

from ..const import LOGGER
from ..finding.credentials import Credentials
from ..finding.errors import FindingError, FindingProblem
from ..finding.onvif import service_paths
from ..finding.onvif_client import NotAllowedError, OnvifClient, onvif_session
from ..finding.onvif_messages import EVENTS, MEDIA, MEDIA2, get_profiles, read_profiles
from ..finding.soap import SoapFaultError
from ..streaming.ingest.backoff import Backoff
from ..streaming.redact import Redactor
from .detections import Detections, Listener, Show
from .messages import GET_PROPERTIES, addressing, read_properties
from .pull_point import PullPoint
from .topics import EventKind

_MIN_PULL_INTERVAL_S: Final = 0.5
"""From one request for messages to the next, however fast the device answers."""
_PAUSE_AFTER_SILENCE_S: Final = 2.0
_UNSUBSCRIBE_TIMEOUT_S: Final = 2.0
_PROVEN_S: Final = 60.0
"""A subscription that has lived that long was a success: the next waits are short again."""
REJECTED_DELAY_S: Final = 3600.0
"""After a rejected login: cameras lock accounts, and a new password reloads the entry."""


class SubscriptionState(StrEnum):
    """A device's subscription, for diagnostics."""

    OFF = "off"
    """Nobody listens."""
    STARTING = "starting"
    ACTIVE = "active"
    WAITING = "waiting"
    """Until the next try."""


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """A device's port of ONVIF, with the login for it."""

    host: str
    port: int
    username: str | None = field(repr=False)
    password: str | None = field(repr=False)
    has_tls: bool = False

    def redacted(self, text: str) -> str:
        """Return a text of the device without the credentials."""
        return Redactor((self.username, self.password))(text)

    def credentials(self) -> Credentials:
        """Return the credentials, with a new count of rejections."""
        return Credentials(self.username, self.password)

    def client(
        self, session: aiohttp.ClientSession, credentials: Credentials
    ) -> OnvifClient:
        """Return a client."""
        scheme = "https" if self.has_tls else "http"
        origin = URL.build(scheme=scheme, host=self.host, port=self.port)
        return OnvifClient(session, origin, credentials)


def _session() -> aiohttp.ClientSession:
    """Return a session whose connections end with each answer.

    A device that ends one while a request is sent seems to be away otherwise.
    """
    return onvif_session(keeps_connections=False)


async def _services(client: OnvifClient) -> dict[str, str]:
    """Return the paths of a device's services.

    Raises:
        FindingError: it does not answer as it should.

    """
    await client.read_clock()
    return await service_paths(client, EVENTS)


async def offered_kinds(login: DeviceLogin) -> set[EventKind]:
    """Return the kinds of events that a device offers, none if it has no such service.

    Raises:
        FindingError: it does not answer as it should.
        SoapFaultError: it refuses.

    """
    async with _session() as session:
        client = login.client(session, login.credentials())
        services = await _services(client)
        if EVENTS not in services:
            return set()
        header = addressing(GET_PROPERTIES.action, "")
        path = services[EVENTS]
        return read_properties(
            await client.call(path, GET_PROPERTIES.body, header=header)
        )


async def _unsubscribe(pull_point: PullPoint) -> None:
    """End a subscription, which would count against the device's limit until its end."""
    with suppress(FindingError, SoapFaultError, TimeoutError):
        async with asyncio.timeout(_UNSUBSCRIBE_TIMEOUT_S):
            await pull_point.unsubscribe()


class DeviceEvents:
    """Keeps a subscription while somebody listens, and takes up a lost one again."""

    def __init__(
        self,
        login: DeviceLogin,
        create_task: Callable[[Coroutine[Any, Any, None], str], asyncio.Task[None]],
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._login = login
        self._create_task = create_task
        self._detections = Detections()
        self._task: asyncio.Task[None] | None = None
        self._backoff = Backoff()
        self._credentials = login.credentials()
        self._state = SubscriptionState.OFF
        self._problem: str | None = None
        self._subscriptions = self._messages = 0

    def report(self) -> dict[str, Any]:
        """Return the state of the subscription, for diagnostics."""
        return {
            "state": self._state,
            "problem": self._problem,
            "port": self._login.port,
            "listeners": len(self._detections.listeners),
            "subscriptions": self._subscriptions,
            "messages": self._messages,
            "ignored_topics": sorted(self._detections.ignored),
        }

    def listen(
        self, kind: EventKind, channel: str | None, show: Show
    ) -> Callable[[], Awaitable[None]]:
        """Call `show` with the state of a kind now, and with each change.

        Returns a function that ends this, and waits for the end of the subscription if
        nobody else listens.
        """
        listener = Listener(kind, channel, show)
        self._detections.add(listener)
        if self._task is None:
            name = f"events of {self._login.host}"
            self._task = self._create_task(self._run(), name)

        async def leave() -> None:
            self._detections.listeners.remove(listener)
            if not self._detections.listeners:
                await self._stop()

        return leave

    async def _stop(self) -> None:
        task, self._task = self._task, None
        assert task is not None
        # Another listener may come before the task has ended, and begins with nothing.
        self._state = SubscriptionState.OFF
        self._detections.clear()
        task.cancel()
        await asyncio.wait({task})

    # The subscription

    async def _run(self) -> None:
        """Subscribe again and again."""
        self._backoff.reset()
        while True:
            self._state = SubscriptionState.STARTING
            try:
                await self._subscribe_repeatedly()
            except (FindingError, SoapFaultError) as err:
                delay = self._delay_after(err)
            except Exception as err:  # noqa: BLE001 - nothing may end this for good
                LOGGER.exception("The events of %s failed", self._login.host)
                delay = self._delay_after(err)
            self._state = SubscriptionState.WAITING
            await asyncio.sleep(delay)

    def _delay_after(self, error: Exception) -> float:
        """Forget all states; return the seconds until the next try."""
        self._detections.clear()
        text = self._login.redacted(str(error))
        if self._problem is None:
            LOGGER.info("Events of %s are unavailable: %s", self._login.host, text)
        self._problem = text
        if isinstance(error, NotAllowedError):
            # The password has changed, or the device's clock: another try is worth it.
            for _ in range(error.tries):
                self._credentials.note_rejection()
        if isinstance(error, FindingError) and error.is_about_login:
            self._credentials = self._login.credentials()
            return REJECTED_DELAY_S
        return self._backoff.delay()

    async def _subscribe_repeatedly(self) -> NoReturn:
        """Hold a subscription; replace it with another one if it cannot be renewed.

        Raises:
            FindingError: the device does not answer as it should.
            SoapFaultError: the device refuses, or the subscription has ended.

        """
        async with _session() as session:
            client = self._login.client(session, self._credentials)
            services = await _services(client)
            if EVENTS not in services:
                detail = "the device has no events any more"
                raise FindingError(FindingProblem.BAD_ANSWER, detail)
            await self._map_channels(client, services)
            while True:
                pull_point = await PullPoint.create(client, services[EVENTS])
                is_allowed = True
                try:
                    await pull_point.synchronize(self._login.port)
                    await self._hold(pull_point)
                except NotAllowedError:
                    is_allowed = False
                    raise
                finally:
                    if is_allowed:
                        await _unsubscribe(pull_point)

    async def _map_channels(
        self, client: OnvifClient, services: dict[str, str]
    ) -> None:
        """Learn by which tokens a recorder's events name its channels."""
        if all(each.channel is None for each in self._detections.listeners):
            return
        service = MEDIA2 if MEDIA2 in services else MEDIA
        if service in services:
            with suppress(SoapFaultError):
                body = await client.call(services[service], get_profiles(service))
                self._detections.channels = {
                    profile.source_configuration: profile.source
                    for profile in read_profiles(service, body)
                    if profile.source_configuration
                }

    async def _hold(self, pull_point: PullPoint) -> None:
        """Pull messages until the device refuses to renew the subscription; raises as above."""
        loop = asyncio.get_running_loop()
        self._subscriptions += 1
        self._state = SubscriptionState.ACTIVE
        created = renewed = loop.time()
        while True:
            asked = loop.time()
            pause = _MIN_PULL_INTERVAL_S
            try:
                messages = await pull_point.pull()
            except FindingError as err:
                if err.problem is not FindingProblem.ONVIF_OFF:
                    raise
                # Some devices answer late, or hang up if they have no message. Only an
                # answer to another request shows that the subscription still exists.
                await pull_point.renew()
                renewed = loop.time()
                pause = _PAUSE_AFTER_SILENCE_S
            else:
                self._take(messages)
            if loop.time() - created > _PROVEN_S:
                self._backoff.reset()
            if loop.time() - renewed > pull_point.lifetime_s / 2:
                try:
                    await pull_point.renew()
                except NotAllowedError:
                    raise
                except SoapFaultError:
                    return
                renewed = loop.time()
            await asyncio.sleep(asked + pause - loop.time())

    def _take(self, messages: list[Any]) -> None:
        self._credentials = self._login.credentials()
        if self._problem is not None:
            LOGGER.info("Events of %s are available again", self._login.host)
            self._problem = None
        self._messages += len(messages)
        self._detections.take(messages)
