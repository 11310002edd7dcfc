"""Run specifications for tests: an address, a plan, and what a test sets otherwise."""

from typing import Any

from custom_components.hls_camera.streaming.ingest.run_spec import InputSpec, RunSpec
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.transcode.encoder_arguments import Encoding
from custom_components.hls_camera.streaming.transcode.plan import Action, Plan


def input_spec(source: Source | str, **more: Any) -> InputSpec:
    """Return how to read a source, with a read timeout of five seconds."""
    source = Source.parse(source) if isinstance(source, str) else source
    return InputSpec(source=source, **{"read_timeout": 5.0, **more})


def run_spec(
    source: Source | str,
    plan: Plan,
    *,
    encoding: Encoding | None = None,
    packaging: Packaging | None = None,
    start_timeout: float = 10.0,
    stall_timeout: float = 5.0,
    **more: Any,
) -> RunSpec:
    """Return a specification; `more` is the input's."""
    with_sound = plan.audio.action is not Action.DROP
    return RunSpec(
        input=input_spec(source, with_sound=with_sound, **more),
        plan=plan,
        packaging=packaging or Packaging(),
        start_timeout=start_timeout,
        stall_timeout=stall_timeout,
        encoding=encoding,
    )
