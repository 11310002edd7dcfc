"""Adding a camera in the UI, and changing it; every error, and the way out of it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from homeassistant.components.ffmpeg import get_ffmpeg_manager
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.hls_camera import look
from custom_components.hls_camera.const import DOMAIN
from custom_components.hls_camera.streaming.conversion import (
    ConversionOptions,
    Encoder,
    Preset,
    VideoMode,
)
from custom_components.hls_camera.streaming.errors import FfmpegError, SourceError
from custom_components.hls_camera.streaming.options import StreamOptions
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.session import SessionState
from tests.camera import Feed, TestCamera, faults

from . import (
    CAMERA,
    OPTIONS_FORM,
    SOURCE_INFO,
    call,
    eventually,
    make_entry,
    set_up,
    state_of,
    streaming,
)

type Result = Any
type ServeCamera = Callable[..., Awaitable[TestCamera]]

PASSWORD = "p@ss:w/o?r#d %41"


@pytest.fixture
async def serve() -> AsyncIterator[ServeCamera]:
    """Start cameras that run until the test ends."""
    async with AsyncExitStack() as stack:

        async def start(feed: Feed | None = None, **options: Any) -> TestCamera:
            return await stack.enter_async_context(
                TestCamera(feed or Feed(), **options)
            )

        yield start


def a_form(url: str, **changes: Any) -> dict[str, Any]:
    """Return what a person types in."""
    return {"name": "Front door", "url": url, "transport": "tcp", **changes}


async def begin(hass: HomeAssistant) -> Result:
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})


async def submit(hass: HomeAssistant, flow: Result, form: dict[str, Any]) -> Result:
    """Submit a form; where a look at the camera follows, return what comes after it."""
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["progress_action"] == "probe"
        await hass.async_block_till_done()
        result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    return result


def suggested(result: Result) -> dict[str, Any]:
    """Return what the form's fields are filled with."""
    return {
        str(field): field.description["suggested_value"]
        for field in result["data_schema"].schema
        if field.description and "suggested_value" in field.description
    }


async def test_a_camera_is_found_and_added(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(Feed(audio="aac"))
    result = await begin(hass)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "address")
    assert not result["errors"]

    result = await submit(hass, result, a_form(camera.plain_url))
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "confirm")
    found = result["description_placeholders"]
    assert found["video"].startswith("H.264, 320x180, 1")
    assert "A keyframe comes every 1" in found["video"]
    assert found["video"].endswith("It is copied as it is.")
    assert found["audio"] == "AAC. It is copied as it is."

    result = await submit(hass, result, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "Front door"
    entry = result["result"]
    assert entry.unique_id is None
    assert entry.data["url"] == camera.plain_url
    assert entry.data["source_info"]["video"]["width"] == 320

    await hass.async_block_till_done()
    await call(hass, "start_stream")
    await streaming(hass)


async def test_what_is_converted_is_told(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(Feed(video="hevc", audio="pcmu"))
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    found = result["description_placeholders"]
    assert "H.265" in found["video"]
    assert "converted to H.264" in found["video"]
    assert (
        found["audio"] == "G.711. Browsers do not play it, so it is converted to AAC."
    )


async def test_credentials_of_any_characters(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="ad@m/in ä", password=PASSWORD)
    form = a_form(camera.plain_url, username="ad@m/in ä", password=PASSWORD)
    result = await submit(hass, await begin(hass), form)
    result = await submit(hass, result, {})
    data = result["result"].data
    assert (data["username"], data["password"]) == ("ad@m/in ä", PASSWORD)
    assert PASSWORD not in data["url"]


async def test_credentials_in_the_address_are_taken_out_of_it(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve(username="admin", password="secret")
    result = await submit(hass, await begin(hass), a_form(camera.url))
    result = await submit(hass, result, {})
    data = result["result"].data
    assert data["url"] == camera.plain_url
    assert (data["username"], data["password"]) == ("admin", "secret")


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"url": "front door"}, {"url": "not_an_address"}),
        ({"url": "rtsp://[::1/live"}, {"url": "not_an_address"}),
        ({"url": "file:///etc/passwd"}, {"url": "scheme_not_allowed"}),
        ({"url": "rtsp:///live"}, {"url": "host_missing"}),
        ({"url": "rtsp://camera/\x07live"}, {"url": "control_character"}),
        ({"username": "ad\nmin"}, {"username": "control_character"}),
        ({"username": "ad:min"}, {"username": "colon_in_username"}),
        ({"password": "sec\0ret"}, {"password": "control_character"}),
    ],
)
async def test_what_cannot_be_an_address(
    hass: HomeAssistant,
    serve: ServeCamera,
    changes: dict[str, str],
    errors: dict[str, str],
) -> None:
    camera = await serve()
    form = a_form(camera.plain_url, username="admin", password="secret") | changes
    result = await submit(hass, await begin(hass), form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == errors
    # Nothing is lost, and the way on is open.
    assert suggested(result) == form
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def closed_port(serve: ServeCamera) -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"rtsp://127.0.0.1:{unused.getsockname()[1]}/live"


async def unknown_host(serve: ServeCamera) -> str:
    return "rtsp://camera.invalid/live"


async def wrong_path(serve: ServeCamera) -> str:
    camera = await serve()
    return camera.plain_url.replace("/camera", "/elsewhere")


async def wrong_password(serve: ServeCamera) -> str:
    camera = await serve(username="admin", password="right")
    return camera.plain_url


async def sound_only(serve: ServeCamera) -> str:
    camera = await serve(Feed(video=None, audio="aac"))
    return camera.plain_url


@pytest.mark.parametrize(
    ("address", "errors"),
    [
        (closed_port, {"url": "refused"}),
        (unknown_host, {"url": "unreachable"}),
        (wrong_path, {"url": "not_found"}),
        (wrong_password, {"password": "unauthorized"}),
        (sound_only, {"url": "no_video"}),
    ],
)
async def test_a_camera_that_cannot_be_read(
    hass: HomeAssistant,
    serve: ServeCamera,
    address: Callable[[ServeCamera], Any],
    errors: dict[str, str],
) -> None:
    form = a_form(await address(serve), username="admin", password="wrong")
    result = await submit(hass, await begin(hass), form)
    assert (result["type"], result["step_id"]) == (FlowResultType.FORM, "address")
    assert result["errors"] == errors
    assert suggested(result) == form

    camera = await serve()
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_a_camera_that_does_not_answer(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "PROBE_TIMEOUT", 2.0)
    camera = await serve(faults=[faults.Silent()])
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["errors"] == {"url": "timed_out"}
    camera.clear()
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


async def test_without_ffmpeg(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = await serve()
    manager = get_ffmpeg_manager(hass)
    with monkeypatch.context() as patched:
        patched.setattr(manager, "_bin", "/nowhere/ffmpeg")
        manager.__dict__.pop("binary", None)
        result = await submit(hass, await begin(hass), a_form(camera.plain_url))
        assert result["errors"] == {"base": "ffmpeg_missing"}
    manager.__dict__.pop("binary", None)
    result = await submit(hass, result, a_form(camera.plain_url))
    assert result["step_id"] == "confirm"


@pytest.mark.parametrize(
    ("error", "errors", "detail"),
    [
        (
            SourceError(EndReason.DISCONNECTED, "reset"),
            "cannot_read",
            "disconnected: reset",
        ),
        (SourceError(EndReason.DISCONNECTED), "cannot_read", "disconnected"),
        (SourceError(EndReason.UNSUPPORTED, "461"), "unsupported", "461"),
        (FfmpegError("no memory"), "ffmpeg_failed", "no memory"),
    ],
)
async def test_other_failures_are_told_in_the_words_of_ffmpeg(
    hass: HomeAssistant,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    errors: str,
    detail: str,
) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(look, "probe", fail)
    result = await submit(hass, await begin(hass), a_form("rtsp://camera/live"))
    assert result["errors"] == {"base": errors}
    assert result["description_placeholders"]["detail"] == detail


async def test_the_same_address_is_not_added_twice(
    hass: HomeAssistant, entry: MockConfigEntry, camera: TestCamera
) -> None:
    entry.add_to_hass(hass)
    result = await submit(hass, await begin(hass), a_form(camera.plain_url))
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    # It is known without asking the camera.
    assert camera.total_connections == 0


async def test_what_is_known_at_once_needs_no_progress_step(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    form = a_form(await closed_port(serve))
    flow = await begin(hass)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"url": "refused"}


async def test_a_progress_step_is_not_over_before_the_browser_listens(
    hass: HomeAssistant, serve: ServeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser that misses the event of the end would show the step for ever."""
    monkeypatch.setattr(look, "PROBE_TIMEOUT", 0.6)
    progressed = async_capture_events(hass, "data_entry_flow_progressed")
    camera = await serve(faults=[faults.Silent()])
    flow, form = await begin(hass), a_form(camera.plain_url)
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], form)
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    shown = hass.loop.time()
    await eventually(lambda: bool(progressed))
    assert hass.loop.time() - shown > 0.9
    result = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert result["errors"] == {"url": "timed_out"}


async def test_two_people_add_the_same_camera(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    camera = await serve()
    forms = [
        await submit(hass, await begin(hass), a_form(camera.plain_url)) for _ in "12"
    ]
    first, second = [await submit(hass, form, {}) for form in forms]
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert second["reason"] == "already_configured"


async def test_leaving_the_flow_ends_the_look_at_the_camera(
    hass: HomeAssistant, serve: ServeCamera, ffmpegs: Callable[[], int]
) -> None:
    camera = await serve(faults=[faults.Silent()])
    result = await begin(hass)
    result = await hass.config_entries.flow.async_configure(
        result["flow_id"], a_form(camera.plain_url)
    )
    assert result["type"] is FlowResultType.SHOW_PROGRESS
    await camera.wait_connections(1)
    assert ffmpegs() == 1
    # A browser may ask how far it is.
    result = await hass.config_entries.flow.async_configure(result["flow_id"])
    assert result["type"] is FlowResultType.SHOW_PROGRESS

    [looking] = [
        task for task in asyncio.all_tasks() if task.get_name() == f"{DOMAIN} look"
    ]
    hass.config_entries.flow.async_abort(result["flow_id"])
    await asyncio.wait({looking})
    assert ffmpegs() == 0


async def test_a_camera_moves(
    hass: HomeAssistant, loaded: MockConfigEntry, serve: ServeCamera
) -> None:
    elsewhere = await serve(Feed(size=(640, 360)))
    result = await loaded.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert suggested(result)["url"] == loaded.data["url"]

    # A wrong address is no reason to type everything again.
    wrong = {"url": "rtsp:///", "transport": "udp"}
    result = await submit(hass, result, wrong)
    assert result["errors"] == {"url": "host_missing"}
    assert suggested(result) == wrong

    result = await submit(
        hass, result, {"url": elsewhere.plain_url, "transport": "tcp"}
    )
    assert "640x360" in result["description_placeholders"]["video"]
    result = await submit(hass, result, {})
    assert result["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert loaded.data["url"] == elsewhere.plain_url
    assert loaded.title == "Front door"
    await call(hass, "start_stream")
    await streaming(hass)
    assert len(elsewhere.connections) == 1


def second(url: str, **credentials: str) -> dict[str, Any]:
    """Return what a person types in for the second stream."""
    return {"small": {"url": url, **credentials}}


def suggested_second(result: Result) -> dict[str, Any]:
    """Return what the fields of the second stream are filled with."""
    return suggested({"data_schema": result["data_schema"].schema["small"].schema})


async def test_a_second_smaller_stream(hass: HomeAssistant, serve: ServeCamera) -> None:
    main = await serve(username="admin", password="secret")
    small = await serve(Feed(size=(160, 90)), username="admin", password="secret")
    form = a_form(main.plain_url, username="admin", password="secret")
    result = await submit(hass, await begin(hass), form | second(small.plain_url))
    found = result["description_placeholders"]["small"]
    assert found.startswith("\n\n**Second picture:** H.264, 160x90")
    result = await submit(hass, result, {})
    kept = dict(result["result"].data["small"])
    assert kept.pop("source_info")["video"]["width"] == 160
    assert kept == {"url": small.plain_url}


async def test_a_second_stream_comes_changes_and_goes(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    main = await serve(username="admin", password="secret")
    same = await serve(username="admin", password="secret")
    own = await serve(username="own", password=PASSWORD)
    entry = make_entry(main.plain_url, username="admin", password="secret")
    await set_up(hass, entry)

    async def reconfigure(form: dict[str, Any]) -> None:
        result = await entry.start_reconfigure_flow(hass)
        assert suggested_second(result).get("url") == (
            entry.data.get("small", {}).get("url")
        )
        result = await submit(hass, result, form)
        result = await submit(hass, result, {})
        assert result["reason"] == "reconfigure_successful"
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED

    form = {"url": main.url, "transport": "tcp"}
    await reconfigure(form | second(same.url))
    # The same credentials are kept once.
    assert set(entry.data["small"]) == {"url", "source_info"}
    await reconfigure(form | second(own.url))
    kept = entry.data["small"]
    assert kept["url"] == own.plain_url
    assert (kept["username"], kept["password"]) == ("own", PASSWORD)
    # An emptied address is none.
    await reconfigure(form | {"small": {"username": "own"}})
    assert "small" not in entry.data


async def test_a_second_stream_that_cannot_be(
    hass: HomeAssistant, serve: ServeCamera, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    main, locked = await serve(), await serve(username="admin", password="right")
    larger, small = await serve(Feed(size=(640, 360))), await serve()
    result = await begin(hass)
    for address, error in (
        ("the garden", "not_an_address"),
        (main.plain_url, "in_use"),
        (entry.data["url"], "in_use"),
        (await closed_port(serve), "refused"),
        (locked.plain_url, "unauthorized"),
        (larger.plain_url, "not_smaller"),
    ):
        form = a_form(main.plain_url) | second(address)
        result = await submit(hass, result, form)
        assert (result["step_id"], result["errors"]) == ("address", {"small": error})
        assert suggested_second(result) == {"url": address}
    result = await submit(
        hass, result, a_form(main.plain_url) | second(small.plain_url)
    )
    await submit(hass, result, {})

    # It is taken now, for another entry as well.
    result = await submit(hass, await begin(hass), a_form(small.plain_url))
    assert result["reason"] == "already_configured"


async def test_new_credentials_are_those_of_both_streams(
    hass: HomeAssistant, serve: ServeCamera
) -> None:
    main = await serve(username="admin", password="new")
    small = await serve(username="admin", password="new")
    entry = make_entry(
        main.plain_url,
        username="admin",
        password="old",
        small={"url": small.plain_url, "source_info": SOURCE_INFO},
    )
    await set_up(hass, entry)
    result = await entry.start_reauth_flow(hass)
    result = await submit(hass, result, {"username": "admin", "password": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    streams = entry.runtime_data.variants
    streams.small.wake()
    await eventually(lambda: streams.small.state == "streaming")


async def test_new_credentials(hass: HomeAssistant, serve: ServeCamera) -> None:
    camera = await serve(username="admin", password="new")
    entry = make_entry(camera.plain_url, username="admin", password="old")
    await set_up(hass, entry)
    result = await entry.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"

    result = await submit(hass, result, {"username": "admin", "password": "wrong"})
    assert result["errors"] == {"password": "unauthorized"}
    result = await submit(hass, result, {"username": "admin", "password": "new"})
    assert result["reason"] == "reauth_successful"
    await hass.async_block_till_done()
    assert entry.data["password"] == "new"
    assert entry.data["url"] == camera.plain_url
    assert entry.state is ConfigEntryState.LOADED


def filled_in(result: Result) -> dict[str, Any]:
    """Return what the options' form is filled with, in its sections."""
    values: dict[str, Any] = {}
    for field, value in result["data_schema"].schema.items():
        if isinstance(value, section):
            values[str(field)] = suggested({"data_schema": value.schema})
        else:
            values[str(field)] = field.description["suggested_value"]
    return values


async def test_options(
    hass: HomeAssistant, camera: TestCamera, loaded: MockConfigEntry
) -> None:
    result = await hass.config_entries.options.async_init(loaded.entry_id)
    assert filled_in(result) == OPTIONS_FORM

    chosen = {
        "always_on": True,
        "idle_timeout": 60,
        "audio": False,
        "webrtc": True,
        "lookback": 30,
        "picture": {
            "video_mode": "convert",
            "max_height": "240",
            "max_frame_rate": 10,
            "encoder": "libx264",
        },
        "expert": {
            "bitrate": 300,
            "max_bitrate": 500,
            "buffer_size": 250,
            "preset": "ultrafast",
            "keyframe_interval": 0.5,
            "input_options": "-fflags +genpts",
        },
    }
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], chosen
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await streaming(hass)
    session = loaded.runtime_data.session
    assert session.options == StreamOptions(
        on_demand=False,
        idle_timeout=60,
        audio=False,
        lookback=30,
        input_options=("-fflags", "+genpts"),
        conversion=ConversionOptions(
            mode=VideoMode.CONVERT,
            encoder=Encoder.SOFTWARE,
            max_height=240,
            max_frame_rate=10,
            bitrate=300_000,
            max_bitrate=500_000,
            buffer_size=250_000,
            preset=Preset.ULTRAFAST,
            keyframe_interval=0.5,
        ),
    )
    assert session.window.latest_init.audio is None

    result = await hass.config_entries.options.async_init(loaded.entry_id)
    assert filled_in(result) == chosen
    await hass.config_entries.options.async_configure(
        result["flow_id"], OPTIONS_FORM | {"idle_timeout": 5}
    )
    await eventually(lambda: state_of(hass, CAMERA).state == "idle")
    # What is emptied is empty.
    assert "input_options" not in loaded.options


async def test_viewers_go_on_when_options_change(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    coordinator = loaded.runtime_data
    token = coordinator.session.open_viewer()
    await streaming(hass)
    for changes, goes_on in (({"idle_timeout": 60}, True), ({"audio": False}, False)):
        result = await hass.config_entries.options.async_init(loaded.entry_id)
        await hass.config_entries.options.async_configure(
            result["flow_id"], OPTIONS_FORM | changes
        )
        assert loaded.runtime_data is coordinator
        assert (coordinator.session.state is SessionState.STREAMING) is goes_on
        await streaming(hass)
        assert token in coordinator.session.viewers


async def test_options_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(loaded.entry_id)
    result = await hass.config_entries.options.async_init(loaded.entry_id)
    await hass.config_entries.options.async_configure(
        result["flow_id"], OPTIONS_FORM | {"idle_timeout": 60}
    )
    assert loaded.options["idle_timeout"] == 60


async def test_a_dangerous_input_option_is_refused_and_all_else_is_kept(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    result = await hass.config_entries.options.async_init(loaded.entry_id)
    expert = dict(OPTIONS_FORM["expert"]) | {"input_options": "-i /etc/passwd"}
    form = OPTIONS_FORM | {"idle_timeout": 77, "expert": expert}
    result = await hass.config_entries.options.async_configure(result["flow_id"], form)
    assert result["errors"] == {"base": "input_option_not_allowed"}
    assert result["description_placeholders"] == {"option": "-i"}
    assert filled_in(result) == form
    assert not loaded.options
