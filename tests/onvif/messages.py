"""The answers of an ONVIF device, as cameras write them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "tns1": "http://www.onvif.org/ver10/topics",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """One profile of a channel, and the address of its stream."""

    url: str
    codec: str = "H264"
    size: tuple[int, int] = (320, 180)
    fps: int = 15
    bitrate: int = 512
    is_video: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One video source with its qualities, the best first."""

    source: str = "VideoSource_1"
    name: str = "Front door"
    qualities: tuple[Quality, ...]

    has_configuration: bool = True
    """Whether the video source's configuration has a token."""

    @property
    def configuration(self) -> str:
        """The token of the video source's configuration."""
        return f"{self.source} configuration" if self.has_configuration else ""

    def tokens(self) -> Iterable[tuple[str, Quality]]:
        """Return the profiles' tokens with their qualities."""
        return [
            (f"{self.source}&{number}", quality)
            for number, quality in enumerate(self.qualities)
        ]


def envelope(body: str, namespaces: Mapping[str, str] = NAMESPACES) -> str:
    declared = " ".join(
        f"xmlns:{name}={quoteattr(uri)}" for name, uri in namespaces.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<s:Envelope {declared}><s:Body>{body}</s:Body></s:Envelope>"
    )


def fault(subcode: str, reason: str) -> str:
    return envelope(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f"<s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>'
    )


def time_answer(now: datetime) -> str:
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
        "<tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
        f"<tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
        f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def services_answer(addresses: Mapping[str, str]) -> str:
    services = "".join(
        f"<tds:Service><tds:Namespace>{NAMESPACES[name]}</tds:Namespace>"
        f"<tds:XAddr>{escape(address)}</tds:XAddr></tds:Service>"
        for name, address in addresses.items()
    )
    return f"<tds:GetServicesResponse>{services}</tds:GetServicesResponse>"


def capabilities_answer(media: str, events: str | None = None) -> str:
    services = "".join(
        f"<tt:{name}><tt:XAddr>{escape(address)}</tt:XAddr></tt:{name}>"
        for name, address in (("Events", events), ("Media", media))
        if address
    )
    return (
        f"<tds:GetCapabilitiesResponse><tds:Capabilities>{services}"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )


def information_answer(manufacturer: str, model: str) -> str:
    return (
        "<tds:GetDeviceInformationResponse>"
        f"<tds:Manufacturer>{manufacturer}</tds:Manufacturer>"
        f"<tds:Model>{model}</tds:Model><tds:FirmwareVersion>V5.7.3</tds:FirmwareVersion>"
        "<tds:SerialNumber>C12345678</tds:SerialNumber><tds:HardwareId>1</tds:HardwareId>"
        "</tds:GetDeviceInformationResponse>"
    )


def interfaces_answer(mac: str) -> str:
    return (
        '<tds:GetNetworkInterfacesResponse><tds:NetworkInterfaces token="eth0">'
        "<tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name>"
        f"<tt:HwAddress>{mac}</tt:HwAddress></tt:Info></tds:NetworkInterfaces>"
        "</tds:GetNetworkInterfacesResponse>"
    )


def profiles_answer(service: str, channels: Iterable[Channel]) -> str:
    """Return all profiles; Media1 leaves out those with H.265, which it does not know."""
    write = _profile2 if service == "tr2" else _profile1
    profiles = "".join(
        write(token, channel, quality)
        for channel in channels
        for token, quality in channel.tokens()
        if service == "tr2" or quality.codec != "H265"
    )
    return f"<{service}:GetProfilesResponse>{profiles}</{service}:GetProfilesResponse>"


def _profile1(token: str, channel: Channel, quality: Quality) -> str:
    encoder = (
        '<tt:VideoEncoderConfiguration token="encoder">' + _encoder(quality)
    ) + "</tt:VideoEncoderConfiguration>"
    return (
        f'<trt:Profiles token={quoteattr(token)} fixed="true">'
        f"<tt:Name>{channel.name}</tt:Name>"
        f"<tt:VideoSourceConfiguration token={quoteattr(channel.configuration)}>"
        "<tt:Name>source</tt:Name>"
        f"<tt:SourceToken>{channel.source}</tt:SourceToken></tt:VideoSourceConfiguration>"
        f"{encoder if quality.is_video else ''}</trt:Profiles>"
    )


def _profile2(token: str, channel: Channel, quality: Quality) -> str:
    encoder = (
        '<tr2:VideoEncoder token="encoder" GovLength="30">' + _encoder(quality)
    ) + "</tr2:VideoEncoder>"
    return (
        f'<tr2:Profiles token={quoteattr(token)} fixed="true">'
        f"<tr2:Name>{channel.name}</tr2:Name><tr2:Configurations>"
        f"<tr2:VideoSource token={quoteattr(channel.configuration)}>"
        "<tt:Name>source</tt:Name>"
        f"<tt:SourceToken>{channel.source}</tt:SourceToken></tr2:VideoSource>"
        f"{encoder if quality.is_video else ''}</tr2:Configurations></tr2:Profiles>"
    )


def _encoder(quality: Quality) -> str:
    width, height = quality.size
    return (
        f"<tt:Name>encoder</tt:Name><tt:Encoding>{quality.codec}</tt:Encoding>"
        f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height>"
        "</tt:Resolution><tt:RateControl>"
        f"<tt:FrameRateLimit>{quality.fps}</tt:FrameRateLimit>"
        f"<tt:BitrateLimit>{quality.bitrate}</tt:BitrateLimit></tt:RateControl>"
    )


def uri_answer(service: str, url: str) -> str:
    uri = f"<tr2:Uri>{escape(url)}</tr2:Uri>"
    if service == "trt":
        uri = (
            f"<trt:MediaUri><tt:Uri>{escape(url)}</tt:Uri><tt:Timeout>PT0S</tt:Timeout>"
            "</trt:MediaUri>"
        )
    return f"<{service}:GetStreamUriResponse>{uri}</{service}:GetStreamUriResponse>"
