"""The base class of entities that write their state only when it has changed."""

from homeassistant.core import callback
from homeassistant.helpers.entity import Entity


class ChangingEntity(Entity):
    """An entity that writes changes only: each write wakes all listeners."""

    _written: tuple[bool, object] | None = None

    def _shown(self) -> object:
        """Return the value that determines the entity's state."""
        return None

    @callback
    def _write_change(self) -> None:
        """Write the state if it has changed."""
        now = (self.available, self._shown())
        if now != self._written:
            self._written = now
            self.async_write_ha_state()
