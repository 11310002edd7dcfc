"""Addresses for other programs, as tests make and read them."""

import asyncio
from asyncio.subprocess import PIPE
from typing import Any

from homeassistant.core import Context, HomeAssistant

from custom_components.hls_camera.addresses import ADDRESSES, Address
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.streaming.camera.camera import Quality
from custom_components.hls_camera.web.address_urls import (
    AddressFormat,
    Resource,
    address_path,
)
from tests import tools

from . import CAMERA


async def named(hass: HomeAssistant, entry_id: str, name: str = "TV") -> Address:
    """Add a named address to a camera."""
    return await hass.data[ADDRESSES].async_add(entry_id, name)


def path_of(token: str, wanted: AddressFormat, quality: Quality | None = None) -> str:
    """Return the path of an address."""
    return address_path(token, Resource(wanted, quality))


async def get_url(
    hass: HomeAssistant,
    entity_id: str = CAMERA,
    user_id: str | None = None,
    **fields: Any,
) -> Any:
    """Call the action, as an automation or as a user."""
    return await hass.services.async_call(
        DOMAIN,
        "get_url",
        {"entity_id": entity_id, **fields},
        blocking=True,
        context=Context(user_id=user_id),
        return_response=True,
    )


async def decoded_pictures(url: str, count: int = 10) -> int:
    """Return the number of pictures that FFmpeg decodes, without an error."""
    process = await asyncio.create_subprocess_exec(
        *(tools.ffmpeg(), "-v", "error", "-i", url, "-map", "0:v"),
        *("-frames:v", str(count), "-f", "framemd5", "-"),
        stdout=PIPE,
        stderr=PIPE,
    )
    output, complaints = await process.communicate()
    assert complaints == b"", complaints
    lines = output.splitlines()
    return sum(not line.startswith(b"#") for line in lines)
