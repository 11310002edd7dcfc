"""Whether, when and how a failed run is tried again."""

import pytest

from custom_components.hls_camera.streaming.ingest.recovery import NextTry, Recovery
from custom_components.hls_camera.streaming.ingest.run import End
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.transcode.options import Encoder


def _after(recovery: Recovery, reason: EndReason, uptime: float = 0.0) -> NextTry:
    next_try = recovery.after(End(reason=reason, uptime=uptime))
    assert next_try is not None
    return next_try


def test_the_first_try_comes_at_once_and_the_later_ones_later() -> None:
    recovery = Recovery()
    delays = [_after(recovery, EndReason.REFUSED).delay for _ in range(8)]
    assert delays[0] == 0.0
    assert delays[1] == pytest.approx(1.0, rel=0.2)
    assert delays[-1] == pytest.approx(30.0, rel=0.2)


def test_a_camera_that_is_away_may_be_back_sooner() -> None:
    recovery = Recovery()
    for reason in (EndReason.REFUSED, EndReason.TIMED_OUT, EndReason.UNREACHABLE):
        assert _after(recovery, reason).is_away
    for reason in (EndReason.STALLED, EndReason.NOT_FOUND, EndReason.BAD_MEDIA):
        assert not _after(recovery, reason).is_away


def test_a_camera_that_has_come_is_tried_often_again() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.REFUSED)
    recovery.camera_came()
    for _ in range(2):
        assert _after(recovery, EndReason.REFUSED).delay < 2


def test_a_camera_that_comes_and_goes_is_kept_waiting() -> None:
    recovery = Recovery()
    for _ in range(8):
        _after(recovery, EndReason.REFUSED)
        recovery.camera_came()
        _after(recovery, EndReason.DISCONNECTED, uptime=2.0)
    *_, next_try = [_after(recovery, EndReason.REFUSED) for _ in range(6)]
    assert next_try.least == pytest.approx(30, rel=0.2)
    assert next_try.least <= next_try.delay
    assert _after(recovery, EndReason.DISCONNECTED, uptime=60.0).least == 0.0


def test_a_healthy_minute_makes_the_next_failure_a_first_one() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.REFUSED)
    assert _after(recovery, EndReason.STALLED, uptime=60.0).delay == 0.0


def test_a_short_success_proves_nothing() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.STALLED, uptime=59.0)
    assert _after(recovery, EndReason.STALLED, uptime=59.0).delay > 10


def test_a_person_or_a_viewer_is_not_kept_waiting() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.REFUSED)
    recovery.reset_by_user()
    assert _after(recovery, EndReason.REFUSED).delay == 0.0


def test_a_busy_camera_gets_time_to_end_its_sessions() -> None:
    assert _after(Recovery(), EndReason.BUSY).delay >= 3


@pytest.mark.parametrize(
    "reason",
    [
        EndReason.BAD_REQUEST,
        EndReason.BUSY,
        EndReason.CAMERA_ERROR,
        EndReason.LOGIN_UNSUPPORTED,
        EndReason.NOT_FOUND,
        EndReason.REDIRECTED,
        EndReason.STILL_IMAGE,
        EndReason.TRANSPORT_REFUSED,
        EndReason.UNREADABLE,
        EndReason.WEB_PAGE,
    ],
)
def test_a_refusal_is_tried_again_ever_more_rarely(reason: EndReason) -> None:
    """Somebody may be setting up the camera at this moment."""
    recovery = Recovery()
    delays = [_after(recovery, reason).delay for _ in range(8)]
    assert 20 <= delays[-1] <= 40


@pytest.mark.parametrize(
    ("reason", "probe_first"),
    [
        (EndReason.BAD_MEDIA, True),
        (EndReason.NO_VIDEO, True),
        (EndReason.UNSUPPORTED, True),
        (EndReason.UNREADABLE, True),
        (EndReason.SOURCE_CHANGED, True),
        (EndReason.STALLED, False),
        (EndReason.PROCESS_DIED, False),
    ],
)
def test_a_camera_that_may_have_changed_is_looked_at(
    reason: EndReason, probe_first: bool
) -> None:
    assert _after(Recovery(), reason).probe_first is probe_first


def test_a_camera_that_refuses_sound_is_looked_at() -> None:
    """It may hand out its picture alone."""
    end = End(reason=EndReason.DISCONNECTED, is_sound_refused=True)
    next_try = Recovery().after(end)
    assert next_try is not None
    assert next_try.probe_first


@pytest.mark.parametrize("converts", [True, False])
def test_a_converted_camera_that_was_away_may_come_back_as_another(
    converts: bool,
) -> None:
    encoder = Encoder.SOFTWARE if converts else None
    next_try = Recovery().after(End(reason=EndReason.REFUSED), encoder=encoder)
    assert next_try is not None
    assert next_try.probe_first is converts


def test_a_copied_picture_that_is_too_slow_has_a_clock_that_is() -> None:
    """Cameras stamp 25 frames per second at night, and send twelve."""
    recovery = Recovery()
    for _ in range(2):
        assert not recovery.adaptations.use_wallclock
        _after(recovery, EndReason.TOO_SLOW, uptime=31)
    assert recovery.adaptations.use_wallclock


def test_a_conversion_that_is_too_slow_says_nothing_of_the_clock() -> None:
    recovery = Recovery()
    for _ in range(5):
        recovery.after(
            End(reason=EndReason.TOO_SLOW, uptime=31), encoder=Encoder.SOFTWARE
        )
    assert not recovery.adaptations.use_wallclock


def test_all_detail_is_tried_again_after_an_hour() -> None:
    recovery = Recovery()
    end = End(reason=EndReason.TOO_SLOW, uptime=31)
    recovery.after(end, encoder=Encoder.SOFTWARE)
    _after(recovery, EndReason.DISCONNECTED, uptime=600)
    assert recovery.detail == 1
    _after(recovery, EndReason.DISCONNECTED, uptime=3600)
    assert recovery.detail == 0


def test_without_ffmpeg_nothing_is_tried() -> None:
    assert Recovery().after(End(reason=EndReason.FFMPEG_MISSING)) is None


def test_credentials_that_never_worked_are_tried_once() -> None:
    assert Recovery().after(End(reason=EndReason.UNAUTHORIZED)) is None


def test_credentials_that_worked_are_tried_three_times_with_long_pauses() -> None:
    recovery = Recovery()
    recovery.picture_came()
    # Its login method may be another one.
    assert _after(recovery, EndReason.UNAUTHORIZED).probe_first
    assert _after(recovery, EndReason.UNAUTHORIZED).delay >= 30
    assert recovery.after(End(reason=EndReason.UNAUTHORIZED)) is None


def test_a_picture_in_between_forgives_the_rejections() -> None:
    recovery = Recovery()
    recovery.picture_came()
    for _ in range(5):
        _after(recovery, EndReason.UNAUTHORIZED)
        recovery.picture_came()


def test_a_clock_that_was_set_once_is_believed_further_on() -> None:
    recovery = Recovery()
    _after(recovery, EndReason.TIMELINE)
    assert not recovery.adaptations.use_wallclock
    _after(recovery, EndReason.STALLED)
    _after(recovery, EndReason.TIMELINE)
    assert not recovery.adaptations.use_wallclock


def test_a_clock_that_lies_again_and_again_is_replaced_by_ours() -> None:
    recovery = Recovery()
    _after(recovery, EndReason.TIMELINE, uptime=5)
    _after(recovery, EndReason.TIMELINE, uptime=5)
    assert recovery.adaptations.use_wallclock


def test_a_jump_now_and_then_is_not_a_lie() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.TIMELINE, uptime=3600)
    assert not recovery.adaptations.use_wallclock


def test_a_picture_that_changes_all_the_time_is_taken_as_it_is() -> None:
    recovery = Recovery()
    for _ in range(2):
        _after(recovery, EndReason.SOURCE_CHANGED, uptime=5)
    assert recovery.adaptations.follow_changes
    _after(recovery, EndReason.SOURCE_CHANGED, uptime=5)
    assert not recovery.adaptations.follow_changes


def test_a_change_now_and_then_is_followed() -> None:
    recovery = Recovery()
    for _ in range(5):
        _after(recovery, EndReason.SOURCE_CHANGED, uptime=3600)
    assert recovery.adaptations.follow_changes


def test_a_camera_without_a_first_picture_is_given_more_time() -> None:
    recovery = Recovery()
    _after(recovery, EndReason.NO_VIDEO)
    _after(recovery, EndReason.DISCONNECTED)
    _after(recovery, EndReason.NO_VIDEO)
    assert not recovery.adaptations.look_longer
    _after(recovery, EndReason.NO_VIDEO)
    assert recovery.adaptations.look_longer


def _converted(recovery: Recovery, reason: EndReason, encoder: Encoder) -> None:
    assert recovery.after(End(reason=reason, uptime=5.0), encoder=encoder) is not None


def test_hardware_that_fails_twice_is_left_for_software() -> None:
    recovery = Recovery()
    _converted(recovery, EndReason.PROCESS_DIED, Encoder.VAAPI)
    assert not recovery.broken_encoders
    _converted(recovery, EndReason.PROCESS_DIED, Encoder.VAAPI)
    assert recovery.broken_encoders == {Encoder.VAAPI}
    recovery.viewer_came()
    assert recovery.broken_encoders == {Encoder.VAAPI}
    recovery.reset_by_user()
    assert not recovery.broken_encoders


def test_a_camera_that_hangs_up_is_no_fault_of_the_hardware() -> None:
    recovery = Recovery()
    for _ in range(5):
        _converted(recovery, EndReason.DISCONNECTED, Encoder.VAAPI)
        _converted(recovery, EndReason.PROCESS_DIED, Encoder.SOFTWARE)
    assert not recovery.broken_encoders


def test_a_conversion_that_is_too_slow_gets_less_detail_until_the_next_start() -> None:
    recovery = Recovery()
    _after(recovery, EndReason.TOO_SLOW)
    assert recovery.detail == 0
    _converted(recovery, EndReason.TOO_SLOW, Encoder.SOFTWARE)
    _converted(recovery, EndReason.TOO_SLOW, Encoder.SOFTWARE)
    assert recovery.detail == 2
    recovery.viewer_came()
    assert recovery.detail == 0


def test_without_an_encoder_nothing_is_tried() -> None:
    assert Recovery().after(End(reason=EndReason.ENCODER_MISSING)) is None


class TestRejectedHandedOut:
    """Of credentials that somebody else hands out, others may come."""

    rejected = End(reason=EndReason.UNAUTHORIZED)
    source = AddressInput(Source.parse("rtsp://camera/live", "me", "old"))
    other = AddressInput(Source.parse("rtsp://camera/live", "me", "new"))

    def test_it_is_tried_again_for_ever_but_slowly(self) -> None:
        now = 0.0
        recovery = Recovery(is_dynamic=True, clock=lambda: now)
        delays = []
        for _ in range(7):
            next_try = recovery.after(self.rejected, source=self.source)
            assert next_try is not None
            delays.append(next_try.delay)
            now += next_try.delay
        assert delays == [30, 60, 120, 240, 300, 300, 300]

    def test_viewers_who_come_and_go_do_not_hasten_it(self) -> None:
        now = 0.0
        recovery = Recovery(is_dynamic=True, clock=lambda: now)
        recovery.after(self.rejected, source=self.source)
        now += 10
        recovery.viewer_came()
        assert recovery.is_rejected(self.source)
        # A source that was not tried was not rejected again.
        next_try = recovery.after(self.rejected, source=self.source)
        assert next_try is not None
        assert next_try.delay == 20
        now += 20
        assert not recovery.is_rejected(self.source)

    def test_another_one_is_tried_at_once(self) -> None:
        recovery = Recovery(is_dynamic=True)
        recovery.after(self.rejected, source=self.source)
        assert not recovery.is_rejected(self.other)

    def test_a_person_who_has_mended_the_camera_is_believed(self) -> None:
        recovery = Recovery(is_dynamic=True)
        recovery.after(self.rejected, source=self.source)
        recovery.forget_rejection()
        assert not recovery.is_rejected(self.source)

    def test_a_persons_own_address_is_not_affected(self) -> None:
        recovery = Recovery()
        assert recovery.after(self.rejected, source=self.source) is None
        assert not recovery.is_rejected(self.source)


def test_a_source_that_is_handed_out_may_be_rejected_for_months() -> None:
    now = 0.0
    recovery = Recovery(is_dynamic=True, clock=lambda: now)
    source = AddressInput.parse("rtsp://192.0.2.1/live")
    end = End(reason=EndReason.UNAUTHORIZED)
    delays: list[float] = []
    for _ in range(2000):
        next_try = recovery.after(end, source=source)
        assert next_try is not None
        delays.append(next_try.delay)
        now += next_try.delay
    assert delays[-1] == 300
