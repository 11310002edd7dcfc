"""Fixtures of all tests of the core.

Property tests try the same examples every time. To look for new ones:
`pytest tests/streaming --hypothesis-profile=explore`.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import tools

from .programs import Programs

settings.register_profile(
    "steady",
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
)
settings.register_profile(
    "explore", settings.get_profile("steady"), max_examples=3000, derandomize=False
)
settings.load_profile("steady")


def pytest_configure(config: pytest.Config) -> None:
    """Let pass what Hypothesis says of its own random numbers on Python 3.14."""
    config.addinivalue_line("filterwarnings", "ignore:It looks like `register_random`")


@pytest.fixture
def ffmpeg() -> str:
    """Return the newest FFmpeg that we support."""
    return str(tools.ffmpeg())


@pytest.fixture(params=[tools.ffmpeg, tools.ffmpeg_old], ids=["newest", "oldest"])
def any_ffmpeg(request: pytest.FixtureRequest) -> str:
    """Return each FFmpeg that we support at the ends."""
    return str(request.param())


def _children() -> set[str]:
    """Return the process ids of our children, as the kernel knows them."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {pid for task in tasks for pid in task.read_text().split()}


def _descriptors() -> int:
    """Return how many files and sockets are open."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """Fail a test that leaves a process or open pipes behind."""
    before = _children()
    descriptors = _descriptors()
    yield
    assert _children() <= before
    # A few are the event loop's, and those of the log meanwhile.
    assert _descriptors() <= descriptors + 5


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Return a maker of programs that stand in for FFmpeg."""
    return Programs(tmp_path)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a MPEG-TS of two seconds, with a keyframe every half; a MP4 lies beside it."""
    folder = tmp_path_factory.mktemp("film")
    for name in ("film.ts", "film.mp4"):
        subprocess.run(
            [
                *(tools.ffmpeg(), "-loglevel", "error", "-f", "lavfi"),
                *("-i", "testsrc2=size=160x90:rate=10:duration=2"),
                *("-c:v", "libx264", "-g", "5", "-pix_fmt", "yuv420p", folder / name),
            ],
            check=True,
        )
    return folder / "film.ts"
