"""RTSP's and HTTP's status codes, and the end reason that each stands for.

RFC 2326, RFC 7826 and RFC 9110. A redirect is no end, so 3xx is not here.
"""

from typing import Final

from .reasons import EndReason

_COMMON: Final = {
    401: EndReason.UNAUTHORIZED,
    403: EndReason.UNAUTHORIZED,
    404: EndReason.NOT_FOUND,
    407: EndReason.UNAUTHORIZED,
    408: EndReason.TIMED_OUT,
    410: EndReason.NOT_FOUND,
    429: EndReason.BUSY,
    502: EndReason.DISCONNECTED,
    503: EndReason.BUSY,
    504: EndReason.TIMED_OUT,
}
_RTSP: Final = {
    # Answers to a camera's own proxy, or about its certificate
    470: EndReason.UNAUTHORIZED,
    471: EndReason.UNAUTHORIZED,
    453: EndReason.BUSY,
    # The camera forgot the session
    454: EndReason.DISCONNECTED,
    461: EndReason.TRANSPORT_REFUSED,
    462: EndReason.TRANSPORT_REFUSED,
    463: EndReason.TRANSPORT_REFUSED,
    464: EndReason.BUSY,
}
_HTTP: Final = {
    423: EndReason.BUSY,
    # Bandwidth limit exceeded: in no RFC, but sent
    509: EndReason.BUSY,
}
_CLIENT_ERROR: Final = range(400, 500)


def reason_for_rtsp(method: str, status: int) -> EndReason:
    """Return the reason for an RTSP method's failure with a status."""
    if method == "SETUP" and status in {406, 415}:
        # RFC 2326 has 461 for this; some cameras take HTTP's.
        return EndReason.TRANSPORT_REFUSED
    return _RTSP.get(status) or _reason(status)


def reason_for_http(status: int) -> EndReason:
    """Return the reason for an HTTP request's failure with a status."""
    return _HTTP.get(status) or _reason(status)


def _reason(status: int) -> EndReason:
    if reason := _COMMON.get(status):
        return reason
    if status in _CLIENT_ERROR:
        return EndReason.BAD_REQUEST
    return EndReason.CAMERA_ERROR
