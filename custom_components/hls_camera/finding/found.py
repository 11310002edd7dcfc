"""A found camera: its device, its channels and their streams."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, Self
from uuid import UUID

from homeassistant.helpers.device_registry import format_mac
from yarl import URL

_MARKUP: Final = str.maketrans("<>[]`", "()()'")


def mac_of(text: str) -> str:
    """Return a MAC address in Home Assistant's form, empty if it is none."""
    mac = format_mac(text)
    digits = mac.replace(":", "")
    is_mac = len(digits) == 12 and all(char in "0123456789abcdef" for char in digits)
    return mac if is_mac and digits.strip("0f") else ""


def display_text(text: str, limit: int) -> str:
    """Return a device's text for people: in one line, and without markup.

    Home Assistant shows names in texts with Markdown, where a device could place links,
    and pictures that browsers would load from elsewhere.
    """
    printable = "".join(filter(str.isprintable, " ".join(text.split())))
    return printable.translate(_MARKUP)[:limit].strip()


def mac_in_uuid(name: str) -> str:
    """Return the MAC address in a UUID of version 1, empty if there is none."""
    found = re.fullmatch(r"(?:urn:)?uuid:([0-9a-f-]{36})", name.lower())
    try:
        uuid = UUID(found[1]) if found else None
    except ValueError:
        return ""
    if uuid is None or uuid.version != 1:
        return ""
    # A random number instead of a MAC address has the bit of multicast addresses.
    return "" if uuid.node >> 40 & 1 else mac_of(f"{uuid.node:012x}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A camera's or recorder's description of itself; unknown values are empty."""

    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial_number: str = ""
    mac: str = ""
    configuration_url: str = ""

    @property
    def name(self) -> str:
        """Maker and model in one text, without repetition."""
        if self.model.lower().startswith(self.manufacturer.lower()):
            return self.model
        return f"{self.manufacturer} {self.model}".strip()

    def moved(self, before: str, now: str) -> Self:
        """Return the device at another host, if its page is at the one before."""
        try:
            page = URL(self.configuration_url)
        except ValueError:
            return self
        if page.host != before:
            return self
        return replace(self, configuration_url=str(page.with_host(now)))

    @property
    def identity(self) -> str:
        """The MAC address or serial number; empty if neither is known."""
        return self.mac or self.serial_number

    def as_dict(self) -> dict[str, str]:
        """Return the known values, for JSON."""
        return {key: value for key, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Return a device from `as_dict()`, without values that are damaged."""
        kept: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        names = (each.name for each in fields(cls))
        known = {name: kept[name] for name in names if isinstance(kept.get(name), str)}
        return cls(**known)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundStream:
    """One stream of a channel, as the camera describes it."""

    url: str
    """Without credentials."""
    codec: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    bitrate: int = 0
    """In kbit/s."""

    @property
    def pixels(self) -> int:
        """The number of pixels of the picture."""
        return self.width * self.height

    def __str__(self) -> str:
        """Return a text for people."""
        parts = [
            self.codec,
            f"{self.width}x{self.height}" if self.pixels else "",
            f"{self.frame_rate:g} fps" if self.frame_rate else "",
            f"{self.bitrate} kbit/s" if self.bitrate else "",
        ]
        return ", ".join(filter(None, parts)) or self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundChannel:
    """One picture of a camera or recorder, in one or more streams."""

    key: str
    """Its identity within the device."""
    name: str
    streams: tuple[FoundStream, ...]
    """The one with the highest resolution first."""

    @property
    def main(self) -> FoundStream:
        """The stream that becomes the main stream."""
        return self.streams[0]

    @property
    def sub(self) -> FoundStream | None:
        """The stream that becomes the sub-stream: the smallest one, if it is smaller."""
        last = self.streams[-1]
        is_smaller = last.pixels < self.main.pixels or not last.pixels
        return last if last is not self.main and is_smaller else None


@dataclass(frozen=True, slots=True)
class OnvifPort:
    """The port of a device at which it answers by ONVIF."""

    number: int
    has_tls: bool = False
    """Whether it answers by HTTPS only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A device and its channels."""

    device: Device
    channels: tuple[FoundChannel, ...]
    onvif: OnvifPort | None = None
    """None if the camera was found without ONVIF."""
