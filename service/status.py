"""The state of a camera as data."""

from dataclasses import asdict
from typing import Any

from custom_components.hls_camera.publishing.publication import Publication
from custom_components.hls_camera.streaming.camera.rendition import Rendition

from .cameras import ServedCamera


def camera_status(served: ServedCamera) -> dict[str, Any]:
    """Return the status of a camera, for JSON."""
    camera = served.camera
    main = camera.main
    figures = camera.statistics()
    return {
        "name": served.name,
        "state": main.state.value,
        "reason": main.reason,
        "failing_since": _time(main.failing_since),
        "streaming_since": _time(figures.started_at),
        "bitrate": round(figures.bitrate),
        "frame_rate": round(figures.frame_rate, 2),
        "frames": figures.frames,
        "bytes": figures.bytes,
        "restarts": figures.restarts,
        "viewers": figures.viewers,
        "sub_stream": None if camera.sub is None else _stream_status(camera.sub),
        "publications": [publication_status(each) for each in served.publications],
    }


def publication_status(publication: Publication) -> dict[str, Any]:
    """Return the status of a publication, for JSON."""
    return {
        "state": publication.state.value,
        "problem": publication.problem,
        "detail": publication.detail,
        "since": _time(publication.since),
        "dropped": publication.dropped,
        **asdict(publication.figures),
    }


def _stream_status(rendition: Rendition) -> dict[str, Any]:
    return {"state": rendition.state.value, "reason": rendition.reason}


def _time(time: Any) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds")
