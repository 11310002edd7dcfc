"""The events of the virtual camera: subscriptions that clients pull (PullPoint)."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from .messages import envelope, fault

MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"


@dataclass(frozen=True, slots=True)
class EventRequest:
    """A request to the event service, or to one of its subscriptions."""

    path: str
    port: int | None
    operation: str
    root: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message about one event."""

    topic: str = MOTION
    source: tuple[tuple[str, str], ...] = (
        ("VideoSourceConfigurationToken", "VideoSource_1 configuration"),
    )
    item: str = "IsMotion"
    value: str = "true"
    operation: str = "Changed"

    def xml(self) -> str:
        items = "".join(
            f"<tt:SimpleItem Name={quoteattr(name)} Value={quoteattr(value)}/>"
            for name, value in self.source
        )
        return (
            '<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/'
            f'tev/topicExpression/ConcreteSet">{escape(self.topic)}</wsnt:Topic>'
            '<wsnt:Message><tt:Message UtcTime="2026-01-01T00:00:00Z" '
            f'PropertyOperation="{self.operation}"><tt:Source>{items}</tt:Source>'
            f"<tt:Data><tt:SimpleItem Name={quoteattr(self.item)} "
            f"Value={quoteattr(self.value)}/></tt:Data></tt:Message></wsnt:Message>"
            "</wsnt:NotificationMessage>"
        )


@dataclass(slots=True)
class _Subscription:
    """Messages that wait for their client."""

    ends: float
    queue: list[Message] = field(default_factory=list)
    has_messages: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, messages: Iterable[Message]) -> None:
        self.queue += messages
        if self.queue:
            self.has_messages.set()


class EventService:
    """Subscriptions to a camera's events, with the oddities of some cameras."""

    def __init__(
        self,
        *topics: tuple[str, str],
        lifetime_s: float = 600.0,
        max_subscriptions: int = 5,
    ) -> None:
        """Offer topics, each with the name of its item."""
        self.lifetime_s = lifetime_s
        self.renews = True
        self.synchronizes = True
        self.ignores_timeout = False
        """Answers at once, also without a message."""
        self.holds = False
        """Does not answer without a message, however long."""
        self.uses_parameters = False
        """Names subscriptions by a parameter of their reference, not by a path."""
        self.has_own_port = False
        """Serves subscriptions at a port of their own."""
        self.reported: str | None = None
        """A host, perhaps with a port, that is reported in place of the right one."""
        self.subscriptions: dict[str, _Subscription] = {}
        self.created = 0
        self._topics = topics or ((MOTION, "IsMotion"),)
        self._max_subscriptions = max_subscriptions
        self._states: dict[tuple[str, tuple[tuple[str, str], ...]], Message] = {}
        self._scheme = "http"
        self._ports = [0, 0]

    def use_ports(self, scheme: str, port: int, own: int) -> None:
        """Take the port of the camera, and that of the subscriptions."""
        self._scheme = scheme
        self._ports = [port, own]

    def report(self, *messages: Message) -> None:
        """Send messages to all clients, and keep the states that they report."""
        for each in messages:
            self._states[each.topic, each.source] = each
        for subscription in self.subscriptions.values():
            subscription.add(messages)

    def reboot(self) -> None:
        """Forget all subscriptions; clients that wait get an error."""
        for subscription in self.subscriptions.values():
            subscription.has_messages.set()
        self.subscriptions.clear()

    async def answer(self, request: EventRequest) -> tuple[str, int]:
        """Return the answer to a request, with its HTTP status."""
        if request.operation == "GetEventProperties":
            return envelope(self._properties()), 200
        if request.operation == "CreatePullPointSubscription":
            return self._create()
        name = self._name(request)
        subscription = self.subscriptions.get(name)
        now = asyncio.get_running_loop().time()
        is_here = request.port == self._ports[1]
        if subscription is None or subscription.ends < now or not is_here:
            return fault("wsrf-rw:ResourceUnknownFault", "no such subscription"), 400
        if request.operation == "PullMessages":
            return await self._pull(name, subscription, request.root)
        return self._manage(name, subscription, request.operation)

    def _manage(
        self, name: str, subscription: _Subscription, operation: str
    ) -> tuple[str, int]:
        match operation:
            case "SetSynchronizationPoint" if self.synchronizes:
                subscription.add(self._states.values())
                return envelope("<tev:SetSynchronizationPointResponse/>"), 200
            case "Renew" if self.renews:
                now = asyncio.get_running_loop().time()
                subscription.ends = now + self.lifetime_s
                times = self._times("wsnt")
                return envelope(
                    f"<wsnt:RenewResponse>{times}</wsnt:RenewResponse>"
                ), 200
            case "Unsubscribe":
                del self.subscriptions[name]
                subscription.has_messages.set()
                return envelope("<wsnt:UnsubscribeResponse/>"), 200
        return fault("ter:ActionNotSupported", "not supported"), 400

    def _name(self, request: EventRequest) -> str:
        if self.uses_parameters:
            return request.root.findtext(".//{urn:acme}SubscriptionId", "")
        return request.path.rpartition("=")[2]

    def _create(self) -> tuple[str, int]:
        now = asyncio.get_running_loop().time()
        alive = {
            name: each for name, each in self.subscriptions.items() if each.ends > now
        }
        self.subscriptions = alive
        if len(alive) >= self._max_subscriptions:
            return fault("ter:CannotCreate", "too many subscriptions"), 400
        self.created += 1
        name = str(self.created)
        alive[name] = _Subscription(now + self.lifetime_s)
        host = self.reported or f"127.0.0.1:{self._ports[1]}"
        path = "/onvif/services" if self.uses_parameters else f"/onvif/pull?Id={name}"
        parameters = (
            "<wsa:ReferenceParameters><a:SubscriptionId xmlns:a='urn:acme'>"
            f"{name}</a:SubscriptionId></wsa:ReferenceParameters>"
            if self.uses_parameters
            else ""
        )
        return envelope(
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
            f"<wsa:Address>{self._scheme}://{host}{path}</wsa:Address>{parameters}"
            f"</tev:SubscriptionReference>{self._times('wsnt')}"
            "</tev:CreatePullPointSubscriptionResponse>"
        ), 200

    async def _pull(
        self, name: str, subscription: _Subscription, root: Element
    ) -> tuple[str, int]:
        timeout = re.fullmatch(r"PT(\d+)S", root.findtext(".//{*}Timeout", ""))
        assert timeout
        limit = int(root.findtext(".//{*}MessageLimit", ""))
        wait = 0 if self.ignores_timeout else float(timeout[1])
        try:
            async with asyncio.timeout(None if self.holds else wait):
                await subscription.has_messages.wait()
        except TimeoutError:
            pass
        if self.subscriptions.get(name) is not subscription:
            return fault("wsrf-rw:ResourceUnknownFault", "rebooted"), 400
        ready, subscription.queue = (
            subscription.queue[:limit],
            subscription.queue[limit:],
        )
        if not subscription.queue:
            subscription.has_messages.clear()
        return envelope(
            f"<tev:PullMessagesResponse>{self._times('tev')}"
            f"{''.join(each.xml() for each in ready)}</tev:PullMessagesResponse>"
        ), 200

    def _times(self, prefix: str) -> str:
        now = datetime.now(UTC)
        end = now + timedelta(seconds=self.lifetime_s)
        return (
            f"<{prefix}:CurrentTime>{now.isoformat()}</{prefix}:CurrentTime>"
            f"<{prefix}:TerminationTime>{end.isoformat()}</{prefix}:TerminationTime>"
        )

    def _properties(self) -> str:
        topics = "".join(self._described(topic, item) for topic, item in self._topics)
        return (
            "<tev:GetEventPropertiesResponse><wsnt:FixedTopicSet>true"
            f"</wsnt:FixedTopicSet><wstop:TopicSet>{topics}</wstop:TopicSet>"
            "</tev:GetEventPropertiesResponse>"
        )

    def _described(self, topic: str, item: str) -> str:
        names = topic.split("/")
        described = (
            '<tt:MessageDescription IsProperty="true"><tt:Source/><tt:Data>'
            f'<tt:SimpleItemDescription Name="{item}" Type="xs:boolean"/></tt:Data>'
            "</tt:MessageDescription>"
        )
        opening = "".join(f"<{name}>" for name in names[:-1])
        closing = "".join(f"</{name}>" for name in reversed(names[:-1]))
        last = names[-1]
        return f'{opening}<{last} wstop:topic="true">{described}</{last}>{closing}'
