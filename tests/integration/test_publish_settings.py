"""A publication's settings lead to its destination."""

from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound

from custom_components.hls_camera import publish_settings
from custom_components.hls_camera.publish_settings import (
    SECRETS,
    async_try_out,
    destination_key,
    open_publisher,
)
from custom_components.hls_camera.publishing.errors import PublishError, PublishProblem
from tests.publishing.servers import free_port

from .publishing import HLS

S3: dict[str, Any] = {
    "to": "s3",
    "bucket": "cameras",
    "prefix": "door",
    "access_key_id": "key",
    "secret_access_key": "hush",
    **HLS,
}

RTMP: dict[str, Any] = {
    "to": "rtmp",
    "server": "rtmps://live.example/app",
    "stream_key": "key-of-the-door",
}


async def test_the_library_of_object_stores_is_installed_where_one_is_used(
    hass: HomeAssistant,
) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    with patch.object(publish_settings, "async_process_requirements") as process:
        await open_publisher(hass, S3).close()
        with pytest.raises(PublishError):
            await async_try_out(hass, {**S3, "endpoint": endpoint})
    [call] = process.mock_calls
    assert call.args[2] == ["aiobotocore>=3.7.0"]


async def test_a_library_that_cannot_be_installed(hass: HomeAssistant) -> None:
    error = RequirementsNotFound("hls_camera", ["aiobotocore"])
    with (
        patch.object(publish_settings, "async_process_requirements", side_effect=error),
        pytest.raises(PublishError) as raised,
    ):
        await async_try_out(hass, S3)
    assert raised.value.problem is PublishProblem.LIBRARY_MISSING


async def test_a_web_server_needs_no_library(hass: HomeAssistant) -> None:
    data = {"to": "web_server", "address": f"http://127.0.0.1:{free_port()}/", **HLS}
    with (
        patch.object(publish_settings, "async_process_requirements") as process,
        pytest.raises(PublishError),
    ):
        await async_try_out(hass, data)
    assert not process.mock_calls


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ({"to": "folder", "path": "/a/b"}, {"to": "folder", "path": "/a/b/"}, True),
        ({"to": "folder", "path": "/a/b"}, {"to": "folder", "path": "/a"}, False),
        (
            {
                "to": "web_server",
                "address": "https://EXAMPLE.org:443/a",
                "username": "x",
            },
            {"to": "web_server", "address": "https://example.org/a/"},
            True,
        ),
        (S3, {**S3, "access_key_id": "other", "endpoint": None}, True),
        (S3, {**S3, "prefix": "garden"}, False),
        (S3, {**S3, "endpoint": "https://s3.example.org"}, False),
        (RTMP, {**RTMP}, True),
        (RTMP, {**RTMP, "stream_key": "another-key"}, False),
    ],
)
def test_two_publications_to_the_same_place(
    first: dict[str, Any], second: dict[str, Any], *, is_same: bool
) -> None:
    assert (destination_key(first) == destination_key(second)) is is_same


def test_the_key_of_an_object_store_has_no_secrets() -> None:
    logins = {"username", "password", "access_key_id", "secret_access_key"}
    assert {*logins, "stream_key"} == SECRETS
    assert "hush" not in destination_key(S3)
