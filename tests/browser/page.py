"""Pages of our own, served from this host: Chromium lets no other page ask a local server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web
from playwright.async_api import Locator

from tests import tools

FRONTEND: Final = (
    Path(__file__).resolve().parents[2] / "custom_components/hls_camera/frontend"
)
CAPTURE_TIME: Final = Path(__file__).with_name("capture_time.js")
"""The script that reads the time of capture out of a picture."""
_AXE: Final = """async (element) => {
  const options = { resultTypes: ["violations"], elementRef: true };
  const { violations } = await axe.run(element, options);
  // Home Assistant's own elements, such as lists to choose from, are not ours to change. Its
  // text in forms drops the descriptions of pictures.
  const isOurs = ({ element: each }) =>
    !/^(ha|hui|wa)-/.test(each.getRootNode().host?.localName ?? "");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.filter(isOurs).map(({ html }) => `${id} ${html}`));
}"""
CANVAS_FRAMES: Final = Path(__file__).with_name("canvas_frames.js")
"""The script that lets a canvas be observed like a video element."""
WATCH: Final = (
    CAPTURE_TIME,
    CANVAS_FRAMES,
    Path(__file__).with_name("watch.js"),
)
"""The scripts that record the events of a page's video element or canvas."""


async def barriers(part: Locator) -> list[str]:
    """Return the serious barriers that axe finds in a part of a page."""
    await part.page.add_script_tag(path=tools.axe())
    found: list[str] = await part.evaluate(_AXE)
    return found


@asynccontextmanager
async def page_server(page: Path, *files: Path) -> AsyncIterator[str]:
    """Serve a page, and files and folders by their names beside it; yield its address."""
    application = web.Application()
    for path in (page, *files):
        if path.is_dir():
            application.router.add_static(f"/{path.name}", path)
        else:
            application.router.add_get(f"/{path.name}", _file(path))
    async with served(application) as address:
        yield f"{address}{page.name}"


@asynccontextmanager
async def served(application: web.Application) -> AsyncIterator[str]:
    """Serve an application; yield its root's address."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
    async def answer(_: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return answer
