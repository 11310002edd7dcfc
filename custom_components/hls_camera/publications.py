"""The publications of one camera, as the subentries of its entry describe them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
    ConfigSubentry,
)
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .bus_event import async_fire_publication_event
from .publication_issue import PublicationIssue
from .publish_settings import (
    PUBLICATION,
    destination_key,
    is_of_sub_stream,
    open_publisher,
)
from .publishing.errors import PublishError
from .publishing.outages import OutageEvent, OutageEventType, Outages
from .publishing.publication import Publication
from .publishing.publisher import Publisher
from .streaming.callbacks import Listeners
from .streaming.camera.camera import Camera
from .streaming.camera.state import StreamState

_REMOVE_TIMEOUT_S: Final = 20.0


def publication_entries(entry: ConfigEntry[Any]) -> dict[str, ConfigSubentry]:
    """Return the subentries of an entry that are publications, by their ids."""
    return {
        each.subentry_id: each
        for each in entry.subentries.values()
        if each.subentry_type == PUBLICATION
    }


async def async_remove_published(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """Remove what was published of a camera that is removed."""
    await asyncio.gather(
        *(
            _withdraw(open_publisher(hass, each.data))
            for each in publication_entries(entry).values()
        )
    )


class CameraPublications:
    """Publishes a camera while it is switched on; follows the changes of its subentries."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], camera: Camera
    ) -> None:
        """Nothing is published before `async_align()`."""
        self._hass = hass
        self._entry = entry
        self._camera = camera
        self._open: dict[str, _OpenPublication] = {}
        self._listeners = Listeners[()]()
        self._added_listeners = Listeners[ConfigSubentry]()
        self._is_closed = False
        self._is_aligned = True
        self._aligning: asyncio.Task[None] | None = None
        self._unsubscribe = (
            camera.add_listener(self.async_align),
            async_dispatcher_connect(
                hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._async_entry_changed
            ),
            hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, self._async_stop),
        )

    def find(self, subentry_id: str) -> Publication | None:
        """Return the publication of a subentry."""
        found = self._open.get(subentry_id)
        return found.publication if found else None

    @property
    def all(self) -> list[tuple[ConfigSubentry, Publication]]:
        """Each publication with its subentry."""
        return [(each.subentry, each.publication) for each in self._open.values()]

    def add_listener(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each change of a publication; return a function that ends it."""
        return self._listeners.add(listener)

    @callback
    def async_follow(
        self, added: Callable[[ConfigSubentry], None]
    ) -> Callable[[], None]:
        """Call `added` for each publication, and each later one, until it is ended."""
        for each in self._open.values():
            added(each.subentry)
        return self._added_listeners.add(added)

    async def async_close(self) -> None:
        """Stop all publications; players learn that nothing more follows."""
        if self._is_closed:
            return
        self._is_closed = True
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        if self._aligning is not None:
            await asyncio.wait({self._aligning})
        await asyncio.gather(*(each.close() for each in self._open.values()))
        self._open.clear()

    async def _async_stop(self, _event: Event) -> None:
        await self.async_close()

    @callback
    def _async_entry_changed(
        self, change: ConfigEntryChange, entry: ConfigEntry[Any]
    ) -> None:
        if entry is self._entry and change is ConfigEntryChange.UPDATED:
            self.async_align()

    @callback
    def async_align(self) -> None:
        """Begin to publish what the entry says, and no more than that."""
        self._is_aligned = False
        if self._is_closed or (self._aligning and not self._aligning.done()):
            return
        self._aligning = self._hass.async_create_background_task(
            self._async_align(), f"{self._entry.title} publications"
        )

    async def _async_align(self) -> None:
        """Change one publication after the other until all are as they should be."""
        while not (self._is_aligned or self._is_closed):
            self._is_aligned = True
            wanted = publication_entries(self._entry)
            for subentry_id, each in list(self._open.items()):
                now = wanted.get(subentry_id)
                if now is None or now.data != each.data:
                    del self._open[subentry_id]
                    await each.end(now)
            for subentry_id, subentry in wanted.items():
                if subentry_id not in self._open:
                    self._async_open(subentry)
            is_on = self._camera.main.state is not StreamState.STOPPED
            await asyncio.gather(*(each.turn(is_on) for each in self._open.values()))

    @callback
    def _async_open(self, subentry: ConfigSubentry) -> None:
        publisher = open_publisher(self._hass, subentry.data)
        sub = self._camera.sub if is_of_sub_stream(subentry.data) else None
        publication = Publication(sub or self._camera.main, publisher)
        _ = publication.add_listener(self._listeners.notify)
        issue = PublicationIssue(self._hass, self._entry, subentry, publication)

        @callback
        def report(event: OutageEvent) -> None:
            issue.async_report(event)
            if event.type is not OutageEventType.ENDED:
                async_fire_publication_event(self._hass, self._entry, subentry, event)

        self._open[subentry.subentry_id] = _OpenPublication(
            subentry=subentry,
            data=subentry.data,
            publication=publication,
            publisher=publisher,
            issue=issue,
            outages=Outages(publication, report),
        )
        self._added_listeners.notify(subentry)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenPublication:
    """One publication, as a subentry described it when it was opened."""

    subentry: ConfigSubentry
    """Home Assistant changes it in place."""
    data: Mapping[str, Any]
    """What it said then."""
    publication: Publication
    publisher: Publisher
    issue: PublicationIssue
    outages: Outages

    async def turn(self, is_on: bool) -> None:
        """Start or stop."""
        if is_on:
            self.publication.start()
        else:
            await self.publication.stop()

    async def close(self) -> None:
        """Stop for good; what was published stays, and players learn that it has ended."""
        await self.publication.close()
        self.outages.close()
        self.issue.async_close()

    async def end(self, successor: ConfigSubentry | None) -> None:
        """Stop for good; without a successor at the same place, remove what was published."""
        key = destination_key(self.data)
        if successor is None or destination_key(successor.data) != key:
            await self.publication.stop()
            await _withdraw(self.publisher)
        await self.close()


async def _withdraw(publisher: Publisher) -> None:
    """Remove what was published, as far as the destination lets us; then close."""
    with suppress(PublishError, TimeoutError):
        async with asyncio.timeout(_REMOVE_TIMEOUT_S):
            await publisher.remove()
    await publisher.close()
