"""Makes the core importable where Home Assistant is not installed."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]
_PACKAGE: Final = "custom_components.hls_camera"


def make_importable() -> None:
    """Put an empty package in the place of the integration's.

    That one needs Home Assistant, but the core inside it does not.
    """
    if str(_ROOT) not in sys.path:
        sys.path.insert(0, str(_ROOT))
    if _PACKAGE not in sys.modules:
        package = ModuleType(_PACKAGE)
        package.__path__ = [str(_ROOT / "custom_components" / "hls_camera")]
        sys.modules[_PACKAGE] = package
