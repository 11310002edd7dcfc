"""Notifications of listeners."""

from custom_components.hls_camera.streaming.callbacks import Listeners


def test_listeners_are_notified_until_they_unsubscribe() -> None:
    told: list[int] = []
    listeners = Listeners[int]()
    leave = listeners.add(told.append)
    listeners.notify(1)
    leave()
    leave()
    listeners.notify(2)
    assert told == [1]


def test_a_listener_that_unsubscribes_meanwhile_stops_no_other() -> None:
    told: list[str] = []
    listeners = Listeners[()]()

    def once() -> None:
        told.append("once")
        leave()

    leave = listeners.add(once)
    listeners.add(lambda: told.append("always"))
    listeners.notify()
    listeners.notify()
    assert told == ["once", "always", "always"]


def test_a_listener_that_fails_stops_no_other() -> None:
    def fail() -> None:
        raise ValueError

    told: list[int] = []
    listeners = Listeners[()]()
    listeners.add(fail)
    listeners.add(lambda: told.append(1))
    listeners.notify()
    assert told == [1]
