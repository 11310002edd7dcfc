"""The requests of ONVIF for events, and their answers.

Devices mix up the namespaces of several standards in their answers, so names alone count.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

from ..finding.onvif_messages import EVENTS, path_of, request
from .topics import EventKind, kinds_of, normalized

_ADDRESSING: Final = "http://www.w3.org/2005/08/addressing"
_NOTIFICATION: Final = "http://docs.oasis-open.org/wsn/b-2"
_MANAGER: Final = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_PULL_POINT: Final = f"{EVENTS}/PullPointSubscription"

LIFETIME_S: Final = 600
"""The lifetime of a subscription that is asked for."""
MESSAGE_LIMIT: Final = 100
_MAX_MESSAGES: Final = 1000
"""Of one answer, also from a device that knows no limit."""
_MAX_ITEMS: Final = 20
_MAX_TEXT: Final = 200
_MAX_PARAMETERS: Final = 4096
_MIN_LIFETIME_S: Final = 10.0
_USUAL_LIFETIME_S: Final = 60.0
"""If a device does not name a possible one."""

_RENEWED: Final = f"PT{LIFETIME_S}S"


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the action that addresses it."""

    action: str
    body: str


GET_PROPERTIES: Final = Call(
    f"{EVENTS}/EventPortType/GetEventPropertiesRequest",
    request(EVENTS, "GetEventProperties"),
)
CREATE: Final = Call(
    f"{EVENTS}/EventPortType/CreatePullPointSubscriptionRequest",
    request(
        EVENTS,
        "CreatePullPointSubscription",
        f"<InitialTerminationTime>{_RENEWED}</InitialTerminationTime>",
    ),
)
SYNCHRONIZE: Final = Call(
    f"{_PULL_POINT}/SetSynchronizationPointRequest",
    request(EVENTS, "SetSynchronizationPoint"),
)
RENEW: Final = Call(
    f"{_MANAGER}/RenewRequest",
    request(_NOTIFICATION, "Renew", f"<TerminationTime>{_RENEWED}</TerminationTime>"),
)
UNSUBSCRIBE: Final = Call(
    f"{_MANAGER}/UnsubscribeRequest", request(_NOTIFICATION, "Unsubscribe")
)


def pull(wait_s: int) -> Call:
    """Return the request for messages, which the device answers when it has some."""
    content = (
        f"<Timeout>PT{wait_s}S</Timeout><MessageLimit>{MESSAGE_LIMIT}</MessageLimit>"
    )
    return Call(
        f"{_PULL_POINT}/PullMessagesRequest", request(EVENTS, "PullMessages", content)
    )


def addressing(action: str, to: str, parameters: str = "") -> str:
    """Return the header that addresses a request (WS-Addressing)."""
    return "".join(
        f'<wsa:{name} xmlns:wsa="{_ADDRESSING}">{escape(value)}</wsa:{name}>'
        for name, value in (
            ("Action", action),
            ("MessageID", f"urn:uuid:{uuid.uuid4()}"),
            ("To", to),
        )
        if value
    ) + (parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionAddress:
    """The address of a subscription, as the device reports it."""

    reported: str
    path: str
    port: int | None
    parameters: str
    """Headers that requests to it repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A message about an event."""

    topic: str
    is_deleted: bool
    """Whether the device has removed the subject of earlier reports."""
    source: dict[str, str]
    data: dict[str, str]


def read_subscription(body: Element) -> SubscriptionAddress | None:
    """Return the address of a new subscription; None if the answer has none."""
    reference = body.find(".//{*}SubscriptionReference")
    if reference is None:
        return None
    reported = reference.findtext("{*}Address", "").strip()
    try:
        parts = urlsplit(reported)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if not reported or len(reported) > _MAX_PARAMETERS:
        return None
    return SubscriptionAddress(
        reported=reported,
        path=path_of(reported),
        port=port,
        parameters=_parameters(reference),
    )


def _parameters(reference: Element) -> str:
    """Return a reference's parameters as headers; empty if they are too long."""
    headers = []
    for each in reference.findall("{*}ReferenceParameters/*"):
        each.set(f"{{{_ADDRESSING}}}IsReferenceParameter", "true")
        each.tail = None
        headers.append(tostring(each, encoding="unicode"))
    text = "".join(headers)
    return text if len(text) <= _MAX_PARAMETERS else ""


def read_lifetime(body: Element) -> float:
    """Return the seconds until a subscription ends, by the device's own clock."""
    try:
        now, end = (
            datetime.fromisoformat(body.findtext(f".//{{*}}{name}", "").strip())
            for name in ("CurrentTime", "TerminationTime")
        )
        seconds = (end - now).total_seconds()
    except ValueError, TypeError, OverflowError:
        return _USUAL_LIFETIME_S
    if seconds <= 0:
        return _USUAL_LIFETIME_S
    return min(max(seconds, _MIN_LIFETIME_S), float(LIFETIME_S))


def read_notifications(body: Element) -> list[Notification]:
    """Return the newest messages of an answer, the oldest of them first."""
    messages = body.findall(".//{*}NotificationMessage")[-_MAX_MESSAGES:]
    return [_notification(each) for each in messages]


def _notification(message: Element) -> Notification:
    inner = message.find("{*}Message/{*}Message")
    operation = "" if inner is None else inner.get("PropertyOperation", "")
    return Notification(
        topic=normalized(message.findtext("{*}Topic", "")[:_MAX_TEXT]),
        is_deleted=operation == "Deleted",
        source=_items(inner, "Source"),
        data=_items(inner, "Data"),
    )


def _items(message: Element | None, group: str) -> dict[str, str]:
    if message is None:
        return {}
    items = message.findall(f"{{*}}{group}/{{*}}SimpleItem")[:_MAX_ITEMS]
    return {
        each.get("Name", "")[:_MAX_TEXT]: each.get("Value", "")[:_MAX_TEXT]
        for each in items
    }


def read_properties(body: Element) -> set[EventKind]:
    """Return the kinds of events that a device offers."""
    topics = body.find(".//{*}TopicSet")
    if topics is None:
        return set()
    return {
        kind for path, items in _topics(topics, "") for kind in kinds_of(path, items)
    }


def _topics(parent: Element, path: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each topic below an element, with the names of its messages' items."""
    for each in parent:
        name = each.tag.rpartition("}")[2]
        if name == "MessageDescription":
            continue
        below = f"{path}/{name}" if path else name
        items = each.findall("{*}MessageDescription/{*}Data/{*}SimpleItemDescription")
        yield below, [item.get("Name", "") for item in items]
        yield from _topics(each, below)
