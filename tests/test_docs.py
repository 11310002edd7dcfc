"""The pages for people who own cameras name all that there is, and link to what is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import hass_frontend
import pytest

from benchmarks.report import INTRODUCTION
from benchmarks.sections import LIMITS, SECTIONS
from custom_components.hls_camera.camera import StatusResponse
from custom_components.hls_camera.settings import Settings
from custom_components.hls_camera.stream_options import option_values
from custom_components.hls_camera.streaming.camera.events import EventType
from custom_components.hls_camera.streaming.reasons import EndReason
from tests.codecs import __main__ as codecs
from tests.codecs.cases import AUDIOS, BESIDE, MATRIX, OTHER_AUDIOS, VIDEOS
from tests.codecs.cost import CopyCost, Cost
from tests.reliability import __main__ as reliability
from tests.reliability.cases import CASES
from tests.reliability.scene import Limits

ROOT: Final = Path(__file__).parents[1]
DOCS: Final = ROOT / "docs"
DECISIONS: Final = DOCS / "decisions"
PAGES: Final = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
OWNERS_PAGES: Final = [
    ROOT / "README.md",
    *(page for page in DOCS.glob("*.md") if page.name != "architecture.md"),
]
FILES: Final = [
    path.as_posix()
    for path in (
        *ROOT.glob("*.*"),
        *(ROOT / "benchmarks").rglob("*.py"),
        *(ROOT / "custom_components").rglob("*.*"),
        *(ROOT / "docs").rglob("*.*"),
        *(ROOT / "service").rglob("*.*"),
        *(ROOT / "tests").rglob("*.py"),
    )
]
TEXTS: Final[dict[str, Any]] = json.loads(
    (ROOT / "custom_components/hls_camera/translations/en.json").read_text()
)
IN_CODE: Final = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
NOT_TEXTS: Final = frozenset(
    {
        "⋮",
        "HLS Camera",
        # Of HACS, which is not installed
        "Custom repositories",
    }
)
"""Names in the UI that have no translation."""


def _leaves(node: Any) -> Iterator[str]:
    """Yield the texts of a translation."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for child in node.values():
            yield from _leaves(child)


def _texts_of_home_assistant() -> Iterator[str]:
    """Yield the English texts of Home Assistant's frontend."""
    folder = Path(hass_frontend.where()) / "static/translations"
    for path in folder.rglob("en-*.json"):
        yield from _leaves(json.loads(path.read_text()))


OUR_TEXTS: Final = frozenset(_leaves(TEXTS))
ALL_TEXTS: Final = OUR_TEXTS | frozenset(_texts_of_home_assistant()) | NOT_TEXTS


def _prose(page: Path) -> str:
    """Return a page's text without code, each paragraph in one line."""
    text = IN_CODE.sub("", page.read_text())
    return re.sub(r"(?<!\n)\n(?![\n|#-])\s*", " ", text)


def _names(page: Path) -> set[str]:
    """Return the names in a page that a person finds in the UI: *Menu → Entry*."""
    paths = re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", _prose(page))
    return {name for path in paths for name in re.split(r" → |: ", path)}


def _quotes(page: Path) -> set[str]:
    """Return the messages that a page quotes."""
    return set(re.findall(r'"([^"\n]+)"', _prose(page)))


def _without_values(text: str) -> str:
    """Return a message with the same mark for each placeholder, number and ellipsis."""
    return re.sub(r"\{\w+\}|\d+|\.\.\.", "…", text)


def _labels(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys of a form's fields with what a person reads."""
    yield from step.get("data", {}).items()
    for each in step.get("sections", {}).values():
        yield from each["data"].items()


def _anchors(page: Path) -> set[str]:
    """Return what a link can lead to within a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings
    }


def _table(page: Path, heading: str) -> dict[str, list[str]]:
    """Return the rows of the tables under a heading, by their first cells."""
    _, _, rest = page.read_text().partition(f"\n## {heading}\n")
    text, *_ = rest.partition("\n## ")
    rows = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    return {first: cells for first, *cells in (row.split(" | ") for row in rows)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = IN_CODE.sub("", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in _anchors(linked), target


@pytest.mark.parametrize(
    "page",
    [ROOT / "CONTRIBUTING.md", DOCS / "architecture.md", *sorted(DECISIONS.glob("*"))],
    ids=lambda page: page.name,
)
def test_maintainers_pages_name_files_that_exist(page: Path) -> None:
    """A path may begin at any folder: it is enough if it ends at a file."""
    for name in re.findall(r"`([\w./-]+\.(?:py|js|md|json|yaml))`", page.read_text()):
        assert any(path.endswith(f"/{name}") for path in FILES), name


def test_every_decision_is_found_from_their_index() -> None:
    index = (DECISIONS / "README.md").read_text()
    for page in DECISIONS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_page_is_found_from_the_readme(page: Path) -> None:
    assert f"(docs/{page.name}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    "page", [*OWNERS_PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name
)
def test_names_in_the_ui_exist(page: Path) -> None:
    known = {text.casefold() for text in ALL_TEXTS}
    assert {name for name in _names(page) if name.casefold() not in known} == set()


def test_names_in_our_texts_exist() -> None:
    known = {text.casefold() for text in ALL_TEXTS}
    texts = [*OUR_TEXTS, *map(Path.read_text, (ROOT / "blueprints").rglob("*.yaml"))]
    quoted_or_italic = r'"(\w[^"{]*)"|(?<!\*)\*(\w[^*]*)\*(?!\*)'
    found = [pair for text in texts for pair in re.findall(quoted_or_italic, text)]
    names = {name for pair in found for name in pair if name}
    assert {name for name in names if name.casefold() not in known} == set()


@pytest.mark.parametrize("page", OWNERS_PAGES, ids=lambda page: page.name)
def test_quoted_messages_exist(page: Path) -> None:
    messages = [_without_values(text) for text in OUR_TEXTS]
    assert {
        quote
        for quote in _quotes(page)
        if not any(_without_values(quote) in message for message in messages)
    } == set()


def _sentences(page: str) -> list[str]:
    """Return a generated page without its figures."""
    lines = (line for line in page.splitlines() if not line.startswith(("|", "In add")))
    return [re.sub(r"\d[\d.]*", "0", line) for line in lines]


def test_benchmarks_page_has_the_text_of_its_program() -> None:
    page = (DOCS / "benchmarks.md").read_text()
    for text in (INTRODUCTION, LIMITS, *(section.text for section in SECTIONS)):
        assert text in page


def test_codecs_page_has_the_text_of_its_program() -> None:
    cost = Cost(0.0)
    column = codecs.Column(
        version="0",
        plays={each.name: codecs.Played(1, ()) for each in (*MATRIX, *BESIDE)},
        video_costs=dict.fromkeys(VIDEOS, cost),
        audio_costs=dict.fromkeys({**AUDIOS, **OTHER_AUDIOS}, cost),
        copying=CopyCost(1.0, 1.0, cost),
    )
    written = codecs.report([column, column], 0, 0)
    assert _sentences((DOCS / "codecs.md").read_text()) == _sentences(written)


def test_reliability_page_has_the_text_of_its_program() -> None:
    unknown = [reliability.Result(None, []) for _ in CASES]
    written = reliability.report(CASES, {"0": unknown, "1": unknown}, Limits(0, 0))
    page = (DOCS / "reliability.md").read_text()
    assert _sentences(page) == _sentences(written)
    for case in CASES:
        assert f"| {case.name} | {case.camera} |" in page


def test_every_field_of_the_forms_is_explained() -> None:
    explained = (DOCS / "settings.md").read_text()
    steps = [*TEXTS["config"]["step"].values(), *TEXTS["options"]["step"].values()]
    for step in steps:
        for section in step.get("sections", {}).values():
            assert section["name"] in explained
        for label in step.get("data", {}).values():
            assert label in explained


def test_every_option_is_explained_with_its_default() -> None:
    rows = _table(DOCS / "settings.md", "Options of a camera")
    defaults = option_values({})
    for key, label in _labels(TEXTS["options"]["step"]["options"]):
        shown = rows[label][0]
        match defaults.get(key):
            case None:
                assert shown in {"empty", "all"}
            case bool(is_on):
                assert shown == ("on" if is_on else "off")
            case int() | float() as number:
                assert shown.split()[0] == f"{number:g}"
            case choice:
                assert shown == TEXTS["selector"][key]["options"][choice]


def test_every_setting_for_all_cameras_is_explained_with_its_default() -> None:
    rows = _table(DOCS / "settings.md", "For all cameras together")
    settings = Settings()
    for name in ("max_concurrent_streams", "memory_budget", "part_target"):
        variable, default, _ = rows[f"`{name}`"]
        assert variable == f"`HLS_CAMERA_{name.upper()}`"
        assert float(default) == getattr(settings, name)


def test_every_entity_is_explained() -> None:
    explained = (DOCS / "entities.md").read_text()
    for platform in TEXTS["entity"].values():
        for entity in platform.values():
            assert f"| {entity['name']} |" in explained
    for name in ("Restart", "Connectivity", "Problem"):
        assert f"| {name} |" in explained


def test_actions_and_events_are_explained() -> None:
    explained = (DOCS / "actions.md").read_text()
    actions = [f"hls_camera.{action}" for action in TEXTS["services"]]
    for name in (*actions, *StatusResponse.__annotations__, *EventType, *EndReason):
        assert f"`{name}`" in explained


def test_every_repair_is_explained() -> None:
    explained = (DOCS / "troubleshooting.md").read_text()
    for issue in TEXTS["issues"].values():
        title = re.sub(r"^\{name\}: |\{camera\} ", "", issue["title"])
        assert f'"{title}"' in explained or f"“{title}”" in explained, title
