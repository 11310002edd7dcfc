"""The configuration folder of Home Assistant: only the needs of the demo, no network."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).resolve().parents[2]

# `default_config` would load much more, including searches for devices in the network.
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
    """Write a configuration into an empty folder.

    `components` are additional custom components, `configuration` is additional YAML.
    """
    storage = folder / ".storage"
    storage.mkdir(parents=True)
    usual = _CONFIGURATION.format(ffmpeg=json.dumps(str(ffmpeg)), log_level=log_level)
    (folder / "configuration.yaml").write_text(usual + configuration, encoding="utf-8")
    custom_components = folder / "custom_components"
    custom_components.mkdir()
    for component in (_ROOT / "custom_components" / "hls_camera", *components):
        (custom_components / component.name).symlink_to(component)
    # `http:` in the configuration would be a trial, which is undone after five minutes.
    # Storage in its first format is migrated, and permanent.
    _store(storage, "http", 1, {"server_host": [host], "server_port": port})
    # Searches for cameras stay on this machine.
    _store(storage, "core.network", 1, {"configured_adapters": ["lo"]})
    # All steps of onboarding except the first: they would set up a weather service and
    # other services on the internet.
    _store(
        storage, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]}
    )


def _store(storage: Path, key: str, version: int, data: Mapping[str, Any]) -> None:
    content = {"version": version, "minor_version": 1, "key": key, "data": data}
    (storage / key).write_text(json.dumps(content, indent=2), encoding="utf-8")
