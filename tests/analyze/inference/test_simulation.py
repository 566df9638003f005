"""What `tests/coverage` does not ask: power where answers follow a place, McNemar's limits."""

from __future__ import annotations

import numpy as np

from analyze.inference import mcnemar_mid_p, proportion
from tests.coverage.draws import equal, right_answers


def test_wilson_finds_knowledge_under_a_strong_preference_for_a_place():
    """One question in ten is answered by knowledge (right in .8), the others by their place."""
    rng = np.random.default_rng(6)
    shape = (1_000, 400)
    values = np.where(rng.random(shape) < 0.1, rng.random(shape) < 0.8, 0.5)
    made = [proportion(row, np.ones(400), answers=800) for row in values]
    # The t interval of the same values finds it as often.
    assert np.mean([e.low > 0.5 for e in made]) >= 0.95


def test_mcnemar_keeps_its_level_on_single_questions_and_loses_it_on_clusters():
    rng = np.random.default_rng(6)

    def rejections(rows, icc):
        counts = equal(60, rows)
        first, other = (right_answers(rng, 2_000, counts, icc, 0.7).astype(int) for _ in "ab")
        # Within a cluster the two sides' answers are exchangeable: match them at random.
        both = rng.hypergeometric(first, rows - first, other)
        only_first, only_other = (first - both).sum(axis=1), (other - both).sum(axis=1)
        p = [mcnemar_mid_p(b, c) for b, c in zip(only_first, only_other, strict=True)]
        return np.mean(np.array(p) <= 0.05)

    assert rejections(1, 0.0) <= 0.07
    assert rejections(10, 0.3) > 0.10
