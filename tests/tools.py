"""The programs of the tests, found or installed by scripts/setup.

A missing program is an error, never a reason to skip a test.
"""

import os
import shlex
import sys
from functools import cache
from pathlib import Path
from typing import Final

_TOOLS_ENV: Final = Path(__file__).resolve().parent.parent / ".venv" / "tools.env"


class MissingToolError(Exception):
    """A program of the tests is missing on this machine."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not known: run scripts/setup, it tells what to do about it"
        )


@cache
def _found_by_setup() -> dict[str, str]:
    """Read the assignments in scripts/setup's file."""
    try:
        words = shlex.split(_TOOLS_ENV.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return dict(word.split("=", maxsplit=1) for word in words)


def _tool(name: str) -> Path:
    """Return the path of a tool: the environment's, else the one of scripts/setup."""
    path = Path(os.environ.get(name) or _found_by_setup().get(name, ""))
    if not path.is_file():
        raise MissingToolError(name)
    return path


def ffmpeg() -> Path:
    """Return the newest supported FFmpeg."""
    return _tool("HLS_CAMERA_FFMPEG")


def ffmpeg_old() -> Path:
    """Return the FFmpeg of the distribution, on Debian 12 the oldest supported one."""
    return _tool("HLS_CAMERA_FFMPEG_OLD")


def ffprobe() -> Path:
    """Return the ffprobe of the distribution."""
    return _tool("HLS_CAMERA_FFPROBE")


def nginx() -> Path:
    """Return an nginx with its WebDAV module."""
    return _tool("HLS_CAMERA_NGINX")


def nginx_rtmp() -> Path:
    """Return nginx's RTMP module."""
    return _tool("HLS_CAMERA_NGINX_RTMP")


def nginx_stream() -> Path:
    """Return nginx's module that passes on TCP, with TLS."""
    return _tool("HLS_CAMERA_NGINX_STREAM")


def chromium() -> Path:
    """Return a Chromium, or a browser based on it, that plays H.264 and AAC."""
    return _tool("HLS_CAMERA_CHROMIUM")


def firefox() -> Path:
    """Return a Firefox with WebDriver BiDi."""
    return _tool("HLS_CAMERA_FIREFOX")


def webkit_driver() -> Path:
    """Return WebKitGTK's WebDriver."""
    return _tool("HLS_CAMERA_WEBKIT_DRIVER")


def webkit_browser() -> Path:
    """Return WebKitGTK's MiniBrowser, which the WebDriver starts."""
    return _tool("HLS_CAMERA_WEBKIT_BROWSER")


def xvfb() -> Path:
    """Return an X server with an invisible screen."""
    return _tool("HLS_CAMERA_XVFB")


def hls_js() -> Path:
    """Return the minified hls.js, a plain script."""
    return _tool("HLS_CAMERA_HLS_JS")


def axe() -> Path:
    """Return the minified axe, a plain script that checks a page's accessibility."""
    return _tool("HLS_CAMERA_AXE")


def node() -> Path:
    """Return the Node.js that runs the checks of the card."""
    return _tool("HLS_CAMERA_NODE")


def tsc() -> Path:
    """Return TypeScript's compiler, a script for Node.js."""
    return _tool("HLS_CAMERA_TSC")


def eslint() -> Path:
    """Return ESLint, a script for Node.js."""
    return _tool("HLS_CAMERA_ESLINT")


def hass_python() -> Path:
    """Return the Python of the Home Assistant program, by default the current one."""
    return Path(os.environ.get("HLS_CAMERA_HASS_PYTHON") or sys.executable)
