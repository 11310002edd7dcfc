"""Tokens do not reach the log of the web server."""

import logging
from collections.abc import Iterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from custom_components.hls_camera.web.address_urls import (
    AddressFormat,
    Resource,
    address_path,
)
from custom_components.hls_camera.web.log_filter import (
    HIDDEN,
    LOGGERS,
    hide_tokens,
    hide_tokens_in_logs,
)
from custom_components.hls_camera.web.views import live_path, stream_path

TOKEN = "Tok3n-_x.y"
SIGNATURE = "?authSig=signed"
PATHS = [
    address_path(TOKEN, Resource(AddressFormat.MPEG_TS, None)),
    stream_path(TOKEN, "index.m3u8"),
    live_path(TOKEN),
    f"/api/hls_camera/found/{TOKEN}{SIGNATURE}",
    f"//api//hls/hls_camera//address//{TOKEN}/media.ts",
]


@pytest.fixture(autouse=True)
def filters() -> Iterator[None]:
    """Leave the loggers as they were."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [list(logger.filters) for logger in loggers]
    hide_tokens_in_logs()
    yield
    for logger, filters in zip(loggers, before, strict=True):
        logger.filters[:] = filters


@pytest.mark.parametrize("path", PATHS)
def test_the_token_is_hidden_and_the_rest_stays(path: str) -> None:
    text = f"GET {path} HTTP/1.1"
    hidden = hide_tokens(text)
    assert TOKEN not in hidden
    assert hidden == text.replace(SIGNATURE, "").replace(TOKEN, HIDDEN)


@pytest.mark.parametrize("path", ["/api/hls/core", "/hls_camera/card.js", "/api/"])
def test_other_paths_stay(path: str) -> None:
    assert hide_tokens(f"GET {path}") == f"GET {path}"


@pytest.mark.parametrize("name", LOGGERS)
@pytest.mark.parametrize("path", PATHS)
def test_messages_with_arguments(
    caplog: pytest.LogCaptureFixture, name: str, path: str
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger(name).warning("Serving %s to %s", path, "192.0.2.1")
    logging.getLogger(name).warning("Serving %s to %s", "/api/", "192.0.2.1")
    assert TOKEN not in caplog.text
    assert "to 192.0.2.1" in caplog.messages[0]
    assert caplog.messages[1] == "Serving /api/ to 192.0.2.1"


def test_a_second_call_changes_nothing() -> None:
    before = len(logging.getLogger(LOGGERS[0]).filters)
    hide_tokens_in_logs()
    assert len(logging.getLogger(LOGGERS[0]).filters) == before


@pytest.mark.usefixtures("socket_enabled")
async def test_the_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """Neither its message nor the parts of it, which structured logs write."""
    caplog.set_level(logging.INFO, "aiohttp.access")

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    async with (
        TestServer(application) as server,
        ClientSession() as session,
        session.get(server.make_url(PATHS[0])) as response,
    ):
        await response.read()
    [record] = [each for each in caplog.records if each.name == "aiohttp.access"]
    assert HIDDEN in record.getMessage()
    assert TOKEN not in repr(vars(record))
