"""The service's configuration: what it takes, and what it says of what it does not."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from service.configuration import Configuration, ConfigurationError, load, parse

KEY = "0123456789abcdef"
CAMERA = {"name": "door", "address": "rtsp://192.0.2.10/stream1"}


def document(**more: Any) -> dict[str, Any]:
    """Return a configuration of one camera with more keys."""
    return {"server": {"api_key": KEY}, "camera": [CAMERA | more]}


def configured(**more: Any) -> Configuration:
    return parse(document(**more), {"STREAM_KEY": KEY})


def test_a_camera_needs_a_name_and_an_address() -> None:
    configuration = configured()
    camera = configuration.cameras[0]
    assert (camera.name, camera.address) == ("door", CAMERA["address"])
    assert not camera.always_on
    assert camera.publish == ()
    assert configuration.server.host == "127.0.0.1"
    assert configuration.server.port == 8765


def test_secrets_come_from_the_environment() -> None:
    configuration = parse(
        document(password={"env": "DOOR_PASSWORD"}), {"DOOR_PASSWORD": "open sesame"}
    )
    assert configuration.cameras[0].password == "open sesame"


@pytest.mark.parametrize(
    ("publish", "settings"),
    [
        ({"to": "folder", "path": "/srv/door"}, {"path": "/srv/door"}),
        (
            {
                "to": "web_server",
                "address": "https://example.org/door",
                "username": "u",
                "password": "p",
            },
            {"address": "https://example.org/door", "username": "u", "password": "p"},
        ),
        (
            {
                "to": "rtmp",
                "server": "rtmps://h/live/",
                "stream_key": {"env": "STREAM_KEY"},
            },
            {"server": "rtmps://h/live", "stream_key": KEY},
        ),
        (
            {"to": "s3", "bucket": "b", "access_key_id": "k", "secret_access_key": "s"},
            {
                "bucket": "b",
                "prefix": "",
                "endpoint": None,
                "region": None,
                "access_key_id": "k",
                "secret_access_key": "s",
            },
        ),
    ],
)
def test_a_camera_is_published(
    publish: dict[str, Any], settings: dict[str, Any]
) -> None:
    (publication,) = configured(publish=[publish]).cameras[0].publish
    assert publication.to == publish["to"]
    assert publication.settings == settings
    assert (publication.segment_duration, publication.listed) == (2.0, 6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({}, "server: required key not provided"),
        ({"server": {"api_key": "short"}, "camera": [CAMERA]}, "server.api_key: expected at least 16 characters"),
        ({"server": {"api_key": {"env": "MISSING"}}, "camera": [CAMERA]}, "server.api_key: the environment has no variable MISSING"),
        ({"server": {"api_key": {"file": "/x"}}, "camera": [CAMERA]}, "server.api_key: expected a string, or a table"),
        ({"server": {"api_key": KEY, "prot": 1}, "camera": [CAMERA]}, "server.prot: "),
        ({"server": {"api_key": KEY}, "camera": []}, "camera: length of value must be at least 1"),
        ({"server": {"api_key": KEY}, "camera": [CAMERA, CAMERA]}, "camera: two cameras are called door"),
        (document(name="../etc"), "camera.0.name: does not match"),
        (document(name="door\n"), "camera.0.name: does not match"),
        (document(transport="pigeon"), "camera.0.transport"),
        (document(publish=[{"to": "moon"}]), "camera.0.publish.0.to: expected one of folder, web_server, s3, rtmp"),
        (document(publish=[{"to": "folder"}]), "camera.0.publish.0.path: required key not provided"),
        (document(publish=[{"to": "web_server", "address": "ftp://example.org"}]), "camera.0.publish.0.address: expected an address that begins"),
        (document(publish=[{"to": "web_server", "address": "https://[::"}]), "camera.0.publish.0.address: expected an address that begins"),
        (document(publish=[{"to": "web_server", "address": "https://u:secret@example.org"}]), "camera.0.publish.0.address: the username and password have keys"),
        (document(publish=[{"to": "rtmp", "server": "rtmp://h", "stream_key": KEY}]), "camera.0.publish.0.server: expected an address such as rtmp"),
        (document(publish=[{"to": "rtmp", "server": "rtmp://h/live", "stream_key": "secret"}]), "camera.0.publish.0.stream_key: expected at least eight"),
        (document(publish=[{"to": "rtmp", "server": "rtmp://h/live", "stream_key": KEY, "listed": 6}]), "camera.0.publish.0.listed: "),
        (document(publish=[{"to": "folder", "path": "/x", "listed": 1}]), "camera.0.publish.0.listed"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(
    wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse(wrong, {})
    assert str(raised.value).startswith(message)
    assert "secret" not in str(raised.value)


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cameras.toml"
    path.write_text(
        f'[server]\napi_key = "{KEY}"\n[[camera]]\nname = "door"\naddress = "rtsp://192.0.2.10/1"\n'
    )
    assert load(path, {}).cameras[0].name == "door"


@pytest.mark.parametrize("text", [b"[server", b"\xff"])
def test_a_file_that_is_no_toml(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "cameras.toml"
    path.write_bytes(text)
    with pytest.raises(ConfigurationError) as raised:
        load(path, {})
    assert str(path) in str(raised.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load(tmp_path / "cameras.toml", {})


def test_the_example_of_the_documentation_is_valid() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "service.md"
    example = (
        page.read_text(encoding="utf-8").split("```toml\n", 1)[1].split("```", 1)[0]
    )
    names = ("API_KEY", "DOOR_PASSWORD", "BUCKET_SECRET", "STREAM_KEY")
    parse(tomllib.loads(example), dict.fromkeys(names, KEY))
