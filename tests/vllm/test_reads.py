"""What is asked for a choice covers every token of every option, once."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from generate.engines.vllm.reads import MOST_IDS, reads, totals

OPTIONS = st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=5), min_size=1, max_size=200)


def logprob(tokens: list[int], token: int) -> float:
    """A made-up probability that depends on everything before the token."""
    return -1.0 - (hash((*tokens, token)) % 1000) / 100


def test_letters_come_from_one_read():
    (read,) = reads([7, 8], [[1], [2], [1]])
    assert (read.tokens, read.wanted, read.ids) == ([7, 8], [(0, 1), (1, 2), (2, 1)], [1, 2])


def test_options_share_the_reads_of_what_they_begin_with():
    made = reads([7], [[1, 2], [1, 3]])
    assert [(read.tokens, read.wanted) for read in made] == [
        ([7], [(0, 1), (1, 1)]),
        ([7, 1], [(0, 2), (1, 3)]),
    ]


@given(OPTIONS)
def test_totals_are_the_sums_of_the_tokens_of_each_option(options):
    made = reads([5], options)
    assert all(len(read.ids) <= MOST_IDS for read in made)
    found = [{token: logprob(read.tokens, token) for token in read.ids} for read in made]
    for ids, total in zip(options, totals(made, found, len(options)), strict=True):
        parts = [logprob([5, *ids[:step]], token) for step, token in enumerate(ids)]
        assert math.isclose(total, math.fsum(parts))
