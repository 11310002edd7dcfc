"""A report on one stream, for the action `get_status` and for diagnostics."""

from dataclasses import asdict
from typing import Any, TypedDict

from .streaming.camera.session import StreamSession


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
    """Encoder and size of the converted picture; None if it is copied."""
    statistics: dict[str, Any]


def stream_report(session: StreamSession) -> StreamReport:
    """Return the report on a stream."""
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
