"""One subscription at a device (ONVIF PullPoint)."""

from typing import Final, Self
from xml.etree.ElementTree import Element

from ..finding.errors import FindingError, FindingProblem
from ..finding.onvif_client import OnvifClient
from ..finding.soap import SoapFaultError
from .messages import (
    CREATE,
    RENEW,
    SYNCHRONIZE,
    UNSUBSCRIBE,
    Call,
    Notification,
    SubscriptionAddress,
    addressing,
    pull,
    read_lifetime,
    read_notifications,
    read_subscription,
)

_MAX_WAIT_S: Final = 20
"""For messages; until the device does not answer, nobody knows that it is gone."""
_PULLS_PER_LIFETIME: Final = 4
_MAX_BYTES: Final = 512 * 1024
"""Of an answer: a hundred messages have about 120 kB, and may come twice a second."""


class PullPoint:
    """A subscription that the device holds until it ends or is not renewed."""

    def __init__(
        self, client: OnvifClient, address: SubscriptionAddress, lifetime_s: float
    ) -> None:
        """Take over a subscription that exists."""
        self._client = client
        self._address = address
        self.lifetime_s = lifetime_s
        """Since it was created or renewed."""

    @classmethod
    async def create(cls, client: OnvifClient, path: str) -> Self:
        """Subscribe to all events.

        Raises:
            FindingError: the device does not answer as it should.
            SoapFaultError: the device refuses.

        """
        header = addressing(CREATE.action, "")
        body = await client.call(path, CREATE.body, header=header)
        address = read_subscription(body)
        if address is None:
            raise FindingError(FindingProblem.BAD_ANSWER, "no subscription")
        return cls(client, address, read_lifetime(body))

    async def synchronize(self, own_port: int) -> None:
        """Ask for messages with the present state of each event, and find the port.

        Some devices have another port for subscriptions, and some report one that they do
        not have. The host is always the one that the owner has named.

        Raises:
            FindingError: the subscription does not answer at any port.

        """
        answering: OnvifClient | None = None
        first = self._client
        for port in dict.fromkeys((self._address.port or own_port, own_port)):
            self._client = first.at_port(port, max_bytes=_MAX_BYTES)
            try:
                await self._call(SYNCHRONIZE)
            except SoapFaultError:
                # It cannot synchronize, or it is another device.
                answering = answering or self._client
            except FindingError as err:
                if err.problem is not FindingProblem.ONVIF_OFF:
                    raise
            else:
                return
        if answering is None:
            detail = "the subscription does not answer"
            raise FindingError(FindingProblem.BAD_ANSWER, detail)
        self._client = answering

    async def pull(self) -> list[Notification]:
        """Return new messages, as soon as there are some or a while has passed; raises as above."""
        wait_s = min(_MAX_WAIT_S, int(self.lifetime_s / _PULLS_PER_LIFETIME))
        return read_notifications(await self._call(pull(wait_s), wait_s))

    async def renew(self) -> None:
        """Let the subscription live longer; raises as above."""
        self.lifetime_s = read_lifetime(await self._call(RENEW))

    async def unsubscribe(self) -> None:
        """End the subscription; raises as above."""
        await self._call(UNSUBSCRIBE)

    async def _call(self, call: Call, wait_s: float = 0.0) -> Element:
        address = self._address
        header = addressing(call.action, address.reported, address.parameters)
        return await self._client.call(
            address.path, call.body, header=header, wait_s=wait_s
        )
