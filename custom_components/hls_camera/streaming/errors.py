"""The errors of the streaming core.

HlsCameraError
├── InvalidSourceError      the stream address or its credentials cannot be used
├── InvalidInputOptionsError  FFmpeg is not given these options
├── SourceError             the camera cannot be read now; carries an EndReason
├── MediaError              FFmpeg's output is not the planned media
│   ├── TimelineError       decode times stand still, run backwards or jump
│   ├── NoKeyframeError     keyframes are too far apart, or are none
│   ├── PictureTooLargeError  more pixels than this machine has the memory to decode
│   ├── WindowOverflowError a partial segment is larger than the window may be
│   ├── SourceChangedError  the picture is coded otherwise than the run began with
│   ├── MalformedBoxError   not ISO BMFF, or cut short
│   ├── MalformedNutError   not NUT, or a field out of range
│   └── NutTooLargeError    a frame or a header of NUT above the size cap
├── FfmpegError             FFmpeg itself cannot be used
│   ├── FfmpegMissingError  there is no such executable
│   ├── ShortageError       the machine has run out of memory, threads or open files
│   └── EncoderMissingError no encoder of H.264 works
├── StreamStoppedError      somebody stopped the stream; it does not wake for a viewer
├── StreamNotReadyError     the stream did not begin within the time a viewer waits
├── RecordingError          a recording cannot be written; carries the system's message
├── TooSlowError            a reader is too far behind live
├── TooManyRequestsError    the limit of waiting requests has been reached
├── TooManyViewersError     the limit of viewers has been reached
├── ConversionLimitError    there is no processor time for one more conversion
└── StreamLimitError        the stream limit has been reached

No message contains credentials: whatever comes from FFmpeg or a user is
redacted before an error is raised.
"""

from enum import StrEnum

from .reasons import EndReason


class HlsCameraError(Exception):
    """Base of every error that the core raises."""


class SourceProblem(StrEnum):
    """Why a stream address cannot be used."""

    NOT_AN_ADDRESS = "not_an_address"
    SCHEME_NOT_ALLOWED = "scheme_not_allowed"
    HOST_MISSING = "host_missing"
    PORT_MISSING = "port_missing"
    CONTROL_CHARACTER = "control_character"
    COLON_IN_USERNAME = "colon_in_username"
    CREDENTIALS_UNCLEAR = "credentials_unclear"
    """Something that ends the host, such as a slash, stands in the password."""


class InvalidSourceError(HlsCameraError):
    """The stream address or its credentials cannot be used."""

    def __init__(self, problem: SourceProblem) -> None:
        """Keep the problem; the address itself may hold a password and is not kept."""
        super().__init__(problem.value.replace("_", " "))
        self.problem = problem


class InvalidInputOptionsError(HlsCameraError):
    """FFmpeg is not given these options for its input."""

    def __init__(self, named: str) -> None:
        """Keep the names of the options that are not allowed."""
        super().__init__(f"not allowed: {named}")
        self.named = named


class SourceError(HlsCameraError):
    """The camera cannot be read now."""

    def __init__(self, reason: EndReason, detail: str = "") -> None:
        """Keep the reason; `detail` is FFmpeg's last words, already redacted."""
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail


class MediaError(HlsCameraError):
    """FFmpeg's output is not the planned media."""

    reason = EndReason.BAD_MEDIA
    """The end reason of the run."""


class TimelineError(MediaError):
    """Decode times stand still, run backwards or jump."""

    reason = EndReason.TIMELINE


class NoKeyframeError(MediaError):
    """Keyframes are too far apart, or are none."""

    reason = EndReason.NO_KEYFRAME


class WindowOverflowError(MediaError):
    """A partial segment is larger than the window may be."""

    reason = EndReason.TOO_MUCH_DATA


class PictureTooLargeError(MediaError):
    """The picture has more pixels than this machine has the memory to decode."""

    reason = EndReason.PICTURE_TOO_LARGE


class SourceChangedError(MediaError):
    """The picture is coded otherwise than the run began with."""

    reason = EndReason.SOURCE_CHANGED


class MalformedBoxError(MediaError):
    """The bytes are not ISO BMFF, or a box is cut short."""


class MalformedNutError(MediaError):
    """The bytes are not NUT, or a field is out of range."""


class NutTooLargeError(MediaError):
    """A frame or a header of NUT announces more bytes than the reader is willing to hold."""


class FfmpegError(HlsCameraError):
    """FFmpeg itself cannot be used."""


class FfmpegMissingError(FfmpegError):
    """There is no FFmpeg where it was looked for."""


class ShortageError(FfmpegError):
    """FFmpeg cannot be started for want of memory, threads, processes or open files."""


class EncoderMissingError(FfmpegError):
    """No encoder of H.264 works: this FFmpeg was built without, and no hardware helps."""


class StreamStoppedError(HlsCameraError):
    """Somebody stopped the stream; it does not wake for a viewer."""


class StreamNotReadyError(HlsCameraError):
    """The stream did not begin within the time a viewer waits."""


class RecordingError(HlsCameraError):
    """A recording cannot be written where it should be."""


class TooSlowError(HlsCameraError):
    """A reader is too far behind live."""


class TooManyRequestsError(HlsCameraError):
    """The limit of waiting requests has been reached."""


class TooManyViewersError(HlsCameraError):
    """The limit of viewers has been reached."""

    def __init__(self, limit: int) -> None:
        """Keep the limit, a number of viewers."""
        super().__init__(f"{limit} viewers watch already")
        self.limit = limit


class StreamLimitError(HlsCameraError):
    """The stream limit has been reached."""

    def __init__(self, limit: int) -> None:
        """Keep the limit, a number of streams."""
        super().__init__(f"The stream limit has been reached: {limit}")
        self.limit = limit


class ConversionLimitError(HlsCameraError):
    """There is no processor time for one more conversion."""

    def __init__(self, running: int) -> None:
        """Keep the number of conversions that run."""
        super().__init__(f"no room beside {running} conversions")
        self.running = running
