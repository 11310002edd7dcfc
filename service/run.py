"""Runs the service until it is told to end."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from aiohttp import web

from .api import application
from .cameras import Cameras
from .configuration import Configuration, ConfigurationError, load


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(
        prog="scripts/serve", description="Serve many cameras without Home Assistant."
    )
    parser.add_argument("configuration", type=Path, help="a TOML file")
    parser.add_argument("--debug", action="store_true", help="log every step")
    arguments = parser.parse_args()
    logging.basicConfig(
        level=logging.DEBUG if arguments.debug else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        asyncio.run(serve(load(arguments.configuration)))
    except ConfigurationError as err:
        sys.exit(f"{arguments.configuration}: {err}")


async def serve(configuration: Configuration) -> None:
    """Serve until SIGTERM or SIGINT, then end every stream.

    Raises:
        ConfigurationError: a camera or a destination cannot be used, or the port is taken.

    """
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    cameras = await Cameras.open(configuration)
    server = configuration.server
    # As in Home Assistant's server: a request is cancelled when its client disconnects.
    runner = web.AppRunner(
        application(cameras, server.api_key),
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=2.0,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, server.host, server.port).start()
        except OSError as err:
            raise ConfigurationError(f"server: {err.strerror}") from err
        await cameras.begin()
        host, port = runner.addresses[0][:2]
        logging.getLogger("hls_camera").info("Serving at http://%s:%s", host, port)
        await ended.wait()
    finally:
        await cameras.close()
        await runner.cleanup()
