"""Requests and hosts for tests."""

from typing import Protocol

import aiohttp
from yarl import URL

from custom_components.hls_camera.converters.converter import (
    Converter,
    ConverterSettings,
    HostedConversion,
)
from custom_components.hls_camera.converters.go2rtc import Address
from custom_components.hls_camera.converters.request import source_of
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import (
    AudioInfo,
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.elsewhere import (
    ConversionRequest,
    ConvertedInput,
)
from custom_components.hls_camera.streaming.transcode.options import ConversionOptions
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from tests import tools

OWNER = "0123abcd"
INFO = SourceInfo(
    video=VideoInfo(
        codec="hevc", width=160, height=90, frame_rate=15.0, keyframe_interval=1.0
    ),
    audio=AudioInfo(codec="pcm_alaw", sample_rate=8000),
    container="rtsp",
)


class Server(Protocol):
    """A go2rtc, or its stand-in."""

    @property
    def url(self) -> str:
        """The address of the API."""

    @property
    def username(self) -> str:
        """The login of API and RTSP server; empty without one."""

    @property
    def password(self) -> str:
        """The password of the login."""


def request(
    address: str,
    info: SourceInfo = INFO,
    options: ConversionOptions | None = None,
    *,
    audio: bool = True,
    needs_this_machine: bool = False,
) -> ConversionRequest:
    """Return a request for the picture of an address."""
    return ConversionRequest(
        input=AddressInput.parse(address),
        info=info,
        plan=make_plan(info, audio=audio),
        options=options or ConversionOptions(),
        needs_this_machine=needs_this_machine,
    )


def converter(
    host: Server,
    session: aiohttp.ClientSession,
    *,
    name: str = "Shed",
    most: int = 4,
    use_hardware: bool = False,
    owner: str = OWNER,
) -> Converter:
    """Return the converter of a host, with the right login."""
    settings = ConverterSettings(
        key=name.lower(),
        name=name,
        address=Address(
            url=URL(host.url), username=host.username, password=host.password
        ),
        max_conversions=most,
        use_hardware=use_hardware,
    )
    return Converter(settings, session, ffmpeg=str(tools.ffmpeg()), owner=owner)


async def begin(
    host: Converter, wanted: ConversionRequest
) -> tuple[HostedConversion, ConvertedInput]:
    """Start a conversion that the host can do."""
    source = source_of(wanted)
    assert source is not None
    return await host.begin(source, wanted)
