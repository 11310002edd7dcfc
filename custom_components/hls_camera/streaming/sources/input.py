"""Inputs: media that FFmpeg can read, from a camera's address to a composition of streams."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, Self

from ..redact import Redactor
from .local_endpoint import LocalEndpoint, Trouble

FIRST_PICTURE: Final = "0:v:0"
"""The first video track of the first `-i`, for `-map`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """The options with which FFmpeg reads an input. Durations are in seconds."""

    read_timeout: float
    """The longest wait for the network."""
    keyframe_wait: float = 0.0
    """The longest wait for the first keyframe."""
    frame_interval: float = 0.0
    """From one picture to the next."""
    with_sound: bool = True
    """Whether sound is requested; without it, a camera sends its picture alone if it can."""
    use_wallclock: bool = False
    """Whether a frame's time is the time of its arrival."""
    look_longer: bool = False
    """For a source whose sound comes before its picture."""
    in_real_time: bool = False
    """For a source that sends seconds of media at once: reads them as slowly as they were
    filmed."""
    use_gateway: bool = False
    """Whether our gateway speaks RTSP to the camera: it knows more logins than FFmpeg."""
    allowed_hosts: frozenset[str] = frozenset()
    """Hosts beside its own that a camera may lead to, with a port or with all."""
    extra_arguments: tuple[str, ...] = ()
    """An expert's, which win over ours."""


class OpenInput:
    """An input that one FFmpeg may read, until it is closed."""

    def __init__(
        self,
        arguments: Sequence[str] = (),
        endpoints: Sequence[LocalEndpoint] = (),
        *,
        secrets: Sequence[str] = (),
        picture: str = FIRST_PICTURE,
        filter_graph: str = "",
    ) -> None:
        """Take over the endpoints, which `close()` closes.

        `secrets` are the credentials that FFmpeg's log must not show. Pictures that are not
        coded, such as those of FFmpeg's `lavfi`, need a filter graph: `[0:v:0]null[out]`
        passes them on as they are.
        """
        self.arguments = tuple(arguments)
        """FFmpeg's arguments with one `-i`, or several."""
        self.picture = picture
        """The video track for `-map`, or the output of the filter graph."""
        self.filter_graph = filter_graph
        """The graph that makes one picture of several, if there is one."""
        self.endpoints = tuple(endpoints)
        self.secrets = tuple(secrets)
        self._redactor = Redactor(secrets)

    @classmethod
    def compose(cls, parts: Sequence[Self], *, filter_graph: str, picture: str) -> Self:
        """Return one input of several, numbered in their order; it closes all of them."""
        if any(part.filter_graph for part in parts):
            raise ValueError("A composition cannot be a part of another one")
        return cls(
            [argument for part in parts for argument in part.arguments],
            [endpoint for part in parts for endpoint in part.endpoints],
            secrets=[secret for part in parts for secret in part.secrets],
            picture=picture,
            filter_graph=filter_graph,
        )

    @property
    def trouble(self) -> Trouble | None:
        """Why it cannot be read, where a local endpoint knows that."""
        troubles = (endpoint.trouble for endpoint in self.endpoints)
        return next(filter(None, troubles), None)

    @property
    def needs_gateway(self) -> bool:
        """Whether FFmpeg could not read it without a gateway of ours."""
        return any(endpoint.is_needed for endpoint in self.endpoints)

    def redact(self, text: str) -> str:
        """Return a text with the sources' own addresses, and without credentials."""
        for endpoint in self.endpoints:
            text = text.replace(endpoint.url, endpoint.shown_url)
        return self._redactor(text)

    def redact_command(self, command: Sequence[str]) -> list[str]:
        """Return a command with the sources' own addresses, without credentials.

        Other arguments have none: a short user name may be a part of an option's.
        """
        urls = {endpoint.url for endpoint in self.endpoints}
        return [self.redact(part) if part in urls else part for part in command]

    async def close(self) -> None:
        """Close the local endpoints; FFmpeg is gone."""
        async with AsyncExitStack() as stack:
            for endpoint in self.endpoints:
                stack.push_async_callback(endpoint.close)


class Input(ABC):
    """Media that FFmpeg can read, once for each time that it is opened.

    Its text form is fit for a log. Two inputs are equal where they lead to the same media
    by the same credentials.
    """

    @abstractmethod
    async def open(self, options: ReadOptions) -> OpenInput:
        """Make it ready for one FFmpeg.

        Raises:
            OSError: the system has no port, or no loopback interface.

        """

    @property
    def tcp_address(self) -> tuple[str, int] | None:
        """Host and port of the camera's server, where one accepts connections."""
        return None

    @property
    def is_rtsp(self) -> bool:
        """Whether FFmpeg speaks RTSP: its analysis waits for several pictures then."""
        return False

    def __str__(self) -> str:
        """Return the kind of input: a dataclass's own text may hold credentials."""
        return type(self).__name__


type FindSource = Callable[[], Awaitable[Input]]
"""Returns the input to read now: a camera may have moved. May raise SourceError."""


async def open_together(
    inputs: Sequence[Input], options: ReadOptions, *, filter_graph: str, picture: str
) -> OpenInput:
    """Open several inputs as one picture, which a filter graph makes of theirs.

    The graph names them by their order, `[0:v:0]` and so on; `picture` is its output, such
    as `[out]`. The sound is the first one's. Let the graph end with the first input that
    ends (`shortest=1` of FFmpeg's stacks): all of them are opened again then.

    Raises:
        OSError: one of them cannot be opened.

    """
    async with AsyncExitStack() as failed:
        parts: list[OpenInput] = []
        for each in inputs:
            parts.append(await each.open(options))
            failed.push_async_callback(parts[-1].close)
        composed = OpenInput.compose(parts, filter_graph=filter_graph, picture=picture)
        failed.pop_all()
    return composed
