"""Faults in the responses of a camera."""

import asyncio
from collections.abc import Collection
from dataclasses import replace
from typing import override

from ..rtp import TrackKind
from ..rtsp import Request, Response
from .base import Answer, Client, Fault, Proceed

_FIRST_METHOD_REFUSED = {454: "PLAY", 461: "SETUP"}
GARBAGE = (
    b"\x00\xff\x13\x37 this is not the server you are looking for \xfe\r\n\r\n" * 8
)


class Status(Fault):
    """Refuses with a status: 401, 403, 404, 454, 461, 503 or any other."""

    def __init__(self, status: int, *, methods: Collection[str] | None = None) -> None:
        self._response = Response(status)
        self._methods = methods or {_FIRST_METHOD_REFUSED.get(status, "DESCRIBE")}

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        return self._response if request.method in self._methods else await proceed()


class Redirect(Fault):
    """Redirects requests for its description to another address."""

    def __init__(self, location: str) -> None:
        self._response = Response(302, {"Location": location})

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        return self._response if request.method == "DESCRIBE" else await proceed()


class RefusedTrack(Fault):
    """Describes a track, but refuses its setup with a status."""

    def __init__(self, track: TrackKind, status: int = 503) -> None:
        self._track = track
        self._response = Response(status)

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        is_setup = request.method == "SETUP"
        is_refused = is_setup and request.target.endswith(f"track={self._track}")
        return self._response if is_refused else await proceed()


class Silent(Fault):
    """Accepts the connection, but does not answer some methods, or any."""

    def __init__(self, *, methods: Collection[str] | None = None) -> None:
        self._methods = methods

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        silent = self._methods is None or request.method in self._methods
        return None if silent else await proceed()


class GarbageAnswer(Fault):
    """Answers every request with bytes that are not RTSP."""

    def __init__(self, garbage: bytes = GARBAGE) -> None:
        self._garbage = garbage

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        return self._garbage


class WrongContentLength(Fault):
    """Announces a description that is longer (or, below zero, shorter) than the real one."""

    def __init__(self, difference: int) -> None:
        self._difference = difference

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        answer = await proceed()
        if isinstance(answer, Response) and answer.body:
            length = len(answer.body) + self._difference
            return replace(answer, content_length=length)
        return answer


class SlowAnswers(Fault):
    """Answers every request after some seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        await asyncio.sleep(self._seconds)
        return await proceed()
