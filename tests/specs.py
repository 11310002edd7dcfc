"""Run specifications for tests: an address, a plan, and what a test sets otherwise."""

from typing import Any

from custom_components.hls_camera.streaming.ingest.run_spec import RunSpec
from custom_components.hls_camera.streaming.live.packaging import Packaging
from custom_components.hls_camera.streaming.sources.address_input import AddressInput
from custom_components.hls_camera.streaming.sources.input import OpenInput, ReadOptions
from custom_components.hls_camera.streaming.sources.read_arguments import read_arguments
from custom_components.hls_camera.streaming.sources.source import Source
from custom_components.hls_camera.streaming.transcode.encoder_arguments import Encoding
from custom_components.hls_camera.streaming.transcode.plan import Action, Plan


def read_options(**more: Any) -> ReadOptions:
    """Return how to read an input, with a read timeout of five seconds."""
    return ReadOptions(**{"read_timeout": 5.0, **more})


def run_spec(
    source: Source | str,
    plan: Plan,
    *,
    encoding: Encoding | None = None,
    packaging: Packaging | None = None,
    has_b_frames: bool = True,
    start_timeout: float = 10.0,
    stall_timeout: float = 5.0,
    **more: Any,
) -> RunSpec:
    """Return a specification; `more` are read options."""
    with_sound = plan.audio.action is not Action.DROP
    source = Source.parse(source) if isinstance(source, str) else source
    return RunSpec(
        input=AddressInput(source),
        read_options=read_options(with_sound=with_sound, **more),
        plan=plan,
        has_b_frames=has_b_frames,
        packaging=packaging or Packaging(),
        start_timeout=start_timeout,
        stall_timeout=stall_timeout,
        encoding=encoding,
    )


def open_directly(spec: RunSpec) -> OpenInput:
    """Return the input of a specification as FFmpeg reads it without a local endpoint."""
    assert isinstance(spec.input, AddressInput)
    source = spec.input.source
    return OpenInput([*read_arguments(source, spec.read_options), "-i", source.url])
