"""The steps that find a camera by its host, username and password."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import voluptuous as vol
from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_SYSTEM,
    ConfigFlow,
    ConfigFlowResult,
)
from homeassistant.const import (
    CONF_HOST,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_PORT,
    CONF_URL,
    CONF_USERNAME,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.data_entry_flow import AbortFlow
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    Selector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)

from .camera_search import CameraSearch, Stage
from .const import DOMAIN
from .describe import async_describe
from .finding.errors import FindingError, FindingProblem
from .finding.found import FoundCamera, FoundChannel
from .finding.onvif_messages import DEVICE_PATH
from .finding.search import Target
from .finding.ws_discovery import NearbyCamera
from .found_streams import are_different_devices, field_of, unique_id_of
from .naming import camera_name
from .network_search import async_new_cameras
from .probe_form import ProbeResult
from .providers.fields import CREDENTIALS
from .providers.provider import FormError
from .providers.registry import source_keys
from .sources_in_use import async_sources_in_use
from .stream_limit import async_cameras, async_raise_limit, async_settings
from .streaming.sources.source import PROTOCOLS
from .web.found_stills import async_still_markdown

type Step = Callable[[dict[str, Any] | None], Awaitable[ConfigFlowResult]]

_MIN_PROGRESS_S: Final = 1.0
"""Shorter, and a browser may miss the end of the first stage."""
_HELPED_BY_PORT: Final = frozenset(
    {FindingProblem.NO_ANSWER, FindingProblem.ONVIF_OFF, FindingProblem.BAD_ANSWER}
)
_OF_PAGES: Final = frozenset({"http", "https"})
"""The schemes of addresses that may be those of a camera's own page."""
_STREAMS_FOR_CHOICE: Final = 3
_NEARBY: Final = "find_nearby"
"""The key of the progress text of the search in the network."""
_CHANNELS: Final = "channels"
_RAISE_LIMIT: Final = "raise_limit"
_MAIN: Final = "main"
_SUB: Final = "sub"
_PORT: Final = {
    vol.Optional(CONF_PORT): NumberSelector(
        NumberSelectorConfig(min=1, max=65535, mode=NumberSelectorMode.BOX)
    )
}


class FindSteps:
    """The steps `find`, `search`, `found`, `channels` and `system` of a config flow.

    They ask for a host and credentials, search, show the result and create entries with
    stream addresses. An entry for each further channel of a recorder is created by a flow
    of its own, which begins at `system`.
    """

    def __init__(
        self,
        flow: ConfigFlow,
        use_address: Callable[[dict[str, Any]], Awaitable[ConfigFlowResult]],
    ) -> None:
        """Add the steps to a flow; `use_address` adds a camera by its stream address."""
        self._flow = flow
        self._use_address = use_address
        self._input: dict[str, Any] = {}
        self._error: FormError | None = None
        self._asks_for_port = False
        self._nearby: asyncio.Task[tuple[NearbyCamera, ...]] | None = None
        """The search in the network."""
        self._search: CameraSearch | None = None
        """The search at one host; None while the network is searched."""
        self._stage: Stage | None = None
        """The stage of the search at a host."""
        self._shown_at = 0.0
        self._task: asyncio.Task[Stage | None] | None = None
        """The stage that runs, or the search in the network; it returns the next stage."""
        steps: tuple[Step, ...] = (
            *(self.find, self.search, self.found, self.channels),
            self.system,
        )
        for step in steps:
            setattr(flow, f"async_step_{step.__name__}", step)

    @property
    def _hass(self) -> HomeAssistant:
        return self._flow.hass

    @callback
    def stop(self) -> None:
        """Stop the search: the user has closed the form."""
        for task in (self._nearby, self._task):
            if task is not None:
                task.cancel()

    @callback
    def look_around(self) -> None:
        """Begin to search the network for cameras, before anybody asks for them."""
        self._nearby = self._hass.async_create_background_task(
            async_new_cameras(self._hass), f"{DOMAIN} network search"
        )

    def show_at(self, host: str) -> ConfigFlowResult:
        """Ask for the credentials of a camera at a host."""
        self._input = {CONF_HOST: host}
        return self._show_find()

    async def find(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the camera's host and its credentials, until the camera is found."""
        if user_input is None:
            return self._show_find()
        self._input = user_input
        self._error = None
        address = user_input.get(CONF_HOST, "").strip()
        if not address:
            self._search = None
            return await self._begin(None)
        if _is_of_stream(address):
            return await self._use_address({CONF_URL: address, **_filled(user_input)})
        return await self.search_at(address, user_input)

    async def search_at(
        self, address: str, form: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Search a host, with the login of a form; `address` may be that of its page."""
        port = form.get(CONF_PORT)
        self._input = {CONF_HOST: address, CONF_PORT: port, **_filled(form)}
        self._error = None
        target = Target.parse(address, int(port) if port else None)
        if target is None:
            self._error = FormError(CONF_HOST, "not_a_host", address)
            return self._show_find()
        self._search = CameraSearch(self._hass, target, _credentials(form))
        return await self._begin(Stage.ONVIF)

    def _show_find(self) -> ConfigFlowResult:
        # A browser may fetch the form twice: the error stays until the next input.
        error = self._error
        # Another port may help where nothing, or something else, has answered.
        self._asks_for_port |= error is not None and error.problem in _HELPED_BY_PORT
        fields = {vol.Optional(CONF_HOST): self._hosts(), **CREDENTIALS}
        schema = vol.Schema(fields | _PORT if self._asks_for_port else fields)
        return self._flow.async_show_form(
            step_id="find",
            data_schema=self._flow.add_suggested_values_to_schema(schema, self._input),
            errors={error.field: error.problem} if error else {},
            description_placeholders={"detail": error.detail if error else ""},
            last_step=False,
        )

    def _hosts(self) -> TextSelector | SelectSelector:
        """Return the field for the host, which offers the cameras that have answered."""
        if self._nearby is None or not self._nearby.done():
            return TextSelector()
        cameras = {each.address: str(each) for each in self._nearby.result()}
        return _select(cameras, custom=True) if cameras else TextSelector()

    # The search

    async def _begin(self, stage: Stage | None) -> ConfigFlowResult:
        """Run a stage and those that follow it; None is the search in the network."""
        self._stage = stage
        self._shown_at = self._hass.loop.time()
        self._start()
        return await self.search()

    def _start(self) -> None:
        self._task = self._hass.async_create_task(self._run(), f"{DOMAIN} search")

    async def search(
        self,
        user_input: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ConfigFlowResult:
        """Show the stage that runs; start the next one when it has ended."""
        assert self._task is not None
        if self._task.done() and not self._task.cancelled():
            self._stage = self._task.result()
            if self._stage is None:
                self._task = None
                step = self._after_search
                return self._flow.async_show_progress_done(next_step_id=step)
            self._start()
        return self._flow.async_show_progress(
            step_id="search",
            progress_action=self._stage or _NEARBY,
            progress_task=self._task,
            description_placeholders={
                CONF_HOST: self._search.host if self._search else ""
            },
        )

    @property
    def _after_search(self) -> str:
        if self._error is not None or self._search is None:
            return "find"
        assert self._search.camera is not None
        return _CHANNELS if len(self._search.camera.channels) > 1 else "found"

    async def _run(self) -> Stage | None:
        """Run the current stage; return the next one, None at the end of the search.

        The first one lasts a moment: a browser that misses its end because it does not
        listen yet would wait forever.
        """
        following = None
        try:
            if self._search is None or self._stage is None:
                await self._async_look_around()
            else:
                following = await self._search.run(self._stage)
        except FindingError as err:
            self._error = FormError(field_of(err.problem), err.problem, err.detail)
        shown = self._hass.loop.time() - self._shown_at
        await asyncio.sleep(_MIN_PROGRESS_S - shown)
        return following

    async def _async_look_around(self) -> None:
        """Wait for the cameras in the network; search again if none has answered yet.

        Raises:
            FindingError: none answers.

        """
        if self._nearby is None or (self._nearby.done() and not self._nearby.result()):
            self.look_around()
        assert self._nearby is not None
        if not await self._nearby:
            raise FindingError(FindingProblem.NOBODY_ANSWERS)

    # The result

    async def found(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the camera that was found, with a choice where it has more streams."""
        search, camera, probe = self._result
        [channel] = camera.channels
        name = camera.device.name or search.host
        probed = {_MAIN: search.data[CONF_URL], _SUB: search.sub_url}
        await self._async_check_new(search.data)
        if user_input is not None:
            # Without a choice, the form has no fields.
            chosen = user_input if _choice(channel) else probed
            main, sub = chosen[_MAIN], chosen.get(_SUB)
            if {_MAIN: main, _SUB: sub} == probed:
                return self._create(name, probe.kept_in(search.data))
            search.choose(channel, main, sub)
            return await self._begin(Stage.PLAY)
        described = await async_describe(self._hass, probe.first, probe.small)
        schema = vol.Schema(_choice(channel))
        return self._flow.async_show_form(
            step_id="found",
            data_schema=self._flow.add_suggested_values_to_schema(schema, probed),
            description_placeholders={
                **described,
                "still": async_still_markdown(self._hass, probe.still),
                CONF_NAME: name,
            },
            last_step=True,
        )

    @property
    def _result(self) -> tuple[CameraSearch, FoundCamera, ProbeResult]:
        """The search that has found something, the camera, and its probe."""
        search = self._search
        assert search is not None
        assert search.camera is not None
        assert search.probe is not None
        return search, search.camera, search.probe

    async def channels(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which channels of a recorder become cameras."""
        search, camera, _ = self._result
        recorder = camera.device.name
        new = {
            str(number): channel
            for number, channel in enumerate(camera.channels, 1)
            if self._is_new(channel)
        }
        if not new:
            raise AbortFlow("already_configured", {CONF_NAME: recorder})
        names = {
            number: channel.name or f"{recorder} {number}".strip()
            for number, channel in new.items()
        }
        if len(set(names.values())) < len(names):
            names = {number: f"{name} {number}" for number, name in names.items()}
        errors = {}
        if user_input is not None:
            if chosen := user_input[_CHANNELS]:
                if user_input.get(_RAISE_LIMIT):
                    cameras = async_cameras(self._hass) + len(chosen)
                    await async_raise_limit(self._hass, cameras)
                return await self._async_create_all(
                    {number: (names[number], new[number]) for number in chosen}
                )
            errors = {_CHANNELS: "no_channel"}
        options = {
            number: f"{names[number]} ({channel.main})"
            for number, channel in new.items()
        }
        fields: dict[vol.Marker, Selector[Any]] = {
            vol.Required(_CHANNELS): _select(options, multiple=True)
        }
        cameras = async_cameras(self._hass) + len(new)
        settings = await async_settings(self._hass)
        if settings.can_raise(cameras):
            fields[vol.Optional(_RAISE_LIMIT, default=False)] = BooleanSelector()
        return self._flow.async_show_form(
            step_id=_CHANNELS,
            data_schema=self._flow.add_suggested_values_to_schema(
                vol.Schema(fields), {_CHANNELS: list(new)}
            ),
            errors=errors,
            description_placeholders={
                CONF_NAME: recorder or search.host,
                "cameras": str(cameras),
                "limit": str(settings.stream_limit),
            },
            last_step=True,
        )

    # Entries

    async def _async_create_all(
        self, chosen: Mapping[str, tuple[str, FoundChannel]]
    ) -> ConfigFlowResult:
        """Create the first entry in this flow, and the others in flows of their own."""
        search, camera, probe = self._result
        (name, first), *others = chosen.values()
        for other_name, channel in others:
            data = search.usual_data(channel)
            _ = self._hass.async_create_task(
                self._hass.config_entries.flow.async_init(
                    DOMAIN,
                    context={"source": SOURCE_SYSTEM},
                    data={CONF_NAME: other_name, **data},
                ),
                f"{DOMAIN} channel",
            )
        data = search.usual_data(first)
        if first is camera.channels[0]:
            data = probe.kept_in(search.data)
        await self._async_check_new(data)
        return self._create(name, data)

    async def system(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Create the entry of one channel."""
        assert user_input is not None
        data = dict(user_input)
        name = data.pop(CONF_NAME)
        await self._async_check_new(data)
        return self._create(name, data)

    def _is_new(self, channel: FoundChannel) -> bool:
        key, *_ = source_keys(self._result[0].usual_data(channel))
        return key not in async_sources_in_use(self._hass)

    async def _async_check_new(self, data: Mapping[str, Any]) -> None:
        """Set the flow's unique id.

        Raises:
            AbortFlow: the camera has an entry.

        """
        in_use = async_sources_in_use(self._hass)
        for key in source_keys(data):
            if key in in_use:
                raise AbortFlow("already_configured", {CONF_NAME: in_use[key]})
        if unique_id := unique_id_of(data):
            known = await self._flow.async_set_unique_id(
                unique_id, raise_on_progress=False
            )
            if known is None or known.source == SOURCE_IGNORE:
                return
            if not are_different_devices(known.data, data):
                name = camera_name(self._hass, known)
                raise AbortFlow("already_configured", {CONF_NAME: name})
            # Some makers give one MAC address to many cameras.
            await self._flow.async_set_unique_id(None)

    def _create(self, name: str, data: Mapping[str, Any]) -> ConfigFlowResult:
        return self._flow.async_create_entry(title=name, data=data)


def _credentials(form: Mapping[str, Any]) -> dict[str, str | None]:
    return {key: form.get(key) or None for key in (CONF_USERNAME, CONF_PASSWORD)}


def _filled(form: Mapping[str, Any]) -> dict[str, str]:
    """Return the login of a form without fields that are empty."""
    return {key: text for key, text in _credentials(form).items() if text}


def _is_of_stream(address: str) -> bool:
    """Return whether an address is that of a stream; of HTTP, it may be a page as well."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme not in _OF_PAGES:
        return parts.scheme in PROTOCOLS and "://" in address
    is_service = parts.path.startswith(DEVICE_PATH)
    return not is_service and bool(parts.path.strip("/") or parts.query)


def _choice(channel: FoundChannel) -> dict[vol.Marker, SelectSelector]:
    """Return the fields for main and sub-stream, if there is a choice."""
    if len(channel.streams) < _STREAMS_FOR_CHOICE:
        return {}
    selector = _select({each.url: str(each) for each in channel.streams})
    return {vol.Required(_MAIN): selector, vol.Optional(_SUB): selector}


def _select(
    options: Mapping[str, str], *, multiple: bool = False, custom: bool = False
) -> SelectSelector:
    """Return a field with options, by their values; a custom one may be typed."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[
                SelectOptionDict(value=value, label=label)
                for value, label in options.items()
            ],
            mode=SelectSelectorMode.LIST if multiple else SelectSelectorMode.DROPDOWN,
            multiple=multiple,
            custom_value=custom,
        )
    )
