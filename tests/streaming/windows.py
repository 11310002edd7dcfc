"""Windows for tests: filled by hand, or by whatever Hypothesis thinks of."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypothesis import strategies as st

from custom_components.hls_camera.streaming.errors import MediaError
from custom_components.hls_camera.streaming.live.segments import PartialSegment
from custom_components.hls_camera.streaming.live.window import Window
from custom_components.hls_camera.streaming.media.track_samples import TrackSamples

from .media_files import INIT

START = 1_790_000_000.0
"""Wall clock time of the first segment."""


def make_window(
    *,
    max_duration: float = 12,
    max_bytes: int = 1_000_000,
    target_duration: int = 1,
    max_backlog: float = 12.5,
) -> Window:
    """Return an empty window."""
    return Window(
        max_duration=max_duration,
        max_bytes=max_bytes,
        target_duration=target_duration,
        max_backlog=max_backlog,
    )


def begin(window: Window) -> Window:
    """Begin a run with parts of 0.2 s."""
    window.begin_run(INIT)
    window.raise_part_target(0.22)
    return window


def add_part(
    window: Window,
    data: bytes,
    duration: float,
    *,
    independent: bool,
    tracks: tuple[TrackSamples, ...] = (),
) -> None:
    """Append a partial segment to the open segment."""
    _, index = window.next_part
    window.add_part(PartialSegment(index, duration, independent, data, tracks))


def add_parts(window: Window, count: int, *, size: int = 100) -> None:
    """Append parts of 0.2 s; the first one in a segment begins with a keyframe."""
    for _ in range(count):
        msn, index = window.next_part
        if window.segment(msn) is None:
            window.open_segment(START + msn)
        data = msn.to_bytes(4) + index.to_bytes(4)
        data = data * (size // 8)
        add_part(window, data, 0.2, independent=index == 0)


def add_keyless(window: Window, count: int) -> None:
    """Append a whole segment, of parts of 0.2 s, without a keyframe."""
    window.open_segment(START + window.last_msn)
    for _ in range(count):
        add_part(window, b"data", 0.2, independent=False)
    window.close_segment()


def add_segments(
    window: Window, count: int, *, parts: int = 5, size: int = 100
) -> None:
    """Append whole segments."""
    for _ in range(count):
        add_parts(window, parts, size=size)
        window.close_segment()


@dataclass(frozen=True)
class Run:
    """FFmpeg is restarted."""

    init: int


@dataclass(frozen=True)
class Parts:
    """Partial segments come."""

    duration: float
    size: int
    count: int
    independent: bool


@dataclass(frozen=True)
class Close:
    """The segment ends."""


@dataclass(frozen=True)
class Clear:
    """The stream is stopped."""


type Operation = Run | Parts | Close | Clear

_PARTS = st.builds(
    Parts,
    st.floats(0.01, 3),
    st.integers(0, 4000),
    st.integers(1, 5),
    st.booleans(),
)
OPERATIONS: st.SearchStrategy[list[Operation]] = st.lists(
    st.one_of(_PARTS, _PARTS, st.just(Close()), st.builds(Run, st.integers(0, 2)), st.just(Clear())),
    max_size=60,
)  # fmt: skip


def drive(window: Window, operations: list[Operation]) -> Iterator[Operation]:
    """Do as a session and its segmenter do, and yield after each step."""
    is_open = is_running = False
    for operation in operations:
        match operation:
            case Run(init):
                window.begin_run(replace(INIT, data=bytes([init])))
                is_running, is_open = True, False
            case Clear():
                window.clear()
                is_running = is_open = False
            case Close() if is_open:
                window.close_segment()
                is_open = False
            case Parts() if is_running:
                is_open = _add(window, operation, is_open=is_open)
            case _:
                continue
        yield operation


def _add(window: Window, parts: Parts, *, is_open: bool) -> bool:
    if not is_open:
        window.open_segment(START + window.last_msn)
    if window.part_target == 0:
        window.raise_part_target(round(parts.duration, 3) + 0.001)
    for _ in range(parts.count):
        try:
            add_part(
                window, bytes(parts.size), parts.duration, independent=parts.independent
            )
        except MediaError:
            # The run ends, and the next one ends the segment.
            break
    return True
