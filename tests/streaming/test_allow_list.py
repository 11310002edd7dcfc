"""A camera's server cannot make FFmpeg open anything but itself and its kind.

Each lure leads to a film that FFmpeg could play, in a file, at another camera or within
the lure itself; with the same commands the film plays where it is asked for properly.
"""

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from custom_components.hls_camera.streaming.errors import SourceError
from custom_components.hls_camera.streaming.ffmpeg.process import ProcessListener
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.ingest.producer import LocalProducer
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.source_info import (
    SourceInfo,
    VideoInfo,
)
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from tests import web_listening
from tests.camera import TestCamera
from tests.specs import run_spec

from . import servers

_LOGGER: Final = logging.getLogger(__name__)
_PLAN: Final = make_plan(
    SourceInfo(video=VideoInfo(codec="h264", width=160, height=90))
)
_HLS_TYPE: Final = "application/vnd.apple.mpegurl"


@dataclass(slots=True)
class Server:
    """A web server with a film and the test's own answers."""

    url: str
    lure: Callable[[], web.Response]


@pytest.fixture
async def server(film: Path) -> AsyncIterator[Server]:
    """A server with the film at /film.ts and /film.mp4, and a lure at /live."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/film."):
            return web.FileResponse(film.parent / request.path[1:])
        if request.path.startswith("/live"):
            return made.lure()
        raise web.HTTPNotFound

    async with web_listening.running(answer) as port:
        made = Server(f"http://127.0.0.1:{port}", web.Response)
        yield made


async def is_probed(ffmpeg: str, url: str) -> bool:
    """Whether the command that looks at a source gets a picture."""
    try:
        await probe(ffmpeg, AddressInput.parse(url), timeout=5)
    except SourceError:
        return False
    return True


async def is_streamed(ffmpeg: str, url: str) -> bool:
    """Whether the command that streams a source writes anything."""
    output = bytearray()
    process = await LocalProducer(ffmpeg, _LOGGER).launch(
        run_spec(url, _PLAN), ProcessListener(on_output=output.extend)
    )
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        await process.stop()
    return bool(output)


async def plays(ffmpeg: str, url: str) -> set[bool]:
    """Return the results of both commands for an address."""
    return set(await asyncio.gather(is_probed(ffmpeg, url), is_streamed(ffmpeg, url)))


def hls(segment: str) -> str:
    return (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n"
        f"#EXTINF:2,\n{segment}\n#EXT-X-ENDLIST\n"
    )


def hls_variant(playlist: str) -> str:
    return f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\n{playlist}\n"


def hls_map(init: str) -> str:
    return hls("film.mp4").replace("#EXTINF", f'#EXT-X-MAP:URI="{init}"\n#EXTINF')


def hls_key(key: str) -> str:
    return hls("film.ts").replace(
        "#EXTINF", f'#EXT-X-KEY:METHOD=AES-128,URI="{key}"\n#EXTINF'
    )


def dash(media: str) -> str:
    return f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"
 minBufferTime="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet contentType="video" mimeType="video/mp4">
<Representation id="1" bandwidth="100000" codecs="avc1.42c00b" width="160" height="90">
<BaseURL>{media}</BaseURL></Representation></AdaptationSet></Period></MPD>
"""


def concat(film: str) -> str:
    return f"ffconcat version 1.0\nfile '{film}'\n"


def concat_with_options(film: str) -> str:
    return (
        concat(film) + "option protocol_whitelist file,http,tcp,crypto,data,rtsp,rtp\n"
    )


def sdp(_: str) -> str:
    return (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    )


def of_film(film: Path) -> dict[str, str]:
    """Return names of the film as FFmpeg could take them, were they allowed."""
    data = base64.b64encode(film.read_bytes()).decode()
    size = film.stat().st_size
    return {
        "file": f"file://{film}",
        "path": str(film),
        "relative": f"/../../../../..{film}",
        "concat": f"concat:{film}",
        "crypto": f"crypto+file:{film}",
        "subfile": f"subfile,,start,0,end,{size},,:{film}",
        "cache": f"cache:{film}",
        "async": f"async:file:{film}",
        "data": f"data:video/mp2t;base64,{data}",
        "pipe": "pipe:0",
        "ftp": "ftp://127.0.0.1:9/film.ts",
        "gopher": "gopher://127.0.0.1:9/film.ts",
    }


@pytest.mark.parametrize("name", ["film.ts", "film.mp4"])
async def test_the_film_plays(any_ffmpeg: str, server: Server, name: str) -> None:
    assert await plays(any_ffmpeg, f"{server.url}/{name}") == {True}


async def test_a_redirect_within_http_is_followed(
    any_ffmpeg: str, server: Server
) -> None:
    headers = {"Location": "/film.ts"}
    server.lure = partial(web.Response, status=302, headers=headers)
    assert await plays(any_ffmpeg, f"{server.url}/live") == {True}


async def test_a_playlist_of_its_own_media_plays(
    any_ffmpeg: str, server: Server
) -> None:
    text = hls("film.ts")
    server.lure = partial(web.Response, text=text, content_type=_HLS_TYPE)
    assert await plays(any_ffmpeg, f"{server.url}/live.m3u8") == {True}


async def test_a_redirect_leads_nowhere_else(
    any_ffmpeg: str, server: Server, film: Path
) -> None:
    for name, target in of_film(film).items():
        headers = {"Location": target[:7000]}
        server.lure = partial(web.Response, status=302, headers=headers)
        assert await plays(any_ffmpeg, f"{server.url}/live") == {False}, name


@pytest.mark.parametrize("make", [hls, hls_variant, hls_map, hls_key])
async def test_a_playlist_leads_nowhere_else(
    any_ffmpeg: str, server: Server, film: Path, make: Callable[[str], str]
) -> None:
    for name, target in of_film(film).items():
        text = make(target)
        server.lure = partial(web.Response, text=text, content_type=_HLS_TYPE)
        assert await plays(any_ffmpeg, f"{server.url}/live.m3u8") == {False}, name


@pytest.mark.parametrize(
    ("make", "suffix"),
    [
        (dash, "mpd"),
        (concat, "ffconcat"),
        (concat_with_options, "ffconcat"),
        (sdp, "sdp"),
    ],
)
async def test_a_format_that_leads_elsewhere_is_none_of_a_cameras(
    any_ffmpeg: str,
    server: Server,
    film: Path,
    make: Callable[[str], str],
    suffix: str,
) -> None:
    film = film.with_suffix(".mp4")
    for target in (f"file://{film}", str(film), f"{server.url}/film.mp4"):
        server.lure = partial(web.Response, text=make(target))
        assert await plays(any_ffmpeg, f"{server.url}/live.{suffix}") == {False}, target


async def test_a_web_server_does_not_lead_to_rtsp(
    any_ffmpeg: str, server: Server
) -> None:
    async with TestCamera() as camera:
        headers = {"Location": camera.url}
        for lure in (
            partial(web.Response, status=302, headers=headers),
            partial(web.Response, text=hls(camera.url), content_type=_HLS_TYPE),
            partial(web.Response, text=concat(camera.url)),
        ):
            server.lure = lure
            assert await plays(any_ffmpeg, f"{server.url}/live.m3u8") == {False}
        assert camera.total_connections == 0


async def test_a_camera_does_not_lead_away_from_rtsp(
    any_ffmpeg: str, server: Server, film: Path
) -> None:
    location = ""

    async def redirect(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        answer = f"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: {location}\r\n\r\n"
        writer.write(answer.encode())
        writer.close()
        await writer.wait_closed()

    camera = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with camera:
        url = f"rtsp://127.0.0.1:{camera.sockets[0].getsockname()[1]}/live"
        for target in (*of_film(film).values(), f"{server.url}/film.ts"):
            location = target[:3000]
            assert await plays(any_ffmpeg, url) == {False}, location


@pytest.mark.parametrize("passphrase", [None, "only-for-us-two"])
async def test_media_over_srt_leads_nowhere(
    any_ffmpeg: str, server: Server, tmp_path: Path, passphrase: str | None
) -> None:
    """Also not if FFmpeg reads our own script first."""
    lure = tmp_path / "lure"
    lure.write_text(concat_with_options(f"{server.url}/film.ts") * 40)
    sender = servers.SrtServer(passphrase)
    data = (
        "-stream_loop",
        "-1",
        "-f",
        "data",
        "-i",
        str(lure),
        "-map",
        "0",
        "-c",
        "copy",
    )
    async with servers.again_and_again(*data, "-f", "data", sender.listens_at):
        assert await is_probed(any_ffmpeg, sender.url) is False
        assert await is_streamed(any_ffmpeg, sender.url) is False
