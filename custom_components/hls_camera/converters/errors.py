"""The reasons for which a host does not convert."""

from enum import StrEnum

from ..streaming.errors import HlsCameraError


class ConverterProblem(StrEnum):
    """A reason; the value is its key in the translations."""

    CANNOT_CONNECT = "cannot_connect"
    """No connection: a wrong address, or a host that is down."""
    TIMED_OUT = "timed_out"
    TLS_FAILED = "tls_failed"
    """The host's certificate is not trusted."""
    LOGIN_REJECTED = "login_rejected"
    NOT_GO2RTC = "not_go2rtc"
    """Something else answers at the address."""
    REFUSED = "refused"
    """go2rtc refuses to add a stream."""
    NO_RTSP = "no_rtsp"
    """go2rtc's RTSP server is switched off or cannot be reached."""
    NO_PICTURE = "no_picture"
    """No converted picture arrives: FFmpeg is missing there, or fails."""
    NO_HARDWARE = "no_hardware"
    """No hardware encoder works there."""
    STALLED = "stalled"
    """The converted picture stops, although the camera sends one."""
    TOO_SLOW = "too_slow"
    """The host has no time to convert another picture."""


class ConverterError(HlsCameraError):
    """The host does not convert."""

    def __init__(self, problem: ConverterProblem, detail: str = "") -> None:
        """Keep the problem; `detail` is for people and without credentials."""
        super().__init__(f"{problem}: {detail}" if detail else str(problem))
        self.problem = problem
        self.detail = detail
