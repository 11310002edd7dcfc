"""FFmpeg gets half of the machine's memory, and pictures that fit into it."""

import os
from pathlib import Path

import pytest

from custom_components.hls_camera.streaming import memory as module
from custom_components.hls_camera.streaming.memory import (
    limit_pixels,
    max_pixels,
    memory_limit,
)

GIB = 1024**3


@pytest.mark.parametrize(
    ("machine", "container", "limit"),
    [
        (64 * GIB, None, 2 * GIB),
        (64 * GIB, "max", 2 * GIB),
        (3 * GIB, None, 3 * GIB // 2),
        (64 * GIB, str(2 * GIB), GIB),
        (64 * GIB, str(2**63 - 4096), 2 * GIB),
        (GIB // 2, None, GIB // 2),
    ],
)
def test_a_child_gets_half_of_the_memory_that_there_is(
    machine: int,
    container: str | None,
    limit: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = tmp_path / "memory.max"
    if container is not None:
        told.write_text(f"{container}\n")
    sizes = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": machine // 4096}
    monkeypatch.setattr(os, "sysconf", sizes.get)
    monkeypatch.setattr(module, "_CONTAINER_LIMITS", (told,))
    assert memory_limit.__wrapped__() == limit


@pytest.mark.parametrize(
    ("limit", "width", "height"), [(GIB // 2, 3840, 2160), (2 * GIB, 7680, 4320)]
)
def test_the_largest_pictures_that_cameras_send_are_decoded(
    monkeypatch: pytest.MonkeyPatch, limit: int, width: int, height: int
) -> None:
    monkeypatch.setattr(module, "memory_limit", lambda: limit)
    assert width * height <= max_pixels() < 2 * width * height


def test_ffmpeg_refuses_larger_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "max_pixels", lambda: 400 * 400)
    assert limit_pixels() == ["-max_pixels:v", "160000"]
