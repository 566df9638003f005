"""Features that need no model: what a probe could know from the letter or the words alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats32 = NDArray[np.float32]
WORD = re.compile(r"\w+")
MOST_WORDS = 2_000


def letter_features(letters: ArrayLike) -> Floats32:
    """Return one-hot [rows, different letters] features, letters in order."""
    _, index = np.unique(np.asarray(letters, str), return_inverse=True)
    return np.eye(int(index.max()) + 1, dtype=np.float32)[index]


def word_features(texts: Sequence[str], most: int = MOST_WORDS) -> Floats32:
    """Return [rows, words] counts of the words found in most texts, at most `most` of them.

    Words are runs of letters, digits and `_`, in lower case; equally common ones in order of
    the alphabet. The vocabulary is that of all texts: a word that no training row holds has no
    variance there, so the solver gives it weight 0.
    """
    counted = [Counter(WORD.findall(text.lower())) for text in texts]
    texts_with = Counter(word for counts in counted for word in counts)
    kept = sorted(texts_with, key=lambda word: (-texts_with[word], word))[:most]
    place = {word: column for column, word in enumerate(kept)}
    found = np.zeros((len(texts), max(1, len(kept))), np.float32)
    for row, counts in enumerate(counted):
        for word, count in counts.items():
            if word in place:
                found[row, place[word]] = count
    return found
