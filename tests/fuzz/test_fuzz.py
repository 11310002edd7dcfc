"""Every target handles its seeds and variations of them; no input is too expensive.

`scripts/fuzz` searches with guidance by coverage.
"""

import os
import platform
import subprocess
import sys
import tracemalloc
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings, strategies as st

from .target import Target, scramble
from .targets import TARGETS

_ROOT: Final = Path(__file__).resolve().parents[2]
_MAX_MEMORY: Final = 8 * 1024 * 1024
"""Bytes for one input: a hundred times the largest window and the largest box here."""

_STEADY: Final = settings(derandomize=True, deadline=None, database=None)

# A warning of Hypothesis about its own random numbers on Python 3.14
pytestmark = pytest.mark.filterwarnings("ignore:It looks like `register_random`")

targets = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@targets
def test_the_seeds_are_taken(target: Target) -> None:
    for data in target.seeds():
        target.run(data)


@targets
@settings(_STEADY, max_examples=800)
@given(seed=st.integers(0, 2**64 - 1))
def test_neighbours_raise_nothing_but_declared_errors(
    target: Target, seed: int
) -> None:
    random = Random(seed)
    data = random.choice(target.seeds())
    mutate = partial(scramble, random=random, words=target.words)
    for _ in range(random.randint(1, 6)):
        data = target.mutate(data, random, mutate)
    target.run(data)


@targets
@settings(_STEADY)
@given(data=st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_declared_errors(
    target: Target, data: bytes
) -> None:
    target.run(data)


@targets
def test_memory_is_bounded(target: Target) -> None:
    random = Random(1)
    mutate = partial(scramble, random=random, words=target.words)
    for seed in target.seeds():
        target.run(seed)
        tracemalloc.start()
        try:
            for _ in range(5):
                target.run(target.mutate(seed, random, mutate))
                assert tracemalloc.get_traced_memory()[1] < _MAX_MEMORY
        finally:
            tracemalloc.stop()


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="Atheris has wheels for Linux on x86-64 only",
)
@pytest.mark.timeout(300)  # To instrument the modules takes 20 s on an idle machine.
def test_the_guided_search_begins_and_ends(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.fuzz", "addresses", "--runs", "500")
    ended = subprocess.run(
        (*command, "--folder", tmp_path),
        cwd=_ROOT,
        env=os.environ,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert " 0 faults" in ended.stdout
    assert list((tmp_path / "addresses" / "corpus").iterdir())
