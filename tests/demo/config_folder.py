"""The folder that Home Assistant starts with: only what the demo needs, no network."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[2]

# `default_config` would pull in far more, and much of that looks for devices around it.
_CONFIGURATION: Final = """\
homeassistant:
  name: Home
  country: GB
diagnostics:
frontend:
history:
logbook:
media_source:
stream:
system_health:
ffmpeg:
  ffmpeg_bin: {ffmpeg}
logger:
  default: warning
  logs:
    custom_components.hls_camera: {log_level}
"""


def write_config_folder(
    folder: Path,
    *,
    ffmpeg: Path,
    host: str,
    port: int,
    log_level: str = "info",
    components: Sequence[Path] = (),
    configuration: str = "",
) -> None:
    """Fill an empty folder with a configuration.

    `components` are further custom components, `configuration` is more YAML.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    usual = _CONFIGURATION.format(ffmpeg=json.dumps(str(ffmpeg)), log_level=log_level)
    (folder / "configuration.yaml").write_text(usual + configuration, encoding="utf-8")
    custom_components = folder / "custom_components"
    custom_components.mkdir()
    for component in (_ROOT / "custom_components" / "hls_camera", *components):
        (custom_components / component.name).symlink_to(component)
    # `http:` in the configuration would be taken for a trial, to be undone after five
    # minutes; storage in its first format is migrated, and holds.
    _store(storage, "http", 1, {"server_host": [host], "server_port": port})
    # The steps of onboarding but the first: they would set up a weather service and
    # others of the internet.
    _store(
        storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]}
    )


def _store(storage: Path, key: str, version: int, data: Mapping[str, Any]) -> None:
    content = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), encoding="utf-8")
