"""Requirements of hassfest and HACS for the files, as far as it can be asked without them.

The workflows run both for real; these are their rules for custom integrations, told here
before anything is pushed.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any, Final
from urllib.parse import urlsplit

import homeassistant.components
import homeassistant.helpers.config_validation as cv
import pytest
import voluptuous as vol
from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.helpers.selector import TargetSelector, validate_selector
from homeassistant.util.yaml import load_yaml_dict

ROOT: Final = Path(__file__).parent.parent
INTEGRATION: Final = ROOT / "custom_components" / "hls_camera"
COMPONENTS: Final = Path(homeassistant.components.__file__).parent


def read(path: str) -> Any:
    """Return what a JSON file of the integration holds."""
    return json.loads((INTEGRATION / path).read_text())


MANIFEST: Final = read("manifest.json")


# manifest.json


def documentation_url(value: str) -> str:
    """Take an address that is not one of Home Assistant's own pages."""
    address = urlsplit(value)
    if address.scheme != "https" or address.netloc.endswith("home-assistant.io"):
        raise vol.Invalid("not a page of the integration's own")
    return value


def version(value: str) -> str:
    """Take what Home Assistant can compare."""
    AwesomeVersion(value, ensure_strategy=AwesomeVersionStrategy.SEMVER)
    return value


def code_owner(value: str) -> str:
    """Take a GitHub account or team."""
    if not value.startswith("@"):
        raise vol.Invalid("not an account")
    return value


MANIFEST_RULES: Final = vol.Schema(
    {
        vol.Required("domain"): cv.slug,
        vol.Required("name"): str,
        vol.Optional("after_dependencies"): [str],
        vol.Required("codeowners"): vol.All([code_owner], vol.Length(min=1)),
        vol.Required("config_flow"): True,
        vol.Required("dependencies"): [str],
        vol.Optional("dhcp"): [{"registered_devices": True}],
        vol.Required("documentation"): documentation_url,
        vol.Required("integration_type"): vol.In(["device", "hub", "service"]),
        vol.Required("iot_class"): vol.In(["local_polling", "local_push"]),
        vol.Required("issue_tracker"): vol.Url(),
        vol.Required("loggers"): [str],
        vol.Required("requirements"): [],
        vol.Optional("ssdp"): [vol.All({str: str}, vol.Length(min=1))],
        vol.Required("version"): version,
        vol.Optional("zeroconf"): [vol.Match(r"_[a-z-]+\._tcp\.local\.$")],
    }
)


def test_the_manifest_has_what_is_asked_for_and_no_more() -> None:
    MANIFEST_RULES(MANIFEST)
    assert MANIFEST["domain"] == INTEGRATION.name
    assert not (COMPONENTS / INTEGRATION.name).exists(), "the name is taken"


def test_the_manifest_is_in_order() -> None:
    assert list(MANIFEST)[:2] == ["domain", "name"]
    assert list(MANIFEST)[2:] == sorted(list(MANIFEST)[2:])


def test_its_dependencies_exist() -> None:
    first, after = MANIFEST["dependencies"], MANIFEST["after_dependencies"]
    assert set(first).isdisjoint(after)
    assert all((COMPONENTS / each / "manifest.json").is_file() for each in first)
    assert all((COMPONENTS / each / "manifest.json").is_file() for each in after)


# What may be imported without being a dependency: what is always there, and what needs
# nothing beyond itself.
ALWAYS_THERE: Final = {
    *(str(platform) for platform in Platform),
    *("frontend", "media_source", "stream", "system_health", "websocket_api"),
    "zeroconf",
}


def imported_components() -> Iterator[tuple[str, str]]:
    """Yield each module of ours with a component of Home Assistant that it imports."""
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith("homeassistant.components."):
                    yield path.stem, name.split(".")[2]


def test_every_component_that_is_used_is_a_dependency() -> None:
    allowed = ALWAYS_THERE.union(MANIFEST["dependencies"])
    allowed |= set(MANIFEST["after_dependencies"])
    uses = set(imported_components())
    assert ("card", "http") in uses, "nothing was found"
    # A module that has a component's name is the integration's part of that.
    own = {path.stem for path in INTEGRATION.glob("*.py")}
    assert [use for use in uses if use[1] not in allowed | own] == []


def test_yaml_settings_have_a_schema() -> None:
    tree = ast.parse((INTEGRATION / "__init__.py").read_text())
    names = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert "CONFIG_SCHEMA" in names


# services.yaml and icons.json


def test_actions_are_described_as_home_assistant_reads_them() -> None:
    actions = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    action_field = {
        vol.Required("selector"): validate_selector,
        vol.Optional("required"): bool,
        vol.Optional("default"): object,
    }
    fields = {vol.Optional("fields"): {cv.slug: action_field}}
    schema = vol.Schema({cv.slug: {vol.Required("target"): dict, **fields}})
    for action in schema(actions).values():
        TargetSelector.CONFIG_SCHEMA(action["target"])
        # Filters by device are refused since 2026.10.
        assert set(action["target"]) == {"entity"}


def icon(value: str) -> str:
    """Take an icon of Material Design."""
    if not value.startswith("mdi:"):
        raise vol.Invalid("not an icon")
    return value


_STATES: Final[dict[Any, Any]] = {cv.slug: icon}
ICON_RULES: Final = vol.Schema(
    {
        vol.Required("entity"): {
            vol.In([str(platform) for platform in Platform]): {
                cv.slug: {
                    vol.Optional("default"): icon,
                    vol.Optional("state"): _STATES,
                    vol.Optional("state_attributes"): {
                        cv.slug: {
                            vol.Optional("default"): icon,
                            vol.Optional("state"): _STATES,
                        }
                    },
                }
            }
        },
        vol.Required("services"): {cv.slug: {vol.Required("service"): icon}},
    }
)


def test_icons_are_where_home_assistant_looks_for_them() -> None:
    icons = ICON_RULES(read("icons.json"))
    for entities in icons["entity"].values():
        for entity in entities.values():
            # One that is the default's is never looked at.
            assert entity.get("default") not in entity.get("state", {}).values()


# translations/en.json


def text(value: str) -> str:
    """Take what Home Assistant's frontend can show."""
    placeholders = [name for _, name, _, _ in Formatter().parse(value) if name]
    if value != value.strip() or not all(map(str.isidentifier, placeholders)):
        raise vol.Invalid("not a text")
    return str(cv.string_with_no_html(value))


def plain(value: str) -> str:
    """Take a text in which nothing is put in."""
    if "{" in value:
        raise vol.Invalid("placeholders are not replaced here")
    return text(value)


_TEXTS: Final[dict[Any, Any]] = {cv.slug: text}
_FIELDS: Final[dict[Any, Any]] = {
    vol.Optional("description"): text,
    vol.Optional("data"): _TEXTS,
    vol.Optional("data_description"): _TEXTS,
}
_FLOW: Final[dict[Any, Any]] = {
    vol.Required("step"): {
        cv.slug: {
            **_FIELDS,
            vol.Optional("title"): text,
            vol.Optional("menu_options"): _TEXTS,
            vol.Optional("menu_option_descriptions"): _TEXTS,
            vol.Optional("sections"): {
                cv.slug: {**_FIELDS, vol.Required("name"): text}
            },
        }
    },
    vol.Optional("error"): _TEXTS,
    vol.Optional("abort"): _TEXTS,
    vol.Optional("create_entry"): _TEXTS,
    vol.Optional("progress"): _TEXTS,
    vol.Optional("flow_title"): text,
}
_ATTRIBUTES: Final[dict[Any, Any]] = {
    cv.slug: {vol.Optional("name"): plain, vol.Optional("state"): {cv.slug: plain}}
}
_NAMED: Final = {vol.Required("name"): text, vol.Required("description"): text}
WORDS_RULES: Final = vol.Schema(
    {
        vol.Required("config"): _FLOW,
        vol.Required("options"): _FLOW,
        vol.Required("config_subentries"): {
            cv.slug: {
                **_FLOW,
                vol.Required("entry_type"): text,
                vol.Required("initiate_flow"): {
                    vol.Required("user"): text,
                    vol.Optional("reconfigure"): text,
                },
            }
        },
        vol.Required("selector"): {cv.slug: {vol.Required("options"): _TEXTS}},
        vol.Required("entity"): {
            vol.In([str(platform) for platform in Platform]): {
                cv.slug: {
                    vol.Optional("name"): text,
                    vol.Optional("state"): {cv.slug: plain},
                    vol.Optional("state_attributes"): _ATTRIBUTES,
                    vol.Optional("unit_of_measurement"): plain,
                }
            }
        },
        vol.Required("exceptions"): {cv.slug: {vol.Required("message"): text}},
        vol.Required("issues"): {
            cv.slug: {
                vol.Required("title"): text,
                vol.Exclusive("description", "fixable"): text,
                vol.Exclusive("fix_flow", "fixable"): _FLOW,
            }
        },
        vol.Required("services"): {
            cv.slug: {
                **_NAMED,
                vol.Optional("fields"): {cv.slug: _NAMED},
            }
        },
        vol.Required("system_health"): {vol.Required("info"): _TEXTS},
        # The card's own: any depth.
        vol.Required("config_panel"): {cv.slug: dict},
    }
)


def test_words_are_where_home_assistant_looks_for_them() -> None:
    words = WORDS_RULES(read("translations/en.json"))
    assert not (INTEGRATION / "strings.json").exists()
    subentries = words["config_subentries"].values()
    for flow in (words["config"], words["options"], *subentries):
        for step in flow["step"].values():
            for form in (step, *step.get("sections", {}).values()):
                described = set(form.get("data_description", {}))
                assert described <= set(form.get("data", {}))


# quality_scale.yaml

RULES: Final = 54
"""Of the quality scale, up to platinum."""


def test_every_rule_of_the_quality_scale_is_kept_or_does_not_apply() -> None:
    scale = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))
    rules: Mapping[str, str | dict[str, str]] = scale["rules"]
    assert len(rules) == RULES
    for rule, verdict in rules.items():
        told = {"status": verdict} if isinstance(verdict, str) else verdict
        assert told["status"] in {"done", "exempt"}, rule
        assert told["status"] == "done" or told["comment"], rule


# HACS

HACS_RULES: Final = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Optional("homeassistant"): version,
        vol.Optional("render_readme"): bool,
    }
)


def test_hacs_finds_one_integration_and_what_it_shows_of_it() -> None:
    HACS_RULES(json.loads((ROOT / "hacs.json").read_text()))
    folders = [path for path in INTEGRATION.parent.iterdir() if path.is_dir()]
    assert [path for path in folders if path.name != "__pycache__"] == [INTEGRATION]
    assert (INTEGRATION / "brand" / "icon.png").is_file()
    assert (ROOT / "README.md").is_file()
    assert "Apache License" in (ROOT / "LICENSE").read_text()


@pytest.mark.parametrize(
    ("workflow", "action"),
    [
        ("hassfest", "home-assistant/actions/hassfest@master"),
        ("hacs", "hacs/action@main"),
    ],
)
def test_the_workflows_ask_the_real_ones(workflow: str, action: str) -> None:
    steps = load_yaml_dict(str(ROOT / f".github/workflows/{workflow}.yml"))
    [job] = steps["jobs"].values()
    assert action in [step["uses"] for step in job["steps"]]
