"""The order of imports, as docs/architecture.md lists it.

Modules are read, not imported: importing the core would run the package around it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
INTEGRATION = PROJECT / "custom_components" / "hls_camera"
CORE = INTEGRATION / "streaming"
FRONTEND = INTEGRATION / "frontend"


def documented_order(heading: str) -> dict[str, int]:
    """Return the place of each name in a numbered list of docs/architecture.md.

    The names are what stands in backquotes before a line's colon; the lowest come first.
    """
    text = (PROJECT / "docs" / "architecture.md").read_text()
    section = text.partition(f"### {heading}")[2].partition("\n#")[0]
    items = re.findall(r"^(\d+)\. ([^:\n]+)", section, re.MULTILINE)
    assert items, f"docs/architecture.md has no list below {heading!r}"
    return {
        name: int(number)
        for number, names in items
        for name in re.findall(r"`([\w-]+)`", names)
    }


CORE_ORDER = documented_order("The core")
ORDER = documented_order("Home Assistant's side")
FRONTEND_ORDER = documented_order("The frontend")
CORE_MODULES = [path for path in sorted(CORE.rglob("*.py")) if path.stem != "__init__"]
MODULES = [
    path for path in sorted(INTEGRATION.rglob("*.py")) if not path.is_relative_to(CORE)
]


def module_path(path: Path, root: Path) -> tuple[str, ...]:
    """Return a module's path from a root; that of a package has no `__init__`."""
    parts = path.relative_to(root).with_suffix("").parts
    return parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts


def module_name(path: Path) -> str:
    return ".".join(module_path(path, INTEGRATION))


def place_of(order: dict[str, int], name: str) -> int:
    assert name in order, f"{name} has no place in docs/architecture.md yet"
    return order[name]


def imports(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports, relative ones with their leading dots."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            dots = "." * node.level
            if node.module:
                yield dots + node.module
            else:
                yield from (dots + alias.name for alias in node.names)


def relative_imports(path: Path, root: Path) -> Iterator[tuple[str, ...]]:
    """Yield the modules below a root that one of them imports, as paths from the root."""
    package = path.parent.relative_to(root).parts
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        above = len(package) - (node.level - 1)
        assert above >= 0, f"{path.name} imports from outside {root.name}"
        base = (*package[:above], *(node.module.split(".") if node.module else ()))
        if (root.joinpath(*base)).is_dir():
            yield from ((*base, alias.name) for alias in node.names)
        else:
            yield base


def assert_no_circle(paths: list[Path], root: Path) -> None:
    graph = {
        module_path(path, root): set(relative_imports(path, root)) for path in paths
    }
    assert len(tuple(TopologicalSorter(graph).static_order())) >= len(graph)


@pytest.mark.parametrize("path", CORE_MODULES, ids=lambda path: path.stem)
def test_the_core_needs_the_standard_library_only(path: Path) -> None:
    for name in imports(path):
        if not name.startswith("."):
            assert name.partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("path", CORE_MODULES, ids=lambda path: path.stem)
def test_packages_of_the_core_import_lower_ones_only(path: Path) -> None:
    own, *_ = path.relative_to(CORE).with_suffix("").parts
    place = place_of(CORE_ORDER, own)
    for other, *_ in relative_imports(path, CORE):
        if other != own:
            assert place_of(CORE_ORDER, other) <= place, f"{other} is above {own}"


def test_modules_of_the_core_import_in_no_circle() -> None:
    assert_no_circle(CORE_MODULES, CORE)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_modules_for_home_assistant_import_lower_ones_only(path: Path) -> None:
    own, *_ = module_path(path, INTEGRATION)
    place = place_of(ORDER, own)
    for other, *_ in relative_imports(path, INTEGRATION):
        if other not in {own, CORE.name}:
            assert place_of(ORDER, other) < place, f"{other} is not lower than {own}"


def test_modules_for_home_assistant_import_in_no_circle() -> None:
    assert_no_circle(MODULES, INTEGRATION)


@pytest.mark.parametrize(
    "path", sorted(FRONTEND.glob("*.js")), ids=lambda path: path.stem
)
def test_modules_of_the_frontend_import_lower_ones_only(path: Path) -> None:
    """Types as well; there is no build step, and no internet."""
    place = place_of(FRONTEND_ORDER, path.stem)
    source = path.read_text()
    imports = re.findall(r'^import .*?"(.+)";$', source, re.MULTILINE)
    types = re.findall(r'@import .*?"(\./.+)"|\bimport\("(\./.+?)"\)', source)
    for name in [*imports, *map("".join, types)]:
        assert (file := re.fullmatch(r"\./([\w-]+)\.js", name)), name
        assert place_of(FRONTEND_ORDER, file[1]) < place, f"{name} is not lower"


@pytest.mark.parametrize(
    "path", sorted(FRONTEND.glob("*.js")), ids=lambda path: path.stem
)
def test_nothing_in_the_frontend_evades_the_checks(path: Path) -> None:
    """Every type is declared, and no check is switched off."""
    evasions = r"@ts-|eslint-disable|[{<|(,]\s*any\b|\bany\s*[}>|)\[]"
    assert not re.findall(evasions, path.read_text())


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_only_the_core_runs_programs(path: Path) -> None:
    """FFmpeg has one owner, so that unloading can end every process."""
    assert "subprocess" not in set(imports(path))
    assert "create_subprocess" not in path.read_text()


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "tests").rglob("test_*.py")), ids=lambda path: path.stem
)
def test_test_modules_import_no_other_test_module(path: Path) -> None:
    """What several of them need is in a module beside them."""
    for name in imports(path):
        if name.startswith((".", "tests.")):
            assert not name.rpartition(".")[2].startswith("test_"), name


def test_each_module_has_a_test_module_or_a_place_in_the_test_map() -> None:
    """In a folder of the same name, below that of the tests or of one part of them."""
    text = (PROJECT / "docs" / "architecture.md").read_text()
    table = text.partition("| Modules without a test module of their own |")[2]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]+) \|$", table, re.MULTILINE)
    assert rows, "the test map has no table of modules without a test module"
    listed = {name for names, _ in rows for name in re.findall("`([^`]+)`", names)}
    tests = PROJECT / "tests"
    missing = {
        path.relative_to(INTEGRATION).with_suffix("").as_posix()
        for path in [*CORE_MODULES, *MODULES]
        if path.stem != "__init__"
        and not any(
            (
                folder / path.relative_to(INTEGRATION).parent / f"test_{path.name}"
            ).exists()
            for folder in (tests, tests / "integration")
        )
    }
    assert missing == listed
    for _, where in rows:
        for name in re.findall("`([^`]+)`", where):
            assert (PROJECT / name).exists(), name
