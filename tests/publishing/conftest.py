"""Fixtures of the tests of publishing."""

import pytest

from tests import tools


@pytest.fixture
def ffmpeg() -> str:
    """Return the newest FFmpeg that we support."""
    return str(tools.ffmpeg())
