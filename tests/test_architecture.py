"""The arrows between the modules, as docs/architecture.md draws them.

Modules are read, not imported: importing the core would run the package around it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

INTEGRATION = Path(__file__).parent.parent / "custom_components" / "hls_camera"
CORE = INTEGRATION / "streaming"
FRONTEND = INTEGRATION / "frontend"

# Each module may import from those to the right of it only, its own level excluded
# where a level holds what must not know each other. From the top down.
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"__init__"}),
    frozenset({"camera", "config_flow", "diagnostics", "logbook", "recorder"})
    | frozenset({"system_health"})
    | frozenset({"binary_sensor", "button", "event", "sensor", "switch"}),
    frozenset({"entity", "ha_stream", "describe", "look", "report", "services"})
    | frozenset({"options_flow", "websocket_api"}),
    frozenset({"card", "coordinator", "logins", "source_form", "translate", "views"}),
    frozenset({"pulls"}),
    frozenset({"manager"}),
    frozenset({"bus_event", "discovery", "health", "issues", "live_socket", "settings"})
    | frozenset({"source", "stream_options"}),
    frozenset({"http_response"}),
    frozenset({"const"}),
)
# translate is the edge, which the stream contract and the entities raise through.
CORE_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"variants"}),
    frozenset({"delivery", "feed"}),
    frozenset({"session"}),
    frozenset({"recovery", "admission"}),
    frozenset(
        {
            "clip",
            "run",
            "probe",
            "still",
            "viewers",
            "backoff",
            "departure",
            "events",
            "hardware",
            "knock",
            "relay",
        }
    ),
    frozenset({"ffmpeg", "segmenter", "playlist", "frames"}),
    frozenset({"sound"}),
    frozenset({"http_gateway"}),
    frozenset({"gateway"}),
    frozenset(
        {
            "plan",
            "window",
            "stats",
            "watchdog",
            "confine",
            "referral",
            "ffmpeg_log",
            "encoder",
            "mp4",
            "pipe",
            "silence",
            "keyframes",
            "packet_report",
            "decoder_config",
            "sound_clock",
            "capture_delay",
        }
    ),
    frozenset({"nal_units"}),
    frozenset({"source_info", "fmp4", "timeline"}),
    frozenset({"boxes", "options", "input_options", "loopback", "status_codes"}),
    frozenset({"http_answer"}),
    frozenset({"connect"}),
    frozenset({"destinations", "errors"}),
    frozenset(
        {"reasons", "redact", "conversion", "listeners", "shortage"}
        | frozenset({"jpegs", "login", "media_type", "name_lookup"})
    ),
)
# The card's player knows nothing of the card, and a way of playing nothing of the player.
FRONTEND_LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"hls-camera-card"}),
    frozenset({"card"}),
    frozenset({"camera_view"}),
    frozenset({"attention", "camera_view_style", "card_style", "controls", "details"})
    | frozenset({"editor", "last_picture", "layout", "message", "player"})
    | frozenset({"stock_player"}),
    frozenset({"hls", "live", "mjpeg", "view_state"}),
    frozenset({"camera", "config", "dom", "live_media", "texts"}),
    frozenset({"feed"}),
    frozenset({"catch_up", "clock", "keep_playing", "meter", "mp4", "pace"})
    | frozenset({"playback_error", "signals", "standstill", "track_buffer"}),
    frozenset({"types"}),
)


def modules(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Yield what a module imports, relative ones with their leading dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            if node.module:
                yield dots + node.module
            else:
                yield from (dots + alias.name for alias in node.names)


def level_of(levels: tuple[frozenset[str], ...], module: str) -> int:
    found = [depth for depth, names in enumerate(levels) if module in names]
    assert found, f"{module} has no place in the architecture yet: give it one"
    return found[0]


@pytest.mark.parametrize("path", modules(CORE), ids=lambda path: path.stem)
def test_the_core_needs_the_standard_library_only(path: Path) -> None:
    for name in imports(path):
        if name.startswith("."):
            assert not name.startswith(".."), f"{name} is outside the core"
        else:
            assert name.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize(
    ("path", "levels"),
    [(path, CORE_LEVELS) for path in modules(CORE) if path.stem != "__init__"]
    + [(path, LEVELS) for path in modules(INTEGRATION)],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_arrows_point_down(path: Path, levels: tuple[frozenset[str], ...]) -> None:
    depth = level_of(levels, path.stem)
    for name in imports(path):
        if not name.startswith(".") or name.startswith(".streaming"):
            continue
        assert level_of(levels, name.lstrip(".")) > depth, f"{name} is not below"


@pytest.mark.parametrize(
    "path", sorted(FRONTEND.glob("*.js")), ids=lambda path: path.stem
)
def test_arrows_point_down_in_the_frontend(path: Path) -> None:
    """Those of types as well; there is no build step, and no internet."""
    depth = level_of(FRONTEND_LEVELS, path.stem)
    source = path.read_text()
    imports = re.findall(r'^import .*?"(.+)";$', source, re.MULTILINE)
    types = re.findall(r'@import .*?"(\./.+)"|\bimport\("(\./.+?)"\)', source)
    for name in [*imports, *map("".join, types)]:
        assert (file := re.fullmatch(r"\./([\w-]+)\.js", name)), name
        assert level_of(FRONTEND_LEVELS, file[1]) > depth, f"{name} is not below"


@pytest.mark.parametrize(
    "path", sorted(FRONTEND.glob("*.js")), ids=lambda path: path.stem
)
def test_nothing_in_the_frontend_evades_the_checks(path: Path) -> None:
    """Types are told, and neither they nor the rules of style are switched off."""
    evasions = r"@ts-|eslint-disable|[{<|(,]\s*any\b|\bany\s*[}>|)\[]"
    assert not re.findall(evasions, path.read_text())


@pytest.mark.parametrize("path", modules(INTEGRATION), ids=lambda path: path.stem)
def test_only_the_core_runs_programs(path: Path) -> None:
    """FFmpeg has one owner, so that unloading can end every process."""
    assert "subprocess" not in set(imports(path))
    assert "create_subprocess" not in path.read_text()
