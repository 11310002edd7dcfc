"""The present state of each event of a device, for its listeners."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from . import topics
from .messages import Notification
from .topics import EventKind

type Show = Callable[[bool | None], None]

_MAX_STATES: Final = 1000
"""A recorder with 64 channels has about 500."""
_MAX_IGNORED: Final = 20
_SHOWN_PER_ANSWER: Final = 2
"""A change and its end, if both are in one answer of the device."""
_SOURCE_NAMES: Final = (
    "VideoSourceToken",
    "VideoSourceConfigurationToken",
    "VideoSource",
    "Source",
)
"""The items that name a video source, or its configuration."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """The origin of a state: one rule or detector of a device."""

    kind: EventKind
    channel: str
    """Empty if the message names none."""
    detail: tuple[str, ...]
    item: str


@dataclass(slots=True)
class _Tally:
    """The detectors that report a kind of event of one channel, or of all."""

    known: int = 0
    active: int = 0


@dataclass(eq=False, slots=True)
class Listener:
    """A listener to one kind of event."""

    kind: EventKind
    channel: str | None
    """None for all channels: the device has one."""
    show: Show
    state: bool | None = None
    """The latest known state, shown or not; None if unknown."""
    changes: list[bool | None] = field(default_factory=list)
    """Not shown yet."""


class Detections:
    """Keeps states from messages, and shows each change to its listeners."""

    def __init__(self) -> None:
        """Begin without any."""
        self.listeners: list[Listener] = []
        self.channels: dict[str, str] = {}
        """The channels by the tokens that name them, besides their own."""
        self.ignored: set[str] = set()
        """Topics that no table has, for diagnostics."""
        self._states: dict[_Origin, bool] = {}
        self._tallies: defaultdict[tuple[EventKind, str | None], _Tally]
        self._tallies = defaultdict(_Tally)
        """By kind and channel; None counts all channels."""

    def add(self, listener: Listener) -> None:
        """Add a listener, and show it the present state."""
        self.listeners.append(listener)
        listener.state = self._state(listener)
        listener.show(listener.state)

    def clear(self) -> None:
        """Forget all states: the device is away."""
        self._states.clear()
        self._tallies.clear()
        self._note_changes(frozenset(EventKind))
        self._show()

    def take(self, messages: Iterable[Notification]) -> None:
        """Take the messages of one answer.

        Many changes within one answer are shown as one, with its end.
        """
        for message in messages:
            self._note_changes(self._kinds_changed_by(message))
        self._show()

    def _kinds_changed_by(self, message: Notification) -> frozenset[EventKind]:
        if not topics.is_known(message.topic):
            if len(self.ignored) < _MAX_IGNORED:
                self.ignored.add(message.topic)
            return frozenset()
        channel = self._channel(message.source)
        named = (f"{name}={value}" for name, value in message.source.items())
        detail = (message.topic, *named)
        if message.is_deleted:
            gone = [each for each in self._states if each.detail == detail]
            for origin in gone:
                self._note(origin, None)
            return frozenset(origin.kind for origin in gone)
        kinds = set()
        for kind, item, is_on in topics.readings(message.topic, message.data):
            origin = _Origin(kind, channel, detail, item)
            if origin in self._states or len(self._states) < _MAX_STATES:
                self._note(origin, is_on)
            kinds.add(kind)
        return frozenset(kinds)

    def _channel(self, source: dict[str, str]) -> str:
        names = (name for name in _SOURCE_NAMES if name in source)
        token = source.get(next(names, ""), "")
        return self.channels.get(token, token)

    def _note(self, origin: _Origin, is_on: bool | None) -> None:
        """Keep the state of a detector; None if there is no such detector any more."""
        before = self._states.pop(origin, None)
        if is_on is not None:
            self._states[origin] = is_on
        for channel in (origin.channel, None):
            tally = self._tallies[origin.kind, channel]
            tally.known += (is_on is not None) - (before is not None)
            tally.active += (is_on is True) - (before is True)
            if not tally.known:
                del self._tallies[origin.kind, channel]

    def _state(self, listener: Listener) -> bool | None:
        """Return whether any detector reports it; None if none has reported yet."""
        tally = self._tallies.get((listener.kind, listener.channel))
        return None if tally is None else tally.active > 0

    def _note_changes(self, kinds: frozenset[EventKind]) -> None:
        for listener in self.listeners:
            if listener.kind in kinds and self._state(listener) is not listener.state:
                listener.state = self._state(listener)
                listener.changes.append(listener.state)

    def _show(self) -> None:
        for listener in tuple(self.listeners):
            changes, listener.changes = listener.changes, []
            for state in changes[-_SHOWN_PER_ANSWER:]:
                listener.show(state)
