"""Variants of the multivariant playlist for streams that do not run."""

import pytest

from custom_components.hls_camera.streaming.camera import variant_memory as module
from custom_components.hls_camera.streaming.camera.camera import open_camera
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MULTIVARIANT_PLAYLIST,
)
from tests.streams import machine, stream_spec

from ..windows import add_segments, begin
from .scenes import LOGGER, NOWHERE, two_streams


@pytest.mark.parametrize("streams", [1, 2])
async def test_only_a_camera_with_two_streams_remembers_them(streams: int) -> None:
    spec = stream_spec(NOWHERE, logger=LOGGER)
    camera = open_camera([spec] * streams, machine("ffmpeg"))
    assert not camera.offered
    add_segments(begin(camera.main.window), 1)
    shown = camera.main.variant
    assert list(camera.offered) == [shown]
    camera.main.window.clear()
    assert camera.main.variant == (shown if streams == 2 else None)
    assert bool(camera.known_variants) is (streams == 2)


class TestBitRates:
    """The bandwidth is an upper bound, and is stored."""

    @pytest.mark.parametrize(("lasts", "falls"), [(3600.0, False), (0.0, True)])
    async def test_the_highest_of_a_day_is_listed(
        self,
        ffmpeg: str,
        monkeypatch: pytest.MonkeyPatch,
        lasts: float,
        falls: bool,
    ) -> None:
        monkeypatch.setattr(module, "_MIN_MEDIA_FOR_BIT_RATE_S", 0.5)
        monkeypatch.setattr(module, "_PEAK_LASTS_S", lasts)
        async with two_streams(ffmpeg, known=None) as camera:
            await camera.text(MULTIVARIANT_PLAYLIST)
            found = camera.ours.known_variants
        bit_rates = {uri: 10 * each["bandwidth"] for uri, each in found.items()}
        kept = {uri: {**found[uri], "bandwidth": bit_rates[uri]} for uri in found}
        async with two_streams(ffmpeg, known=kept) as camera:
            for uri in found:
                await camera.text(uri)
            for session in camera.ours.renditions:
                await session.window.wait_for(session.window.last_msn + 2)
            for uri, each in camera.ours.known_variants.items():
                assert (each["bandwidth"] < bit_rates[uri]) is falls
