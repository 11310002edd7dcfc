"""Sample tables of tracks whose samples come in fragments."""

from custom_components.hls_camera.streaming.media.boxes import iter_boxes
from custom_components.hls_camera.streaming.media.sample_tables import (
    NO_SAMPLES,
    one_sample,
)

EMPTY = {
    b"stts": bytes(8),
    b"stsc": bytes(8),
    b"stco": bytes(8),
    b"stsz": bytes(12),
}


def rows(tables: bytes) -> dict[bytes, list[int]]:
    """Return the values of each table, behind version and flags."""
    return {
        box_type: [
            int.from_bytes(payload[at : at + 4]) for at in range(4, len(payload), 4)
        ]
        for box_type, payload in iter_boxes(tables)
    }


def test_there_are_none_before_the_fragments() -> None:
    found = {name: bytes(payload) for name, payload in iter_boxes(NO_SAMPLES)}
    assert found == EMPTY


def test_one_sample_has_its_duration_size_and_place() -> None:
    assert rows(one_sample(3600, 0, 1234, 999)) == {
        b"stts": [1, 1, 3600],
        b"stsc": [1, 1, 1, 1],
        b"stco": [1, 999],
        b"stsz": [1234, 1],
    }


def test_a_picture_may_be_shown_later_than_it_is_decoded() -> None:
    assert rows(one_sample(3600, 7200, 1234, 999))[b"ctts"] == [1, 1, 7200]
