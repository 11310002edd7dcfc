"""The configuration: a TOML file, and secrets from the environment.

A secret is a string, or a table that names an environment variable: `{ env = "DOOR_PASSWORD" }`.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import voluptuous as vol

from custom_components.hls_camera.publishing.kinds import DestinationKind
from custom_components.hls_camera.publishing.rtmp_address import parse_rtmp_address
from custom_components.hls_camera.publishing.stream_key import is_stream_key
from custom_components.hls_camera.publishing.web_address import (
    AddressProblem,
    InvalidAddressError,
    parse_web_address,
)

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")
_MIN_KEY_LENGTH: Final = 16
_ADDRESS_PROBLEMS: Final = {
    AddressProblem.NOT_HTTP: "expected an address that begins with http:// or https://",
    AddressProblem.NOT_RTMP: "expected an address such as rtmp://host/path",
    AddressProblem.HAS_CREDENTIALS: "the username and password have keys of their own",
    AddressProblem.HAS_QUERY: "expected an address without ? and #",
}


class ConfigurationError(Exception):
    """The configuration cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfiguration:
    """How the service serves."""

    host: str
    port: int
    api_key: str
    """Required of everybody who uses the API."""
    ffmpeg: str
    stream_limit: int
    memory_budget: int
    """MiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishConfiguration:
    """One publication of a camera."""

    to: DestinationKind
    settings: Mapping[str, Any]
    """The destination's own settings."""
    segment_duration: float = 2.0
    """Seconds; of HLS, as is the next one."""
    listed: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraConfiguration:
    """One camera."""

    name: str
    address: str
    sub_address: str | None
    username: str
    password: str
    transport: str
    always_on: bool
    idle_timeout: float
    """Seconds."""
    publish: tuple[PublishConfiguration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The whole configuration."""

    server: ServerConfiguration
    cameras: tuple[CameraConfiguration, ...]


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Configuration:
    """Read the configuration.

    Raises:
        ConfigurationError: it cannot be read or used.

    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigurationError(f"{path}: {err.strerror}") from err
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigurationError(f"{path}: {err}") from err
    return parse(document, environment)


def parse(document: Any, environment: Mapping[str, str]) -> Configuration:
    """Return the configuration of a document; raises as `load()` does."""
    try:
        values = _schema(environment)(document)
    except vol.Invalid as err:
        # The message of an invalid value may quote it, and it may be a secret.
        place = ".".join(str(part) for part in err.path) or "the document"
        raise ConfigurationError(f"{place}: {err.msg}") from None
    return Configuration(
        server=ServerConfiguration(**values["server"]),
        cameras=tuple(
            CameraConfiguration(
                **camera | {"publish": tuple(map(_publication, camera["publish"]))}
            )
            for camera in values["camera"]
        ),
    )


def _publication(values: Mapping[str, Any]) -> PublishConfiguration:
    common = {
        key: values[key] for key in ("segment_duration", "listed") if key in values
    }
    rest = {key: values[key] for key in values if key not in {"to", *common}}
    return PublishConfiguration(
        to=DestinationKind(values["to"]), settings=rest, **common
    )


def _schema(environment: Mapping[str, str]) -> vol.Schema:
    def secret(value: Any) -> str:
        match value:
            case str():
                return value
            case {"env": str(name), **rest} if not rest:
                if (text := environment.get(name)) is None:
                    raise vol.Invalid(f"the environment has no variable {name}")
                return text
        raise vol.Invalid('expected a string, or a table such as { env = "NAME" }')

    def key(value: str) -> str:
        if len(value) < _MIN_KEY_LENGTH:
            raise vol.Invalid(f"expected at least {_MIN_KEY_LENGTH} characters")
        return value

    server = vol.Schema(
        {
            vol.Optional("host", default="127.0.0.1"): str,
            vol.Optional("port", default=8765): vol.All(int, vol.Range(0, 65535)),
            vol.Required("api_key"): vol.All(secret, key),
            vol.Optional(
                "ffmpeg", default=environment.get("HLS_CAMERA_FFMPEG", "ffmpeg")
            ): str,
            vol.Optional("stream_limit", default=64): vol.All(int, vol.Range(1, 1000)),
            vol.Optional("memory_budget", default=1024): vol.All(
                int, vol.Range(16, 1_000_000)
            ),
        }
    )
    camera = vol.Schema(
        {
            vol.Required("name"): vol.All(str, vol.Match(_whole(_NAME))),
            vol.Required("address"): secret,
            vol.Optional("sub_address", default=None): vol.Any(None, secret),
            vol.Optional("username", default=""): secret,
            vol.Optional("password", default=""): secret,
            vol.Optional("transport", default="tcp"): vol.In(
                ("automatic", "tcp", "udp")
            ),
            vol.Optional("always_on", default=False): bool,
            vol.Optional("idle_timeout", default=30.0): _number(5, 3600),
            vol.Optional("publish", default=[]): [_publish_schema(secret)],
        }
    )
    return vol.Schema(
        {
            vol.Required("server"): server,
            vol.Required("camera"): vol.All([camera], vol.Length(min=1), _named_once),
        }
    )


def _publish_schema(secret: Any) -> Any:
    common: dict[Any, Any] = {
        vol.Optional("segment_duration", default=2.0): _number(1, 10),
        vol.Optional("listed", default=6): vol.All(int, vol.Range(3, 100)),
    }
    login: dict[Any, Any] = {
        vol.Optional("username", default=""): secret,
        vol.Optional("password", default=""): secret,
    }
    kinds: dict[DestinationKind, dict[Any, Any]] = {
        DestinationKind.FOLDER: {vol.Required("path"): str},
        DestinationKind.WEB_SERVER: {vol.Required("address"): _web_address, **login},
        DestinationKind.S3: {
            vol.Required("bucket"): str,
            vol.Optional("prefix", default=""): str,
            vol.Optional("endpoint", default=None): vol.Any(None, _web_address),
            vol.Optional("region", default=None): vol.Any(None, str),
            vol.Required("access_key_id"): secret,
            vol.Required("secret_access_key"): secret,
        },
        DestinationKind.RTMP: {
            vol.Required("server"): _rtmp_address,
            vol.Required("stream_key"): vol.All(secret, _stream_key),
        },
    }
    schemas = {
        str(kind): vol.Schema(
            {
                vol.Required("to"): str(kind),
                **own,
                **({} if kind is DestinationKind.RTMP else common),
            }
        )
        for kind, own in kinds.items()
    }

    def check(value: Any) -> Any:
        kind = value.get("to") if isinstance(value, dict) else None
        if kind not in schemas:
            raise vol.Invalid(f"expected one of {', '.join(schemas)}", path=["to"])
        return schemas[kind](value)

    return check


def _web_address(value: Any) -> str:
    try:
        return str(parse_web_address(str(value)))
    except InvalidAddressError as err:
        raise vol.Invalid(_ADDRESS_PROBLEMS[err.problem]) from None


def _rtmp_address(value: Any) -> str:
    try:
        return parse_rtmp_address(str(value)).url
    except InvalidAddressError as err:
        raise vol.Invalid(_ADDRESS_PROBLEMS[err.problem]) from None


def _stream_key(value: str) -> str:
    if not is_stream_key(value):
        raise vol.Invalid("expected at least eight characters without spaces")
    return value


def _number(least: float, most: float) -> Any:
    return vol.All(vol.Any(int, float), vol.Range(least, most), vol.Coerce(float))


def _whole(pattern: re.Pattern[str]) -> str:
    return rf"(?:{pattern.pattern})\Z"


def _named_once(cameras: Any) -> Any:
    names = [camera["name"] for camera in cameras]
    if doubles := {name for name in names if names.count(name) > 1}:
        raise vol.Invalid(f"two cameras are called {min(doubles)}")
    return cameras
