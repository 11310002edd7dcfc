"""A found camera."""

import pytest

from custom_components.hls_camera.finding.found import Device, FoundChannel, FoundStream


@pytest.mark.parametrize(
    ("maker", "model", "name"),
    [
        ("ACME", "Dome 4", "ACME Dome 4"),
        ("ACME", "Acme Dome 4", "Acme Dome 4"),
        ("", "Dome 4", "Dome 4"),
        ("ACME", "", "ACME"),
        ("", "", ""),
    ],
)
def test_a_name_has_maker_and_model_once(maker: str, model: str, name: str) -> None:
    assert Device(manufacturer=maker, model=model).name == name


def test_an_entry_keeps_what_is_known() -> None:
    device = Device(model="Dome 4", serial_number="C1")
    assert device.as_dict() == {"model": "Dome 4", "serial_number": "C1"}
    assert Device.from_dict(device.as_dict()) == device
    assert device.identity == "C1"


@pytest.mark.parametrize("damaged", [None, [], {"model": 4, "later": "x"}])
def test_a_damaged_description_is_empty(damaged: object) -> None:
    assert Device.from_dict(damaged) == Device()


def test_a_stream_without_a_description_is_shown_by_its_address() -> None:
    assert str(FoundStream(url="rtsp://cam/a")) == "rtsp://cam/a"


def channel(*sizes: tuple[int, int]) -> FoundChannel:
    streams = (
        FoundStream(url=f"rtsp://cam/{number}", width=width, height=height)
        for number, (width, height) in enumerate(sizes)
    )
    return FoundChannel(key="1", name="", streams=tuple(streams))


def test_the_smallest_stream_becomes_the_sub_stream() -> None:
    found = channel((1920, 1080), (1280, 720), (640, 360))
    assert found.main.url.endswith("/0")
    assert found.sub
    assert found.sub.url.endswith("/2")


def test_a_stream_of_the_same_size_is_no_sub_stream() -> None:
    assert channel((640, 360), (640, 360)).sub is None
    assert channel((640, 360)).sub is None


def test_streams_of_unknown_size_come_in_order() -> None:
    assert channel((0, 0), (0, 0)).sub is not None


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("http://192.0.2.7:8000/a", "http://192.0.2.8:8000/a"),
        ("http://192.0.2.9/", "http://192.0.2.9/"),
        ("http://[", "http://["),
        ("", ""),
    ],
)
def test_the_page_of_a_camera_moves_with_it(page: str, expected: str) -> None:
    moved = Device(configuration_url=page).moved("192.0.2.7", "192.0.2.8")
    assert moved == Device(configuration_url=expected)
