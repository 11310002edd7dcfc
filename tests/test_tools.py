"""Tests of the tools themselves: that they are there, and are what we take them for."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests import tools

ROOT: Final = Path(__file__).parent.parent


def first_line(program: Path, *arguments: str) -> str:
    """Run a program and return the first line it prints."""
    result = subprocess.run(
        [program, *arguments], capture_output=True, check=True, text=True, timeout=30
    )
    return result.stdout.partition("\n")[0]


def major_version(ffmpeg: Path) -> int:
    """Return the 5 of `ffmpeg version 5.1.9-...`."""
    version = first_line(ffmpeg, "-version").split()[2]
    return int(version.lstrip("n").partition(".")[0])


def test_two_ffmpegs() -> None:
    """The distribution's FFmpeg is one we support, and no newer than the wheel's."""
    assert 5 <= major_version(tools.ffmpeg_old()) <= major_version(tools.ffmpeg())


def test_ffmpeg_has_what_the_test_camera_needs() -> None:
    """The wheel's FFmpeg reads RTSP and encodes H.264 and AAC."""
    output = subprocess.run(
        [tools.ffmpeg(), "-hide_banner", "-encoders"],
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    ).stdout
    assert " libx264 " in output
    assert " aac " in output


def test_ffprobe() -> None:
    """There is an ffprobe."""
    assert first_line(tools.ffprobe(), "-version").startswith("ffprobe version ")


def test_chromium() -> None:
    """There is a Chromium or a Chrome."""
    version = first_line(tools.chromium(), "--version")
    assert "Chrom" in version


def test_firefox() -> None:
    """There is a Firefox."""
    assert "Firefox" in first_line(tools.firefox(), "--version")


def test_webkit() -> None:
    """There is a WebKitGTK to drive, and a screen for it.

    Their own tests show that they work: none of them tells its version.
    """
    assert tools.webkit_browser().name == "MiniBrowser"
    assert tools.webkit_driver().name == "WebKitWebDriver"
    assert tools.xvfb().name == "Xvfb"


def test_hls_js() -> None:
    """There is hls.js, for browsers."""
    assert "MEDIA_ATTACHED" in tools.hls_js().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("package", "tool", "prefix"),
    [("typescript", tools.tsc, "Version "), ("eslint", tools.eslint, "v")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_checks_of_javascript(
    package: str, tool: Callable[[], Path], prefix: str
) -> None:
    """They are those that package.json pins."""
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    version = first_line(tools.node(), str(tool()), "--version")
    assert version == f"{prefix}{pinned[package]}"


def test_missing_tool_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing tool raises an error that says what to do."""
    monkeypatch.setenv("HLS_CAMERA_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(tools.MissingToolError, match=r"CHROMIUM.*scripts/setup"):
        tools.chromium()
