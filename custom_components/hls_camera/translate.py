"""The edge: errors of the streaming core become Home Assistant's, translated."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .manager import SourceInUseError
from .streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    RecordingError,
    SourceError,
    StreamLimitError,
    StreamNotReadyError,
    StreamStoppedError,
)
from .streaming.reasons import EndReason

_REASONS: Final = {
    EndReason.FFMPEG_MISSING: "ffmpeg_missing",
    EndReason.PROTOCOL_MISSING: "protocol_missing",
    EndReason.UNAUTHORIZED: "unauthorized",
}
"""The reasons that have a message of their own; others are told in FFmpeg's words."""


def translation_of(error: HlsCameraError) -> dict[str, Any]:
    """Return an error's translation, as keywords of Home Assistant's exceptions."""
    placeholders: dict[str, str] | None = None
    match error:
        case StreamLimitError():
            key, placeholders = "stream_limit", {"limit": str(error.limit)}
        case StreamStoppedError():
            key = "stream_stopped"
        case StreamNotReadyError():
            key = "stream_not_ready"
        case RecordingError():
            key, placeholders = "recording_failed", {"error": str(error)}
        case SourceInUseError():
            key = "source_in_use"
        case FfmpegMissingError():
            key = "ffmpeg_missing"
        case SourceError(reason=reason) if reason in _REASONS:
            key = _REASONS[reason]
        case SourceError():
            key, placeholders = "source_error", {"error": str(error)}
        case FfmpegError():
            key, placeholders = "ffmpeg_error", {"error": str(error)}
        case _:
            key, placeholders = "stream_error", {"error": str(error)}
    return {
        "translation_domain": DOMAIN,
        "translation_key": key,
        "translation_placeholders": placeholders,
    }


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the core's errors as Home Assistant's."""
    try:
        yield
    except StreamStoppedError as err:
        # Not a failure: somebody stopped it, and somebody has to start it.
        raise ServiceValidationError(**translation_of(err)) from err
    except HlsCameraError as err:
        raise HomeAssistantError(**translation_of(err)) from err


def translated[**P, R](
    func: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Decorate a coroutine function: it raises Home Assistant's errors."""

    @wraps(func)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with translated_errors():
            return await func(*args, **kwargs)

    return call
