"""A home app on another device: it pairs with Home Assistant's HomeKit bridge, and plays a camera."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final, Self, override
from unittest.mock import MagicMock

from aiohomekit.characteristic_cache import CharacteristicCacheMemory
from aiohomekit.controller.ip.controller import IpController
from aiohomekit.controller.ip.discovery import IpDiscovery
from aiohomekit.controller.ip.pairing import IpPairing
from aiohomekit.model import Categories
from aiohomekit.model.characteristics import CharacteristicsTypes
from aiohomekit.model.characteristics.const import SessionControlCommandValues
from aiohomekit.model.feature_flags import FeatureFlags
from aiohomekit.model.status_flags import StatusFlags
from aiohomekit.protocol.tlv import TLV
from aiohomekit.zeroconf import HAP_TYPE_TCP, HomeKitService
from pylibsrtp import Policy, Session

from tests.camera.rtp import RtpPacket, TrackKind, aggregated, is_rtcp

_KEY: Final = bytes(range(16))
_SALT: Final = bytes(range(14))
_SESSION: Final = b"a home app's id."
_START_CODE: Final = b"\0\0\0\1"
_AGGREGATE: Final = 24
_FRAGMENT: Final = 28


class Screen(asyncio.DatagramProtocol):
    """Receives encrypted RTP with H.264, as a phone does."""

    def __init__(self) -> None:
        """Begin without a picture."""
        self._session = Session(
            Policy(key=_KEY + _SALT, ssrc_type=Policy.SSRC_ANY_INBOUND)
        )
        self._fragments = bytearray()
        self.units: list[bytes] = []
        """NAL units."""
        self.pictures = 0
        """Complete access units."""

    @override
    def datagram_received(self, data: bytes, addr: object) -> None:
        if is_rtcp(data):
            return
        packet = RtpPacket.parse(TrackKind.VIDEO, self._session.unprotect(data))
        self.units.extend(self._units(packet.payload))
        self.pictures += packet.marker

    def annex_b(self) -> bytes:
        """Return what arrived, in the form that decoders read."""
        return b"".join(_START_CODE + unit for unit in self.units)

    def slices(self) -> list[bytes]:
        """Return the coded pictures without parameter sets."""
        return [unit for unit in self.units if unit[0] & 0x1F in {1, 5}]

    def _units(self, payload: bytes) -> Iterator[bytes]:
        """Yield the NAL units that end in a payload (RFC 6184)."""
        kind = payload[0] & 0x1F
        if kind == _AGGREGATE:
            yield from aggregated(payload, 1)
        elif kind == _FRAGMENT:
            if payload[1] & 0x80:
                self._fragments[:] = bytes([payload[0] & 0xE0 | payload[1] & 0x1F])
            self._fragments += payload[2:]
            if payload[1] & 0x40:
                yield bytes(self._fragments)
        else:
            yield payload


class HomeApp:
    """A paired controller of one accessory: a camera."""

    def __init__(self, pairing: IpPairing) -> None:
        """Control the accessory of a pairing."""
        self._pairing = pairing
        self._setup = (0, 0)
        self._selection = (0, 0)

    @classmethod
    @asynccontextmanager
    async def paired(cls, port: int, pin: str) -> AsyncIterator[Self]:
        """Pair with the code that Home Assistant displays; zeroconf has no part in it."""
        service = HomeKitService(
            name="Home",
            id="00:00:00:00:00:00",
            model="",
            feature_flags=FeatureFlags(0),
            status_flags=StatusFlags.UNPAIRED,
            config_num=1,
            state_num=1,
            category=Categories.IP_CAMERA,
            protocol_version="1.1",
            type=HAP_TYPE_TCP,
            address="127.0.0.1",
            addresses=["127.0.0.1"],
            port=port,
        )
        controller = IpController(CharacteristicCacheMemory(), MagicMock())
        discovery = IpDiscovery(controller, service)
        finish = await discovery.async_start_pairing("camera")
        pairing = await finish(pin)
        assert isinstance(pairing, IpPairing)
        try:
            app = cls(pairing)
            await app._find_camera()
            yield app
        finally:
            await pairing.close()

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[Screen]:
        """Open the camera's picture, and close it in the end."""
        loop = asyncio.get_running_loop()
        transport, screen = await loop.create_datagram_endpoint(
            Screen, local_addr=("127.0.0.1", 0)
        )
        try:
            port = transport.get_extra_info("sockname")[1]
            await self._write(self._setup, _endpoints(port))
            await self._select(SessionControlCommandValues.START_SESSION)
            yield screen
            await self._select(SessionControlCommandValues.END_SESSION)
        finally:
            transport.close()

    async def _find_camera(self) -> None:
        await self._pairing.list_accessories_and_characteristics()
        accessories = self._pairing.accessories
        assert accessories is not None
        for accessory in accessories:
            for service in accessory.services:
                if service.has(CharacteristicsTypes.SETUP_ENDPOINTS):
                    setup = service[CharacteristicsTypes.SETUP_ENDPOINTS]
                    selection = service[
                        CharacteristicsTypes.SELECTED_RTP_STREAM_CONFIGURATION
                    ]
                    self._setup = (accessory.aid, setup.iid)
                    self._selection = (accessory.aid, selection.iid)
                    return

    async def _select(self, command: SessionControlCommandValues) -> None:
        await self._write(self._selection, _selection(command))

    async def _write(self, characteristic: tuple[int, int], value: bytes) -> None:
        text = base64.b64encode(value).decode()
        failures = await self._pairing.put_characteristics([(*characteristic, text)])
        assert not failures


def _tlv(*values: tuple[int, bytes]) -> bytes:
    return bytes(TLV.encode_list(list(values)))


def _endpoints(port: int) -> bytes:
    """Return where the picture and the sound go, and their keys."""
    ports = struct.pack("<H", port)
    address = _tlv((1, b"\0"), (2, b"127.0.0.1"), (3, ports), (4, ports))
    cipher = _tlv((1, b"\0"), (2, _KEY), (3, _SALT))
    return _tlv((1, _SESSION), (3, address), (4, cipher), (5, cipher))


def _selection(command: SessionControlCommandValues) -> bytes:
    """Return a command, with the format that the app plays: 320x180 of H.264 High, and Opus."""
    rtp = struct.pack("<I", 1), struct.pack("<H", 299), struct.pack("<f", 0.5)
    video_rtp = _tlv((1, bytes([99])), (2, rtp[0]), (3, rtp[1]), (4, rtp[2]))
    size = _tlv(
        (1, struct.pack("<H", 320)), (2, struct.pack("<H", 180)), (3, bytes([15]))
    )
    profile = _tlv((1, b"\2"), (2, b"\0"), (3, b"\0"))
    video = _tlv((1, b"\0"), (2, profile), (3, size), (4, video_rtp))
    audio_rtp = _tlv(
        (1, bytes([110])), (2, rtp[0]), (3, rtp[1]), (4, rtp[2]), (6, bytes([13]))
    )
    opus = _tlv((1, b"\1"), (2, b"\0"), (3, b"\1"), (4, bytes([20])))
    audio = _tlv((1, b"\3"), (2, opus), (3, audio_rtp), (4, b"\0"))
    session = _tlv((1, _SESSION), (2, bytes([command])))
    return _tlv((1, session), (2, video), (3, audio))
