"""Describe a camera or recorder by ONVIF: its device, its channels and their streams."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from aiohttp import ClientSession
from yarl import URL

from ..streaming.errors import InvalidSourceError
from ..streaming.sources.source import Source
from .credentials import Credentials
from .errors import FindingError, FindingProblem
from .found import Device, FoundCamera, FoundChannel, FoundStream, OnvifPort, mac_of
from .onvif_client import HttpsOnlyError, OnvifClient, onvif_session
from .onvif_messages import (
    DEVICE_PATH,
    GET_CAPABILITIES,
    GET_INFORMATION,
    GET_INTERFACES,
    GET_SERVICES,
    MEDIA,
    MEDIA2,
    Profile,
    get_profiles,
    get_stream_uri,
    read_capabilities,
    read_hardware_address,
    read_information,
    read_profiles,
    read_services,
    read_stream_uri,
)
from .ports import open_ports
from .soap import SoapFaultError

PORTS: tuple[int, ...] = (80, 2020, 8000, 8080, 8899, 443)
"""Usual ones: 2020 is Tapo's, 8000 Reolink's, 8899 that of many makers without a name."""
_HTTPS_PORT: Final = 443
SEARCH_TIMEOUT_S: Final = 9.0
_MAX_CHANNELS: Final = 64
_SHOWN_IN_ORDER: Final = {"H.264": 0, "H.265": 1}
"""Of two streams with the same size, the one that needs no conversion comes first."""


async def find_by_onvif(
    host: str, ports: Iterable[int], credentials: Credentials
) -> FoundCamera:
    """Return the camera at a host, from the first port that speaks ONVIF.

    Raises:
        FindingError: there is none, or it cannot be used.

    """
    try:
        async with (
            asyncio.timeout(SEARCH_TIMEOUT_S),
            onvif_session() as session,
        ):
            client = await _connect(session, host, ports, credentials)
            return await _describe(client, client.origin)
    except TimeoutError as err:
        detail = "the answers take too long"
        raise FindingError(FindingProblem.BAD_ANSWER, detail) from err


async def _connect(
    session: ClientSession,
    host: str,
    ports: Iterable[int],
    credentials: Credentials,
) -> OnvifClient:
    """Return a client for the first port that speaks ONVIF.

    Raises:
        FindingError: none does.

    """
    greetings = []
    for port in await open_ports(host, ports):
        origin = URL.build(scheme="http", host=host, port=port)
        client = OnvifClient(session, origin, credentials)
        greetings.append(asyncio.create_task(_greet(client, port)))
    if not greetings:
        raise FindingError(FindingProblem.NO_ANSWER)
    errors: list[FindingError] = []
    try:
        for greeting in greetings:
            try:
                return await greeting
            except FindingError as err:
                errors.append(err)
    finally:
        for greeting in greetings:
            greeting.cancel()
        await asyncio.gather(*greetings, return_exceptions=True)
    # An account that is locked, or an answer that is refused, is a better reason than silence.
    raise min(errors, key=lambda each: each.problem is FindingProblem.ONVIF_OFF)


async def _greet(client: OnvifClient, port: int) -> OnvifClient:
    """Return the client, or one for HTTPS, once the device has answered.

    HTTPS is for its usual port, for devices that redirect to it, and for a port at which
    something else than HTTP answers. A device that is silent may serve one connection at a
    time, which another one would disturb.

    Raises:
        FindingError: the device does not answer as an ONVIF device.

    """
    if port == _HTTPS_PORT:
        client = client.with_tls(port)
        await client.read_clock()
        return client
    try:
        await client.read_clock()
    except HttpsOnlyError as err:
        client = client.with_tls(err.port)
    except FindingError as err:
        is_silent = isinstance(err.__cause__, TimeoutError)
        if is_silent or err.problem is not FindingProblem.ONVIF_OFF:
            raise
        client = client.with_tls(port)
    else:
        return client
    await client.read_clock()
    return client


async def _describe(client: OnvifClient, url: URL) -> FoundCamera:
    """Return the camera that a client speaks to.

    Raises:
        FindingError: it cannot be used.

    """
    device = await _device(client, url)
    services = await service_paths(client, MEDIA, MEDIA2)
    assert url.host is not None
    refusal: SoapFaultError | None = None
    # H.265 is described by the second service only.
    for service in (MEDIA2, MEDIA):
        if service not in services:
            continue
        path = services[service]
        try:
            body = await client.call(path, get_profiles(service))
            streams = [
                (profile, await _stream(client, path, service, profile, url.host))
                for profile in read_profiles(service, body)
            ]
        except SoapFaultError as err:
            refusal = err
            continue
        if channels := _channels(streams):
            assert url.port is not None
            onvif = OnvifPort(url.port, has_tls=url.scheme == "https")
            return FoundCamera(device=device, channels=channels, onvif=onvif)
    if refusal is not None:
        raise FindingError(FindingProblem.NO_STREAMS, refusal.text) from refusal
    raise FindingError(FindingProblem.NO_STREAMS)


async def _device(client: OnvifClient, url: URL) -> Device:
    known: dict[str, str] = {}
    with suppress(SoapFaultError):
        known = read_information(await client.call(DEVICE_PATH, GET_INFORMATION))
    with suppress(SoapFaultError):
        body = await client.call(DEVICE_PATH, GET_INTERFACES)
        known["mac"] = mac_of(read_hardware_address(body))
    return Device(configuration_url=str(url.with_path("/")), **known)


async def service_paths(client: OnvifClient, *wanted: str) -> dict[str, str]:
    """Return the paths of the device's services, by their namespaces.

    Older cameras list them in another way, which is tried if none of those that are
    wanted is there.
    """
    services: dict[str, str] = {}
    with suppress(SoapFaultError):
        services = read_services(await client.call(DEVICE_PATH, GET_SERVICES))
    if services.keys().isdisjoint(wanted):
        with suppress(SoapFaultError):
            body = await client.call(DEVICE_PATH, GET_CAPABILITIES)
            services |= read_capabilities(body)
    return services


async def _stream(
    client: OnvifClient, path: str, service: str, profile: Profile, host: str
) -> FoundStream | None:
    """Return a profile's stream at the host that we know; None if it has none."""
    try:
        body = await client.call(path, get_stream_uri(service, profile.token))
    except SoapFaultError:
        return None
    url = url_at_host(read_stream_uri(service, body), host)
    if url is None:
        return None
    return FoundStream(
        url=url,
        codec=profile.codec,
        width=profile.width,
        height=profile.height,
        frame_rate=profile.frame_rate,
        bitrate=profile.bitrate,
    )


def url_at_host(reported: str, host: str) -> str | None:
    """Return a reported stream address at the host that we know, without credentials.

    Cameras report hosts that they no longer have; None if it is no RTSP address.
    """
    try:
        parts = urlsplit(reported)
        port = parts.port
        if parts.scheme not in {"rtsp", "rtsps"}:
            return None
        bracketed = f"[{host}]" if ":" in host else host
        netloc = bracketed if port is None else f"{bracketed}:{port}"
        return Source.parse(parts._replace(netloc=netloc).geturl()).url
    except ValueError, InvalidSourceError:
        return None


def _channels(
    streams: Iterable[tuple[Profile, FoundStream | None]],
) -> tuple[FoundChannel, ...]:
    """Return the channels: the profiles of each video source, without duplicates."""
    by_source: dict[str, dict[str, FoundStream]] = {}
    names: dict[str, str] = {}
    for profile, stream in streams:
        if stream is not None:
            names.setdefault(profile.source, profile.name)
            by_source.setdefault(profile.source, {}).setdefault(stream.url, stream)
    return tuple(
        FoundChannel(
            key=source, name=names[source], streams=_best_first(found.values())
        )
        for source, found in list(by_source.items())[:_MAX_CHANNELS]
    )


def _best_first(streams: Iterable[FoundStream]) -> tuple[FoundStream, ...]:
    """Return the streams of a channel, without MJPEG unless there is nothing else."""
    every = list(streams)
    usual = [each for each in every if each.codec in _SHOWN_IN_ORDER] or every

    def rank(stream: FoundStream) -> tuple[int, int]:
        return -stream.pixels, _SHOWN_IN_ORDER.get(stream.codec, 2)

    return tuple(sorted(usual, key=rank))
