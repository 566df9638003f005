"""Accuracies, advantages and baselines of predictions that are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.inference import difference, macro_difference
from analyze.self_prediction import run_self_prediction
from tests.analyze.introspection.lakes import (
    DATASET,
    PROPERTIES,
    condition_row,
    hypothetical_row,
    model_row,
    response_row,
    write,
)
from warehouse.errors import InputError

STRINGS = [f"s{i:02d}" for i in range(24)]
TRAIN = [f"t{i:02d}" for i in range(12)]
SPLITS = {string: "train" for string in TRAIN}
FIRST, LAST = PROPERTIES


def answer(name: str, string: str) -> str:
    """An answer whose two letters depend on the model and the string."""
    number = int(string[1:]) * (3 if name == "one" else 5)
    return f"{'abcd'[number % 4]}-{'wxyz'[(number // 2) % 4]}"


def right(text: str, name: str) -> str:
    return text[0] if name == FIRST else text[-1]


@pytest.fixture
def known(lake):
    """Two models that answer; `one` foresees both well, `two` neither."""
    answers = {
        name: {string: answer(name, string) for string in (*STRINGS, *TRAIN)}
        for name in ("one", "two")
    }
    # Both ask of their own answers, as a prediction says whom it is about by nothing but "you".
    predictions = {
        "one": {
            f"{s} {p}": right(answers["one"][s], p) if i % 6 else "q"
            for i, s in enumerate(STRINGS) for p in PROPERTIES
        },
        "two": {
            f"{s} {p}": "q" if i % 8 else "" for i, s in enumerate(STRINGS) for p in PROPERTIES
        },
    }  # fmt: skip
    ids = write(lake, answers, predictions, splits=SPLITS)
    return lake, ids, answers, predictions


def by(rows, metric, **where):
    return [row for row in rows if row["metric"] == metric
            and all(row[name] == value for name, value in where.items())]  # fmt: skip


def test_accuracies_are_the_shares_counted_by_hand(known):
    lake, ids, answers, predictions = known
    rows = run_self_prediction(lake)
    for target in ids:
        for predictor in ids:
            for name in PROPERTIES:
                want = np.mean([
                    predictions[predictor][f"{s} {name}"] == right(answers[target][s], name)
                    for s in STRINGS
                ])  # fmt: skip
                [row] = by(rows, "prediction_accuracy", model_id=ids[predictor],
                           other_model_id=ids[target], concept=name)  # fmt: skip
                assert row["estimate"] == pytest.approx(want, abs=1e-12)
                assert (row["n"], row["n_clusters"]) == (len(STRINGS), len(STRINGS))


def test_a_prediction_that_cannot_be_read_is_wrong_and_counted(known):
    lake, ids, _, _ = known
    rows = run_self_prediction(lake)
    [row] = by(rows, "prediction_compliance", model_id=ids["two"], other_model_id=ids["two"])
    assert row["estimate"] == pytest.approx(1 - 3 / 24)
    [row] = by(rows, "micro_accuracy", model_id=ids["two"], other_model_id=ids["two"])
    assert row["estimate"] == 0.0 and row["n"] == 48


def test_an_answer_that_cannot_be_read_is_dropped_and_counted(lake):
    answers = {"one": {s: "" if i < 4 else "ab" for i, s in enumerate(STRINGS)}}
    predictions = {"one": {f"{s} {FIRST}": "a" for s in STRINGS}}
    write(lake, answers, predictions)
    rows = run_self_prediction(lake)
    [row] = by(rows, "prediction_accuracy", concept=FIRST)
    assert (row["estimate"], row["n"], row["n_missing"]) == (1.0, 20, 4)


def test_the_advantage_is_the_paired_difference(known):
    lake, ids, answers, predictions = known
    rows = run_self_prediction(lake)
    gain = np.array([
        [(predictions["one"][f"{s} {p}"] == right(answers["one"][s], p))
         - float(predictions["two"][f"{s} {p}"] == right(answers["one"][s], p)) for p in PROPERTIES]
        for s in STRINGS
    ])  # fmt: skip
    want = macro_difference(gain, np.ones_like(gain))
    [row] = by(rows, "macro_advantage", model_id=ids["one"], other_model_id=ids["two"])
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx(
        (want.value, want.low, want.high)
    )
    assert row["p_value"] < 1e-3
    want = difference(gain.sum(axis=1), np.full(len(STRINGS), 2.0))
    [row] = by(rows, "micro_advantage", model_id=ids["one"], other_model_id=ids["two"])
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((want.low, want.high))


def test_the_crossed_advantage_is_half_the_sum_of_both(known):
    lake, ids, answers, predictions = known
    rows = run_self_prediction(lake)

    def acc(predictor, target):
        return np.mean([predictions[predictor][f"{s} {p}"] == right(answers[target][s], p)
                        for s in STRINGS for p in PROPERTIES])  # fmt: skip

    want = (acc("one", "one") - acc("two", "one") + acc("two", "two") - acc("one", "two")) / 2
    [row] = by(rows, "micro_crossed_advantage")
    assert row["estimate"] == pytest.approx(want)
    assert {row["model_id"], row["other_model_id"]} == set(ids.values())


def test_where_they_differ_only_items_with_different_answers_count(known):
    lake, _, answers, _ = known
    rows = run_self_prediction(lake)
    differing = sum(right(answers["one"][s], p) != right(answers["two"][s], p)
                    for s in STRINGS for p in PROPERTIES)  # fmt: skip
    [row] = by(rows, "micro_crossed_advantage_where_they_differ")
    assert 0 < differing < 48
    assert row["n"] == differing


def test_the_mode_is_learned_from_training_strings_only(known):
    lake, ids, answers, _ = known
    rows = run_self_prediction(lake)
    for name in PROPERTIES:
        seen = [right(answers["one"][s], name) for s in TRAIN]
        mode = min(set(seen), key=lambda value: (-seen.count(value), value))
        want = np.mean([right(answers["one"][s], name) == mode for s in STRINGS])
        [row] = by(rows, "mode_baseline", model_id=ids["one"], concept=name)
        assert row["estimate"] == pytest.approx(want)


def test_the_input_alone_tells_what_the_input_says_and_nothing_else(lake):
    train = [f"{letter}{i:03d}" for i in range(60) for letter in "abcd"]
    test = [f"{letter}{i:03d}" for i in range(60, 90) for letter in "abcd"]
    rng = np.random.default_rng(5)
    # The first letter repeats the input's; the last is drawn.
    answers = {"one": {s: f"{s[0]}-{rng.choice(list('wxyz'))}" for s in (*train, *test)}}
    predictions = {"one": {f"{s} {p}": "q" for s in test for p in PROPERTIES}}
    write(lake, answers, predictions, splits={s: "train" for s in train})
    rows = run_self_prediction(lake)
    [told] = by(rows, "input_only", concept=FIRST)
    [untold] = by(rows, "input_only", concept=LAST)
    assert told["ci_low"] > 0.9
    assert untold["ci_low"] < 0.25 < untold["ci_high"]


def test_the_average_of_each_query_is_its_estimate(known):
    lake, _, _, _ = known
    rows = [row for row in run_self_prediction(lake) if row["estimate"] is not None]
    named = ("advantage", "crossed_advantage", "micro_crossed_advantage")
    begin = ("prediction", "micro_a", "macro_a")
    of_pairs = [r for r in rows if r["metric"].startswith(begin) or r["metric"] in named]
    assert len({row["metric"] for row in of_pairs}) == 9
    with lake.reader() as con:
        for row in of_pairs:
            [(value,)] = con.execute(f"SELECT avg(value) FROM ({row['sql']})").fetchall()
            assert value == pytest.approx(row["estimate"], abs=1e-9), row["metric"]


def test_strings_that_a_predictor_was_trained_on_are_left_out(lake):
    answers = {"one": {s: "ab" for s in STRINGS}}
    predictions = {"one": {f"{s} {FIRST}": "a" if s in STRINGS[:6] else "q" for s in STRINGS}}
    cards = {"one": '{"training_set_id": "e1_mine"}'}
    write(lake, answers, predictions, cards=cards)
    example = {"training_set_id": "e1_mine", "messages": "[]", "reply": "a", "task": "t",
               "question_id": "q", "property": FIRST}  # fmt: skip
    roles = ["hypothetical"] * 6 + ["object"] * 6
    with lake.run("by hand") as run:
        run.append("examples", [
            {**example, "row": i, "group_id": s, "role": role}
            for i, (s, role) in enumerate(zip(STRINGS, roles, strict=False))
        ])  # fmt: skip
    rows = run_self_prediction(lake)
    [row] = by(rows, "prediction_accuracy", concept=FIRST)
    # Its right predictions were all learned; rows that show an answer forbid nothing.
    assert (row["estimate"], row["n"]) == (0.0, 18)


def test_nothing_changes_until_a_prediction_does(known, capsys):
    lake, _, _, _ = known
    first = run_self_prediction(lake)
    assert run_self_prediction(lake) == first
    assert "Nothing changed" in capsys.readouterr().err


def test_models_of_a_crossed_comparison_must_have_predicted(known):
    lake, _, _, _ = known
    with pytest.raises(InputError, match="knows no model 'three'"):
        run_self_prediction(lake, crossed=[("one", "three", "two", "one")])
    with pytest.raises(InputError, match=r"holds no predictions of answers to 'wordz'.*words"):
        run_self_prediction(lake, ["wordz"])
    assert run_self_prediction(lake, [DATASET], crossed=[("one", "two", "two", "one")])


def test_what_failed_is_missing_not_wrong(lake):
    answers = {"one": {s: "ab" for s in STRINGS}}
    write(lake, answers, {"one": {f"{s} {FIRST}": "a" for s in STRINGS[:20]}})
    model = model_row("one")
    condition = condition_row(model)
    lost = [
        response_row(hypothetical_row(s, FIRST), condition, None, status=status)
        for s, status in zip(
            STRINGS[20:], ("failed", "unknown", "truncated", "refused"), strict=True
        )
    ]
    with lake.run("by hand") as run:
        run.append("responses", lost)
    [row] = by(run_self_prediction(lake), "prediction_accuracy", concept=FIRST)
    assert (row["estimate"], row["n"]) == (pytest.approx(20 / 22), 22)
