"""The figures of all cameras in Prometheus' text format, version 0.0.4."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from custom_components.hls_camera.publishing.publication import (
    Publication,
    PublicationState,
)
from custom_components.hls_camera.streaming.camera.state import StreamState
from custom_components.hls_camera.streaming.ingest.stats import Statistics

from .cameras import Cameras, ServedCamera

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Metric[T](NamedTuple):
    name: str
    kind: str
    help: str
    value: Callable[[T], float]


_CAMERA: Final[tuple[_Metric[Statistics], ...]] = (
    _Metric("bitrate", "gauge", "Bits per second.", lambda it: it.bitrate),
    _Metric("frame_rate", "gauge", "Frames per second.", lambda it: it.frame_rate),
    _Metric("frames_total", "counter", "Video frames.", lambda it: it.frames),
    _Metric("bytes_total", "counter", "Bytes of media.", lambda it: it.bytes),
    _Metric("restarts_total", "counter", "Restarts of FFmpeg.", lambda it: it.restarts),
    _Metric("viewers", "gauge", "Viewers.", lambda it: it.viewers),
)
_PUBLICATION: Final[tuple[_Metric[Publication], ...]] = (
    _Metric(
        "publication_up",
        "gauge",
        "Whether the publication is publishing.",
        lambda it: it.state is PublicationState.PUBLISHING,
    ),
    _Metric(
        "published_bytes_total",
        "counter",
        "Bytes published.",
        lambda it: it.figures.bytes,
    ),
    _Metric(
        "published_segments_total",
        "counter",
        "Segments published.",
        lambda it: it.figures.segments,
    ),
    _Metric(
        "dropped_segments_total",
        "counter",
        "Segments that the destination was too slow for.",
        lambda it: it.dropped,
    ),
    _Metric(
        "publish_failures_total",
        "counter",
        "Failures to publish.",
        lambda it: it.figures.failures,
    ),
)


def render(cameras: Cameras) -> str:
    """Return the text."""
    return "\n".join((*_lines(cameras), ""))


def _lines(cameras: Cameras) -> Iterator[str]:
    yield from _header("up", "gauge", "Whether the camera is streaming.")
    for each in cameras:
        is_up = each.camera.main.state is StreamState.STREAMING
        yield f"hls_camera_up{_labels(each)} {int(is_up)}"
    yield from _header("state", "gauge", "1 for the state of the camera.")
    for each in cameras:
        for state in StreamState:
            labels = _labels(each, state=state.value)
            yield f"hls_camera_state{labels} {int(each.camera.main.state is state)}"
    figures = [(each, each.camera.statistics()) for each in cameras]
    for metric in _CAMERA:
        yield from _header(metric.name, metric.kind, metric.help)
        for each, statistics in figures:
            yield _sample(metric, _labels(each), statistics)
    for published in _PUBLICATION:
        yield from _header(published.name, published.kind, published.help)
        for each in cameras:
            for number, publication in enumerate(each.publications):
                labels = _labels(each, publication=str(number))
                yield _sample(published, labels, publication)
    yield from _header("memory_bytes", "gauge", "Bytes of media in memory.")
    yield f"hls_camera_memory_bytes {cameras.manager.media_bytes}"
    yield from _header("running_streams", "gauge", "Streams that run.")
    yield f"hls_camera_running_streams {cameras.manager.running}"


def _header(name: str, kind: str, help_: str) -> Iterable[str]:
    return (f"# HELP hls_camera_{name} {help_}", f"# TYPE hls_camera_{name} {kind}")


def _sample[T](metric: _Metric[T], labels: str, subject: T) -> str:
    return f"hls_camera_{metric.name}{labels} {float(metric.value(subject)):g}"


def _labels(served: ServedCamera, **more: str) -> str:
    """Return labels; the names of cameras and states need no escapes."""
    labels = {"camera": served.name, **more}
    return "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
