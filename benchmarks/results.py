"""The figures of all measures in a file: each measure can be repeated alone."""

import json
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .bench import OURS, THEIRS

type Figures = Mapping[str, Sequence[float]]
"""The figures by name, with a value for each run."""


@dataclass(frozen=True, slots=True)
class Case:
    """A measure of one side at one place, such as 16 cameras of ours."""

    measure: str
    at: str
    side: str

    @property
    def key(self) -> str:
        """The key in the file."""
        return f"{self.measure}/{self.at}/{self.side}"


def number_of(at: str) -> float:
    """Return the number at the start of a place (16 for "16 cameras"), zero if there is none."""
    first = at.partition(" ")[0]
    return float(first) if first.isdecimal() else 0.0


class Results:
    """A file of figures."""

    def __init__(self, path: Path) -> None:
        """Read the file, if it exists."""
        self._path = path
        self._data: dict[str, Any] = {"about": {}, "cases": {}}
        if path.exists():
            self._data = json.loads(path.read_text(encoding="utf-8"))

    @property
    def about(self) -> Mapping[str, str]:
        """Machine and versions."""
        about: Mapping[str, str] = self._data["about"]
        return about

    def describe(self, about: Mapping[str, str]) -> None:
        """Store machine and versions."""
        self._data["about"] = dict(about)
        self._write()

    def put(self, case: Case, figures: Figures) -> None:
        """Store figures, in place of earlier ones, with the load of the machine."""
        self._data["cases"][case.key] = {
            "when": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
            "load": round(os.getloadavg()[0], 1),
            "figures": {
                name: [round(value, 5) for value in values]
                for name, values in figures.items()
            },
        }
        self._write()

    def get(self, case: Case, name: str) -> Sequence[float]:
        """Return a figure's values, empty if it was not measured."""
        found = self._data["cases"].get(case.key, {"figures": {}})
        values: Sequence[float] = found["figures"].get(name, ())
        return values

    def median(self, case: Case, name: str) -> float | None:
        """Return a figure's median, None if it was not measured."""
        values = self.get(case, name)
        return statistics.median(values) if values else None

    def places(self, measure: str) -> list[str]:
        """Return the places of a measure, in the order of their numbers."""
        keys = [key.split("/") for key in self._data["cases"]]
        found = {at for name, at, _ in keys if name == measure}
        return sorted(found, key=lambda at: (number_of(at), at))

    def sides(self, measure: str) -> list[str]:
        """Return the measured sides, ours and Home Assistant's first."""
        keys = [key.split("/") for key in self._data["cases"]]
        found = {side for name, _, side in keys if name == measure}
        first = [side for side in (OURS, THEIRS) if side in found]
        return first + sorted(found - {OURS, THEIRS})

    def conditions(self, measure: str) -> str:
        """Return the date of a measure and the load of the machine."""
        entries = [
            entry
            for key, entry in self._data["cases"].items()
            if key.startswith(f"{measure}/")
        ]
        loads = [entry["load"] for entry in entries]
        newest = max(entry["when"] for entry in entries)
        return f"{newest} UTC, load average {min(loads)} to {max(loads)}"

    def _write(self) -> None:
        text = json.dumps(self._data, indent=1, sort_keys=True)
        self._path.write_text(text + "\n", encoding="utf-8")
