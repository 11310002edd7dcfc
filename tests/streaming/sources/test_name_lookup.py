"""Look-ups of host names."""

import asyncio
import socket
from typing import Never

import pytest

from custom_components.hls_camera.streaming.sources.name_lookup import addresses


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%eth0"])
async def test_an_address_is_not_looked_up(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    def fail(*_: object, **__: object) -> Never:
        raise AssertionError(address)

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert await addresses(address) == [address]


async def test_simultaneous_requests_share_a_look_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def look_up(host: object, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("10.0.0.1", 0)), (0, 0, 0, "", ("10.0.0.2", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    first, second = await asyncio.gather(addresses("camera"), addresses("camera"))
    assert first == second == ["10.0.0.1", "10.0.0.2"]
    assert asked == ["camera"]
