"""A WebRTC provider for tests, which reads a camera as go2rtc does."""

from contextlib import AsyncExitStack
from typing import Any, Final, override

import aiohttp
from homeassistant.components.camera import Camera
from homeassistant.components.camera.webrtc import (
    CameraWebRTCProvider,
    WebRTCAnswer,
    WebRTCSendMessage,
)
from homeassistant.core import HomeAssistant, callback

from tests.streaming.endless_files import PACKET, TsFile

_SYNC: Final = b"\x47"
_PROBED_PACKETS: Final = 2000
"""At most, until some media of each codec have come."""
_PROGRAM_MAP: Final = 0x1000
_CODECS: Final = {0x1B: "H264", 0x24: "H265", 0x0F: "AAC"}
"""By stream type (ISO/IEC 13818-1, table 2-34)."""


class Go2rtc(CameraWebRTCProvider):
    """A WebRTC provider that takes every address.

    Its source `http:` knows formats by their first bytes, MPEG-TS among them, but no fragmented
    MP4. Its answers name the codecs, in place of a session description.
    """

    domain = "go2rtc"

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._sessions: dict[str, AsyncExitStack] = {}
        self.addresses: list[str] = []

    @override
    def async_is_supported(self, stream_source: str) -> bool:
        self.addresses.append(stream_source)
        return True

    @override
    async def async_handle_async_webrtc_offer(
        self,
        camera: Camera,
        offer_sdp: str,
        session_id: str,
        send_message: WebRTCSendMessage,
    ) -> None:
        source = await camera.stream_source()
        assert source is not None
        session = self._sessions[session_id] = AsyncExitStack()
        client = await session.enter_async_context(
            aiohttp.ClientSession(headers={"User-Agent": "Go-http-client/1.1"})
        )
        response = await session.enter_async_context(client.get(source))
        assert response.status == 200
        send_message(WebRTCAnswer(await _codecs(response.content)))

    @override
    async def async_on_webrtc_candidate(self, *args: Any) -> None:
        raise NotImplementedError

    @callback
    @override
    def async_close_session(self, session_id: str) -> None:
        session = self._sessions.pop(session_id)
        _ = self._hass.async_create_task(session.aclose())


async def _codecs(content: aiohttp.StreamReader) -> str:
    """Return the codecs of a program as soon as some media of each have come."""
    data = b""
    for _ in range(_PROBED_PACKETS):
        data += await content.readexactly(PACKET)
        assert data[:1] == _SYNC, "an unsupported header"
        file = TsFile.read(data)
        codecs = _program(file)
        if codecs and {each.pid for each in file.pes} == set(codecs):
            return " ".join(codecs.values())
    raise AssertionError("no media of some codec")


def _program(file: TsFile) -> dict[int, str]:
    """Return the codec of each stream in the program map."""
    if _PROGRAM_MAP not in file.sections:
        return {}
    streams = file.sections[_PROGRAM_MAP][0][12:-4]
    return {
        int.from_bytes(streams[at + 1 : at + 3]) & 0x1FFF: _CODECS[streams[at]]
        for at in range(0, len(streams), 5)
    }
