"""Requests of players, while media are added and removed."""

import asyncio
import selectors
from collections.abc import Sequence
from typing import Final, override
from urllib.parse import parse_qsl

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.outputs.hls_delivery import (
    START_TIMEOUT_S,
    Delivery,
)
from tests.streaming.renditions import WindowRendition
from tests.streaming.windows import add_parts, begin, make_window

_STATUSES: Final = {200, 400, 404, 429, 503}
_MAX_STEPS: Final = 60
_BLOCKED_TARGETS: Final = 3
"""Target durations that a blocked request may wait (RFC 8216bis, 6.2.5.2)."""
_VIEWER: Final = "t"
"""Stands for the token of the only viewer."""


class _JumpingSelector(selectors.SelectSelector):
    """Skips the time in which nothing happens."""

    now = 0.0

    @override
    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "somebody waits without end"
        self.now += timeout
        return super().select(0)


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._clock = _JumpingSelector()
        super().__init__(self._clock)

    @override
    def time(self) -> float:
        return self._clock.now


def ask(data: bytes) -> None:
    """Execute each line, and check that every request gets a response in time.

    `GET token resource?query [user agent]` sends a request without waiting, `+3` adds
    parts, `close` ends a segment, `run` begins another run, `clear` stops the stream,
    `sleep` waits for a second.
    """
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        runner.run(_ask(data.decode("utf-8", "surrogateescape").split("\n")))


async def _ask(steps: Sequence[str]) -> None:
    stream = WindowRendition(
        begin(make_window(max_bytes=20_000, max_duration=2)),
        asyncio.get_running_loop().time,
    )
    stream.window.prefix = "aa"
    tokens = {_VIEWER: stream.audience.open()}
    window = stream.window
    answers: list[asyncio.Task[None]] = []
    for step in steps[:_MAX_STEPS]:
        match step.split(" ", 3):
            case ["GET", token, resource, *agent]:
                token = tokens.get(token, token)
                answers.append(
                    asyncio.create_task(_get(stream, token, resource, "".join(agent)))
                )
            case ["close"] if window.next_part[1]:
                window.close_segment()
            case ["run"]:
                begin(window)
            case ["clear"]:
                window.clear()
                begin(window)
            case ["sleep"]:
                await asyncio.sleep(1)
            case [word] if word.startswith("+"):
                try:
                    add_parts(window, len(word), size=80)
                except MediaError:
                    begin(window)
        await asyncio.sleep(0)
    await asyncio.gather(*answers)
    assert not stream.viewers.held


async def _get(stream: WindowRendition, token: str, address: str, agent: str) -> None:
    resource, _, query = address.partition("?")
    fields = dict(parse_qsl(query, keep_blank_values=True))
    headers = {"User-Agent": agent, "Accept-Encoding": agent}
    began = asyncio.get_running_loop().time()
    answer = await stream.deliver(token, resource, fields, headers)
    waited = asyncio.get_running_loop().time() - began
    assert waited <= START_TIMEOUT_S + _BLOCKED_TARGETS * stream.window.target_duration
    _check(answer, is_viewer=token in stream.viewers)


def _check(answer: Delivery, *, is_viewer: bool) -> None:
    assert answer.status in _STATUSES
    assert is_viewer or answer.status == 404
    assert any(answer.body) == (answer.status == 200)
    for name, value in answer.headers.items():
        assert f"{name}: {value}".isprintable()


_BEGUN: Final = b"+++++\nclose\n+++++\nclose\n++\n"


def seeds() -> Sequence[bytes]:
    """Return typical sequences of players."""
    return [
        _BEGUN + b"GET t index.m3u8 gzip\nGET t media.m3u8 AppleCoreMedia",
        _BEGUN + b"GET t media.m3u8?_HLS_msn=3&_HLS_part=2\n+\nclose\nGET t aa-2.1.m4s",
        _BEGUN
        + b"GET t media.m3u8?_HLS_msn=4\n++\nclose\nrun\n+\nGET t aa-4.1.m4s\n+++",
        _BEGUN
        + b"GET t aa-init-1.mp4\nGET t aa-1.m4s\nGET x aa-1.m4s\nclear\n+\nclose",
        b"GET t index.m3u8\nGET t aa-1.0.m4s\n+++\nclose\nsleep\nGET t media.m3u8?_HLS_skip=YES",
    ]


WORDS: Final = (
    *(b"\nGET t ", b"media.m3u8", b"?_HLS_msn=", b"&_HLS_part=", b"aa-", b".m4s"),
    *(b"aa-init-", b".mp4", b"\nclose\n", b"\nrun\n", b"\nclear\n", b"\n+++\n"),
    *(b"\nsleep\n", b"index.m3u8", b"999999999999", b"-1", b"%0d%0a", b"../"),
    *("٣".encode(), b"\xff", b"&", b"="),
)
"""Parts of steps, including a digit that is not ASCII."""
