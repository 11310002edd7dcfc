"""Playlists as data become the tags of RFC 8216bis."""

from datetime import UTC, datetime

import pytest

from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    ListedPart,
    ListedSegment,
    LowLatencyPlaylist,
    MultivariantPlaylist,
    RenditionReport,
    Variant,
)

TIME = datetime(2026, 9, 21, 14, 13, 21, 250_000, tzinfo=UTC)


def playlist(
    *segments: ListedSegment, hold_back: float | None = 3.0
) -> LowLatencyPlaylist:
    """Return a playlist of these segments."""
    return LowLatencyPlaylist(
        target_duration=2,
        part_target=0.22,
        part_hold_back=0.55,
        hold_back=hold_back,
        media_sequence=7,
        discontinuity_sequence=3,
        segments=segments,
        preload_hint_uri="8.0.m4s",
        rendition_reports=[RenditionReport("small.m3u8", 7, 2)],
    )


def test_a_media_playlist_has_all_its_tags_in_order() -> None:
    segment = ListedSegment(
        program_date_time=TIME,
        map_uri="init-1.mp4",
        discontinuities=2,
        parts=[
            ListedPart(uri="7.0.m4s", duration=0.2, independent=True),
            ListedPart(uri="7.1.m4s", duration=0.12345678, independent=False),
        ],
        uri="7.m4s",
        duration=0.32345678,
    )
    assert playlist(segment).render().splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.550,HOLD-BACK=3.000",
        "#EXT-X-PART-INF:PART-TARGET=0.220",
        "#EXT-X-MEDIA-SEQUENCE:7",
        "#EXT-X-DISCONTINUITY-SEQUENCE:3",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="init-1.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-09-21T14:13:21.250Z",
        '#EXT-X-PART:DURATION=0.20000,URI="7.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.12346,URI="7.1.m4s"',
        "#EXTINF:0.32346,",
        "7.m4s",
        '#EXT-X-RENDITION-REPORT:URI="small.m3u8",LAST-MSN=7,LAST-PART=2',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.0.m4s"',
    ]


def test_a_growing_segment_has_no_address() -> None:
    text = playlist(ListedSegment(program_date_time=TIME)).render()
    assert "#EXT-X-PROGRAM-DATE-TIME" in text
    assert "#EXTINF" not in text


def test_without_hold_back_the_tag_says_nothing_of_it() -> None:
    assert ",HOLD-BACK" not in playlist(hold_back=None).render()


@pytest.mark.parametrize(
    ("frame_rate", "attribute"), [(14.985, ",FRAME-RATE=14.985"), (None, "")]
)
def test_a_multivariant_playlist_lists_each_variant(
    frame_rate: float | None, attribute: str
) -> None:
    """RFC 8216bis, 4.4.6.2."""
    variants = [
        Variant(
            uri=uri,
            bandwidth=2_000_000,
            average_bandwidth=1_500_000,
            codecs="avc1.64001F,mp4a.40.2",
            width=1280,
            height=720,
            frame_rate=frame_rate,
        )
        for uri in ("media.m3u8", "small.m3u8")
    ]
    tag = (
        "#EXT-X-STREAM-INF:BANDWIDTH=2000000,AVERAGE-BANDWIDTH=1500000,"
        f'CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=1280x720{attribute}'
    )
    assert MultivariantPlaylist(variants=variants).render().splitlines() == [
        *("#EXTM3U", "#EXT-X-VERSION:6"),
        *(tag, "media.m3u8", tag, "small.m3u8"),
    ]
