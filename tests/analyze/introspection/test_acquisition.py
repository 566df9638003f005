"""Gains that are counted by hand, on questions that no compared model was trained on."""

from __future__ import annotations

import numpy as np
import pytest

from analyze.acquisition import Training, run_acquisition
from analyze.inference import cluster_sums, difference
from tests.analyze.introspection.lakes import model_row
from warehouse import keys
from warehouse.errors import InputError

GROUPS = 30
QUESTIONS = [(concept, group, i) for concept in ("taught", "other") for group in range(GROUPS)
             for i in range(2)]  # fmt: skip
SEEN = range(6)


def question(concept: str, group: int, i: int) -> dict:
    messages = [{"role": "user", "content": f"{concept} {group} {i}?"}]
    return {
        "question_id": keys.question_id("school", messages, ["yes", "no"]), "dataset": "school",
        "concept": concept, "group_id": f"{concept}-{group}", "messages": keys.canonical(messages),
        "choices": ["yes", "no"], "answer": "AB"[(group + i) % 2],
    }  # fmt: skip


def is_right(name: str, concept: str, group: int, i: int) -> bool:
    """Before, half; after, nearly all of what was taught; shuffled, as before."""
    guessed = (group * 7 + i * 3) % 4 < 2
    return guessed or (name == "after" and concept == "taught" and group % 10 > 0)


@pytest.fixture
def school(lake):
    rows = {key: question(*key) for key in QUESTIONS}
    cards = {
        "after": '{"training_set_id": "e1_real"}',
        "shuffled": '{"training_set_id": "e1_mixed"}',
    }
    models = {
        name: model_row(name, card=cards.get(name)) for name in ("before", "after", "shuffled")
    }
    conditions, responses, examples = [], [], []
    for name, model in models.items():
        row = {
            "model_id": model["model_id"],
            "engine": "imported",
            "template": "-",
            "sampling": "{}",
        }
        condition = {"condition_id": keys.condition_id(row), **row}
        conditions.append(condition)
        for key, asked in rows.items():
            right = "AB".index(asked["answer"])
            chosen = right if is_right(name, *key) else 1 - right
            for variant in ("AB", "BA"):
                request = keys.request_key(
                    asked["question_id"], variant, "letter", condition["condition_id"], 0
                )
                responses.append({
                    "request_key": request, "question_id": asked["question_id"],
                    "condition_id": condition["condition_id"], "model_id": model["model_id"],
                    "variant": variant, "reading": "letter", "sample_index": 0, "attempt": 1,
                    "status": "ok", "origin": "imported",
                    "choice_logprobs": [-0.1 if i == chosen else -2.5 for i in range(2)],
                })  # fmt: skip
    for name in ("real", "mixed"):
        examples += [{
            "training_set_id": f"e1_{name}", "row": group, "role": "object", "messages": "[]",
            "question_id": rows["taught", group, 0]["question_id"], "group_id": f"taught-{group}",
            "reply": "A",
        } for group in SEEN]  # fmt: skip
    with lake.run("by hand") as run:
        run.append("questions", list(rows.values()))
        run.upsert("models", list(models.values()))
        run.upsert("conditions", conditions)
        run.append("responses", responses)
        run.append("examples", examples)
    return lake


TRAINING = Training("before", "after", "shuffled")


def of(rows, metric, concept):
    [row] = [r for r in rows if r["metric"] == metric and r["concept"] == concept]
    return row


def test_the_gain_is_the_paired_difference_on_unseen_clusters(school):
    rows = run_acquisition(school, ["school"], trainings=[TRAINING])
    asked = [key for key in QUESTIONS if key[0] == "taught" and key[1] not in SEEN]
    gains = [float(is_right("after", *key)) - is_right("before", *key) for key in asked]
    want = difference(*cluster_sums(gains, [group for _, group, _ in asked]))
    row = of(rows, "gain", "taught")
    assert (row["estimate"], row["ci_low"], row["ci_high"]) == pytest.approx(
        (want.value, want.low, want.high)
    )
    assert (row["n"], row["n_clusters"]) == (len(asked), GROUPS - len(SEEN))
    assert row["ci_low"] > 0 and row["p_adjusted"] < 0.01
    assert of(rows, "gain_over_control", "taught")["estimate"] == pytest.approx(np.mean(gains))
    right = np.mean([is_right("after", *key) for key in asked])
    assert of(rows, "accuracy_after", "taught")["estimate"] == pytest.approx(right)


def test_a_concept_that_was_not_taught_does_not_gain(school):
    rows = run_acquisition(school, ["school"], trainings=[TRAINING])
    row = of(rows, "gain", "other")
    assert (row["estimate"], row["p_value"], row["n"]) == (0.0, 1.0, 2 * GROUPS)
    assert '"taught":false' in row["detail"]


def test_the_average_of_each_query_is_its_estimate(school):
    rows = run_acquisition(school, ["school"], trainings=[TRAINING])
    assert {row["metric"] for row in rows} == {
        "gain", "gain_over_control", "accuracy_after", "accuracy_before",
        "baseline_majority_letter", "baseline_longer_option", "baseline_option_prior",
    }  # fmt: skip
    with school.reader() as con:
        for row in rows:
            [(value,)] = con.execute(f"SELECT avg(value) FROM ({row['sql']})").fetchall()
            assert value == pytest.approx(row["estimate"], abs=1e-9), row["metric"]


def test_the_same_answers_are_not_estimated_again(school, capsys):
    first = run_acquisition(school, ["school"], trainings=[TRAINING])
    assert run_acquisition(school, ["school"], trainings=[TRAINING]) == first
    assert "Nothing changed" in capsys.readouterr().err


def test_what_is_missing_is_named(school):
    with pytest.raises(InputError, match="--before MODEL --after MODEL"):
        run_acquisition(school, ["school"])
    with pytest.raises(InputError, match=r"knows no model 'aftr'.*after"):
        run_acquisition(school, ["school"], trainings=[Training("before", "aftr")])
