"""Tests that nothing is installed while Home Assistant runs: scripts/setup did it all."""

import subprocess
import sys
from pathlib import Path

from homeassistant.util.package import is_installed

PROJECT = Path(__file__).resolve().parent.parent


def test_requirements_of_components_are_installed() -> None:
    """What the manifests ask for is in requirements_test.lock, and so in .venv."""
    output = subprocess.run(
        [sys.executable, PROJECT / "scripts" / "ha_requirements.py"],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    ).stdout
    requirements = [line for line in output.splitlines() if not line.startswith("-")]
    missing = [line for line in requirements if not is_installed(line)]
    assert "PyTurboJPEG" in output, "the manifests of Home Assistant were not found"
    assert not missing, "run scripts/setup --lock"
