"""Each browser is driven by the same few words, and leaves nothing behind."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import web

from tests.demo.leash import ProgramEndedError
from tests.processes import wait_ended

from .drivers import BROWSERS, PageTimeoutError, ScriptError, WebPage
from .page import served

PAGE = """<!doctype html><title>Page</title><link rel="icon" href="data:,"><script>
const outer = document.createElement("x-outer");
outer.attachShadow({ mode: "open" }).innerHTML = "<x-inner></x-inner>";
const inner = outer.shadowRoot.firstChild;
inner.attachShadow({ mode: "open" }).innerHTML = "<b>first</b><b>second</b>";
document.documentElement.append(outer);
</script>"""
H264_AND_AAC = 'video/mp4; codecs="avc1.64001f,mp4a.40.2"'

pytestmark = pytest.mark.parametrize("browser", BROWSERS)


@asynccontextmanager
async def opened(browser: str) -> AsyncIterator[WebPage]:
    """Open a page of ours."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    application = web.Application()
    application.router.add_get("/", answer)
    async with served(application) as address, BROWSERS[browser]() as page:
        await page.go_to(address)
        yield page


async def test_a_page(browser: str) -> None:
    async with opened(browser) as page:
        assert int(page.version.partition(".")[0]) > 0

        # It runs functions, and returns their results.
        assert await page.evaluate("() => document.title") == "Page"
        assert await page.evaluate("() => undefined") is None
        assert await page.evaluate("async (a, b) => [a + b.c]", 1, {"c": 2}) == [3]
        with pytest.raises(ScriptError, match="no such thing"):
            await page.evaluate("() => { throw new Error('no such thing'); }")
        with pytest.raises(ScriptError):
            await page.evaluate("() =>")

        # It finds elements wherever they are.
        texts = "() => find('b').map((each) => each.textContent)"
        assert await page.evaluate(texts) == ["first", "second"]

        # It waits for conditions, but not for ever.
        await page.evaluate(
            "() => { setTimeout(() => { window.late = 'yes'; }, 200); }"
        )
        assert await page.wait_for("() => window.late") == "yes"
        with pytest.raises(PageTimeoutError, match="never"):
            await page.wait_for("() => window.never", seconds=0.1)
        with pytest.raises(PageTimeoutError, match="no answer"):
            await page.evaluate("() => new Promise(() => {})", seconds=0.1)

        # It collects errors.
        assert await page.errors() == []
        await page.evaluate(
            """async () => {
              console.error("from", "the console");
              setTimeout(() => { throw new Error("uncaught"); });
              await new Promise((resolve) => setTimeout(resolve, 50));
            }"""
        )
        console, uncaught = await page.errors()
        assert "from the console" in console
        assert "uncaught" in uncaught

        assert (await page.screenshot()).startswith(b"\x89PNG")

        # It plays the codecs of cameras.
        supports = "(type) => MediaSource.isTypeSupported(type)"
        assert await page.evaluate(supports, H264_AND_AAC)


async def test_hidden_tab(browser: str) -> None:
    """Scripts run in it; its page learns that it is hidden, as often as it is."""
    async with opened(browser) as page:
        await page.evaluate(
            """() => {
              window.states = [];
              document.addEventListener("visibilitychange", () => {
                window.states.push(document.visibilityState);
              });
            }"""
        )
        for _ in range(2):
            await page.hide()
            assert await page.evaluate("() => document.visibilityState") == "hidden"
            await page.show()
        states = await page.evaluate("() => window.states")
        assert states == ["hidden", "visible", "hidden", "visible"]


@pytest.fixture
def temporary_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where all temporary files are; none of them is left."""
    with tempfile.TemporaryDirectory() as folder:  # a short name: sockets are in it
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)
        assert not any(Path(folder).iterdir())


@pytest.mark.parametrize("end", [ValueError, asyncio.CancelledError])
async def test_nothing_is_left(
    browser: str, end: type[BaseException], temporary_folder: Path
) -> None:
    """Neither a process nor a file, however the block ends."""
    started: list[psutil.Process] = []
    # Another test's browser may be there, which serves all of them.
    before = set(psutil.Process().children(recursive=True))

    async def open_and_fail() -> None:
        async with opened(browser):
            children = psutil.Process().children(recursive=True)
            started.extend(each for each in children if each not in before)
            raise end

    with pytest.raises(end):
        await open_and_fail()
    assert len(started) > 2
    assert wait_ended(started, 5)


async def test_browser_that_does_not_start(
    browser: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the browser's own words."""
    broken = tmp_path / "browser"
    broken.write_text("#!/bin/sh\necho out of order\nexit 3\n")
    broken.chmod(0o755)
    for tool in ("CHROMIUM", "FIREFOX", "WEBKIT_DRIVER"):
        monkeypatch.setenv(f"HLS_CAMERA_{tool}", str(broken))
    with pytest.raises(ProgramEndedError, match="exit code 3:\nout of order"):
        async with opened(browser):
            pass
