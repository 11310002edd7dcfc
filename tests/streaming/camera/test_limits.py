"""The streams of a machine share its memory."""

import pytest

from custom_components.hls_camera.streaming.camera.limits import Limits
from custom_components.hls_camera.streaming.camera.options import StreamOptions

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("streams", "megabytes", "limit", "share"),
    [(16, 384, 16, 24), (4, 384, 4, 96), (32, 384, 32, 12), (100, 40, 10, 4)],
)
def test_every_stream_that_may_run_has_its_share_of_the_memory(
    streams: int, megabytes: int, limit: int, share: int
) -> None:
    limits = Limits(max_concurrent_streams=streams, memory_budget=megabytes)
    options = limits.apply(StreamOptions())
    assert limits.stream_limit == limit
    assert options.window_bytes == share * MEGABYTE
    assert limit * options.window_bytes <= megabytes * MEGABYTE


@pytest.mark.parametrize(
    ("streams", "megabytes", "raised", "limit", "memory"),
    [(16, 384, 20, 20, 384), (16, 384, 128, 128, 512), (16, 40, 12, 12, 48)],
)
def test_a_raised_limit_has_the_memory_that_it_needs(
    streams: int, megabytes: int, raised: int, limit: int, memory: int
) -> None:
    before = Limits(max_concurrent_streams=streams, memory_budget=megabytes)
    limits = before.raised(raised)
    assert (limits.stream_limit, limits.memory_budget) == (limit, memory)
    assert limits.max_concurrent_streams >= streams


def test_streams_aim_at_the_part_target() -> None:
    options = Limits(part_target=0.5).apply(StreamOptions(audio=False))
    assert options.part_duration == 0.5
    assert not options.audio


def test_the_defaults_are_those_of_the_core() -> None:
    assert Limits().apply(StreamOptions()) == StreamOptions()
