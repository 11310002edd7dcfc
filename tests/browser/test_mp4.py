"""What the card reads of init sections and fragments: `mp4.js`."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.hls_camera.streaming.media.fmp4 import (
    InitSection,
    Sample,
    Track,
    write_fragment,
    write_producer_time,
)
from custom_components.hls_camera.streaming.media.orientation import Orientation
from tests import tools
from tests.streaming.media_files import H264, SILENT_VIDEO, VIDEO, handed_over

from .modules import evaluate

_READ = """async (function_, files, ...rest) => {
  const { [function_]: read } = await import("./frontend/mp4.js");
  const plain = (value) => value instanceof Uint8Array
    ? Buffer.from(value).toString("base64")
    : value;
  const results = [];
  for (const file of files) {
    try {
      const found = read(new Uint8Array(Buffer.from(file, "base64")), ...rest);
      results.push(JSON.parse(JSON.stringify(found, (_, value) => plain(value))));
    } catch (error) {
      results.push(error.name);
    }
  }
  return results;
}"""

samples = st.builds(
    Sample,
    track_id=st.just(VIDEO.track_id),
    dts=st.integers(0, 2**40),
    duration=st.integers(1, 2**31),
    composition_offset=st.integers(-(2**20), 2**31 - 1),
    is_sync=st.booleans(),
    data=st.binary(max_size=50),
)


def read(function: str, *files: bytes, timescale: int | None = None) -> list[Any]:
    """Return what a function reads of each file, or the name of its error."""
    rest = [] if timescale is None else [timescale]
    texts = [base64.b64encode(file).decode() for file in files]
    found: list[Any] = evaluate(_READ, function, texts, *rest)
    return found


def fragment(run: list[Sample], came: float | None = None) -> bytes:
    """Return a fragment as the live feed sends it."""
    prft = b"" if came is None else write_producer_time(VIDEO, run[0], came)
    return prft + write_fragment(1, [(VIDEO, run)])


@settings(max_examples=3, deadline=None)
@given(st.lists(st.lists(samples, min_size=1, max_size=5), min_size=20, max_size=20))
def test_reads_the_frames_that_the_server_writes(runs: list[list[Sample]]) -> None:
    found = read("readSamples", *map(fragment, runs), timescale=VIDEO.timescale)
    for run, frames in zip(runs, found, strict=True):
        time = run[0].dts
        for sample, frame in zip(run, frames, strict=True):
            shown = (time + sample.composition_offset) / VIDEO.timescale
            assert frame == {
                "time": pytest.approx(shown, abs=1e-9),
                "duration": pytest.approx(sample.duration / VIDEO.timescale),
                "isKey": sample.is_sync,
                "data": base64.b64encode(sample.data).decode(),
            }
            time += sample.duration


def test_reads_the_times_of_a_fragment() -> None:
    frame = Sample(VIDEO.track_id, 900_000, 3600, 0, True, b"frame")
    files = [fragment([frame], 1_800_000_000.25), fragment([frame])]
    new, old = read("readTimes", *files, timescale=VIDEO.timescale)
    assert new == {"start": 10, "duration": 0.04, "came": 1_800_000_000.25}
    assert old == {"start": 10, "duration": 0.04, "came": None}


def test_reads_the_decoder_s_configuration() -> None:
    media = handed_over(str(tools.ffmpeg()), *SILENT_VIDEO, *H264, "-t", "0.2")
    init = media.init
    turned = [init.turned(each) for each in Orientation]
    found = read("readTrackDescription", *(each.data for each in turned))
    entry = init.video.entry
    avcc = entry[entry.index(b"avcC") + 4 :]
    for orientation, description in zip(Orientation, found, strict=True):
        configuration = base64.b64decode(description["configuration"])
        assert avcc.startswith(configuration)
        assert configuration[0] == 1, "its version"
        assert description["isTurned"] is (orientation is not Orientation.NORMAL)
        assert [description["width"], description["height"]] == [320, 180]


def test_refuses_what_is_damaged() -> None:
    """By an error, not with wrong frames or for ever."""
    frame = Sample(VIDEO.track_id, 0, 3600, 0, True, b"frame")
    whole = fragment([frame, frame])
    damaged = [b"", whole[:-1], *(whole[:end] for end in range(0, len(whole) - 12, 7))]
    found = read("readSamples", *damaged, timescale=VIDEO.timescale)
    assert set(found) == {"RangeError"}
    unknown = InitSection.of_tracks([Track(1, VIDEO.kind, 90_000, "?", entry=bytes(8))])
    files = [b"", unknown.data[:100], unknown.data]
    assert set(read("readTrackDescription", *files)) == {"RangeError"}
