"""Why a stream ended: one closed list."""

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
    BUSY = "busy"
    """The camera has no free session."""
    BAD_REQUEST = "bad_request"
    """The camera refuses or does not understand a request of the protocol."""
    CAMERA_ERROR = "camera_error"
    """The camera answers that it failed itself."""
    TRANSPORT_REFUSED = "transport_refused"
    """The camera does not send RTP over this transport."""
    LOGIN_UNSUPPORTED = "login_unsupported"
    """The camera wants a login method that we do not know."""
    REDIRECTED = "redirected"
    """The camera leads to a host that the owner did not name."""
    STILL_IMAGE = "still_image"
    """The address is that of a single picture."""
    WEB_PAGE = "web_page"
    """The address is that of a page for browsers."""
    UNREADABLE = "unreadable"
    """FFmpeg failed for a reason that is not in this list."""
    NO_SOURCE = "no_source"
    """The camera that the stream is taken from is not there, or has no address."""
    BAD_MEDIA = "bad_media"
    STALLED = "stalled"
    AUDIO_ONLY = "audio_only"
    NO_KEYFRAME = "no_keyframe"
    TOO_MUCH_DATA = "too_much_data"
    """A picture is larger than the memory that the stream may use."""
    TIMELINE = "timeline"
    """Decode times stand still, run backwards or jump."""
    SOURCE_CHANGED = "source_changed"
    """Another picture size, or other coding, in the same stream."""
    TOO_SLOW = "too_slow"
    DISCONNECTED = "disconnected"
    PROCESS_DIED = "process_died"
    FFMPEG_MISSING = "ffmpeg_missing"
    PROTOCOL_MISSING = "protocol_missing"
    """This FFmpeg was built without the protocol of the address."""
    ENCODER_MISSING = "encoder_missing"
    """No encoder of H.264 works."""
    OUT_OF_RESOURCES = "out_of_resources"
    """This machine has no memory, thread or open file left."""
    PICTURE_TOO_LARGE = "picture_too_large"
    """This machine has too little memory to decode so many pixels."""
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
