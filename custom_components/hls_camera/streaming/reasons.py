"""Why a stream ended: one closed list, and how FFmpeg's last words map to it."""

from collections.abc import Iterable
from enum import StrEnum


class EndReason(StrEnum):
    """Why a run of FFmpeg, or a probe, came to its end."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    TIMED_OUT = "timed_out"
    UNSUPPORTED = "unsupported"
    NO_SOURCE = "no_source"
    """The camera that the stream is taken from is not there, or has no address."""
    BAD_MEDIA = "bad_media"
    STALLED = "stalled"
    AUDIO_ONLY = "audio_only"
    NO_KEYFRAME = "no_keyframe"
    TIMELINE = "timeline"
    """Decode times stand still, run backwards or jump."""
    SOURCE_CHANGED = "source_changed"
    """Another picture size, or other coding, in the same stream."""
    TOO_SLOW = "too_slow"
    DISCONNECTED = "disconnected"
    PROCESS_DIED = "process_died"
    FFMPEG_MISSING = "ffmpeg_missing"
    PROTOCOL_MISSING = "protocol_missing"
    """This FFmpeg was built without what speaks to such an address."""
    ENCODER_MISSING = "encoder_missing"
    """No encoder of H.264 works."""
    OVERLOADED = "overloaded"
    """There is no processor time for one more conversion."""
    REPLACED = "replaced"
    STOPPED = "stopped"
    IDLE = "idle"
    SHUTDOWN = "shutdown"

    @property
    def is_failure(self) -> bool:
        """Whether the end was nobody's wish."""
        return self not in _WISHED


_WISHED = frozenset(
    {EndReason.REPLACED, EndReason.STOPPED, EndReason.IDLE, EndReason.SHUTDOWN}
)

# FFmpeg's exit code says next to nothing (5.1 always exits with 1, a lost
# connection exits with 0), so its text is matched. Earlier rows win.
_LAST_WORDS: tuple[tuple[str, EndReason], ...] = (
    ("401 unauthorized", EndReason.UNAUTHORIZED),
    ("403 forbidden", EndReason.UNAUTHORIZED),
    ("authorization failed", EndReason.UNAUTHORIZED),
    ("404 not found", EndReason.NOT_FOUND),
    ("failed: 454", EndReason.DISCONNECTED),
    ("no such file or directory", EndReason.NOT_FOUND),
    ("connection refused", EndReason.REFUSED),
    ("failed to resolve hostname", EndReason.UNREACHABLE),
    ("no route to host", EndReason.UNREACHABLE),
    ("network is unreachable", EndReason.UNREACHABLE),
    ("host is unreachable", EndReason.UNREACHABLE),
    ("connection timed out", EndReason.TIMED_OUT),
    ("operation timed out", EndReason.TIMED_OUT),
    ("protocol not found", EndReason.PROTOCOL_MISSING),
    ("protocol not supported", EndReason.UNSUPPORTED),
    ("failed: 461", EndReason.UNSUPPORTED),
    ("not on whitelist", EndReason.UNSUPPORTED),
    ("could not find tag for codec", EndReason.UNSUPPORTED),
    ("matches no streams", EndReason.NO_VIDEO),
    ("unspecified size", EndReason.NO_VIDEO),
    ("dimensions not set", EndReason.NO_VIDEO),
    ("connection reset by peer", EndReason.DISCONNECTED),
    ("server returned 5xx", EndReason.DISCONNECTED),
    ("server returned 4xx", EndReason.NOT_FOUND),
)


def reason_from_log(lines: Iterable[str]) -> EndReason | None:
    """Return the first known reason among FFmpeg's lines, or None."""
    text = "\n".join(lines).lower()
    return next((reason for words, reason in _LAST_WORDS if words in text), None)
