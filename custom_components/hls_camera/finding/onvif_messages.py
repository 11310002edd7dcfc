"""The requests of ONVIF that find streams, and their answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from .found import display_text

DEVICE_PATH: Final = "/onvif/device_service"
"""The one path that the standard prescribes."""

_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
EVENTS: Final = "http://www.onvif.org/ver10/events/wsdl"

_T: Final = f"{{{_SCHEMA}}}"
_D: Final = f"{{{_DEVICE}}}"
_MAX_TEXT: Final = 100
"""Characters of a device's text that are kept."""
_MAX_PROFILES: Final = 256
_MAX_YEAR: Final = 9000
"""Of a camera's clock: beyond the year 9999, there is no time to sign with."""
_CODECS: Final = {"H264": "H.264", "H265": "H.265", "JPEG": "MJPEG", "MPEG4": "MPEG-4"}


def request(namespace: str, name: str, content: str = "") -> str:
    """Return the body of a request."""
    return f"<{name} xmlns={quoteattr(namespace)}>{content}</{name}>"


GET_TIME: Final = request(_DEVICE, "GetSystemDateAndTime")
GET_SERVICES: Final = request(
    _DEVICE, "GetServices", "<IncludeCapability>false</IncludeCapability>"
)
GET_CAPABILITIES: Final = request(
    _DEVICE, "GetCapabilities", "<Category>All</Category>"
)
GET_INFORMATION: Final = request(_DEVICE, "GetDeviceInformation")
GET_INTERFACES: Final = request(_DEVICE, "GetNetworkInterfaces")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile with video."""

    token: str
    name: str
    source: str
    """The token of its video source: the channel."""
    source_configuration: str = ""
    """The token of that source's configuration, by which most events name the source."""
    codec: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    bitrate: int = 0


def get_profiles(service: str) -> str:
    """Return the request for all profiles of a media service."""
    wanted = "<Type>VideoSource</Type><Type>VideoEncoder</Type>"
    return request(service, "GetProfiles", wanted if service == MEDIA2 else "")


def get_stream_uri(service: str, token: str) -> str:
    """Return the request for the address of a profile's stream, by RTSP over TCP."""
    profile = f"<ProfileToken>{escape(token)}</ProfileToken>"
    if service == MEDIA2:
        return request(service, "GetStreamUri", f"<Protocol>RTSP</Protocol>{profile}")
    setup = (
        f"<StreamSetup><Stream xmlns={quoteattr(_SCHEMA)}>RTP-Unicast</Stream>"
        f"<Transport xmlns={quoteattr(_SCHEMA)}><Protocol>RTSP</Protocol></Transport>"
        "</StreamSetup>"
    )
    return request(service, "GetStreamUri", setup + profile)


def read_time(body: Element) -> datetime | None:
    """Return the camera's time; None without a possible one."""
    utc = body.find(f".//{_T}UTCDateTime")
    if utc is None:
        return None
    names = ("Date", "Year"), ("Date", "Month"), ("Date", "Day")
    times = ("Time", "Hour"), ("Time", "Minute"), ("Time", "Second")
    try:
        numbers = [
            int(utc.findtext(f"{_T}{group}/{_T}{name}", ""))
            for group, name in (*names, *times)
        ]
        year, month, day, hour, minute, second = numbers
        if year > _MAX_YEAR:
            return None
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError, OverflowError:
        return None


def read_services(body: Element) -> dict[str, str]:
    """Return the path of each service, by its namespace."""
    return {
        text_at(service, f"{_D}Namespace"): path_of(text_at(service, f"{_D}XAddr"))
        for service in body.iter(f"{_D}Service")
    }


def read_capabilities(body: Element) -> dict[str, str]:
    """Return the paths of the first media service and of events, by their namespaces.

    Older cameras know no more.
    """
    addresses = {
        service: body.findtext(f".//{_T}{name}/{_T}XAddr", "")
        for service, name in ((MEDIA, "Media"), (EVENTS, "Events"))
    }
    return {service: path_of(each) for service, each in addresses.items() if each}


def read_information(body: Element) -> dict[str, str]:
    """Return the device's description of itself, by the names of `Device`."""
    [answer] = body.findall(f"{_D}GetDeviceInformationResponse") or [body]
    return {
        name: display_text(text_at(answer, f"{_D}{element}"), _MAX_TEXT)
        for name, element in (
            ("manufacturer", "Manufacturer"),
            ("model", "Model"),
            ("firmware", "FirmwareVersion"),
            ("serial_number", "SerialNumber"),
        )
    }


def read_hardware_address(body: Element) -> str:
    """Return the MAC address of the first interface that is on; empty if there is none."""
    addresses = [
        text_at(interface, f"{_T}Info/{_T}HwAddress")
        for interface in body.iter(f"{_D}NetworkInterfaces")
        if text_at(interface, f"{_T}Enabled") != "false"
    ]
    return next(filter(None, addresses), "")


def read_profiles(service: str, body: Element) -> list[Profile]:
    """Return the profiles with video of a media service."""
    read = _read_profile2 if service == MEDIA2 else _read_profile
    profiles = (read(each) for each in _profiles(service, body))
    return [each for each in profiles if each is not None]


def _profiles(service: str, body: Element) -> Iterator[Element]:
    found = body.findall(f".//{{{service}}}Profiles")
    yield from found[:_MAX_PROFILES]


def _read_profile(profile: Element) -> Profile | None:
    return _profile(
        profile,
        name=text_at(profile, f"{_T}Name"),
        source=profile.find(f"{_T}VideoSourceConfiguration"),
        encoder=profile.find(f"{_T}VideoEncoderConfiguration"),
    )


def _read_profile2(profile: Element) -> Profile | None:
    m = f"{{{MEDIA2}}}"
    return _profile(
        profile,
        name=text_at(profile, f"{m}Name"),
        source=profile.find(f"{m}Configurations/{m}VideoSource"),
        encoder=profile.find(f"{m}Configurations/{m}VideoEncoder"),
    )


def _profile(
    profile: Element, *, name: str, source: Element | None, encoder: Element | None
) -> Profile | None:
    """Return a profile; None if it has no token or no video."""
    token = profile.get("token", "")
    if not token or encoder is None:
        return None
    encoding = text_at(encoder, f"{_T}Encoding")
    rate = f"{_T}RateControl/{_T}"
    return Profile(
        token=token,
        name=display_text(name, _MAX_TEXT),
        source=text_at(source, f"{_T}SourceToken") if source is not None else "",
        source_configuration=source.get("token", "") if source is not None else "",
        codec=_CODECS.get(encoding.upper(), encoding),
        width=int(_number(encoder, f"{_T}Resolution/{_T}Width")),
        height=int(_number(encoder, f"{_T}Resolution/{_T}Height")),
        frame_rate=_number(encoder, f"{rate}FrameRateLimit"),
        bitrate=int(_number(encoder, f"{rate}BitrateLimit")),
    )


def read_stream_uri(service: str, body: Element) -> str:
    """Return the address of a stream, empty if the answer has none."""
    if service == MEDIA2:
        return body.findtext(f".//{{{MEDIA2}}}Uri", "").strip()
    return body.findtext(f".//{_T}Uri", "").strip()


def text_at(element: Element, path: str) -> str:
    """Return a text of the device in one printable line."""
    text = element.findtext(path, "")
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:_MAX_TEXT]


def _number(element: Element, path: str) -> float:
    """Return a number between 0 and a million; 0 where there is none."""
    try:
        number = float(element.findtext(path, ""))
    except ValueError:
        return 0.0
    return number if 0 <= number < 1_000_000 else 0.0


def path_of(address: str) -> str:
    """Return the path and query of a service's address.

    The rest is left out: cameras report hosts that they no longer have.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    path = parts.path if parts.path.startswith("/") else f"/{parts.path}"
    return f"{path}?{parts.query}" if parts.query else path
