"""Everything that is known about a stream: for the action `get_status`, and diagnostics."""

from dataclasses import asdict
from typing import Any, TypedDict

from .streaming.camera.session import StreamSession


class StreamReport(TypedDict):
    """What is known about one stream, fit for JSON."""

    state: str
    reason: str | None
    """Of the last end."""
    detail: str
    """FFmpeg's last words."""
    failing_since: str | None
    source: dict[str, Any] | None
    """What the camera sends."""
    plan: dict[str, Any] | None
    """What is copied and what is converted, and why."""
    conversion: dict[str, Any] | None
    """How the picture is converted now, where it is."""
    statistics: dict[str, Any]


def stream_report(session: StreamSession) -> StreamReport:
    """Return everything that is known about one stream."""
    statistics = asdict(session.statistics())
    if (started_at := statistics["started_at"]) is not None:
        statistics["started_at"] = started_at.isoformat()
    return StreamReport(
        state=session.state,
        reason=session.reason,
        detail=session.detail,
        failing_since=(
            session.failing_since.isoformat() if session.failing_since else None
        ),
        source=session.source_info.as_dict() if session.source_info else None,
        plan=asdict(session.plan) if session.plan else None,
        conversion=session.conversion.as_dict() if session.conversion else None,
        statistics=statistics,
    )
