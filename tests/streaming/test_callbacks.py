"""Telling those who want to know."""

from custom_components.hls_camera.streaming.callbacks import Listeners


def test_who_listens_is_told_until_it_leaves() -> None:
    told: list[int] = []
    listeners = Listeners[int]()
    leave = listeners.add(told.append)
    listeners.tell(1)
    leave()
    leave()
    listeners.tell(2)
    assert told == [1]


def test_who_leaves_while_being_told_keeps_nobody_from_it() -> None:
    told: list[str] = []
    listeners = Listeners[()]()

    def once() -> None:
        told.append("once")
        leave()

    leave = listeners.add(once)
    listeners.add(lambda: told.append("always"))
    listeners.tell()
    listeners.tell()
    assert told == ["once", "always", "always"]


def test_one_that_fails_keeps_no_other_from_being_told() -> None:
    def fail() -> None:
        raise ValueError

    told: list[int] = []
    listeners = Listeners[()]()
    listeners.add(fail)
    listeners.add(lambda: told.append(1))
    listeners.tell()
    assert told == [1]
