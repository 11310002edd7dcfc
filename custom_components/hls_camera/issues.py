"""Repair issues: problems that the user can fix.

Each issue disappears with its cause; `repairs.py` has the forms of those in `FIXABLE`. Home
Assistant itself makes an issue of the form for new credentials, unless another form of that
entry is open: `CREDENTIALS_REJECTED` takes its place then.
"""

import re
import shutil
from enum import StrEnum
from typing import Any, Final

from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .naming import camera_name

_HELP: Final = "https://github.com/hls-camera/hls_camera#when-something-is-wrong"
_OLDEST_FFMPEG: Final = (5, 1)


class Issue(StrEnum):
    """Keys of the issues; each has a text in the translations."""

    FFMPEG_MISSING = "ffmpeg_missing"
    FFMPEG_TOO_OLD = "ffmpeg_too_old"
    SETTING_IGNORED = "setting_ignored"
    STREAM_LIMIT = "stream_limit"

    # Issues of a converter
    CONVERTER_FAILS = "converter_fails"
    CONVERTER_LOGIN_REJECTED = "converter_login_rejected"
    CONVERTER_TOO_SLOW = "converter_too_slow"
    CONVERTER_UNREACHABLE = "converter_unreachable"

    # Issues of a camera
    CONVERSION_REFUSED = "conversion_refused"
    CONVERSION_TOO_SLOW = "conversion_too_slow"
    CREDENTIALS_REJECTED = "credentials_rejected"
    DETAIL_REDUCED = "detail_reduced"
    ENCODER_FAILED = "encoder_failed"
    PUBLISHING_FAILED = "publishing_failed"
    RARE_KEYFRAMES = "rare_keyframes"
    SHORT_OF_MEMORY = "short_of_memory"
    SMALL_FAILED = "small_failed"
    SOUND_DIFFERS = "sound_differs"
    SOURCE_GONE = "source_gone"
    SOURCE_REJECTED = "source_rejected"
    STREAM_NOT_FOUND = "stream_not_found"


_OF_ALL_CAMERAS: Final = {
    Issue.FFMPEG_MISSING,
    Issue.FFMPEG_TOO_OLD,
    Issue.SETTING_IGNORED,
    Issue.STREAM_LIMIT,
}
OF_A_CONVERTER: Final = tuple(
    each for each in Issue if each.name.startswith("CONVERTER_")
)
"""The issues that end with the entry of a converter."""
OF_A_CAMERA: Final = tuple(
    each for each in Issue if each not in {*_OF_ALL_CAMERAS, *OF_A_CONVERTER}
)
"""The issues that end with the entry of a camera."""
FIXABLE: Final = frozenset({Issue.STREAM_NOT_FOUND})
"""The issues with a form."""


@callback
def async_set_issue(
    hass: HomeAssistant,
    issue: Issue,
    is_there: bool,
    *,
    entry: ConfigEntry[Any] | None = None,
    part: str = "",
    **placeholders: str,
) -> None:
    """Create or delete an issue; `entry` is of the camera or converter concerned.

    `part` distinguishes the issues of those parts of which a camera has several.
    """
    issue_id = str(issue)
    if entry is not None:
        issue_id = "_".join(filter(None, (issue, entry.entry_id, part)))
        placeholders["name"] = camera_name(hass, entry)
    if not is_there:
        ir.async_delete_issue(hass, DOMAIN, issue_id)
        return
    is_missing = issue is Issue.FFMPEG_MISSING
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry.entry_id} if entry else None,
        is_fixable=issue in FIXABLE,
        learn_more_url=_HELP,
        severity=ir.IssueSeverity.ERROR if is_missing else ir.IssueSeverity.WARNING,
        translation_key=issue,
        translation_placeholders=placeholders,
    )


async def async_check_ffmpeg(hass: HomeAssistant) -> None:
    """Create or delete the issues of a missing or outdated FFmpeg."""
    manager = get_ffmpeg_manager(hass)
    path = await hass.async_add_executor_job(shutil.which, manager.binary)
    async_set_issue(hass, Issue.FFMPEG_MISSING, path is None)
    if path is None:
        return
    # Home Assistant has run FFmpeg for its version already.
    version, _ = await manager.async_get_version()
    # Development builds have no such number; usually they are recent.
    found = re.match(r"\D*(\d+)\.(\d+)", version or "")
    is_too_old = found is not None and tuple(map(int, found.groups())) < _OLDEST_FFMPEG
    async_set_issue(
        hass,
        Issue.FFMPEG_TOO_OLD,
        is_too_old,
        version=version or "",
        oldest=".".join(map(str, _OLDEST_FFMPEG)),
    )
