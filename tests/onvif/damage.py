"""Answers of a device, damaged."""

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

type Damage = tuple[float, int, str]
"""The place, as a share of the answer; the characters that go; the word that comes."""


def damages(words: Sequence[str]) -> st.SearchStrategy[list[Damage]]:
    """Return a strategy for up to four damages with these words."""
    damage = st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(words))
    return st.lists(damage, max_size=4)


def damaged(answer: str, damage: Iterable[Damage]) -> str:
    """Return an answer with its damages."""
    for place, length, word in damage:
        start = int(place * len(answer))
        answer = answer[:start] + word + answer[start + length :]
    return answer
