"""A device's events: one subscription while somebody listens, and again after each loss."""

import asyncio
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from custom_components.hls_camera.finding import onvif_client
from custom_components.hls_camera.finding.errors import FindingError
from custom_components.hls_camera.finding.soap import SoapFaultError
from custom_components.hls_camera.finding.xml import MAX_BYTES
from custom_components.hls_camera.onvif_events import (
    device_events as module,
    messages,
    pull_point,
)
from custom_components.hls_camera.onvif_events.device_events import offered_kinds
from custom_components.hls_camera.onvif_events.topics import EventKind
from tests.camera.certificates import server_tls
from tests.finding import hostile
from tests.finding.bomb import BOMB
from tests.onvif import Channel, EventService, LoginKind, Message, OnvifCamera, Quality
from tests.onvif.messages import envelope, fault
from tests.waiting import eventually

from .devices import device_events, login, virtual_camera, watching

pytestmark = pytest.mark.usefixtures("socket_enabled")

PERSON = ("tns1:RuleEngine/MyRuleDetector/PeopleDetect", "State")
OFF = Message(value="false")


@pytest.fixture(autouse=True)
def short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onvif_client, "CALL_TIMEOUT_S", 0.5)
    monkeypatch.setattr(module, "_MIN_PULL_INTERVAL_S", 0.01)
    monkeypatch.setattr(module, "_PAUSE_AFTER_SILENCE_S", 0.01)


@pytest.mark.parametrize("kind", LoginKind)
async def test_events_with_each_kind_of_login(kind: LoginKind) -> None:
    service = EventService()
    service.report(OFF)
    async with virtual_camera(service, login=kind) as camera:
        events = device_events(login(camera))
        async with watching(events) as motion:
            await motion.wait_for(None, False)
            service.report(Message())
            await motion.wait_for(True)
            service.report(OFF)
            await motion.wait_for(False)
        assert not service.subscriptions
        assert camera.rejections == 0


@pytest.mark.parametrize("reported", [None, "192.0.2.1"])
async def test_a_camera_with_https_only(tmp_path: Path, reported: str | None) -> None:
    service = EventService()
    service.reported = reported
    async with virtual_camera(service, tls=server_tls(tmp_path)) as camera:
        of = replace(login(camera), has_tls=True)
        assert await offered_kinds(of) == {EventKind.MOTION}
        async with watching(device_events(of)) as motion:
            await eventually(lambda: bool(service.subscriptions))
            service.report(Message())
            await motion.wait_for(True)
        assert not service.subscriptions


@pytest.mark.parametrize("years", [-20, 10])
async def test_a_camera_with_a_wrong_clock(years: int) -> None:
    service = EventService()
    service.report(Message())
    offset = timedelta(days=365 * years)
    async with virtual_camera(service, clock_offset=offset) as camera:
        async with watching(device_events(login(camera))) as motion:
            await motion.wait_for(True)
        assert camera.rejections == 0


async def test_an_older_camera_that_lists_its_services_in_another_way() -> None:
    service = EventService()
    service.report(Message())
    async with (
        virtual_camera(service, has_services=False) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await motion.wait_for(True)


async def test_nobody_who_listens_means_no_subscription() -> None:
    service = EventService()
    service.report(Message())
    async with virtual_camera(service) as camera:
        events = device_events(login(camera))
        assert events.report()["state"] == "off"
        assert not camera.calls
        async with watching(events) as first, watching(events) as second:
            await first.wait_for(True)
            await second.wait_for(True)
            assert events.report()["state"] == "active"
            assert len(service.subscriptions) == 1
        assert events.report()["state"] == "off"
        assert (service.created, camera.calls["Unsubscribe"]) == (1, 1)
        # States from before are not known any more.
        async with watching(events) as motion:
            assert motion.shown == [None]
            await motion.wait_for(True)
        assert service.created == 2


async def test_a_listener_that_comes_while_the_last_one_leaves() -> None:
    service = EventService()
    service.report(Message())
    async with virtual_camera(service) as camera:
        events = device_events(login(camera))
        async with watching(events) as motion:
            await motion.wait_for(True)
            leave = events.listen(EventKind.PERSON, None, lambda _: None)
        leaving = asyncio.ensure_future(leave())
        await asyncio.sleep(0)
        async with watching(events) as motion:
            await motion.wait_for(True)
            await leaving
            assert events.report()["state"] == "active"
            assert len(service.subscriptions) == 1
        assert not service.subscriptions


async def test_a_recorder_needs_one_subscription_for_all_channels() -> None:
    service = EventService()
    channels = [
        Channel(source=f"S{each}", qualities=(Quality(url=f"rtsp://127.0.0.1/{each}"),))
        for each in (1, 2)
    ]
    of_first, of_second = (
        Message(source=(("VideoSourceConfigurationToken", each.configuration),))
        for each in channels
    )
    async with OnvifCamera(channels, events=service) as camera:
        events = device_events(login(camera))
        async with (
            watching(events, channel="S1") as first,
            watching(events, channel="S2") as second,
        ):
            await eventually(lambda: events.report()["state"] == "active")
            service.report(of_first)
            await first.wait_for(True)
            service.report(of_second)
            await second.wait_for(True)
            assert first.shown == second.shown == [None, True]
            assert len(service.subscriptions) == 1


async def test_a_recorder_without_tokens_of_configurations() -> None:
    """A message that names no channel is not that of the last one."""
    service = EventService()
    quality = Quality(url="rtsp://127.0.0.1/live")
    channel = Channel(source="S1", qualities=(quality,), has_configuration=False)
    async with OnvifCamera([channel], events=service) as camera:
        events = device_events(login(camera))
        async with watching(events, channel="S1") as motion:
            await eventually(lambda: events.report()["state"] == "active")
            service.report(Message(source=()), Message(source=(("Source", "S1"),)))
            await motion.wait_for(True)
            service.report(Message(source=(("Source", "S1"),), value="false"))
            await motion.wait_for(False)


# Losses


async def test_a_camera_that_restarts_is_subscribed_to_again() -> None:
    service = EventService()
    service.report(Message())
    async with (
        virtual_camera(service) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await motion.wait_for(True)
        service.reboot()
        # Whatever it was: nobody knows what happens meanwhile.
        await motion.wait_for(True, None, True)
        assert service.created == 2


async def test_states_are_unknown_while_the_camera_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    service = EventService()
    service.report(Message())
    camera = virtual_camera(service)
    async with camera:
        events = device_events(login(camera))
        leave = events.listen(EventKind.PERSON, None, lambda _: None)
        async with watching(events) as motion:
            await motion.wait_for(True)
    async with watching(events) as motion:
        await eventually(lambda: events.report()["state"] == "waiting")
        assert motion.shown[-1] is None
        assert events.report()["problem"]
        camera._port = login(camera).port
        async with camera:
            await motion.wait_for(True)
            assert events.report()["problem"] is None
            await leave()
    texts = [each.getMessage() for each in caplog.records if "Events of" in each.msg]
    assert [text.partition("are ")[2][:11] for text in texts] == [
        "unavailable",
        "available a",
    ]


async def test_a_subscription_is_renewed_before_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = EventService(lifetime_s=5.0)
    service.report(Message())
    monkeypatch.setattr(messages, "LIFETIME_S", 0.2)
    async with (
        virtual_camera(service) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await eventually(lambda: camera.calls["Renew"] >= 2)
        assert motion.shown == [None, True]
        assert service.created == 1


async def test_a_subscription_that_cannot_be_renewed_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without a moment in which nothing is known."""
    service = EventService()
    service.renews = False
    service.report(Message())
    monkeypatch.setattr(messages, "LIFETIME_S", 0.2)
    async with (
        virtual_camera(service) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await eventually(lambda: service.created == 3)
        assert motion.shown == [None, True]
        assert len(service.subscriptions) == 1


async def test_a_camera_that_answers_at_once_is_not_asked_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MIN_PULL_INTERVAL_S", 60.0)
    service = EventService()
    service.ignores_timeout = True
    service.report(Message())
    async with (
        virtual_camera(service) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await motion.wait_for(True)
        assert camera.calls["PullMessages"] == 1


async def test_a_camera_that_answers_too_late_keeps_its_subscription(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pull_point, "_MAX_WAIT_S", 0)
    service = EventService()
    service.holds = True
    service.report(Message())
    async with (
        virtual_camera(service) as camera,
        watching(device_events(login(camera))) as motion,
    ):
        await motion.wait_for(True)
        await eventually(lambda: camera.calls["PullMessages"] >= 3)
        service.report(OFF)
        await motion.wait_for(False)
        assert motion.shown == [None, True, False]
        assert service.created == 1


async def test_a_subscription_that_dies_at_once_is_not_made_all_the_time() -> None:
    """Each next wait is longer."""
    service = EventService()
    async with virtual_camera(service) as camera:
        camera.answer = lambda operation, text: (
            fault("ter:Action", "no") if operation == "PullMessages" else None
        )
        events = device_events(login(camera))
        async with watching(events):
            await eventually(lambda: service.created == 2)
            await eventually(lambda: events.report()["state"] == "waiting")
            assert not service.subscriptions
            assert service.created == 2


# Logins


@pytest.mark.parametrize("kind", [kind for kind in LoginKind if kind != "none"])
async def test_a_wrong_password_is_sent_once(kind: LoginKind) -> None:
    service = EventService()
    async with virtual_camera(service, login=kind) as camera:
        events = device_events(login(camera, "wrong"))
        async with watching(events):
            await eventually(lambda: events.report()["state"] == "waiting")
            assert events.report()["problem"] == "find_login_rejected"
    assert (camera.logins, camera.rejections) == (1, 1)


@pytest.mark.parametrize("kind", [LoginKind.SECURITY, LoginKind.DIGEST])
async def test_a_password_that_changes_is_rejected_twice_at_most(
    kind: LoginKind,
) -> None:
    service = EventService()
    service.report(Message())
    async with virtual_camera(service, login=kind) as camera:
        events = device_events(login(camera))
        async with watching(events) as motion:
            await motion.wait_for(True)
            camera.change_password("another")
            service.report(OFF)
            await motion.wait_for(None)
            await eventually(lambda: "login" in str(events.report()["problem"]))
        assert camera.rejections == 2


async def test_a_clock_that_jumps_is_followed() -> None:
    """Cameras without a battery start in 1970, and get the time later."""
    service = EventService()
    service.report(Message())
    async with virtual_camera(service, clock_offset=timedelta(days=-20000)) as camera:
        async with watching(device_events(login(camera))) as motion:
            await motion.wait_for(True)
            camera.clock_offset = timedelta()
            service.report(Message())
            await motion.wait_for(True, None, True)
        assert camera.rejections == 1


# Hostile answers


@pytest.mark.parametrize(
    "answer",
    [
        BOMB,
        "page",
        "<a>" * 60_000,
        envelope("<b/>" * 60_000),
        envelope(Message().xml() * 3000),
    ],
    ids=["bomb", "page", "deep", "many", "large"],
)
async def test_other_answers_end_the_subscription(answer: str) -> None:
    service = EventService()
    async with virtual_camera(service) as camera:
        camera.answer = lambda operation, text: (
            answer if operation in {"PullMessages", "Renew"} else None
        )
        events = device_events(login(camera))
        tracemalloc.start()
        try:
            async with watching(events) as motion:
                await eventually(lambda: bool(events.report()["problem"]))
                assert set(motion.shown) == {None}
            assert tracemalloc.get_traced_memory()[1] < 8 * MAX_BYTES
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "behavior",
    [
        hostile.silent,
        hostile.says(b""),
        hostile.http(b"page"),
        hostile.endless(b" " * 65536, 0),
        hostile.http(b"", "307 Temporary Redirect", "Location: http://192.0.2.1/"),
    ],
    ids=["silent", "closed", "page", "huge", "redirect"],
)
async def test_devices_that_are_no_camera(behavior: hostile.Behavior) -> None:
    async with hostile.device(behavior) as port:
        of = module.DeviceLogin("127.0.0.1", port, "admin", "secret")
        events = device_events(of)
        async with watching(events):
            await eventually(lambda: bool(events.report()["problem"]))
        with pytest.raises((FindingError, SoapFaultError)):
            await offered_kinds(of)


async def test_a_camera_that_does_not_let_go_delays_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_UNSUBSCRIBE_TIMEOUT_S", 0.05)
    service = EventService()
    service.report(Message())
    async with virtual_camera(service) as camera:
        async with watching(device_events(login(camera))) as motion:
            await motion.wait_for(True)
            camera.answer = lambda operation, text: (
                fault("ter:Action", "no") if operation == "Unsubscribe" else None
            )
        assert service.subscriptions


# What a camera offers


async def test_the_kinds_of_events_that_a_camera_offers() -> None:
    service = EventService(
        ("tns1:VideoSource/MotionAlarm", "State"),
        PERSON,
        ("tns1:Monitoring/ProcessorUsage", "Value"),
    )
    async with virtual_camera(service) as camera:
        kinds = await offered_kinds(login(camera))
    assert kinds == {EventKind.MOTION, EventKind.PERSON}


async def test_a_camera_without_events() -> None:
    async with OnvifCamera([]) as camera:
        assert await offered_kinds(login(camera)) == set()
        events = device_events(login(camera))
        async with watching(events) as motion:
            await eventually(lambda: "no events" in str(events.report()["problem"]))
            assert set(motion.shown) == {None}


async def test_an_error_of_ours_is_a_loss_as_well(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing that a device sends ends the events for good."""
    monkeypatch.setattr(module, "read_profiles", lambda service, body: 1 / 0)
    async with virtual_camera(EventService()) as camera:
        events = device_events(login(camera))
        async with watching(events, channel="S1"):
            await eventually(lambda: "division" in str(events.report()["problem"]))
    assert "The events of 127.0.0.1 failed" in caplog.text


async def test_a_fault_that_repeats_the_login_is_redacted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with virtual_camera(EventService()) as camera:
        camera.answer = lambda operation, text: (
            fault("ter:Action", "operator:hunter2 may not")
            if operation.startswith("Create")
            else None
        )
        of = module.DeviceLogin("127.0.0.1", camera.port, "operator", "hunter2")
        events = device_events(of)
        async with watching(events):
            await eventually(lambda: "may not" in str(events.report()["problem"]))
        for secret in ("operator", "hunter2"):
            assert secret not in f"{events.report()} {caplog.text}"


def test_a_login_does_not_show_its_password() -> None:
    of = module.DeviceLogin("192.0.2.1", 80, "operator", "hunter2")
    assert "hunter2" not in repr(of)
    assert "operator" not in repr(of)
