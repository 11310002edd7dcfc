"""Tests of reading media playlists, ours and Home Assistant's."""

from benchmarks.media_playlist import Part, Position, parse

OURS = """\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.660,HOLD-BACK=3.000
#EXT-X-PART-INF:PART-TARGET=0.220
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-MAP:URI="ab-init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T07:00:00.000Z
#EXTINF:2.00000,
ab-7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T07:00:02.000Z
#EXT-X-PART:DURATION=0.20000,URI="ab-8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.16000,URI="ab-8.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="ab-8.2.m4s"
"""
THEIRS = """\
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="init.mp4"
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PART-INF:PART-TARGET=1.000
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=2.000
#EXT-X-START:TIME-OFFSET=-2.000,PRECISE=YES
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T07:00:00.000Z
#EXT-X-PART:DURATION=1.000,URI="./segment/0.0.m4s",INDEPENDENT=YES
#EXTINF:1.000,
./segment/0.m4s
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="./segment/1.0.m4s"
"""


def test_a_growing_segment_goes_on_with_its_next_part() -> None:
    playlist = parse(OURS)
    assert playlist.part_hold_back == 0.66
    assert playlist.map_uri == "ab-init-1.mp4"
    assert playlist.parts == (
        Part(Position(8, 0), "ab-8.0.m4s", 0.2),
        Part(Position(8, 1), "ab-8.1.m4s", 0.16),
    )
    assert playlist.following == (8, 2)


def test_a_whole_segment_goes_on_with_the_next_segment() -> None:
    playlist = parse(THEIRS)
    assert playlist.part_hold_back == 2.0
    assert [str(part.position) for part in playlist.parts] == ["0.0"]
    assert playlist.following == (1, 0)
