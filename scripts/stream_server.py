"""Serve one camera as low-latency HLS from the core alone, without Home Assistant."""

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from aiohttp import web

_ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(_ROOT))

from service.core import make_importable  # noqa: E402

make_importable()

# ruff: disable[E402]
from custom_components.hls_camera.streaming.camera.camera import (
    Camera,
    Quality,
    open_camera,
)
from custom_components.hls_camera.streaming.camera.options import StreamOptions
from custom_components.hls_camera.streaming.camera.rendition import Rendition
from custom_components.hls_camera.streaming.camera.stream_spec import (
    Machine,
    StreamSpec,
)
from custom_components.hls_camera.streaming.camera.sub_stream import scaled_down
from custom_components.hls_camera.streaming.errors import HlsCameraError
from custom_components.hls_camera.streaming.ingest.probe import probe
from custom_components.hls_camera.streaming.outputs.hls_playlist import (
    MULTIVARIANT_PLAYLIST,
)
from custom_components.hls_camera.streaming.sources.address_input import (
    AddressInput,
    static_source,
)
from custom_components.hls_camera.streaming.sources.source import Source, Transport
from custom_components.hls_camera.streaming.sources.source_info import SourceInfo
from custom_components.hls_camera.streaming.transcode.admission import Conversions
from custom_components.hls_camera.streaming.transcode.hardware import EncoderSearch
from custom_components.hls_camera.streaming.transcode.plan import make_plan
from service.viewers import FEED, add_viewer_routes

# ruff: enable[E402]

_ENTRANCE: Final = "live.m3u8"
"""The address for viewers: it redirects each viewer to a separate playlist."""


def main() -> None:
    """Serve until Ctrl-C."""
    arguments = _arguments()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        source = Source.parse(arguments.address, transport=arguments.transport)
    except HlsCameraError as err:
        sys.exit(f"This is not a stream address: {err}")
    options = StreamOptions(
        on_demand=arguments.on_demand,
        idle_timeout=arguments.idle,
        part_duration=arguments.part,
    )
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(source, options, arguments))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/stream", description="Serve one camera as low-latency HLS."
    )
    parser.add_argument(
        "address", help="stream address, such as rtsp://user:password@camera/path"
    )
    parser.add_argument("--small", help="address of the camera's sub-stream")
    parser.add_argument(
        "--smaller", type=int, help="height of a sub-stream made by conversion"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument(
        "--port",
        type=int,
        default=8765,
        help="port to listen on, 0 for any free port (%(default)s)",
    )
    parser.add_argument(
        "--transport", type=Transport, choices=list(Transport), default=Transport.TCP
    )
    parser.add_argument(
        "--part",
        type=float,
        default=0.2,
        help="duration of a partial segment in seconds",
    )
    parser.add_argument(
        "--on-demand", action="store_true", help="connect only while somebody watches"
    )
    parser.add_argument(
        "--idle",
        type=float,
        default=30.0,
        help="seconds until the camera disconnects without viewers",
    )
    parser.add_argument(
        "--ffmpeg", default=os.environ.get("HLS_CAMERA_FFMPEG", "ffmpeg")
    )
    return parser.parse_args()


async def _serve(
    source: Source, options: StreamOptions, arguments: argparse.Namespace
) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    machine = Machine(arguments.ffmpeg, Conversions(EncoderSearch(arguments.ffmpeg)))
    specs = [
        StreamSpec(
            find_source=static_source(source),
            options=options,
            logger=logging.getLogger("stream"),
            source_info=await _look(arguments.ffmpeg, source),
        )
    ]
    of_small, logger = replace(options, on_demand=True), logging.getLogger("small")
    if arguments.small:
        address = Source.parse(arguments.small, transport=arguments.transport)
        info = await _look(arguments.ffmpeg, address)
        small = StreamSpec(
            find_source=static_source(address),
            options=of_small,
            logger=logger,
            source_info=info,
        )
        specs.append(small)
    elif arguments.smaller:
        made = scaled_down(of_small, arguments.smaller)
        specs.append(StreamSpec(find_source=None, options=made, logger=logger))
    camera = open_camera(specs, machine)
    camera.arm()
    key = secrets.token_urlsafe(16)
    # As in Home Assistant's server: a request is cancelled when its client disconnects.
    runner = web.AppRunner(
        _application(camera, key), access_log=None, handler_cancellation=True
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, arguments.host, arguments.port).start()
        port = runner.addresses[0][1]
        print(f"Playlist: http://{arguments.host}:{port}/{key}/{_ENTRANCE}", flush=True)
        if not options.on_demand:
            await camera.start()
        await _show_status(camera.main)
    finally:
        await camera.stop()
        await runner.cleanup()


async def _look(ffmpeg: str, source: Source) -> SourceInfo | None:
    """Print the media of the camera: a viewer need not wait for a probe then."""
    try:
        info = await probe(ffmpeg, AddressInput(source))
    except HlsCameraError as err:
        print(f"Source: {err}", flush=True)
        return None
    plan = make_plan(info)
    video = f"{info.video.codec} {info.video.width}x{info.video.height}"
    audio = info.audio.codec if info.audio else "no audio"
    print(f"Source: {video} ({plan.video.action}), {audio} ({plan.audio.action})")
    return info


def _application(camera: Camera, key: str) -> web.Application:
    """Return the web application, which serves each client with the key."""

    async def admit(request: web.Request) -> web.Response:
        """Open a viewer, which starts an idle stream, and redirect it to its playlist."""
        if not _knows(request, key):
            return web.Response(status=404)
        try:
            token = camera.open_viewer()
        except HlsCameraError as err:
            return web.Response(status=503, text=str(err))
        location = {"Location": f"/{token}/{MULTIVARIANT_PLAYLIST}"}
        return web.Response(status=302, headers=location)

    application = web.Application()
    _add_feed(application, camera, key)
    application.router.add_get(f"/{{key}}/{_ENTRANCE}", admit)
    add_viewer_routes(application, lambda _token: camera)
    return application


def _knows(request: web.Request, key: str) -> bool:
    return secrets.compare_digest(request.match_info["key"].encode(), key.encode())


def _add_feed(application: web.Application, camera: Camera, key: str) -> None:
    """Add the entrance of live feeds."""

    async def admit(request: web.Request) -> web.Response:
        """Open a viewer of a live feed, like the command `hls_camera/live`."""
        if not _knows(request, key):
            return web.Response(status=404)
        quality = Quality(request.query.get("quality", Quality.MAIN))
        try:
            token = camera.open_viewer(quality)
        except HlsCameraError as err:
            return web.Response(status=503, text=str(err))
        return web.json_response({"url": f"/{token}/{FEED}", "now": time.time()})

    application.router.add_get(f"/{{key}}/{FEED}.json", admit)


async def _show_status(main: Rendition) -> None:
    """Print a line every second on a terminal, otherwise after each change."""
    is_terminal = sys.stdout.isatty()
    shown = ""
    while True:
        now = main.statistics()
        why = f" ({main.reason}: {main.detail})" if main.reason else ""
        line = (
            f"{main.state:9} {now.bitrate / 1e6:6.2f} Mbit/s {now.frame_rate:5.1f} fps"
            f" {now.frames:8} frames {now.viewers} viewers{why}"
        )
        if is_terminal:
            print(f"\r\033[K{line[:150]}", end="", flush=True)
        elif main.state != shown:
            print(line, flush=True)
            shown = main.state
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
