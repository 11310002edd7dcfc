"""Modules of the card that only decide, and need no browser for that: in Node.js."""

import json
import subprocess
from typing import Any, Final

from tests import tools

from .page import FRONTEND

_TIMEOUT_SECONDS: Final = 30.0


def evaluate(function: str, *arguments: Any) -> Any:
    """Call a function of JavaScript and return its result.

    It may be `async`, and finds modules as `./frontend/mp4.js`. Arguments and result are JSON.
    """
    call = f"(await ({function})(...{json.dumps(arguments)})) ?? null"
    result = subprocess.run(
        [
            tools.node(),
            "--input-type=module",
            "-e",
            f"console.log(JSON.stringify({call}))",
        ],
        cwd=FRONTEND.parent,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
