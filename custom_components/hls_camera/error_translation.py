"""Translation of the core's errors into Home Assistant's."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.translation import async_get_translations

from .const import DOMAIN
from .providers.provider import FormError
from .providers.registry import UnknownSourceError
from .streaming.camera.manager import SourceInUseError
from .streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    PictureTooLargeError,
    RecordingError,
    ShortageError,
    SourceError,
    StreamLimitError,
    StreamNotReadyError,
    StreamStoppedError,
    TooManyViewersError,
)
from .streaming.reasons import EndReason

_REASONS: Final = {
    EndReason.FFMPEG_MISSING: "ffmpeg_missing",
    EndReason.PICTURE_TOO_LARGE: "picture_too_large",
    EndReason.PROTOCOL_MISSING: "protocol_missing",
    EndReason.UNAUTHORIZED: "unauthorized",
}
"""End reasons with a message of their own; the others show FFmpeg's message."""
_PLAIN: Final[dict[type[HlsCameraError], str]] = {
    FfmpegMissingError: "ffmpeg_missing",
    PictureTooLargeError: "picture_too_large",
    StreamNotReadyError: "stream_not_ready",
    StreamStoppedError: "stream_stopped",
    UnknownSourceError: "unknown_source",
}
"""Messages without placeholders."""
_DETAILED: Final[dict[type[HlsCameraError], str]] = {
    RecordingError: "recording_failed",
    ShortageError: "out_of_resources",
    SourceError: "source_error",
    FfmpegError: "ffmpeg_error",
    HlsCameraError: "stream_error",
}
"""Messages that contain the error's text; a subclass comes before its base."""


def translation_of(error: HlsCameraError) -> dict[str, Any]:
    """Return an error's translation, as keywords of Home Assistant's exceptions."""
    placeholders: dict[str, str] | None = None
    match error:
        case StreamLimitError():
            key, placeholders = "stream_limit", {"limit": str(error.limit)}
        case TooManyViewersError():
            key, placeholders = "too_many_viewers", {"limit": str(error.limit)}
        case SourceInUseError():
            key, placeholders = "source_in_use", {"name": str(error)}
        case SourceError(reason=reason) if reason in _REASONS:
            key = _REASONS[reason]
        case _ if type(error) in _PLAIN:
            key = _PLAIN[type(error)]
        case _:
            key = next(
                key for kind, key in _DETAILED.items() if isinstance(error, kind)
            )
            placeholders = {"error": str(error)}
    return {
        "translation_domain": DOMAIN,
        "translation_key": key,
        "translation_placeholders": placeholders,
    }


async def async_form_error_text(hass: HomeAssistant, error: FormError) -> str:
    """Return the text of a form's error, in the language of the server."""
    texts = await async_get_translations(hass, hass.config.language, "config", {DOMAIN})
    text = texts[f"component.{DOMAIN}.config.error.{error.problem}"]
    return text.format(detail=error.detail)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the core's errors as Home Assistant's."""
    try:
        yield
    except StreamStoppedError as err:
        # No failure of ours: a user stopped the stream and can start it again.
        raise ServiceValidationError(**translation_of(err)) from err
    except HlsCameraError as err:
        raise HomeAssistantError(**translation_of(err)) from err


def translated[**P, R](
    func: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, Coroutine[Any, Any, R]]:
    """Decorate a coroutine function so that it raises Home Assistant's errors."""

    @wraps(func)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with translated_errors():
            return await func(*args, **kwargs)

    return call
