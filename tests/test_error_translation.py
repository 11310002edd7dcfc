"""Errors of the core, as Home Assistant's."""

import pytest
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from custom_components.hls_camera.error_translation import translated
from custom_components.hls_camera.providers.registry import UnknownSourceError
from custom_components.hls_camera.streaming.camera.manager import SourceInUseError
from custom_components.hls_camera.streaming.errors import (
    FfmpegError,
    FfmpegMissingError,
    HlsCameraError,
    MediaError,
    PictureTooLargeError,
    ShortageError,
    SourceError,
    StreamLimitError,
    StreamNotReadyError,
    StreamStoppedError,
    TooManyViewersError,
)
from custom_components.hls_camera.streaming.reasons import EndReason


@pytest.mark.parametrize(
    ("error", "key", "placeholders"),
    [
        (StreamLimitError(16), "stream_limit", {"limit": "16"}),
        (TooManyViewersError(64), "too_many_viewers", {"limit": "64"}),
        (StreamNotReadyError(), "stream_not_ready", None),
        (SourceInUseError("Garden"), "source_in_use", {"name": "Garden"}),
        (SourceError(EndReason.UNAUTHORIZED), "unauthorized", None),
        (SourceError(EndReason.FFMPEG_MISSING), "ffmpeg_missing", None),
        (SourceError(EndReason.REFUSED), "source_error", {"error": "refused"}),
        (FfmpegMissingError("ffmpeg"), "ffmpeg_missing", None),
        (FfmpegError("no memory"), "ffmpeg_error", {"error": "no memory"}),
        (ShortageError("no memory"), "out_of_resources", {"error": "no memory"}),
        (PictureTooLargeError("9000x9000"), "picture_too_large", None),
        (SourceError(EndReason.PICTURE_TOO_LARGE), "picture_too_large", None),
        (MediaError("no picture"), "stream_error", {"error": "no picture"}),
        (StreamStoppedError(), "stream_stopped", None),
        (UnknownSourceError(), "unknown_source", None),
    ],
)
async def test_every_error_has_its_words(
    error: HlsCameraError, key: str, placeholders: dict[str, str] | None
) -> None:
    @translated
    async def fail() -> None:
        raise error

    with pytest.raises(HomeAssistantError) as raised:
        await fail()
    assert raised.value.translation_domain == "hls_camera"
    assert raised.value.translation_key == key
    assert raised.value.translation_placeholders == placeholders
    assert raised.value.__cause__ is error
    # What a person can mend at once is no failure of ours.
    is_validation = isinstance(raised.value, ServiceValidationError)
    assert is_validation == isinstance(error, StreamStoppedError)
