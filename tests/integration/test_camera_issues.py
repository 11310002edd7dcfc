"""Repair issues of a camera: created with a problem, deleted with its end."""

from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.hls_camera.streaming.ingest.run import End
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.source_info import VideoInfo
from custom_components.hls_camera.streaming.transcode.admission import LEAST_DETAIL
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
)
from tests.camera import Feed, TestCamera

from . import (
    CAMERA,
    LAST_ERROR,
    SOURCE_INFO,
    STATUS,
    SetFigures,
    call,
    eventually,
    issues,
    make_entry,
    refresh,
    set_up,
    state_of,
    streaming,
)

_LITTLE = 0.008
"""Processors: enough for a third of the test camera's frames."""


async def test_keyframes_are_rare(hass: HomeAssistant) -> None:
    async with TestCamera(Feed(keyframe_interval=5.0)) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url))
        await call(hass, "start_stream")
        await streaming(hass)
        await eventually(
            lambda: (
                entry.runtime_data.camera.main.statistics().keyframe_interval
                is not None
            )
        )
        # Those of every five seconds may come between.
        await refresh(entry, 3)
        issue = issues(hass)["rare_keyframes"]
        assert issue.translation_placeholders == {"name": "Front door"}
        assert issue.severity is ir.IssueSeverity.WARNING

        await hass.config_entries.async_unload(entry.entry_id)
        assert not issues(hass)


async def test_a_picture_is_converted_for_its_keyframes(hass: HomeAssistant) -> None:
    video = {**SOURCE_INFO["video"], "has_rare_keyframes": True}
    async with TestCamera(Feed(audio="aac", keyframe_interval=30)) as camera:
        source_info = {**SOURCE_INFO, "video": video}
        entry = make_entry(camera.plain_url, source_info=source_info)
        await set_up(hass, entry)
        await call(hass, "start_stream")
        await streaming(hass)
        assert entry.runtime_data.camera.main.planner.is_converting
        assert set(issues(hass)) == {"rare_keyframes"}
        await hass.config_entries.async_unload(entry.entry_id)
        assert not issues(hass)


async def test_a_stream_has_less_memory_than_its_viewers_need(
    hass: HomeAssistant, loaded: MockConfigEntry, set_figures: SetFigures
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    set_figures(loaded, held=1.0)
    await refresh(loaded, 3)
    assert "short_of_memory" in issues(hass)
    set_figures(loaded)
    await refresh(loaded, 3)
    assert not issues(hass)


async def test_a_single_picture_is_larger_than_the_memory(
    hass: HomeAssistant, loaded: MockConfigEntry
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    main = loaded.runtime_data.camera.main
    main.retrying(End(reason=EndReason.TOO_MUCH_DATA, uptime=1.0))
    assert "short_of_memory" in issues(hass)


async def test_the_keyframes_were_set(
    hass: HomeAssistant, loaded: MockConfigEntry, set_figures: SetFigures
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    set_figures(loaded, keyframe_interval=5.0)
    await refresh(loaded, 3)
    assert "rare_keyframes" in issues(hass)
    main = loaded.runtime_data.camera.main
    await eventually(lambda: main.statistics().keyframe_interval is not None)
    set_figures(loaded)
    await refresh(loaded, 3)
    assert not issues(hass)


async def test_converting_is_too_slow(hass: HomeAssistant) -> None:
    async with TestCamera(Feed(video="mjpeg")) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url, source_info=None))
        await call(hass, "start_stream")
        await streaming(hass)
        main = entry.runtime_data.camera.main
        assert not issues(hass)

        # As the core's watchdog ends it
        main.retrying(End(reason=EndReason.TOO_SLOW, uptime=1.0))
        assert set(issues(hass)) == {"conversion_too_slow"}
        main.streaming()
        assert set(issues(hass)) == {"conversion_too_slow"}

        # It keeps up now, and has done so for a while.
        await eventually(lambda: (main.statistics().speed or 0) > 0.9)
        await refresh(entry, 6)
        assert not issues(hass)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_slow_camera_that_is_copied_is_no_matter_of_the_computer(
    hass: HomeAssistant, loaded: MockConfigEntry, set_figures: SetFigures
) -> None:
    await call(hass, "start_stream")
    await streaming(hass)
    set_figures(loaded, speed=0.5)
    await refresh(loaded, 6)
    assert not issues(hass)


async def test_rejected_credentials_are_one_issue_and_go_by_themselves(
    hass: HomeAssistant,
) -> None:
    async with TestCamera(Feed(), username="admin", password="right") as camera:
        entry = make_entry(camera.plain_url, username="admin", password="wrong")
        await set_up(hass, entry)
        for _ in range(2):
            await call(hass, "restart_stream")
            await eventually(lambda: state_of(hass, STATUS).state == "failed")
            await hass.async_block_till_done()
            [issue] = issues(hass).values()
            assert issue.translation_key == "config_entry_reauth"
            assert issue.issue_domain == "hls_camera"

        # Somebody sets the camera's password to the one that we have.
        camera.authenticator = None
        await call(hass, "restart_stream")
        await streaming(hass)
        assert not issues(hass)
        flows: Any = entry.async_get_active_flows(hass, {SOURCE_REAUTH})
        assert not list(flows)
        await hass.config_entries.async_unload(entry.entry_id)


async def test_a_lost_stream_needs_its_repair_while_nobody_watches(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    """Whoever opens the repairs has left the picture."""
    url = camera.plain_url.replace("/camera", "/old")
    await set_up(hass, make_entry(url, options={"idle_timeout": 1}))
    await call(hass, "start_stream")
    await eventually(lambda: "stream_not_found" in issues(hass))
    await eventually(lambda: state_of(hass, STATUS).state == "idle")
    assert "stream_not_found" in issues(hass)
    camera.path = "old"
    await call(hass, "start_stream")
    await streaming(hass)
    assert not issues(hass)


async def test_another_encoder_is_chosen_while_nobody_watches(
    hass: HomeAssistant, camera: TestCamera
) -> None:
    video = {**SOURCE_INFO["video"], "codec": "hevc"}
    entry = await set_up(
        hass, make_entry(camera.plain_url, source_info={**SOURCE_INFO, "video": video})
    )
    coordinator = entry.runtime_data
    # As after its hardware has failed twice
    coordinator.camera.main.supervisor.recovery.broken_encoders = frozenset(
        {Encoder.VAAPI}
    )
    await coordinator.async_refresh()
    assert "encoder_failed" in issues(hass)
    hass.config_entries.async_update_entry(entry, options={"encoder": "libx264"})
    coordinator.async_options_changed()
    assert not issues(hass)


async def test_conversions_that_there_is_no_time_for(hass: HomeAssistant) -> None:
    async with TestCamera(Feed(video="mjpeg")) as camera:
        entry = await set_up(hass, make_entry(camera.plain_url, source_info=None))
        conversions = entry.runtime_data.manager.conversions
        busy = VideoInfo(codec="hevc", width=3840, height=2160, frame_rate=60.0)
        others = [
            await conversions.begin(ConversionOptions(), busy, detail=LEAST_DETAIL)
        ]
        others[0].measure = lambda: conversions.capacity
        await call(hass, "start_stream")
        await eventually(lambda: set(issues(hass)) == {"conversion_refused"})
        assert state_of(hass, LAST_ERROR).state == "overloaded"

        # There is room for a small picture.
        others[0].measure = lambda: conversions.capacity - _LITTLE
        await call(hass, "restart_stream")
        await streaming(hass)
        assert set(issues(hass)) == {"detail_reduced"}
        answer = await call(hass, "get_status", return_response=True)
        conversion = answer[CAMERA]["conversion"]
        assert conversion["encoder"] == "libx264"
        assert conversion["detail_reduction"] > 0

        conversions.end(others.pop())
        await call(hass, "restart_stream")
        await eventually(lambda: not issues(hass))
        await streaming(hass)
        await hass.config_entries.async_unload(entry.entry_id)
        assert conversions.running == 0
