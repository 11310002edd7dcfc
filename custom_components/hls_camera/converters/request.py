"""A conversion as go2rtc's source: which ones it can do, and how it is asked for them."""

import ipaddress
import re
import socket
from typing import Final

from ..streaming.sources.address_input import AddressInput
from ..streaming.sources.source import Source, Transport
from ..streaming.transcode.elsewhere import ConversionRequest
from ..streaming.transcode.plan import Action, PlanReason

_FRAMES_PER_KEYFRAME: Final = 50
"""go2rtc encodes a keyframe this often."""
_MAX_KEYFRAME_INTERVAL_S: Final = 4.0
"""Longer ones make viewers wait."""
_FRAME_RATE: Final = 25.0
"""If the camera's is unknown."""
_PLAIN_URL: Final = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
"""The characters of a URL (RFC 3986). go2rtc splits its source at other ones, and
replaces some words in braces."""


def keyframe_interval(request: ConversionRequest) -> float:
    """Return the seconds between the keyframes of a converted picture."""
    return _FRAMES_PER_KEYFRAME / (request.info.video.frame_rate or _FRAME_RATE)


def source_of(request: ConversionRequest) -> Source | None:
    """Return the address that go2rtc can convert; None where only we can.

    go2rtc's FFmpeg speaks plain RTSP and takes no options of the owner, deinterlaces
    nothing, and does not limit the frame rate.
    """
    source, info = request.input, request.info
    if not isinstance(source, AddressInput) or not source.is_rtsp:
        return None
    can_convert = (
        _PLAIN_URL.fullmatch(source.source.url) is not None
        and not info.needs_gateway
        and not request.needs_this_machine
        and request.plan.video.reason is not PlanReason.INTERLACED
        and not info.video.is_interlaced
        and request.plan.audio.track == 0
        and request.options.max_frame_rate is None
        and keyframe_interval(request) <= _MAX_KEYFRAME_INTERVAL_S
    )
    return source.source if can_convert else None


def is_within_reach(source: Source, host: str) -> bool:
    """Whether a host can reach the address: some mean another machine there."""
    address = source.tcp_address
    return address is None or not _is_local(address[0]) or _is_local(host)


def go2rtc_source(
    source: Source, request: ConversionRequest, *, use_hardware: bool
) -> str:
    """Return the text of go2rtc's source, with the camera's credentials. Never log it."""
    parts = [f"ffmpeg:{source.url_with_credentials()}", "video=h264"]
    if request.plan.audio.action is Action.COPY:
        parts.append("audio=copy")
    elif request.plan.audio.action is Action.ENCODE:
        parts.append("audio=aac/16000")
    if size := _size(request):
        parts += [f"width={size[0]}", f"height={size[1]}"]
    if request.options.bitrate is not None:
        parts.append(f"bitrate={request.options.bitrate}")
    if source.transport is Transport.UDP:
        parts.append("input=rtsp/udp")
    if use_hardware:
        parts.append("hardware")
    return "#".join(parts)


def _size(request: ConversionRequest) -> tuple[int, int] | None:
    """Return the size to scale to: both even, as H.264 needs it; go2rtc rounds nothing."""
    video, most = request.info.video, request.options.max_height
    if most is None or video.height <= most or video.width <= 0:
        return None
    height = max(most // 2, 1) * 2
    return max(round(video.width * height / video.height / 2), 1) * 2, height


def _is_local(host: str) -> bool:
    """Whether a name or an IP address has a meaning on this machine only."""
    address = _ip_address(host)
    if address is None:
        name = host.lower().removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")
    # A scope names a network interface of this machine.
    has_scope = getattr(address, "scope_id", None) is not None
    return address.is_loopback or address.is_unspecified or has_scope


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an IP address, also one in a short form such as 127.1; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError, UnicodeError:
        return None
