"""A delay is ours or the network's; a camera that sets its clock is not late."""

import pytest

from custom_components.hls_camera.streaming.live.capture_delay import CaptureDelay

FRAME = 0.04


class Camera:
    """A camera whose frames reach us some time after they were captured."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.delay = CaptureDelay(lambda: self.now)
        self._media = 10.0

    def send(
        self, seconds: float, *, step: float = FRAME, every: float = FRAME
    ) -> None:
        """Send frames for some seconds, each `step` long by the camera's clock."""
        for _ in range(round(seconds / every)):
            self.now += every
            self._media += step
            self.delay.frame_came(self._media, step)


def test_there_is_none_before_the_first_frame() -> None:
    assert Camera().delay.seconds is None


def test_frames_that_come_in_time_have_none() -> None:
    camera = Camera()
    camera.send(60)
    assert camera.delay.seconds == pytest.approx(0, abs=0.01)


def test_frames_that_come_late_are_late_until_they_have_caught_up() -> None:
    camera = Camera()
    camera.send(10)
    camera.now += 4
    camera.send(10)
    assert camera.delay.seconds == pytest.approx(4, abs=0.1)
    camera.send(4, every=FRAME / 2)
    assert camera.delay.seconds == pytest.approx(0, abs=0.1)


def test_a_clock_that_is_set_back_makes_no_frame_late() -> None:
    """FFmpeg lets no time pass until the old time has come again."""
    camera = Camera()
    camera.send(10)
    camera.send(4, step=1 / 90_000)
    camera.send(10)
    assert camera.delay.seconds == pytest.approx(0, abs=0.05)
    camera.now += 2
    camera.send(5)
    assert camera.delay.seconds == pytest.approx(2, abs=0.1)


def test_a_clock_that_is_set_forward_hides_no_delay() -> None:
    camera = Camera()
    camera.send(10)
    camera.send(FRAME, step=5.0)
    camera.now += 2
    camera.send(5)
    assert camera.delay.seconds == pytest.approx(2, abs=0.1)


def test_two_frames_of_one_time_are_no_clock_that_stands() -> None:
    camera = Camera()
    for _ in range(100):
        camera.send(FRAME, step=1 / 90_000)
        camera.send(FRAME, step=2 * FRAME)
    camera.now += 3
    camera.send(FRAME, step=1 / 90_000)
    camera.send(FRAME, step=2 * FRAME)
    assert camera.delay.seconds == pytest.approx(3, abs=0.1)
