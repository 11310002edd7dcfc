"""Fuzzes one target with Atheris: `python -m tests.fuzz.worker TARGET [libFuzzer's flags]`."""

import sys
from random import Random

import atheris


def main() -> None:
    """Fuzz until libFuzzer ends the process."""
    name = sys.argv.pop(1)
    with atheris.instrument_imports(include=["custom_components"]):
        from .targets import TARGETS  # noqa: PLC0415
    target = TARGETS[name]

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        def mutate_bytes(part: bytes) -> bytes:
            return atheris.Mutate(part, max(max_size - len(data) + len(part), 1))

        return target.mutate(data, Random(seed), mutate_bytes)[:max_size]

    atheris.Setup(sys.argv, target.run, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
