"""Run Home Assistant with demo cameras until Ctrl-C, for `scripts/develop`."""

import argparse
import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Never

from .api import ApiError, CameraSettings
from .cameras import demo_cameras, names
from .home_assistant import LOOPBACK, HomeAssistant, free_port, home_assistant
from .leash import ProgramEndedError

_FOLDER: Final = Path(".develop")
_DEFAULT_PORT: Final = 8123


def main() -> None:
    """Start everything, print the address, and run until a signal."""
    started = time.monotonic()
    arguments = _arguments()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also in the background
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit)
    try:
        with _own_folder(arguments.folder) as folder, ExitStack() as stack:
            port = _port(arguments)
            running = stack.enter_context(
                home_assistant(
                    folder / "config",
                    host=arguments.host,
                    port=port,
                    log_level="debug" if arguments.debug else "info",
                )
            )
            cameras: Sequence[CameraSettings]
            if arguments.rtsp:
                cameras = [CameraSettings(name="My camera", url=arguments.rtsp)]
            else:
                wanted = names(arguments.cameras)
                cameras = stack.enter_context(
                    demo_cameras(wanted, folder / "cameras.log")
                )
            running.set_up(cameras)
            _print_address(running, time.monotonic() - started)
            sys.exit(running.run())
    except KeyboardInterrupt:
        print("\nStopped.")
    except (ApiError, ProgramEndedError, TimeoutError) as err:
        sys.exit(str(err))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/develop",
        description="Run Home Assistant with the integration and a demo camera. Each start begins"
        " with an empty configuration.",
    )
    add = parser.add_argument
    add(
        "--rtsp",
        metavar="URL",
        help="show this camera instead, such as rtsp://user:password@camera/path",
    )
    add("--cameras", type=int, default=1, metavar="N", help="number of demo cameras")
    add("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    add("--port", type=int, help=f"port to listen on ({_DEFAULT_PORT})")
    add(
        "--folder",
        type=Path,
        default=_FOLDER,
        help="folder for configuration and logs (%(default)s)",
    )
    add("--debug", action="store_true", help="turn on debug logging of the integration")
    return parser.parse_args()


def _exit(number: int, _frame: object) -> Never:
    sys.exit(128 + number)


@contextmanager
def _own_folder(outer: Path) -> Iterator[Path]:
    """Create an empty folder inside another one, and lock that for this process."""
    outer.mkdir(exist_ok=True)
    with (outer / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"scripts/develop is already running in {outer}.")
        folder = outer / "home"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder


def _port(arguments: argparse.Namespace) -> int:
    """Return the requested port if it is free, otherwise any free port by default."""
    wanted = arguments.port or _DEFAULT_PORT
    port = free_port(arguments.host, wanted)
    if port != wanted:
        if arguments.port:
            sys.exit(f"Port {wanted} is in use.")
        print(f"Port {wanted} is in use, using {port} instead.")
    return port


def _print_address(running: HomeAssistant, seconds: float) -> None:
    user = running.user
    print(
        f"Home Assistant is at {running.address} (user {user.username}, password"
        f" {user.password}), ready after {seconds:.0f} s.",
        f"Log file: {running.log}. Press Ctrl-C to stop.",
        sep="\n",
        flush=True,
    )


if __name__ == "__main__":
    main()
