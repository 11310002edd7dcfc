"""FFmpeg's texts: its log and its progress reports."""

from collections.abc import Sequence
from typing import Final

from custom_components.hls_camera.streaming.ffmpeg.log import find_cause
from custom_components.hls_camera.streaming.ffmpeg.process import ProgressReader
from custom_components.hls_camera.streaming.redact import REDACTED, Redactor

_SECRET: Final = "Sup3rS3cret"


def read(data: bytes) -> None:
    """Read bytes like each of FFmpeg's texts."""
    text = data.decode("utf-8", "replace")
    redactor = Redactor([_SECRET])
    shown = redactor(text)
    assert _SECRET.lower() not in shown.lower()
    assert f"://{_SECRET}" not in redactor(text.replace("://", f"://{_SECRET}@"))
    find_cause(shown.splitlines())
    reports: list[dict[str, str]] = []
    reader = ProgressReader(reports.append)
    for start in range(0, len(data), 7):
        reader.data_received(data[start : start + 7])
    assert len(reports) <= text.count("progress")
    assert REDACTED in redactor(f"{text} {_SECRET}")


def seeds() -> Sequence[bytes]:
    """Return typical texts of FFmpeg."""
    return [
        b"[rtsp @ 0x1] method DESCRIBE failed: 401 Unauthorized",
        b"rtsp://admin:Sup3rS3cret@camera/live?password=x: Server returned 401",
        b"frame=10\nfps=25.0\nout_time_us=400000\ndrop_frames=0\nspeed=1.0x\nprogress=continue\n",
        b"  Stream #0:0: Video: h264 (High), yuv420p(tv, bt709), 1920x1080, 25 fps\n",
        b"/user=admin_password=secret_channel=1 tcp://camera: Connection refused",
    ]


WORDS: Final = (
    *(b"Sup3rS3cret", b"sup3rs3CRET", b"://", b"@", b"&password=", b"?user=", b"%53"),
    *(b"progress=end\n", b"=", b"\n", b"\r", b"a.", b"Connection timed out", b"**"),
)
"""Parts of these texts."""
