"""The errors of the core: one tree, each with a reason or a limit for the edge."""

import inspect
import re

import pytest

from custom_components.hls_camera.streaming import errors
from custom_components.hls_camera.streaming.errors import (
    ConversionLimitError,
    HlsCameraError,
    InvalidInputOptionsError,
    InvalidSourceError,
    MediaError,
    SourceError,
    SourceProblem,
    StreamLimitError,
    TooManyViewersError,
)
from custom_components.hls_camera.streaming.reasons import EndReason

ALL = {
    name: error
    for name, error in vars(errors).items()
    if inspect.isclass(error) and issubclass(error, Exception)
}


def test_the_tree_at_the_top_of_the_module_is_the_true_one() -> None:
    parents: list[str] = []
    tree: dict[str, str] = {}
    for indent, name in re.findall(
        r"^((?:│   )*(?:[├└]── )?)(\w+Error)", errors.__doc__ or "", re.MULTILINE
    ):
        depth = len(indent) // 4
        del parents[depth:]
        if parents:
            tree[name] = parents[-1]
        parents.append(name)
    assert tree == {
        name: error.__base__.__name__
        for name, error in ALL.items()
        if error is not HlsCameraError and error.__base__ is not None
    }


def test_each_error_of_media_ends_a_run_with_a_failure() -> None:
    reasons = {error.reason for error in ALL.values() if issubclass(error, MediaError)}
    assert all(reason.is_failure for reason in reasons)


@pytest.mark.parametrize("problem", SourceProblem)
def test_an_invalid_address_is_named_by_its_problem_alone(
    problem: SourceProblem,
) -> None:
    error = InvalidSourceError(problem)
    assert error.problem is problem
    assert str(error) == problem.replace("_", " ")


def test_the_detail_stands_behind_the_reason() -> None:
    assert str(SourceError(EndReason.REFUSED)) == "refused"
    error = SourceError(EndReason.REFUSED, "Connection refused")
    assert str(error) == "refused: Connection refused"
    assert (error.reason, error.detail) == (EndReason.REFUSED, "Connection refused")


def test_an_input_option_that_is_not_allowed_is_named() -> None:
    error = InvalidInputOptionsError("-i")
    assert error.named == "-i"
    assert "-i" in str(error)


def test_each_limit_is_in_its_error() -> None:
    assert StreamLimitError(16).limit == 16
    assert TooManyViewersError(64).limit == 64
    assert ConversionLimitError(2).running == 2
    for error in (StreamLimitError(16), TooManyViewersError(16)):
        assert "16" in str(error)
