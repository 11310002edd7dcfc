"""The parts of the camera that can be tested without a camera."""

import base64
import hashlib

import pytest

from . import capture_time
from .auth import Authenticator, AuthScheme, Credentials, Verdict
from .keyframes import begins_keyframe
from .media import Feed, Picture
from .rtp import RtpClock, RtpPacket, SenderReport, TrackKind, distance, wrap
from .rtsp import Request, Response
from .sdp import SessionDescription

USER = Credentials("viewer", 'p"ä:ss')


def test_rtp_packets_keep_their_fields() -> None:
    packet = RtpPacket(
        track=TrackKind.VIDEO,
        payload_type=96,
        marker=True,
        sequence=65535,
        timestamp=0xFFFFFFFF,
        ssrc=0x12345678,
        payload=b"payload",
    )
    assert RtpPacket.parse(TrackKind.VIDEO, packet.to_bytes()) == packet


def test_sender_reports_keep_their_fields() -> None:
    report = SenderReport(
        track=TrackKind.AUDIO, ssrc=7, ntp=1_800_000_000.5, timestamp=9
    )
    assert SenderReport.parse(TrackKind.AUDIO, report.to_bytes()) == report
    assert len(report.to_bytes()) % 4 == 0


def test_timestamps_go_round() -> None:
    assert wrap(2**32 + 5) == 5
    assert distance(5, wrap(-5)) == 10
    assert distance(wrap(-5), 5) == -10
    report = SenderReport(track=TrackKind.VIDEO, ssrc=1, ntp=1000, timestamp=wrap(-90))
    clock = RtpClock(report, 90000)
    assert clock.timestamp_at(1001) == 90000 - 90
    assert clock.ntp_at(90000 - 90) == 1001


@pytest.mark.parametrize(
    ("encoding", "payload", "begins"),
    [
        ("H264", "6588", True),  # an IDR slice
        ("H264", "4188", False),  # another
        ("H264", "7c85ff", True),  # the first fragment of an IDR slice
        ("H264", "7c05ff", False),  # a later one
        ("H264", "180002674200026801", True),  # parameter sets together
        ("H264", "1800020605", False),  # supplemental information
        ("H265", "260188", True),  # IDR
        ("H265", "2a0188", True),  # CRA
        ("H265", "020188", False),  # trailing picture
        ("H265", "620193ff", True),  # first fragment of an IDR
        ("H265", "620113ff", False),
        ("H265", "600100024001", True),  # VPS in an aggregation
        ("JPEG", "0000000001ff", True),
        ("JPEG", "0000057801ff", False),
        ("MP4V-ES", "000001b0", True),
        ("MP4V-ES", "000001b610", True),
        ("MP4V-ES", "000001b650", False),
        ("MP4V-ES", "ff0001b610", False),
        ("OPUS", "00", False),
    ],
)
def test_keyframes_are_seen(encoding: str, payload: str, begins: bool) -> None:
    assert begins_keyframe(encoding, bytes.fromhex(payload)) is begins


def test_descriptions_name_encodings() -> None:
    text = "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\nm=audio 0 RTP/AVP 8\n"
    description = SessionDescription.parse(text)
    video, audio = description.media
    assert (video.encoding, video.clock_rate) == ("H264", 90000)
    assert (audio.encoding, audio.clock_rate) == ("PCMA", 8000)
    assert str(description).endswith("a=control:track=audio\r\n")


@pytest.mark.parametrize(
    "fmtp",
    [
        "fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0L=,aM4=; profile-level-id=42C00C",
        "fmtp:96 sprop-vps=QAEM; sprop-sps=QgEB; sprop-pps=RAHA",
    ],
)
def test_parameter_sets_leave_the_description(fmtp: str) -> None:
    description = SessionDescription.parse(f"m=video 0 RTP/AVP 96\na={fmtp}\n")
    (line,) = description.media[0].without_parameter_sets().attributes
    assert "sprop" not in line
    assert ("profile-level-id=42C00C" in line) is ("profile" in fmtp)


def test_basic_authentication() -> None:
    authenticator = Authenticator(USER, AuthScheme.BASIC)
    assert authenticator.challenge() == 'Basic realm="camera"'
    right = base64.b64encode(b'viewer:p"\xc3\xa4:ss').decode()
    assert authenticator.check("DESCRIBE", f"Basic {right}") is Verdict.GRANTED
    for wrong in (None, "Basic", "Basic !", "Basic dmlld2VyOng=", f"Digest {right}"):
        assert authenticator.check("DESCRIBE", wrong) is Verdict.DENIED


def _digest(scheme: AuthScheme, nonce: str, password: str = USER.password) -> str:
    """Return the response to a challenge according to RFC 7616."""

    def digest(text: str) -> str:
        name = "sha256" if scheme is AuthScheme.DIGEST_SHA256 else "md5"
        return hashlib.new(name, text.encode()).hexdigest()

    uri = "rtsp://camera/"
    protected = ":00000001:abc:auth" if scheme is AuthScheme.DIGEST_SHA256 else ""
    secret = digest(f"viewer:camera:{password}")
    response = digest(f"{secret}:{nonce}{protected}:{digest(f'PLAY:{uri}')}")
    extra = ", qop=auth, nc=00000001, cnonce=abc" if protected else ""
    return (
        f'Digest username="viewer", realm="camera", nonce="{nonce}", uri="{uri}", '
        f'response="{response}"{extra}'
    )


def _nonce(challenge: str) -> str:
    return challenge.partition('nonce="')[2].partition('"')[0]


@pytest.mark.parametrize("scheme", [AuthScheme.DIGEST, AuthScheme.DIGEST_SHA256])
def test_digest_authentication(scheme: AuthScheme) -> None:
    authenticator = Authenticator(USER, scheme)
    nonce = _nonce(authenticator.challenge())
    assert authenticator.check("PLAY", _digest(scheme, nonce)) is Verdict.GRANTED
    for wrong in (None, "Digest", "Basic x", _digest(scheme, nonce, "guess")):
        assert authenticator.check("PLAY", wrong) is Verdict.DENIED
    assert authenticator.check("TEARDOWN", _digest(scheme, nonce)) is Verdict.DENIED


def test_a_nonce_wears_out() -> None:
    authenticator = Authenticator(USER, nonce_uses=1)
    first = _nonce(authenticator.challenge())
    used = _digest(AuthScheme.DIGEST, first)
    assert authenticator.check("PLAY", used) is Verdict.GRANTED
    assert authenticator.check("PLAY", used) is Verdict.STALE
    second = _nonce(authenticator.challenge(stale=True))
    assert second != first
    fresh = _digest(AuthScheme.DIGEST, second)
    assert authenticator.check("PLAY", fresh) is Verdict.GRANTED


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("rtsp://host:554/camera", "camera"),
        ("rtsp://host/camera/track=video", "camera/track=video"),
        ("rtsp://host/live?channel=1/", "live?channel=1"),
        ("rtsp://host", ""),
        ("*", "*"),
    ],
)
def test_requests_have_a_target(url: str, target: str) -> None:
    assert Request("DESCRIBE", url).target == target


def test_responses_tell_their_length() -> None:
    text = Response(body=b"body").to_bytes("3").decode()
    assert text == "RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nbody"
    assert b"Content-Length: 9" in Response(body=b"body", content_length=9).to_bytes(
        "3"
    )


def test_times_of_capture_can_be_read_again() -> None:
    moment = 1_795_456_789_012
    code = capture_time.encode(moment)
    assert len(code) == capture_time.CODE_SIZE
    width, height = 320, 180
    block = capture_time.block_size(height)
    picture = bytearray(b"\x80" * (width * height))
    for index, level in enumerate(code):
        row, column = divmod(index, capture_time.COLUMNS)
        for line in range(row * block, (row + 1) * block):
            start = line * width + column * block
            picture[start : start + block] = bytes([level]) * block
    assert capture_time.decode(bytes(picture), width, height) == moment
    for blank in (b"\x10", b"\xeb"):
        assert capture_time.decode(blank * (width * height), width, height) is None


def test_impossible_feeds_are_refused() -> None:
    with pytest.raises(ValueError, match="video or audio"):
        Feed(video=None)
    with pytest.raises(ValueError, match="live"):
        Feed(picture=Picture.CAPTURE_TIME, live=False)


@pytest.mark.parametrize(
    ("fps", "interval", "frames", "seconds"),
    [(15, 1.0, 15, 10), (25, 4.0, 100, 12), (1, 10.0, 10, 10), (30, 0.1, 3, 10)],
)
def test_clips_are_whole_keyframe_intervals(
    fps: int, interval: float, frames: int, seconds: float
) -> None:
    feed = Feed(fps=fps, keyframe_interval=interval)
    assert feed.frames_per_keyframe == frames
    assert feed.clip_seconds == pytest.approx(seconds, abs=interval)
