"""The report on a stream: JSON values only, whatever the stream has gone through."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from custom_components.hls_camera.stream_report import stream_report
from custom_components.hls_camera.streaming.camera.camera import Camera
from custom_components.hls_camera.streaming.ingest.run import End
from custom_components.hls_camera.streaming.ingest.stats import Statistics
from custom_components.hls_camera.streaming.reasons import EndReason
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.admission import Conversion
from custom_components.hls_camera.streaming.transcode.elsewhere import ConvertedInput
from custom_components.hls_camera.streaming.transcode.hardware import WorkingEncoder
from custom_components.hls_camera.streaming.transcode.options import (
    ConversionOptions,
    Encoder,
)

from .streaming.camera.scenes import H264, HEVC, make_stream


@pytest.fixture
async def stream() -> Camera:
    """A stream whose source has been probed; nothing runs."""
    return make_stream("ffmpeg", source_info=H264)


def test_a_stream_that_was_never_started(stream: Camera) -> None:
    report = stream_report(stream.main)
    assert report["state"] == "stopped"
    assert (report["reason"], report["detail"]) == (None, "")
    assert (report["failing_since"], report["conversion"]) == (None, None)
    assert report["statistics"]["started_at"] is None


def test_it_describes_the_media_and_the_plan(stream: Camera) -> None:
    report = stream_report(stream.main)
    assert report["source"] == H264.as_dict()
    assert report["plan"] is not None
    assert report["plan"]["video"]["action"] == "copy"


def test_a_source_that_was_never_probed_has_neither() -> None:
    report = stream_report(make_stream("ffmpeg", source_info=None).main)
    assert (report["source"], report["plan"]) == (None, None)


def test_it_has_every_figure(stream: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    started = datetime(2026, 11, 28, 12, tzinfo=UTC)
    figures = Statistics(frames=25, started_at=started, uptime=1.0)
    monkeypatch.setattr(stream.main, "statistics", lambda: figures)
    expected = asdict(figures) | {"started_at": "2026-11-28T12:00:00+00:00"}
    assert stream_report(stream.main)["statistics"] == expected


def test_a_failure_has_its_reason_and_its_beginning(stream: Camera) -> None:
    end = End(reason=EndReason.REFUSED, detail="Connection refused")
    stream.main.retrying(end)
    report = stream_report(stream.main)
    assert (report["state"], report["reason"]) == ("backoff", "refused")
    assert report["detail"] == "Connection refused"
    assert report["failing_since"] is not None
    assert datetime.fromisoformat(report["failing_since"]).tzinfo is not None


def test_a_conversion_has_its_encoder_and_size(stream: Camera) -> None:
    stream.main.supervisor.conversion = Conversion(
        options=ConversionOptions(max_height=720),
        encoder=WorkingEncoder(Encoder.SOFTWARE),
        detail=1,
        reckoned=0.5,
    )
    conversion = stream_report(stream.main)["conversion"]
    assert conversion is not None
    assert (conversion["encoder"], conversion["max_height"]) == ("libx264", 720)
    assert conversion["detail_reduction"] == 1


def test_a_conversion_has_its_place(stream: Camera) -> None:
    supervisor = stream.main.supervisor
    places = [stream_report(stream.main)["converted_on"]]
    supervisor.conversion = Conversion(
        options=ConversionOptions(),
        encoder=WorkingEncoder(Encoder.SOFTWARE),
        detail=0,
        reckoned=0.5,
    )
    places.append(stream_report(stream.main)["converted_on"])
    supervisor.conversion = None
    supervisor.converted = ConvertedInput(
        host="Shed",
        input=AddressInput.parse("rtsp://192.0.2.1/ours"),
        keyframe_interval=2.0,
    )
    places.append(stream_report(stream.main)["converted_on"])
    assert places == [None, "here", "Shed"]


@pytest.mark.parametrize("source_info", [None, H264, HEVC])
def test_an_action_can_return_it(source_info: SourceInfo | None) -> None:
    report = stream_report(make_stream("ffmpeg", source_info=source_info).main)
    assert json.loads(json.dumps(report)) == report
