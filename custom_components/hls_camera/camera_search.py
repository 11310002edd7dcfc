"""The search for one camera, in stages, up to streams that play."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant

from .const import CONF_SMALL
from .error_translation import async_form_error_text
from .finding.credentials import Credentials
from .finding.errors import FindingError, FindingProblem
from .finding.found import FoundCamera, FoundChannel
from .finding.search import Search, Target
from .found_streams import FoundStreams, async_probe_found
from .probe_form import ProbeResult
from .providers.provider import FormError


class Stage(StrEnum):
    """A stage of the search; the value is the key of its progress text."""

    ONVIF = "find_onvif"
    PATHS = "find_paths"
    PLAY = "find_play"


class CameraSearch:
    """Searches one host, and keeps the result."""

    def __init__(
        self, hass: HomeAssistant, target: Target, login: Mapping[str, str | None]
    ) -> None:
        """Prepare; `login` has username and password as an entry keeps them."""
        self.host = target.host
        self.camera: FoundCamera | None = None
        self.data: dict[str, Any] = {}
        """The entry's data of the first channel."""
        self.probe: ProbeResult | None = None
        """The result for these data, at the end of the search."""
        self._hass = hass
        self._login = login
        self._search = Search(target, Credentials(**login))

    @property
    def sub_url(self) -> str | None:
        """The address of the sub-stream in the data."""
        small = self.data.get(CONF_SMALL)
        return small[CONF_URL] if small else None

    async def run(self, stage: Stage) -> Stage | None:
        """Run a stage; return the next one, None at the end of the search.

        Raises:
            FindingError: no camera was found, or its streams do not play.

        """
        match stage:
            case Stage.ONVIF:
                self.camera = await self._search.by_onvif()
                if self.camera is None:
                    return Stage.PATHS
            case Stage.PATHS:
                self.camera = await self._search.by_path()
            case _:
                await self._async_play()
                return None
        self.data = self.usual_data(self.camera.channels[0])
        return Stage.PLAY

    def usual_data(self, channel: FoundChannel) -> dict[str, Any]:
        """Return an entry's data for a channel with the streams that suit best."""
        return self._streams(channel).usual_data()

    def choose(self, channel: FoundChannel, main: str, sub: str | None) -> None:
        """Choose other streams; the stage `PLAY` has to run again."""
        self.data = self._streams(channel).data(main, sub if sub != main else None)

    def _streams(self, channel: FoundChannel) -> FoundStreams:
        assert self.camera is not None
        return FoundStreams(self.camera, channel, self.host, self._login)

    async def _async_play(self) -> None:
        """Probe the streams of the first channel; drop a sub-stream that is unusable.

        Raises:
            FindingError: the main stream does not play.

        """
        try:
            self.data, self.probe = await async_probe_found(self._hass, self.data)
        except FormError as err:
            detail = await async_form_error_text(self._hass, err)
            raise FindingError(FindingProblem.NOTHING_PLAYS, detail) from err
