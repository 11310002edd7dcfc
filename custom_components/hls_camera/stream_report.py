"""A report on one stream, for the action `get_status` and for diagnostics."""

from dataclasses import asdict
from typing import Any, TypedDict

from .streaming.camera.rendition import Rendition
from .streaming.camera.supervisor import Supervisor
from .streaming.transcode.options import THIS_MACHINE


class StreamReport(TypedDict):
    """The state, source and figures of one stream, as JSON values."""

    state: str
    reason: str | None
    """Why the stream last ended."""
    detail: str
    """FFmpeg's last error message."""
    failing_since: str | None
    source: dict[str, Any] | None
    """Description of the camera's media."""
    plan: dict[str, Any] | None
    """For each track: copy or convert, and the reason."""
    conversion: dict[str, Any] | None
    """Encoder and size of the picture that this machine converts."""
    converted_on: str | None
    """The host that converts the picture: a converter's name, or "here"."""
    statistics: dict[str, Any]


def stream_report(rendition: Rendition) -> StreamReport:
    """Return the report on a stream."""
    planner, supervisor = rendition.planner, rendition.supervisor
    conversion = supervisor.conversion
    statistics = asdict(rendition.statistics())
    if (started_at := statistics["started_at"]) is not None:
        statistics["started_at"] = started_at.isoformat()
    return StreamReport(
        state=rendition.state,
        reason=rendition.reason,
        detail=rendition.detail,
        failing_since=(
            rendition.failing_since.isoformat() if rendition.failing_since else None
        ),
        source=planner.source_info.as_dict() if planner.source_info else None,
        plan=asdict(planner.plan) if planner.plan else None,
        conversion=conversion.as_dict() if conversion else None,
        converted_on=_place(supervisor),
        statistics=statistics,
    )


def _place(supervisor: Supervisor) -> str | None:
    """Return the host of the conversion that is under way; None without one."""
    if supervisor.converted is not None:
        return supervisor.converted.host
    return THIS_MACHINE if supervisor.conversion else None
