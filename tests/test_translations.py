"""Nothing that a person sees is without its words, and no words are left over."""

import ast
import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector
from homeassistant.util.yaml import parse_yaml

from custom_components.hls_camera import probe_form
from custom_components.hls_camera.binary_sensor import BINARY_SENSORS, DETECTIONS
from custom_components.hls_camera.bus_event import event_details
from custom_components.hls_camera.camera import HlsCamera
from custom_components.hls_camera.const import CONF_ALLOWED_HOSTS
from custom_components.hls_camera.converter_entities import ConverterConversions
from custom_components.hls_camera.converter_flow import CONVERTER_SCHEMA
from custom_components.hls_camera.converters.errors import ConverterProblem
from custom_components.hls_camera.finding.errors import FindingProblem
from custom_components.hls_camera.issues import (
    FIXABLE,
    OF_A_CAMERA,
    OF_A_CONVERTER,
    Issue,
)
from custom_components.hls_camera.options import OPTIONS, Section
from custom_components.hls_camera.providers.address import ADDRESS
from custom_components.hls_camera.providers.provider import FormPurpose
from custom_components.hls_camera.providers.source_form import (
    SourceForm,
    forms_with_steps,
)
from custom_components.hls_camera.publish_flow import form_schema
from custom_components.hls_camera.publish_settings import PUBLICATION
from custom_components.hls_camera.publishing.errors import PublishProblem
from custom_components.hls_camera.publishing.kinds import DestinationKind
from custom_components.hls_camera.publishing.web_address import AddressProblem
from custom_components.hls_camera.recorder import FORMER_UNITS
from custom_components.hls_camera.sensor import PUBLICATION_SENSORS, SENSORS
from custom_components.hls_camera.services import ACTIONS, GET_URL
from custom_components.hls_camera.streaming.camera.camera import Quality
from custom_components.hls_camera.streaming.camera.events import EventType, StreamEvent
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.errors import SourceProblem
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.transcode.options import Encoder
from custom_components.hls_camera.streaming.transcode.plan import PlanReason
from custom_components.hls_camera.web.address_urls import AddressFormat, Base

INTEGRATION = Path(probe_form.__file__).parent


def read(name: str) -> Any:
    return json.loads((INTEGRATION / name).read_text())


def read_yaml(name: str) -> Any:
    return parse_yaml((INTEGRATION / name).read_text())


WORDS = read("translations/en.json")
ICONS = read("icons.json")
FORMS = [
    *forms_with_steps(),
    SourceForm(ADDRESS, FormPurpose.RECONFIGURE),
    SourceForm(ADDRESS, FormPurpose.MOVED),
]
NAMELESS_ENDS = {
    "no_address",
    "not_moved",
    "camera_removed",
    "unknown_source",
    "too_many_cameras",
}
"""Ends of dialogs of an entry that is gone, or cannot be read."""
CODE = "\n".join(
    path.read_text()
    for path in INTEGRATION.rglob("*.py")
    if not path.is_relative_to(INTEGRATION / "streaming")
)


def leaves(node: Any, path: str = "") -> dict[str, str]:
    if isinstance(node, str):
        return {path: node}
    return {
        key: text
        for name, child in node.items()
        for key, text in leaves(child, f"{path}.{name}").items()
    }


@pytest.mark.parametrize(("path", "text"), leaves(WORDS).items())
def test_home_assistant_accepts_the_text(path: str, text: str) -> None:
    assert text == text.strip()
    assert "<" not in text
    assert "'{" not in text
    assert not re.search(r"https?://\w", text)
    assert re.fullmatch(r"[a-z0-9_.]+", path)


def converter_errors() -> set[str]:
    return {key for key in WORDS["config"]["error"] if key.startswith("converter_")}


def test_every_error_of_the_form() -> None:
    reasons = {str(reason) for reason in (*probe_form.FIELDS, EndReason.UNAUTHORIZED)}
    others = {"cannot_read", "ffmpeg_failed", "ffmpeg_missing"}
    others |= {"no_channel", *map(str, FindingProblem)}
    others |= {"in_use", "not_a_host", "not_smaller", "same_stream"}
    others |= {"credentials_missing", "source_rejected"}
    expected = {str(problem) for problem in SourceProblem} | reasons | others
    assert set(WORDS["config"]["error"]) - converter_errors() == expected


def test_every_error_of_the_search_for_a_lost_stream() -> None:
    """The form of the repair has the texts of the form for a new camera."""
    errors = WORDS["issues"]["stream_not_found"]["fix_flow"]["error"]
    reasons = {str(reason) for reason in (*probe_form.FIELDS, EndReason.UNAUTHORIZED)}
    others = {"cannot_read", "credentials_missing", "ffmpeg_failed", "ffmpeg_missing"}
    of_other_cameras = {str(EndReason.NO_SOURCE)}
    not_of_one_camera = {FindingProblem.NOBODY_ANSWERS, FindingProblem.NOTHING_PLAYS}
    problems = {str(each) for each in set(FindingProblem) - not_of_one_camera}
    expected = reasons - of_other_cameras | others | problems | {"in_use"}
    assert errors == {key: WORDS["config"]["error"][key] for key in expected}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.step)
async def test_every_field(hass: HomeAssistant, form: SourceForm) -> None:
    is_new = form.purpose is FormPurpose.NEW
    schema = form.schema(hass, with_hosts=is_new).schema
    sections = {
        str(key): each for key, each in schema.items() if isinstance(each, section)
    }
    words = WORDS["config"]["step"][form.step]
    fields = {str(field) for field in schema if field not in sections}
    assert (CONF_ALLOWED_HOSTS in fields) is is_new
    # A question has no field.
    assert (
        set(words.get("data", {})) == set(words.get("data_description", {})) == fields
    )
    assert set(words.get("sections", {})) == set(sections)
    for name, each in sections.items():
        inside = words["sections"][name]
        fields = {str(field) for field in each.schema.schema}
        assert set(inside["data"]) == set(inside["data_description"]) == fields


def test_every_step() -> None:
    assert set(WORDS["config"]["step"]) == {
        "user",
        "confirm",
        *("find", "found", "channels"),
        *("converter", "reconfigure_converter"),
        *(form.step for form in FORMS),
    }


def test_every_dialog_of_a_camera_names_it() -> None:
    steps = WORDS["config"]["step"]
    new = {
        "user",
        "find",
        "converter",
        *(form.step for form in FORMS if form.purpose is FormPurpose.NEW),
    }
    titles = [words["title"] for step, words in steps.items() if step not in new]
    titles += [
        words["description" if "menu_options" in words else "title"]
        for words in WORDS["options"]["step"].values()
    ]
    abort = WORDS["config"]["abort"]
    titles += [text for reason, text in abort.items() if reason not in NAMELESS_ENDS]
    of_entries = (*OF_A_CAMERA, *OF_A_CONVERTER)
    of_cameras = (WORDS["issues"][issue]["title"] for issue in of_entries)
    assert [text for text in (*titles, *of_cameras) if "{name}" not in text] == []


def test_every_field_of_another_camera() -> None:
    steps = WORDS["config"]["step"]
    for step, fields in (
        ("camera", {"camera", "small", CONF_ALLOWED_HOSTS}),
        ("reconfigure_camera", {"camera", "small"}),
    ):
        words = steps[step]
        assert set(words["data"]) == set(words["data_description"]) == fields
    choices = {"find", "address", "camera", "converter"}
    assert set(steps["user"]["menu_options"]) == choices


def test_every_field_of_a_converter() -> None:
    fields = {str(field) for field in CONVERTER_SCHEMA.schema}
    for step in ("converter", "reconfigure_converter"):
        words = WORDS["config"]["step"][step]
        assert set(words["data"]) == set(words["data_description"]) == fields


def test_every_problem_of_a_converter() -> None:
    """A test picture never stalls, nor is it too slow: it does not arrive."""
    of_streams = {ConverterProblem.STALLED, ConverterProblem.TOO_SLOW}
    problems = {f"converter_{each}" for each in set(ConverterProblem) - of_streams}
    assert converter_errors() == problems | {"converter_address", "converter_known"}


def test_every_option() -> None:
    words = WORDS["options"]["step"]["options"]
    assert set(words["sections"]) == set(Section)
    for within in (None, *Section):
        texts = words["sections"][within] if within else words
        fields = {each.key for each in OPTIONS if each.section is within}
        assert set(texts["data"]) == set(texts["data_description"]) == fields


def test_no_field_has_the_name_of_the_errors_of_no_field() -> None:
    """Forms would show its error twice."""
    flows = [WORDS["config"], WORDS["options"], *WORDS["config_subentries"].values()]
    steps = [step for flow in flows for step in flow["step"].values()]
    sections = [each for step in steps for each in step.get("sections", {}).values()]
    assert [
        words for words in (*steps, *sections) if "base" in words.get("data", ())
    ] == []


def test_the_title_of_a_menu_has_no_placeholder() -> None:
    """Home Assistant inserts values into the description of a menu only."""
    steps = [*WORDS["config"]["step"].values(), *WORDS["options"]["step"].values()]
    menus = [words for words in steps if "menu_options" in words]
    assert menus
    assert [words["title"] for words in menus if "{" in words["title"]] == []


def test_every_format_of_an_address() -> None:
    words = WORDS["options"]["step"]["address"]
    assert set(words["data"]) == set(words["data_description"]) == set(AddressFormat)


def test_every_choice() -> None:
    """The form adds to the choice of an encoder those that work."""
    choices = {
        each.key: set(each.selector.config["options"])
        for each in OPTIONS
        if isinstance(each.selector, SelectSelector)
    }
    choices["encoder"] |= set(Encoder)
    expected = {"video_mode", "max_height", "small_height", "encoder", "preset"}
    expected |= {"convert_on", "webrtc"}
    assert set(choices) == expected
    for key, values in choices.items():
        assert set(WORDS["selector"][key]["options"]) == values


@pytest.mark.parametrize("platform", WORDS["entity"])
def test_every_entity(platform: str) -> None:
    keys = set(WORDS["entity"][platform])
    assert set(ICONS["entity"][platform]) == keys
    sensors = {
        str(description.translation_key)
        for description in (*SENSORS, *PUBLICATION_SENSORS)
    }
    detections = {str(description.translation_key) for description in DETECTIONS}
    sensors.add(ConverterConversions._key)
    named = {"sensor": sensors, "binary_sensor": detections}
    assert keys == named.get(platform, {"stream"})
    # These have the names of their classes.
    assert not any(description.translation_key for description in BINARY_SENSORS)


def test_every_unit() -> None:
    """A sensor with a state class has a unit, its own or a translated one; a count has none."""
    for description in (*SENSORS, *PUBLICATION_SENSORS):
        words = WORDS["entity"]["sensor"][description.translation_key]
        units = [
            words.get("unit_of_measurement"),
            description.native_unit_of_measurement,
        ]
        is_count = description.translation_key in FORMER_UNITS
        has_unit = bool(description.state_class) and not is_count
        assert sum(unit is not None for unit in units) == has_unit


def test_every_state() -> None:
    sensors = {
        description.translation_key: set(description.options or ())
        for description in (*SENSORS, *PUBLICATION_SENSORS)
    }
    for key, states in sensors.items():
        assert set(WORDS["entity"]["sensor"][key].get("state", {})) == states
    assert sensors["status"] == {str(state) for state in StreamState}
    assert sensors["last_error"] - {"none"} <= {str(reason) for reason in EndReason}


def test_every_event() -> None:
    words = WORDS["entity"]["event"]["stream"]["state_attributes"]
    types = {str(event_type) for event_type in EventType}
    assert set(words["event_type"]["state"]) == types
    icons = ICONS["entity"]["event"]["stream"]["state_attributes"]
    assert set(icons["event_type"]["state"]) == types
    assert set(words["reason"]["state"]) == {str(reason) for reason in EndReason}
    event = StreamEvent(
        type=EventType.FAILED,
        reason=EndReason.STALLED,
        uptime=1,
        time_to_first_frame=1,
        outage=1,
    )
    assert set(words) == {"event_type", *event_details(event)}


def test_every_issue() -> None:
    assert set(WORDS["issues"]) == {str(issue) for issue in Issue}
    for issue, words in WORDS["issues"].items():
        text = "fix_flow" if issue in FIXABLE else "description"
        assert set(words) == {"title", text}


def test_every_action() -> None:
    actions = {GET_URL, *(name for name, _, _ in ACTIONS)}
    assert set(WORDS["services"]) == set(ICONS["services"]) == actions
    for _, method, _ in ACTIONS:
        assert hasattr(HlsCamera, method)
    described = re.findall(
        r"^(\w+):", (INTEGRATION / "services.yaml").read_text(), flags=re.MULTILINE
    )
    assert set(described) == actions


def test_every_choice_of_an_action() -> None:
    fields = read_yaml("services.yaml")[GET_URL]["fields"]
    assert set(WORDS["services"][GET_URL]["fields"]) == set(fields)
    choices: dict[str, type[StrEnum]] = {
        "format": AddressFormat,
        "quality": Quality,
        "base": Base,
    }
    for name, values in choices.items():
        select = fields[name]["selector"]["select"]
        assert select["options"] == [str(value) for value in values]
        words = WORDS["selector"][select["translation_key"]]["options"]
        assert set(words) == set(select["options"])


@pytest.mark.parametrize("key", WORDS["exceptions"])
def test_no_exception_is_left_over(key: str) -> None:
    assert f'"{key}"' in CODE


def test_every_plan_has_its_words() -> None:
    words = set(WORDS["selector"]["found"]["options"])
    never = {
        "audio_broken_order",
        "audio_frame_rate_not_playable",
        "audio_interlaced",
        "audio_level_not_playable",
        "audio_pixel_format_not_playable",
        "audio_rare_keyframes",
        "audio_wanted",
        "video_channels_not_playable",
        "video_not_wanted",
        "video_no_track",
        "video_refused_track",
        "video_silent_track",
        "video_unusable_track",
    }
    for reason in PlanReason:
        assert {f"video_{reason}", f"audio_{reason}"} <= words | never


def test_every_text_of_the_card() -> None:
    """Its modules name each by its whole key, but for those of the form's choices."""
    words = set(leaves(WORDS["config_panel"]["card"], ""))
    card = "\n".join(
        path.read_text() for path in (INTEGRATION / "frontend").glob("*.js")
    )
    sections = "|".join(WORDS["config_panel"]["card"])
    named = {f".{key}" for key in re.findall(rf'"((?:{sections})\.[a-z_]+)"', card)}
    assert named <= words
    reasons = set(re.findall(r'PlaybackError\("([a-z_]+)"', card))
    reasons |= set(re.findall(r'\? null : "(no_[a-z_]+)"', card))
    reasons |= set(re.findall(r'\{ reason: "([a-z_]+)"', card))
    silent = {"quality_changed", "screen_changed", "stopped"}
    assert {f".reason.{reason}" for reason in reasons - silent} <= words
    generic = {word for word in words if word.startswith((".reason.", ".editor."))}
    generic |= {word for word in words if word.startswith(".detail.")}
    assert words - named - generic == set()


def test_no_reason_of_the_card_is_one_of_a_stream() -> None:
    """Its words would be told of a camera that means something else."""
    assert set(WORDS["config_panel"]["card"]["reason"]).isdisjoint(EndReason)


def test_every_line_of_the_system_information() -> None:
    tree = ast.parse((INTEGRATION / "system_health.py").read_text())
    [answer] = [node for node in ast.walk(tree) if isinstance(node, ast.Return)]
    assert isinstance(answer.value, ast.Dict)
    told = {ast.literal_eval(key) for key in answer.value.keys if key is not None}
    assert set(WORDS["system_health"]["info"]) == told


def test_brand_images() -> None:
    assert (INTEGRATION / "brand" / "icon.png").is_file()
    assert (INTEGRATION / "py.typed").is_file()


def test_every_publication() -> None:
    words = WORDS["config_subentries"][PUBLICATION]
    assert set(words["step"]) == {"user", *DestinationKind}
    assert set(words["step"]["user"]["menu_options"]) == set(DestinationKind)
    for kind in DestinationKind:
        fields = {str(field) for field in form_schema(kind, has_sub_stream=True).schema}
        texts = words["step"][kind]
        assert set(texts["data"]) == set(texts["data_description"]) == fields
    assert all("{name}" in step["title"] for step in words["step"].values())
    own = {
        "destination_in_use",
        "key_in_address",
        "key_invalid",
        "name_missing",
        "not_absolute",
    }
    problems = {*map(str, PublishProblem), *map(str, AddressProblem)}
    assert set(words["error"]) == problems | own
    shown = WORDS["entity"]["sensor"]["publishing"]["state_attributes"]["problem"]
    assert set(shown["state"]) == set(PublishProblem)
