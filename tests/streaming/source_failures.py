"""Sources that cannot be read, as the probe reports them."""

import pytest

from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source import Source


async def failure(
    ffmpeg: str,
    source: Source | str,
    *,
    timeout: float = 8,
    allowed_hosts: frozenset[str] = frozenset(),
) -> SourceError:
    """Return the error of a probe that must fail; `timeout` is in seconds."""
    source = Source.parse(source) if isinstance(source, str) else source
    with pytest.raises(SourceError) as caught:
        await probe(
            *(ffmpeg, AddressInput(source)),
            timeout=timeout,
            allowed_hosts=allowed_hosts,
        )
    return caught.value
