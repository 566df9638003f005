"""Features without a model."""

from __future__ import annotations

import numpy as np

from analyze.probing.logistic import cross_validated_values
from analyze.probing.surface import letter_features, word_features


def test_letters_are_one_hot_in_their_order():
    np.testing.assert_array_equal(
        letter_features(["B", "A", "D", "B"]), [[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]
    )


def test_words_are_counted_and_the_rarest_left_out():
    texts = ["The cat, the cat!", "the dog", "a cat"]
    np.testing.assert_array_equal(word_features(texts), [[2, 2, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0]])
    assert word_features(texts, most=2).shape == (3, 2)
    assert word_features(["", "?"]).shape == (2, 1)


def test_a_word_that_gives_the_label_away_is_found():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 80)
    noise = [" ".join(f"w{j}" for j in rng.integers(0, 30, 6)) for _ in y]
    texts = [f"{text} {'yes' if label else 'no'}" for text, label in zip(noise, y, strict=True)]
    held = np.stack([np.arange(80) % 4 == k for k in range(4)])
    values = cross_validated_values(word_features(texts)[None], ~held, held, y[None])[0, 0]
    assert ((values > 0) == y).mean() > 0.95
