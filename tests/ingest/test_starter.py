"""The starter set: its counts, its balances, and that no surface feature gives an answer away."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from ingest.starter import Family, families, items
from ingest.starter.concepts import CONCEPTS
from warehouse import keys
from warehouse.schema import QUESTIONS

NAMES = [concept.name for concept in CONCEPTS]
DIGEST = "581d25dab7d1b4ca9c0afb8e00735286440cc6d71928b58d99fd464ff19dac41"


def of(concept: str) -> list[Family]:
    return [family for family in families() if family.concept == concept]


def rows_of(concept: str) -> list[dict]:
    return [row for row in items() if row["concept"] == concept]


def stem(row: dict) -> str:
    return json.loads(row["messages"])[0]["content"]


def mentions(option: str, text: str) -> list[int]:
    return [m.start() for m in re.finditer(rf"\b{re.escape(option)}\b", text, re.IGNORECASE)]


def test_ten_concepts_of_forty_families_of_four_wordings() -> None:
    assert len(NAMES) == len(set(NAMES)) == 10
    for name in NAMES:
        assert len(of(name)) == 40
        assert len(rows_of(name)) == 160
        assert min(Counter(f.frame for f in of(name)).values()) == 10
        assert len({f.frame for f in of(name)}) == 4
    for family in families():
        assert len(set(family.wordings)) == 4
        assert len(set(family.train_wordings)) == 8
        assert len(set(family.statements)) == 4
        assert all(mentions(family.right, text) for text in family.statements)


def test_rows_fit_the_questions_table() -> None:
    rows = items()
    known = {column.name for column in QUESTIONS.columns}
    assert len({row["question_id"] for row in rows}) == len(rows) == 1600
    assert all(set(row) <= known for row in rows)
    for row in rows:
        messages = json.loads(row["messages"])
        assert row["question_id"] == keys.question_id("starter", messages, row["choices"])
    numbers = [row["source_row"] for row in rows_of("harm")]
    assert numbers == list(range(1, 161))


def test_every_answer_letter_points_at_the_right_option() -> None:
    right = {family.family_id: family.right for family in families()}
    for row in items():
        assert row["choices"]["AB".index(row["answer"])] == right[row["group_id"]]


def test_the_texts_are_the_ones_that_were_released() -> None:
    text = keys.canonical([items(), [vars(family) for family in families()]])
    assert hashlib.sha256(text.encode()).hexdigest() == DIGEST


def test_no_option_text_occurs_in_two_families() -> None:
    texts = [text.casefold() for family in families() for text in (family.right, family.wrong)]
    assert len(texts) == len(set(texts)) == 800
    assert max(len(text.split()) for text in texts) <= 5


def test_test_stems_are_short_and_no_training_text() -> None:
    tested = [text for family in families() for text in family.wordings]
    taught = {
        text for family in families() for text in (*family.train_wordings, *family.statements)
    }
    assert len(set(tested)) == 1600
    assert max(map(len, tested)) <= 220
    assert taught.isdisjoint(tested)


def test_training_wordings_come_from_other_templates() -> None:
    frames = [frame for concept in CONCEPTS for frame in concept.frames]
    tested = {text for frame in frames for text in (*frame.test_setups, *frame.test_asks)}
    taught = {text for frame in frames for text in (*frame.train_setups, *frame.train_asks)}
    assert tested.isdisjoint(taught)


@pytest.mark.parametrize("concept", NAMES)
def test_letters_and_lengths_are_exactly_balanced(concept: str) -> None:
    letters = Counter((row["group_id"], row["answer"]) for row in rows_of(concept))
    assert set(letters.values()) == {2}
    assert len(letters) == 80
    assert all(len(f.right) != len(f.wrong) for f in of(concept))
    longer = Counter(f.frame for f in of(concept) if len(f.right) > len(f.wrong))
    assert list(longer.values()) == [5, 5, 5, 5]


def test_no_telling_and_no_ask_goes_with_a_letter() -> None:
    placed_a = Counter()
    for row in items():
        metadata = json.loads(row["metadata"])
        placed_a[row["concept"], metadata["frame"], metadata["wording"]] += row["answer"] == "A"
    assert len(placed_a) == 160
    assert set(placed_a.values()) == {5}


def test_stems_name_both_options_alike_and_in_both_orders() -> None:
    for family in families():
        texts = [*family.wordings, *family.train_wordings]
        counts = [(len(mentions(family.right, t)), len(mentions(family.wrong, t))) for t in texts]
        assert all(right == wrong for right, wrong in counts), family
        named = [t for t in family.wordings if mentions(family.right, t)]
        first = sum(mentions(family.right, t) < mentions(family.wrong, t) for t in named)
        assert len(named) in (0, 4)
        assert 2 * first == len(named)


def holm(p_values: list[float]) -> list[float]:
    order = np.argsort(p_values)
    steps = np.maximum.accumulate([p_values[i] * (len(order) - k) for k, i in enumerate(order)])
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(steps, 1)
    return adjusted.tolist()


def wins(margin: np.ndarray, groups: np.ndarray) -> float:
    """One-sided p of the number of families whose mean margin is right, ties left out."""
    means = np.array([margin[groups == group].mean() for group in np.unique(groups)])
    decided = means[np.abs(means) > 1e-9]
    if len(decided) == 0:
        return 1.0
    return float(binomtest(int((decided > 0).sum()), len(decided), alternative="greater").pvalue)


def classifier(texts: list[str], labels: list[int], groups: list[str]) -> np.ndarray:
    """Held-out log-odds of label 1 from a bag of words, whole families held out."""
    model = make_pipeline(
        CountVectorizer(token_pattern=r"[\w:'-]+"), LogisticRegression(max_iter=1000)
    )
    return cross_val_predict(
        model, texts, labels, groups=groups, cv=GroupKFold(10), method="decision_function"
    )


def option_words_p(concept: str) -> float:
    own = of(concept)
    texts = [text for family in own for text in (family.right, family.wrong)]
    groups = [family.family_id for family in own for _ in range(2)]
    labels = [1, 0] * len(own)
    odds = classifier(texts, labels, groups)
    return wins(odds * np.where(labels, 1, -1), np.array(groups))


def item_words_p(concept: str) -> float:
    rows = rows_of(concept)
    texts = [" ".join([stem(row), *placed(row)]) for row in rows]
    labels = [int(row["answer"] == "A") for row in rows]
    groups = [row["group_id"] for row in rows]
    odds = classifier(texts, labels, groups)
    return wins(odds * np.where(labels, 1, -1), np.array(groups))


def placed(row: dict) -> list[str]:
    """The words of the options, marked with the letter under which they stand."""
    return [
        f"{letter}:{word}"
        for letter, choice in zip("AB", row["choices"], strict=True)
        for word in choice.split()
    ]


@pytest.mark.parametrize("p_of", [option_words_p, item_words_p])
def test_words_do_not_give_the_answer_away(p_of) -> None:
    adjusted = holm([p_of(concept) for concept in NAMES])
    assert min(adjusted) > 0.05, dict(zip(NAMES, adjusted, strict=True))


def test_the_bag_of_words_check_finds_a_planted_word() -> None:
    texts = [f"{word} thing{i}" for i in range(40) for word in ("good", "bad")]
    groups = [str(i) for i in range(40) for _ in range(2)]
    labels = [1, 0] * 40
    odds = classifier(texts, labels, groups)
    assert wins(odds * np.where(labels, 1, -1), np.array(groups)) < 1e-6
