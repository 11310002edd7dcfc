"""Print the requirements of the Home Assistant components that the project uses.

Home Assistant installs the requirements of a component when it is first set up. To avoid
this at run time, scripts/setup installs all of them in advance: the output of this script
is a requirements file. The script reads manifests only, because most components cannot be
imported before their requirements are installed.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import homeassistant
from homeassistant.const import Platform

HOME_ASSISTANT = Path(homeassistant.__file__).parent
OWN_COMPONENTS = Path(__file__).resolve().parent.parent / "custom_components"

# The components of the demo's configuration and of the tests.
COMPONENTS = (
    "camera",
    "ffmpeg",
    "frontend",
    "generic",
    "history",
    "homekit",
    "http",
    "logbook",
    "media_source",
    "recorder",
    "stream",
    "system_health",
)

# The components that hass always loads: sets of names in its bootstrap module.
BOOTSTRAP_SETS = (
    "CORE_INTEGRATIONS",
    "LOGGING_AND_HTTP_DEPS_INTEGRATIONS",
    "FRONTEND_INTEGRATIONS",
    "DEFAULT_INTEGRATIONS",
)


def always_loaded() -> Iterator[str]:
    """Yield the components that hass always loads."""
    source = (HOME_ASSISTANT / "bootstrap.py").read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Set(elts=elements)):
                if name in BOOTSTRAP_SETS:
                    for element in elements:
                        if isinstance(element, ast.Constant):
                            yield str(element.value)
    yield from Platform


def manifest_of(domain: str) -> dict[str, Any]:
    """Read the manifest of a component."""
    for folder in (OWN_COMPONENTS, HOME_ASSISTANT / "components"):
        path = folder / domain / "manifest.json"
        if path.exists():
            manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return manifest
    return {}


def requirements_of(roots: Iterable[str]) -> set[str]:
    """Return the requirements of components and of their dependencies."""
    requirements: set[str] = set()
    waiting = list(roots)
    seen: set[str] = set()
    while waiting:
        domain = waiting.pop()
        if domain not in seen:
            seen.add(domain)
            manifest = manifest_of(domain)
            requirements.update(manifest.get("requirements", ()))
            waiting += manifest.get("dependencies", ())
            waiting += manifest.get("after_dependencies", ())
    return requirements


def main() -> None:
    """Print the requirements, one per line, and Home Assistant's constraints."""
    own = (path.parent.name for path in OWN_COMPONENTS.glob("*/manifest.json"))
    print("-c", HOME_ASSISTANT / "package_constraints.txt")
    for requirement in sorted(requirements_of([*COMPONENTS, *always_loaded(), *own])):
        print(requirement)


if __name__ == "__main__":
    main()
